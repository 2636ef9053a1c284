"""A backup's list of what was in a volume: a line of JSON each, in the walk's order, compressed. It is read and written as a stream."""

import gzip
import json

import streams
from folder_tree import order_of

# Those of an entry that are bytes, and may be no UTF-8: JSON has each such byte as a lone surrogate. (PEP 383)
BYTES = ("path", "to")


class Unreadable(Exception):
    """A sentence of why a list is of no use."""


def line_of(entry):
    told = {key: value.decode("utf-8", "surrogateescape") if key in BYTES else value for key, value in entry.items()}
    return json.dumps(told, separators=(",", ":")).encode() + b"\n"


def entry_of(line):
    entry = json.loads(line)
    for key in BYTES:
        if key in entry:
            entry[key] = entry[key].encode("utf-8", "surrogateescape")
    return entry


def read(file):
    """
    The entries of a list that lies in a file.

    :raises Unreadable:
    """
    before = None
    try:
        with gzip.open(file, "rb") as lines:
            for line in lines:
                entry = entry_of(line)
                at = order_of(entry["path"])
                if before is not None and at <= before:
                    raise ValueError("it is not in order")
                if any(name in (b"", b".", b"..") for name in at):
                    raise ValueError("it leads out of the volume")
                before = at
                yield entry
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"its list cannot be read: {error}") from None


def fetch(store, about, file):
    """
    Puts the list of a backup into a file.

    :raises Unreadable: where it is gone or not what was written
    """
    told = about.get("list")
    if not isinstance(told, dict):
        raise Unreadable("it names no list")
    try:
        with open(file, "wb") as out:
            for piece in streams.download(store.client, store.bucket, told["key"], told):
                out.write(piece)
    except streams.Changed as error:
        raise Unreadable(str(error)) from None
    return file


def merged(before, now):
    """Two walks in one: of each path what was (or None) and what is (or None)."""
    before, now = iter(before), iter(now)
    old, new = next(before, None), next(now, None)
    while old is not None or new is not None:
        if new is None or (old is not None and order_of(old["path"]) < order_of(new["path"])):
            yield old, None
            old = next(before, None)
        elif old is None or order_of(new["path"]) < order_of(old["path"]):
            yield None, new
            new = next(now, None)
        else:
            yield old, new
            old, new = next(before, None), next(now, None)
