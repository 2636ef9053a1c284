"""A volume's backup is written back: what is gone comes, what is older is replaced, and what is newer stays."""

import errno
import os
import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import contents
import progress
import streams
from folder_tree import FILE, FOLDER, entry_of
from runs import Refusal
from several import Several, counted

# Begin of a file's name until all of it came. What a run that was killed left is taken away by the next.
UNFINISHED = b".vision-platform-restore-"

# Rights of a folder's owner, without which nothing is written into it.
WRITABLE = 0o300

AT_ONCE = 4
WAITING = 4 * AT_ONCE
TELLS_EACH_S = 15

# What the next file would end with too.
FOR_ALL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)


class Full(Exception):
    """A sentence: nothing more can be written."""


class Told:
    """What was, or would be, done."""

    def __init__(self):
        self.files = 0
        self.bytes = 0
        self.folders = 0
        self.links = 0
        self.same = 0
        self.replaced = Several()
        self.kept = Several()
        self.in_the_way = Several()
        self.failed = Several()
        self.of_others = 0

    def as_json(self):
        return {
            "files": self.files,
            "bytes": self.bytes,
            "folders": self.folders,
            "links": self.links,
            "same": self.same,
            "replaced": self.replaced.count,
            "kept": self.kept.count,
            "keptNamed": self.kept.named,
            "ofOthers": self.of_others,
        }


def write_back(run, at, entries, overwrites, is_dry):
    """
    :param at: the folder
    :param entries: gives the backup's, anew each time
    :param overwrites: what is newer there is replaced too
    :returns: what was done; with `is_dry` what would be
    """
    planned = Told()
    Way(run, at, planned, overwrites, is_dry=True).walk(entries())
    place = os.statvfs(at)
    room = place.f_bavail * place.f_frsize
    progress.say(
        f"{counted(planned.files, 'file')} of {planned.bytes} bytes to write; {planned.same} are there as they were"
    )
    if planned.bytes > room:
        raise Refusal(f"{planned.bytes} bytes would be written, and the volume has room for {room}: nothing was done")
    told = planned
    if not is_dry:
        told = Told()
        try:
            Way(run, at, told, overwrites, is_dry=False).walk(entries())
        except Full as error:
            run.is_whole = False
            run.fail("the volume", error)
        # Only what is on the disk is told to be there.
        os.sync()
    for several, why in ((told.in_the_way, "something else is in the way"), (told.failed, "not written")):
        if several:
            run.fail(counted(several.count, "file or folder"), f"{why}: {several.text()}")
    return told.as_json()


class Way:
    """Goes through a backup's entries, and through the folders that they are in. A link in a folder's place leads nowhere."""

    def __init__(self, run, at, told, overwrites, is_dry):
        self.run = run
        self.told = told
        self.overwrites = overwrites
        self.is_dry = is_dry
        self.told_at = time.monotonic()
        # Of each folder on the way: its name, its descriptor (None: it is not there), and the mode that it gets in the end (None: it has it).
        self.way = [(b"", os.open(at, FOLDER), None)]
        self.pool = None
        self.waiting = []

    def walk(self, entries):
        self.pool = ThreadPoolExecutor(max_workers=AT_ONCE)
        try:
            self.clear(self.way[0][1])
            for entry in entries:
                self.run.lock.check()
                self.tell()
                self.one(entry)
                while len(self.waiting) > WAITING:
                    self.take_first()
            while self.waiting:
                self.take_first()
        finally:
            self.pool.shutdown(wait=True, cancel_futures=True)
            for _, folder, future in self.waiting:
                if future.cancelled():
                    os.close(folder)
            self.waiting = []
            while self.way:
                self.leave()

    def one(self, entry):
        *folders, name = entry["path"].split(b"/")
        self.go_to(folders)
        folder = self.way[-1][1]
        if len(self.way) - 1 < len(folders):
            # What is above it could not be made, which was told.
            self.told.failed.add(entry["path"], "its folder is not there")
            return
        there = self.there(entry, folder, name)
        if there is not None and there["kind"] != entry["kind"]:
            self.told.in_the_way.add(entry["path"], f"a {there['kind']}")
            return
        getattr(self, entry["kind"])(entry, folder, name, there)

    def there(self, entry, folder, name):
        if folder is None:
            return None
        try:
            return entry_of(entry["path"], name, folder) or {"kind": "device"}
        except FileNotFoundError:
            return None
        except OSError as error:
            self.told.failed.add(entry["path"], error.strerror)
            return {"kind": "thing that cannot be looked at"}

    def go_to(self, folders):
        """The walk's order is the list's: what is left is not come to again."""
        shared = 0
        while shared < min(len(folders), len(self.way) - 1) and self.way[shared + 1][0] == folders[shared]:
            shared += 1
        while len(self.way) - 1 > shared:
            self.leave()

    def leave(self):
        _, folder, mode = self.way.pop()
        if folder is None:
            return
        try:
            if mode is not None:
                # What is still on its way into it needs the rights that it has until now.
                while self.waiting:
                    self.take_first()
                os.fchmod(folder, mode)
        finally:
            os.close(folder)

    def folder(self, entry, folder, name, there):
        mode = None
        try:
            if there is None:
                self.told.folders += 1
                if folder is None or self.is_dry:
                    self.way.append((name, None, None))
                    return
                os.mkdir(name, 0o700, dir_fd=folder)
            own = os.open(name, FOLDER, dir_fd=folder)
            if there is None and entry["mode"] & WRITABLE == WRITABLE:
                os.fchmod(own, entry["mode"])
            elif there is None:
                mode = entry["mode"]
        except OSError as error:
            self.stop_where_all(error)
            self.told.failed.add(entry["path"], error.strerror)
            return
        self.way.append((name, own, mode))
        if there is not None and not self.is_dry:
            self.clear(own)

    def link(self, entry, folder, name, there):
        if there is not None:
            if there["to"] == entry["to"]:
                self.told.same += 1
            else:
                self.told.kept.add(entry["path"], "a link to elsewhere")
            return
        self.told.links += 1
        if self.is_dry:
            return
        try:
            os.symlink(entry["to"], name, dir_fd=folder)
        except OSError as error:
            self.stop_where_all(error)
            self.told.links -= 1
            self.told.failed.add(entry["path"], error.strerror)

    def file(self, entry, folder, name, there):
        if there is not None:
            try:
                if is_same(entry, folder, name, there):
                    self.told.same += 1
                    return
            except OSError as error:
                self.told.failed.add(entry["path"], error.strerror)
                return
            if there["mtime"] > entry["mtime"] and not self.overwrites:
                self.told.kept.add(entry["path"], "newer")
                return
        if self.is_dry:
            self.count(entry, there)
            return
        own = os.dup(folder)
        self.waiting.append((entry, own, self.pool.submit(self.write, entry, own, name, there)))

    def take_first(self):
        entry, _, future = self.waiting[0]
        try:
            there, is_anothers = future.result()
            self.count(entry, there)
            self.told.of_others += is_anothers
        except streams.Changed as error:
            self.told.failed.add(entry["path"], str(error))
        except OSError as error:
            self.stop_where_all(error)
            self.told.failed.add(entry["path"], error.strerror)
        except Interfered:
            self.told.kept.add(entry["path"], "written to just then")
        finally:
            self.waiting.pop(0)

    def count(self, entry, there):
        self.told.files += 1
        self.told.bytes += entry["size"]
        if there is not None:
            self.told.replaced.add(entry["path"])

    def write(self, entry, folder, name, there):
        """In another thread. Until all of it came and is what was backed up, it has another name."""
        unfinished = UNFINISHED + secrets.token_hex(8).encode()
        try:
            try:
                self.fetch(entry, folder, unfinished)
                now = stat_of(folder, name)
                if (now is None) != (there is None) or (now is not None and now.st_mtime_ns != there["mtime"]):
                    raise Interfered()
                os.rename(unfinished, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                remove(folder, unfinished)
                raise
            return there, os.geteuid() != entry["uid"] and not owned(folder, name, entry)
        finally:
            os.close(folder)

    def fetch(self, entry, folder, unfinished):
        store = self.run.store
        key = contents.key_of(self.run.place, entry["sha256"])
        told = {"bytes": entry["size"], "sha256": entry["sha256"]}
        file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
        with os.fdopen(file, "wb", buffering=0) as opened:
            for piece in streams.download(store.client, store.bucket, key, told):
                view = memoryview(piece)
                while view:
                    view = view[opened.write(view) :]
            os.fchmod(file, entry["mode"])
            os.utime(file, ns=(entry["mtime"], entry["mtime"]))

    def clear(self, folder):
        """What a run that was killed has left there."""
        if self.is_dry:
            return
        for name in os.listdir(folder):
            if os.fsencode(name).startswith(UNFINISHED):
                remove(folder, name)

    def stop_where_all(self, error):
        if error.errno in FOR_ALL:
            raise Full(f"{error.strerror}. Ask for the same again once that is mended: it goes on") from None

    def tell(self):
        if self.is_dry or time.monotonic() - self.told_at < TELLS_EACH_S:
            return
        self.told_at = time.monotonic()
        progress.say(f"{counted(self.told.files, 'file')} of {self.told.bytes} bytes are written")


class Interfered(Exception):
    """Somebody else wrote it meanwhile."""


def is_unfinished(path):
    """Whether it is what a restore has not come to the end of."""
    return path.rsplit(b"/", 1)[-1].startswith(UNFINISHED)


def is_same(entry, folder, name, there):
    """By size and date, or where the dates alone differ by what is in it."""
    if there["size"] != entry["size"]:
        return False
    if there["mtime"] == entry["mtime"]:
        return True
    with os.fdopen(os.open(name, FILE, dir_fd=folder), "rb", buffering=0) as opened:
        return contents.sha256_of(opened) == entry["sha256"]


def owned(folder, name, entry):
    """Gives it to whom it was of, where this process may."""
    try:
        os.chown(name, entry["uid"], entry["gid"], dir_fd=folder, follow_symlinks=False)
        return True
    except OSError:
        return False


def stat_of(folder, name):
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def remove(folder, name):
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        pass
