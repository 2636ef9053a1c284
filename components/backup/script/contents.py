"""What files hold, in the bucket: an object for each content, by its sha256. So what is there is whole, and is sent once."""

import array
import base64
import hashlib
import os
import re
import time

import streams

# Read at once, and sent beside others.
SMALL = 8 * 1024 * 1024
TRIES = 3
PAUSE_S = 0.2

DIGEST = 32
NAME = re.compile(r"^[0-9a-f]{2}/([0-9a-f]{64})$")


class Changing(Exception):
    """A file is written to just now."""


def key_of(place, sha256):
    return f"{place}files/{sha256[:2]}/{sha256}"


class Known:
    """The contents that a bucket has, with the size of each object and when it came: 48 bytes of memory each."""

    def __init__(self, store, place):
        self.digests = bytearray()
        self.sizes = array.array("Q")
        self.dates = array.array("Q")
        prefix = f"{place}files/"
        # A store lists keys in order.
        for key, size, modified in store.objects(prefix):
            found = NAME.match(key[len(prefix) :])
            if found:
                self.digests += bytes.fromhex(found[1])
                self.sizes.append(size)
                self.dates.append(int(modified.timestamp()))

    def __len__(self):
        return len(self.sizes)

    def place_of(self, sha256):
        """Where it stands among them; None where it is not there."""
        wanted = bytes.fromhex(sha256)
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self.digests[middle * DIGEST : (middle + 1) * DIGEST] < wanted:
                low = middle + 1
            else:
                high = middle
        is_it = low < len(self) and self.digests[low * DIGEST : (low + 1) * DIGEST] == wanted
        return low if is_it else None

    def has(self, sha256, size):
        at = self.place_of(sha256)
        return at is not None and self.sizes[at] == size

    def name_at(self, place):
        return self.digests[place * DIGEST : (place + 1) * DIGEST].hex()


class Sender:
    """Sends what files hold, where the bucket has it not."""

    def __init__(self, store, place, known):
        self.store = store
        self.place = place
        self.known = known

    def small(self, file):
        """
        :param file: its descriptor, which is closed
        :returns: size, mtime, sha256, and how many bytes were sent
        :raises Changing, OSError:
        """
        with os.fdopen(file, "rb", buffering=0) as opened:
            for attempt in range(TRIES):
                if attempt:
                    time.sleep(PAUSE_S)
                    opened.seek(0)
                before = os.fstat(file)
                content = read_whole(opened, before.st_size)
                if content is not None and is_as(before, os.fstat(file)):
                    break
            else:
                raise Changing()
        digest = hashlib.sha256(content)
        size, sha256 = len(content), digest.hexdigest()
        is_new = not self.known.has(sha256, size)
        if is_new:
            self.store.client.put_object(
                Bucket=self.store.bucket,
                Key=key_of(self.place, sha256),
                Body=content,
                # A store that got other bytes refuses them.
                ChecksumSHA256=base64.b64encode(digest.digest()).decode(),
            )
        return before.st_size, before.st_mtime_ns, sha256, size if is_new else 0

    def large(self, file, note):
        """
        The same of one that does not fit into memory: it is read to be known, and again where it is to be sent.

        :param note: told the key before anything is sent
        """
        with os.fdopen(file, "rb", buffering=0) as opened:
            for attempt in range(TRIES):
                if attempt:
                    time.sleep(PAUSE_S)
                before = os.fstat(file)
                sha256 = sha256_of(opened)
                if not is_as(before, os.fstat(file)):
                    continue
                size = before.st_size
                if self.known.has(sha256, size):
                    return size, before.st_mtime_ns, sha256, 0
                key = key_of(self.place, sha256)
                note(key)
                try:
                    streams.upload(self.store.client, self.store.bucket, key, unchanged(opened, sha256))
                except Changing:
                    continue
                return size, before.st_mtime_ns, sha256, size
        raise Changing()


def read_whole(opened, size):
    """None where it has another size, or grew too large meanwhile."""
    if size > SMALL:
        return None
    content = bytearray()
    while piece := opened.read(size + 1 - len(content)):
        content += piece
        if len(content) > size:
            return None
    return bytes(content) if len(content) == size else None


def pieces_of(opened):
    opened.seek(0)
    while piece := opened.read(streams.PIECE):
        yield piece


def sha256_of(opened):
    digest = hashlib.sha256()
    for piece in pieces_of(opened):
        digest.update(piece)
    return digest.hexdigest()


def unchanged(opened, sha256):
    """Ends with an error where it is another than it was: of such an upload nothing stays, and no object has a name that is not its own."""
    digest = hashlib.sha256()
    for piece in pieces_of(opened):
        digest.update(piece)
        yield piece
    if digest.hexdigest() != sha256:
        raise Changing()


def is_as(before, after):
    return (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
