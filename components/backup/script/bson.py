"""As much of BSON as MongoDB's commands and archives need. (bsonspec.org) A dict is a document, in order."""

import datetime
import struct

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def encode(document):
    body = b"".join(element(name, value) for name, value in document.items()) + b"\0"
    return struct.pack("<i", len(body) + 4) + body


def element(name, value):
    at = name.encode() + b"\0"
    if isinstance(value, bool):
        return b"\x08" + at + bytes([value])
    if isinstance(value, int):
        return b"\x12" + at + struct.pack("<q", value)
    if isinstance(value, str):
        text = value.encode() + b"\0"
        return b"\x02" + at + struct.pack("<i", len(text)) + text
    if isinstance(value, dict):
        return b"\x03" + at + encode(value)
    if isinstance(value, list):
        return b"\x04" + at + encode({str(number): one for number, one in enumerate(value)})
    if isinstance(value, datetime.datetime):
        return b"\x09" + at + struct.pack("<q", int((value - EPOCH).total_seconds() * 1000))
    raise TypeError(type(value))


def decode(data):
    """What stands in a document. Values that nobody here asks for are None."""
    document, _ = read_document(data, 0)
    return document


def read_document(data, at):
    end = at + struct.unpack_from("<i", data, at)[0] - 1
    at += 4
    document = {}
    while at < end:
        kind = data[at]
        name, at = read_name(data, at + 1)
        document[name], at = read_value(data, kind, at)
    return document, end + 1


def read_name(data, at):
    end = data.index(b"\0", at)
    return bytes(data[at:end]).decode(), end + 1


def read_value(data, kind, at):
    if kind in FIXED:
        size, of = FIXED[kind]
        return of(data, at), at + size
    if kind in (0x02, 0x0D, 0x0E):
        size = struct.unpack_from("<i", data, at)[0]
        return bytes(data[at + 4 : at + 3 + size]).decode(errors="replace"), at + 4 + size
    if kind == 0x03:
        return read_document(data, at)
    if kind == 0x04:
        document, end = read_document(data, at)
        return list(document.values()), end
    if kind == 0x05:
        return None, at + 5 + struct.unpack_from("<i", data, at)[0]
    if kind == 0x0B:
        _, at = read_name(data, at)
        return None, read_name(data, at)[1]
    if kind in (0x0C, 0x0F):
        size = struct.unpack_from("<i", data, at)[0]
        # A pointer tells the length of its text and has twelve bytes more; code with its scope tells its own.
        return None, at + (size + 16 if kind == 0x0C else size)
    raise ValueError(f"BSON has no type {kind:#x}")


def number(form):
    return lambda data, at: struct.unpack_from(form, data, at)[0]


def nothing(_data, _at):
    return None


def moment(data, at):
    return EPOCH + datetime.timedelta(milliseconds=struct.unpack_from("<q", data, at)[0])


FIXED = {
    0x01: (8, number("<d")),
    0x06: (0, nothing),
    0x07: (12, lambda data, at: bytes(data[at : at + 12]).hex()),
    0x08: (1, lambda data, at: data[at] == 1),
    0x09: (8, moment),
    0x0A: (0, nothing),
    0x10: (4, number("<i")),
    0x11: (8, number("<q")),
    0x12: (8, number("<q")),
    0x13: (16, nothing),
    0x7F: (0, nothing),
    0xFF: (0, nothing),
}
