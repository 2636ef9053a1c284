"""A dump in the bucket: written, looked at, put back. (components/backup/script/engines.py says what differs between databases)"""

import base64
import itertools

import age
import engines
import streams

# What says that a dump is not what was written.
NOT_WELL = (age.NotReadable, streams.Changed)

# What a dump, or a restore, fails with in a sentence.
TOLD = (*engines.TOLD, *NOT_WELL, age.OtherKey)


def write(engine, other, store, key, recipient, about):
    """
    Dumps a database into an object, and notes in `about` what is known of it.

    :param recipient: public key of age; None: not encrypted
    """
    pieces = engine.dump(other, about)
    if recipient:
        pieces = age.encrypt(pieces, recipient)
        head = next(pieces)
        pieces = itertools.chain([head], pieces)
        about["recipient"] = recipient
        # Of no use to anybody but who has the private key, and all that he needs to get the file's own out.
        about["header"] = base64.b64encode(head[: -age.NONCE]).decode()
    written = streams.upload(store.client, store.bucket, key, pieces)
    about["dump"] = {"key": key, **written}


def read(store, about, file_key):
    """
    A dump as its program wrote it, as pieces, held against what was written: the object's bytes, and where it is encrypted each of its chunks.

    :param file_key: 16 bytes; None where there is none
    """
    pieces = streams.download(store.client, store.bucket, about["dump"]["key"], about["dump"])
    if "recipient" not in about:
        return pieces
    if file_key is None:
        raise age.OtherKey(f"the dump is encrypted to {about['recipient']}: its key is needed")
    return age.decrypt(pieces, file_key)


def check(store, about, file_key):
    """Reads all of a dump. One that is encrypted is read as an object where there is no key."""
    if "recipient" in about and file_key is None:
        pieces = streams.download(store.client, store.bucket, about["dump"]["key"], about["dump"])
    else:
        pieces = read(store, about, file_key)
    for _ in pieces:
        pass
