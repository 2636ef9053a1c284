import gzip
import struct

import pytest

import bson
import mongo_archive
from mongo_archive import MAGIC, TERMINATOR, Archive, Broken


def block(header, *documents):
    return bson.encode(header) + b"".join(bson.encode(one) for one in documents) + TERMINATOR


def archive(*blocks):
    head = {"concurrent_collections": 4, "version": "0.1", "server_version": "6.0.10", "tool_version": "100.7"}
    collections = [
        {"db": "backend", "collection": name, "metadata": "{}", "size": 1, "type": ""} for name in ("task", "empty")
    ]
    return MAGIC + block(head, *collections) + b"".join(blocks)


def of(name, ends=False):
    return {"db": "backend", "collection": name, "EOF": ends, "CRC": 7}


WHOLE = archive(
    block(of("task"), {"a": 1}, {"b": "text"}),
    block(of("empty", ends=True)),
    block(of("task"), {"c": {"d": [1, True]}}),
    block(of("task", ends=True)),
)


def read(data, size):
    one = Archive()
    zipped = gzip.compress(data)
    for at in range(0, len(zipped), size):
        one.feed(zipped[at : at + size])
    return one


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_counts_documents_whatever_the_pieces(size):
    one = read(WHOLE, size)
    one.check_whole()
    assert one.server == "6.0.10"
    assert one.counts == {"backend.task": 3, "backend.empty": 0}


@pytest.mark.parametrize("end", range(10, len(WHOLE) - 1, 23))
def test_knows_one_that_ends_early(end):
    one = read(WHOLE[:end], 1000)
    with pytest.raises(Broken):
        one.check_whole()


def test_knows_a_gzip_that_ends_early_and_what_is_none():
    one = Archive()
    one.feed(gzip.compress(WHOLE)[:-3])
    with pytest.raises(Broken, match="ends in the middle"):
        one.check_whole()
    with pytest.raises(Broken, match="not gzipped"):
        Archive().feed(b"something else")
    with pytest.raises(Broken, match="no archive"):
        Archive().feed(gzip.compress(b"something else"))
    with pytest.raises(Broken, match="ends in the middle"):
        Archive().check_whole()


def test_reads_the_types_that_servers_answer_with():
    name = b"at\0"
    elements = {
        b"\x01" + name + struct.pack("<d", 1.5): 1.5,
        b"\x10" + name + struct.pack("<i", -3): -3,
        b"\x09" + name + struct.pack("<q", 1_700_000_000_500): bson.EPOCH.replace(
            year=2023, month=11, day=14, hour=22, minute=13, second=20, microsecond=500_000
        ),
        b"\x05" + name + struct.pack("<i", 3) + b"\0abc": None,
        b"\x0b" + name + b"a.*\0i\0": None,
        b"\x0a" + name: None,
    }
    for element, value in elements.items():
        after = b"\x02z\0" + struct.pack("<i", 4) + "яx".encode() + b"\0"
        body = element + after.replace(struct.pack("<i", 4), struct.pack("<i", 4)) + b"\0"
        document = struct.pack("<i", len(body) + 4) + body
        assert bson.decode(document) == {"at": value, "z": "яx"}


def test_writes_what_it_reads():
    document = {"find": "task", "filter": {"at": {"$gt": bson.EPOCH}}, "limit": 1, "all": True, "names": ["a", "b"]}
    assert bson.decode(bson.encode(document)) == {**document, "names": ["a", "b"]}
    assert mongo_archive.MAGIC == b"\x6d\xe2\x99\x81"
