"""
The archive that mongodump writes, read as it passes by: how many documents of which collection are in it, and whether it is whole.
(github.com/mongodb/mongo-tools: common/archive)
"""

import zlib

import bson

MAGIC = b"\x6d\xe2\x99\x81"
TERMINATOR = b"\xff\xff\xff\xff"


class Broken(Exception):
    """A sentence that says what is wrong with it."""


class Archive:
    """Fed with the pieces of a gzipped archive."""

    def __init__(self):
        self.unzip = zlib.decompressobj(wbits=31)
        self.buffer = bytearray()
        self.began = False
        self.blocks = 0
        # A block begins with a document that says of what its documents are; that of the first block is the archive's own.
        self.header = None
        self.server = None
        self.counts = {}
        self.open = set()

    def feed(self, piece):
        try:
            self.buffer += self.unzip.decompress(piece)
        except zlib.error:
            raise Broken("the archive is not gzipped as mongodump does it, or was changed") from None
        at = 0
        if not self.began:
            if len(self.buffer) < 4:
                return
            if self.buffer[:4] != MAGIC:
                raise Broken("this is no archive of mongodump")
            self.began = True
            at = 4
        view = memoryview(self.buffer)
        try:
            at = self.read(view, at)
        finally:
            view.release()
        del self.buffer[:at]

    def read(self, view, at):
        """To the end of the last document that is whole. Gives where that is."""
        while len(view) - at >= 4:
            if view[at : at + 4] == TERMINATOR:
                self.end_block()
                at += 4
                continue
            size = int.from_bytes(view[at : at + 4], "little")
            if size < 5:
                raise Broken("the archive was changed: a document has no length")
            if len(view) - at < size:
                break
            self.document(view, at, size)
            at += size
        return at

    def document(self, view, at, size):
        if self.header is None:
            self.header = bson.decode(bytes(view[at : at + size]))
            if self.blocks == 0:
                self.server = self.header.get("server_version")
            elif self.header.get("EOF"):
                self.open.discard(self.name())
        elif self.blocks == 0:
            # One for each collection, without its documents.
            one = bson.decode(bytes(view[at : at + size]))
            if one.get("collection"):
                name = f"{one['db']}.{one['collection']}"
                self.counts[name] = 0
                self.open.add(name)
        else:
            name = self.name()
            self.counts[name] = self.counts.get(name, 0) + 1

    def name(self):
        return f"{self.header['db']}.{self.header['collection']}"

    def end_block(self):
        self.header = None
        self.blocks += 1

    def check_whole(self):
        if not self.unzip.eof or self.buffer or self.header is not None or self.blocks == 0:
            raise Broken("the archive ends in the middle")
        if self.open:
            raise Broken(f"the archive ends before the end of {', '.join(sorted(self.open)[:5])}")
