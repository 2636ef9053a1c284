"""A volume is looked through, what the bucket has not is sent, and all that is there is listed."""

import collections
import gzip
import os
import time
from concurrent.futures import ThreadPoolExecutor

import contents
import file_lists
import progress
from several import Several, counted

AT_ONCE = 4
# Files that are read and not yet listed: few, since each may be in memory.
WAITING = 2 * AT_ONCE
TELLS_EACH_S = 15


class Saving:
    """What came of one look through a volume."""

    def __init__(self, tree, sender, lock):
        self.tree = tree
        self.sender = sender
        self.lock = lock
        self.counts = {"files": 0, "folders": 0, "links": 0}
        self.bytes = 0
        self.sent = {"files": 0, "bytes": 0}
        self.unread = Several()
        self.changing = Several()
        # What nothing is known of, with what is in it: it counts as what it was.
        self.closed = set()
        self.told_at = time.monotonic()
        tree.on_unread = self.on_unread

    def on_unread(self, path, error):
        self.unread.add(path, error.strerror)
        self.closed.add(path)

    def write_list(self, before, file):
        """
        Sends what is new and writes the list of all.

        :param before: entries of the last list, in order
        :param file: where the list goes
        """
        waiting = collections.deque()
        pool = ThreadPoolExecutor(max_workers=AT_ONCE)
        try:
            with gzip.open(file, "wb", compresslevel=6) as lines:
                for old, new in file_lists.merged(before, self.tree):
                    self.lock.check()
                    self.tell()
                    self.one(old, new, waiting, pool)
                    while len(waiting) > WAITING or (waiting and waiting[0][2] is None):
                        self.list_first(waiting, lines)
                while waiting:
                    self.list_first(waiting, lines)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            for _, _, sending, descriptor in waiting:
                # One that was begun has closed it.
                if sending is not None and sending.cancelled():
                    os.close(descriptor)

    def one(self, old, new, waiting, pool):
        if new is None:
            if self.closed and not self.closed.isdisjoint(with_folders(old["path"])):
                waiting.append((old, None, None, None))
            return
        if new["kind"] != "file":
            waiting.append((new, None, None, None))
            return
        if is_same(old, new) and self.sender.known.has(old["sha256"], old["size"]):
            waiting.append(({**new, "sha256": old["sha256"]}, None, None, None))
            return
        kept = old if old is not None and old["kind"] == "file" else None
        try:
            descriptor = self.tree.open()
        except FileNotFoundError:
            return
        except OSError as error:
            self.unread.add(new["path"], error.strerror)
            waiting.append((kept, None, None, None))
            return
        if new["size"] > contents.SMALL:
            sending = Done(self.sender.large, descriptor, self.lock.note_writing)
        else:
            sending = pool.submit(self.sender.small, descriptor)
        waiting.append((new, kept, sending, descriptor))

    def list_first(self, waiting, lines):
        entry, kept, sending, _ = waiting[0]
        if sending is not None:
            entry = self.sent_entry(entry, kept, sending)
        waiting.popleft()
        if entry is None:
            return
        self.counts[f"{entry['kind']}s"] += 1
        self.bytes += entry.get("size", 0)
        lines.write(file_lists.line_of(entry))

    def sent_entry(self, entry, kept, sending):
        """What cannot be had now is listed as it was last time, where it was there."""
        try:
            size, mtime, sha256, sent = sending.result()
        except contents.Changing:
            self.changing.add(entry["path"])
            return kept
        except OSError as error:
            self.unread.add(entry["path"], error.strerror)
            return kept
        self.sent["files"] += bool(sent)
        self.sent["bytes"] += sent
        return {**entry, "size": size, "mtime": mtime, "sha256": sha256}

    def tell(self):
        if time.monotonic() - self.told_at < TELLS_EACH_S:
            return
        self.told_at = time.monotonic()
        looked = counted(self.counts["files"], "file")
        progress.say(
            f"{looked} looked at, {self.sent['files']} of them new, of {self.sent['bytes'] // 1024**2} MiB, and sent"
        )


class Done:
    """What is done at once, in the place of what is done beside."""

    def __init__(self, work, *arguments):
        self.error = None
        try:
            self.value = work(*arguments)
        except (contents.Changing, OSError) as error:
            self.error = error

    def result(self):
        if self.error is not None:
            raise self.error
        return self.value

    def cancelled(self):
        return False


def is_same(old, new):
    return old is not None and old["kind"] == "file" and (old["size"], old["mtime"]) == (new["size"], new["mtime"])


def with_folders(path):
    """A path, and those of the folders that it is in."""
    names = path.split(b"/")
    return (b"/".join(names[: count + 1]) for count in range(len(names)))
