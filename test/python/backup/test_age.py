import base64
import os

import pytest

import age

# Of age-keygen; the other half is nowhere.
RECIPIENT = "age1y8m84r6pwd4da5d45zzk03rlgv2xr7fn9px80suw3psrahul44ashl0usm"
SIZES = (0, 1, age.CHUNK - 1, age.CHUNK, age.CHUNK + 1, 2 * age.CHUNK, 200_000)


@pytest.fixture
def keys(monkeypatch):
    """Keys of files that are made, the newest last."""
    made = []
    stanza = age.stanza

    def noted(key, public):
        made.append(key)
        return stanza(key, public)

    monkeypatch.setattr(age, "stanza", noted)
    return made


def cut(data, size=7777):
    return [data[at : at + size] for at in range(0, len(data), size)]


def opened(file, key):
    return b"".join(age.decrypt(cut(file), key))


@pytest.mark.parametrize("size", SIZES)
def test_reads_what_it_wrote(keys, size):
    data = os.urandom(size)
    file = b"".join(age.encrypt(cut(data), RECIPIENT))
    assert opened(file, keys[-1]) == data


@pytest.mark.parametrize("size", [0, 10, age.CHUNK, 2 * age.CHUNK])
def test_refuses_a_file_that_is_cut_anywhere(keys, size):
    file = b"".join(age.encrypt([os.urandom(size)], RECIPIENT))
    for end in {len(file) - 1, len(file) - age.TAG, len(file) - age.CHUNK, 230, 30, 0}:
        with pytest.raises((age.NotReadable, age.OtherKey)):
            opened(file[: max(0, min(end, len(file) - 1))], keys[-1])


def test_refuses_a_file_without_its_last_chunks(keys):
    file = b"".join(age.encrypt([os.urandom(3 * age.CHUNK)], RECIPIENT))
    with pytest.raises(age.NotReadable, match="ends before its end"):
        opened(file[: -(age.CHUNK + age.TAG)], keys[-1])


def test_refuses_a_file_that_was_changed_or_made_longer(keys):
    file = b"".join(age.encrypt([os.urandom(2 * age.CHUNK)], RECIPIENT))
    for at in range(0, len(file), 9973):
        changed = bytearray(file)
        changed[at] ^= 1
        with pytest.raises((age.NotReadable, age.OtherKey)):
            opened(bytes(changed), keys[-1])
    for more in (b"x", os.urandom(age.CHUNK + age.TAG)):
        with pytest.raises(age.NotReadable):
            opened(file + more, keys[-1])


def test_refuses_the_key_of_another_file_and_what_is_no_file(keys):
    file = b"".join(age.encrypt([b"text"], RECIPIENT))
    with pytest.raises(age.OtherKey):
        opened(file, os.urandom(age.FILE_KEY))
    with pytest.raises(age.NotReadable, match="none that age wrote"):
        opened(b"PGDMP" + file, keys[-1])
    with pytest.raises(age.NotReadable, match="none that age wrote"):
        opened(age.INTRO + b"x" * (2 * age.LONGEST_HEADER), keys[-1])


@pytest.mark.parametrize(
    ("recipient", "sentence"),
    [
        (RECIPIENT[:-1] + ("q" if RECIPIENT[-1] != "q" else "p"), "typing error"),
        (RECIPIENT.upper(), "is none of age"),
        ("AGE-SECRET-KEY-1QQ", "is none of age"),
        ("", "is none of age"),
    ],
)
def test_refuses_what_is_no_public_key(recipient, sentence):
    with pytest.raises(age.NotReadable, match=sentence):
        next(age.encrypt([b""], recipient))


def test_never_waits_for_more_than_a_chunk(keys):
    """A pipe gives what it has: what was written must come out before the end is known."""
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield b"x" * age.CHUNK

    file = age.encrypt(endless(), RECIPIENT)
    for _ in range(4):
        next(file)
    assert taken <= 5


def test_the_header_is_all_that_is_needed_to_get_at_the_key(keys):
    head = next(age.encrypt([b"text"], RECIPIENT))[: -age.NONCE]
    assert head.startswith(age.INTRO)
    assert head.endswith(b"\n")
    assert base64.b64encode(keys[-1]) not in head
