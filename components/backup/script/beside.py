"""
The other container of the pod: it has the database's own programs, runs one of them, and its output or input is a pipe in a folder that both
have. So a dump of any size needs no room. (components/backup/databases/beside.sh is the other side.)

In the folder: `version` of the program, which says that the other is there; `pipe`; `begin`, whose lines are what is to be done; `alive`,
touched each few seconds as long as the other container runs; `said`, the end of what the program printed; `ended` with its exit status.
"""

import contextlib
import os
import select
import time
from pathlib import Path

PIECE = 1024 * 1024
LOOK_S = 0.1

# An image may have to be pulled first.
STARTS_WITHIN_S = 600

LEAVES_WITHIN_S = 10

# The other container touches its file each two seconds; a node that is busy may be late.
SILENT_S = 60


class Failed(Exception):
    """A sentence that says what the program, or its container, did not do."""


class Beside:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.pipe = self.folder / "pipe"

    def version(self):
        """What the program says of itself, as soon as its container runs."""
        until = time.monotonic() + STARTS_WITHIN_S
        while not (self.folder / "version").exists():
            if time.monotonic() > until:
                raise Failed(f"the container with the database's program did not start within {STARTS_WITHIN_S} s")
            time.sleep(LOOK_S)
        return (self.folder / "version").read_text().strip()

    def begin(self, *words):
        """Makes the pipe, and has the program begin, as soon as its container runs."""
        self.version()
        self.pipe.unlink(missing_ok=True)
        os.mkfifo(self.pipe, 0o600)
        write_whole(self.folder / "begin", "\n".join(words))

    def leave(self):
        """Has the other container end, whatever it is at: it may not have begun, or wait for this end of the pipe."""
        if not (self.folder / "begin").exists():
            write_whole(self.folder / "begin", "nothing")
            return
        until = time.monotonic() + LEAVES_WITHIN_S
        while not self.has_ended() and time.monotonic() < until:
            for end in (os.O_RDONLY, os.O_WRONLY):
                with contextlib.suppress(OSError):
                    os.close(os.open(self.pipe, end | os.O_NONBLOCK))
            time.sleep(LOOK_S)

    def output(self, *words):
        """
        What the program writes, as pieces, when it is told to begin with these words.

        :raises Failed: after the last piece, where the program did not end well; a dump that broke off has the look of a whole one
        """
        self.begin(*words)
        # Not to be held up by a program that never opens its end.
        reading = os.open(self.pipe, os.O_RDONLY | os.O_NONBLOCK)
        try:
            yield from self.pieces(reading)
        finally:
            os.close(reading)
        self.check_ended()

    def pieces(self, reading):
        came = False
        while True:
            readable = select.select([reading], [], [], LOOK_S)[0]
            try:
                piece = os.read(reading, PIECE) if readable else None
            except BlockingIOError:
                piece = None
            if piece:
                came = True
                yield piece
            elif piece == b"" and (came or self.has_ended()):
                return
            self.check_alive()
            if piece == b"":
                # Nobody has the other end open yet: such a pipe is always readable.
                time.sleep(LOOK_S)

    def feed(self, pieces, *words):
        """
        Gives pieces to the program. File `whole` is there when they came to their end, before the program sees the end of the pipe.

        :raises Failed: where it did not end well
        """
        whole = self.folder / "whole"
        whole.unlink(missing_ok=True)
        self.begin(*words)
        try:
            with self.opened() as writing:
                for piece in pieces:
                    writing.write(piece)
                write_whole(whole, "")
        except BrokenPipeError:
            pass
        self.check_ended()

    def opened(self):
        while True:
            try:
                writing = os.open(self.pipe, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                # Nobody has the other end open yet.
                if self.has_ended():
                    raise BrokenPipeError from None
                self.check_alive()
                time.sleep(LOOK_S)
            else:
                os.set_blocking(writing, True)
                return os.fdopen(writing, "wb", buffering=0)

    def has_ended(self):
        return (self.folder / "ended").exists()

    def check_ended(self):
        """Waits for its end: after the last of a dump came, a restore still makes indexes."""
        while not self.has_ended():
            self.check_alive()
            time.sleep(LOOK_S)
        status = (self.folder / "ended").read_text().strip()
        if status != "0":
            raise Failed(f"the database's program ended with {status}: {self.said() or 'it said nothing'}")

    def check_alive(self):
        alive = self.folder / "alive"
        if not self.has_ended() and time.time() - alive.stat().st_mtime > SILENT_S:
            raise Failed(
                "the container with the database's program is gone: it was ended from outside, "
                f"or for too little memory{self.so_far()}"
            )

    def so_far(self):
        said = self.said()
        return f" ({said})" if said else ""

    def said(self):
        """The end of what it printed, in one line."""
        try:
            text = (self.folder / "said").read_text(errors="replace")
        except FileNotFoundError:
            return ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return "; ".join(lines[-5:])[-1000:]


def write_whole(path, text):
    """Nobody sees half of it."""
    new = path.with_name(f"{path.name}.new")
    new.write_text(text)
    new.rename(path)
