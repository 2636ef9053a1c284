"""A run: its lock, its summary, what was told. (components/backup/settings.ts has what it is given)"""

import contextlib
import datetime
import signal

import export
import lock
import progress
import rest
import store as stores
import streams
import tell
import zips
from index import Index

WELL, FAILED, REFUSED, HELD = 0, 1, 2, 75

# Summaries that are kept beside the newest.
KEPT_RUNS = 100

STAMP = "%Y%m%dT%H%M%SZ"

# What goes wrong with one thing, and is no matter of the others.
OF_ONE = (rest.Refused, export.NotNow, export.Broken, zips.Broken, streams.Changed)


class Stopped(BaseException):
    """Somebody ends the pod: what was begun is cleared away, and the summary written."""


class Refusal(Exception):
    """A sentence: what was asked for cannot be done, and nothing was."""


class Run:
    """What one run has come to so far."""

    def __init__(self, part, settings, request, place, store=None):
        """
        :param place: begin of what it writes, with its lock
        :param store: default: that of the settings
        """
        self.part = part
        self.settings = settings
        self.request = request
        self.place = place
        self.store = store or stores.Store(settings["store"])
        self.started = utc_now()
        self.stamp = self.started.strftime(STAMP)
        self.backups = []
        self.failed = []
        self.left_out = []
        self.not_covered = []
        self.removed = []
        # Why the run before this one left no summary. That is told, and no matter of what this one makes.
        self.interrupted = None
        self.is_whole = True
        # None for one that only reads.
        self.lock = None
        self.index = None

    def fail(self, what, why, key=None):
        """
        :param key: what stays the same from night to night while this is not mended. Default: `what`
        """
        self.failed.append({"what": what, "why": str(why), **({"key": key} if key else {})})
        progress.say(f"{what}: {why}")

    @contextlib.contextmanager
    def one(self, what, key=None):
        """What goes wrong within is told, and the next one is begun; but not where that would fail alike."""
        if self.lock:
            self.lock.check()
        try:
            yield
        except (rest.SignedOut, rest.Away):
            raise
        except Refusal as error:
            # Where that one is all that was asked for, nothing was done.
            if not self.request.get("all"):
                raise
            self.fail(what, error, key)
        except OF_ONE as error:
            self.fail(what, error, key)
        except stores.ERRORS as error:
            if stores.concerns_all(error):
                raise
            self.fail(what, stores.sentence(error, self.store), key)

    @contextlib.contextmanager
    def all_of_them(self):
        """What CVAT or the store refuses for the run as a whole ends it, and is told once."""
        try:
            yield
        except rest.Refused as error:
            self.is_whole = False
            self.fail("CVAT", error)
        except stores.ERRORS as error:
            self.is_whole = False
            if not any(one["what"] == "the store" for one in self.failed):
                self.fail("the store", stores.sentence(error, self.store))

    @property
    def outcome(self):
        if not self.is_whole:
            return "incomplete"
        return "failed" if self.failed else "well"

    def summary(self):
        return {
            "part": self.part,
            "stamp": self.stamp,
            "startedAt": self.started.isoformat(timespec="seconds"),
            "endedAt": utc_now().isoformat(timespec="seconds"),
            "outcome": self.outcome,
            **({"only": self.request} if self.request else {}),
            **({"interrupted": self.interrupted} if self.interrupted else {}),
            "backups": self.backups,
            "failed": self.failed,
            "leftOut": self.left_out,
            "notCovered": self.not_covered,
            "removed": self.removed,
        }

    def problems(self):
        killed = {f"{self.part}: killed": self.interrupted} if self.interrupted else {}
        return killed | {
            f"{self.part}: {one.get('key', one['what'])}": f"{one['what']}: {one['why']}" for one in self.failed
        }


def utc_now():
    """By UTC, whatever the zone of the machine: a stamp says the same everywhere."""
    return datetime.datetime.now(datetime.timezone.utc)


def moment_of(stamp):
    return datetime.datetime.strptime(stamp, STAMP).replace(tzinfo=datetime.timezone.utc)


def in_run(part, settings, request, work, store=None):
    """
    A run that makes backups: before `work(run)` it looks what is there, and takes away what killed ones left.

    :param request: of one run alone: then it is no run of the schedule, and neither the last one nor what was told is changed by it
    :returns: the exit code
    """

    def begun(run):
        run.index = Index(run.store, run.place).load()
        for place in run.index.clear_left():
            progress.say(f"removed what a run that did not end left: {place}")
        work(run)

    return framed(Run(part, settings, request, settings[part]["to"], store), begun)


def framed(run, work, is_kept=True, reads_only=False):
    """
    Does `work(run)` while no other run in its place is at work, and says what came of it, also where it was stopped or broke off.

    :param is_kept: it is one of a schedule: its summary is written down, and who is to be told of changes is
    :param reads_only: it goes beside others of its kind
    :returns: the exit code
    """
    signal.signal(signal.SIGTERM, stop)
    try:
        with contextlib.ExitStack() as held:
            if not reads_only:
                run.lock = held.enter_context(lock.Lock(run.store, run.place, run.stamp))
            with ended(run):
                if is_kept:
                    clear_killed(run)
                work(run)
            return finish(run) if is_kept else told(run)
    except lock.Held as error:
        return refused(run, "held", error, HELD)
    except Refusal as error:
        return refused(run, "refused", error, REFUSED)
    except stores.ERRORS as error:
        run.is_whole = False
        run.fail("the store", stores.sentence(error, run.store))
        if is_kept and not run.request:
            # Nothing can be written there, so nothing says whether this was told before.
            post(run, f"the run of {run.part} is not whole. {run.failed[-1]['why']}")
        return told(run)


def told(run):
    progress.tell_result(run.summary())
    return code_of(run)


def code_of(run):
    return WELL if run.outcome == "well" else FAILED


def refused(run, outcome, error, code):
    progress.say(str(error))
    progress.tell_result({"part": run.part, "outcome": outcome, "why": str(error)})
    return code


def stop(*_):
    # Said once more, as a kubelet does that starts anew, it would break off the summary, and leave the lock.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Stopped()


@contextlib.contextmanager
def ended(run):
    """However the work ends, there is a summary."""
    try:
        with run.all_of_them():
            yield
    except (Stopped, KeyboardInterrupt):
        run.is_whole = False
        run.fail("the run", "it was stopped before its end", key="stopped")
    except lock.Lost as error:
        run.is_whole = False
        run.fail("the run", error, key="lock")


def clear_killed(run):
    """What a killed run had under way: parts of an object that it was sending. That it was killed is told."""
    left = run.lock.left
    if not left:
        return
    for key in left.get("writing") or []:
        run.store.abort_uploads(key)
    if run.store.read_json(f"{run.place}runs/{left.get('stamp')}.json") is None:
        run.interrupted = f"the run of {run.part} begun {left.get('stamp')} was killed: it left no summary"
        progress.say(run.interrupted)


def finish(run):
    summary = run.summary()
    store = run.store
    newest = store.read_json(f"{run.place}runs/last.json") or {}
    if not run.request:
        told_before = store.read_json(f"{run.place}told.json") or {}
        summary["told"] = tell_changes(run, told_before)
    store.write_json(f"{run.place}runs/{run.stamp}.json", summary)
    if not run.request:
        last_well = run.stamp if run.outcome == "well" else newest.get("lastWell")
        store.write_json(f"{run.place}runs/last.json", {**summary, "lastWell": last_well})
        thin_out(run)
    progress.tell_result(summary)
    return code_of(run)


def tell_changes(run, before):
    """@returns what was posted: None where nothing changed, or nobody is to be told"""
    if not run.settings["notify"].get("url"):
        return None
    problems = {**run.problems(), **overdue(run)}
    text = tell.change_text(problems, before.get("problems", []))
    if text is None:
        return None
    if not post(run, text, problems):
        # Told by the next run.
        return None
    run.store.write_json(f"{run.place}told.json", {"at": run.stamp, "problems": sorted(problems)})
    return text


def post(run, text, problems=None):
    notify = run.settings["notify"]
    if not notify.get("url"):
        return False
    state = {
        "part": run.part,
        "outcome": run.outcome,
        "stamp": run.stamp,
        "problems": sorted(problems or run.problems()),
    }
    try:
        tell.post(notify, tell.TITLE, text, state)
        return True
    except tell.NotPosted as error:
        progress.say(str(error))
        return False


def overdue(run):
    """The other parts whose backups are older than their schedule lets them be: one that does not run tells nothing itself."""
    found = {}
    for watched in run.settings["watched"]:
        if watched["place"] == run.place:
            continue
        last = run.store.read_json(f"{watched['place']}runs/last.json") or {}
        since = last.get("lastWell") or begun(run)
        if since is None:
            continue
        hours = (run.started - moment_of(since)).total_seconds() / 3600
        if hours > watched["lateAfterHours"]:
            what = f"the last that was well began {since}" if last.get("lastWell") else "none was well so far"
            found[f"{watched['name']}: overdue"] = f"backups of {watched['name']} are overdue: {what}"
    return found


def begun(run):
    """The first run of this part that is known: since then the other one could have run as well."""
    first = run.store.first_key(f"{run.place}runs/2")
    return first.rsplit("/", 1)[1].removesuffix(".json") if first else None


def thin_out(run):
    keys = list(run.store.keys(f"{run.place}runs/2"))
    # The first one says since when there are backups.
    run.store.remove(keys[1:-KEPT_RUNS])
