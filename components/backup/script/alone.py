"""What somebody asks for of backups that are there: it ends with a result, and where it writes, no other of its kind is at work."""

import contextlib
import signal

import export
import lock
import progress
import rest
import runs
import store as stores
import streams
import zips

# What goes wrong with one backup, and is no matter of the others.
OF_ONE = (export.NotNow, export.Broken, zips.Broken, streams.Changed)


class Asked(runs.Run):
    """
    What it has come to so far.

    :param place: begin of what it writes, with its lock
    """

    def __init__(self, command, settings, request, store, place):
        super().__init__(command, settings, request, place)
        self.store = store

    @contextlib.contextmanager
    def one(self, what, key=None):
        """What goes wrong within is told, and the next one is begun; but not where that would fail alike."""
        if self.lock:
            self.lock.check()
        try:
            yield
        except (rest.SignedOut, rest.Away):
            raise
        except (rest.Refused, *OF_ONE) as error:
            self.fail(what, error, key)
        except stores.ERRORS as error:
            if stores.concerns_all(error):
                raise
            self.fail(what, stores.sentence(error, self.store), key)


def told(asked):
    progress.tell_result(asked.summary())
    return runs.WELL if asked.outcome == "well" else runs.FAILED


def answered(asked, work, end=told, reads_only=False):
    """
    Does `work(asked)`. @returns the exit code

    :param end: tells what came of it, however it ended, while the lock is still held
    :param reads_only: it goes beside others of its kind
    """
    signal.signal(signal.SIGTERM, runs.stop)
    try:
        with contextlib.ExitStack() as held:
            if not reads_only:
                asked.lock = held.enter_context(lock.Lock(asked.store, asked.place, asked.stamp))
            with ended(asked):
                work(asked)
            return end(asked)
    except lock.Held as error:
        return refused(asked, "held", error, runs.HELD)
    except runs.Refusal as error:
        return refused(asked, "refused", error, runs.REFUSED)
    except stores.ERRORS as error:
        asked.is_whole = False
        asked.fail("the store", stores.sentence(error, asked.store))
        return told(asked)


def refused(asked, outcome, error, code):
    progress.say(str(error))
    progress.tell_result({"part": asked.part, "outcome": outcome, "why": str(error)})
    return code


@contextlib.contextmanager
def ended(asked):
    """As far as CVAT is concerned too, which the parts of other things do not know. (runs.ended)"""
    try:
        with runs.ended(asked):
            yield
    except rest.Refused as error:
        asked.is_whole = False
        asked.fail("CVAT", error)
