"""
Files of age, version 1, written to one public key and read with the key of the file. (age-encryption.org/v1; github.com/C2SP/C2SP/blob/main/age.md)

Who has the private key gets the key of one file out of its header on his own machine, so that the private one never comes into the lab. Both
ways take and give pieces, and hold about one chunk of 64 KiB and one piece at a time.
"""

import base64
import hashlib
import hmac
import os
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

INTRO = b"age-encryption.org/v1\n"
X25519_LABEL = b"age-encryption.org/v1/X25519"
CHUNK = 64 * 1024
TAG = 16
NONCE = 16
FILE_KEY = 16

# Ours has 200 bytes; with many recipients and post-quantum ones it may have a few thousand each.
LONGEST_HEADER = 1024 * 1024

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


class NotReadable(Exception):
    """A sentence that says why a file, or a key, is none that can be used. Has no key in it."""


class OtherKey(Exception):
    """A sentence that says that the key opens another file."""


def encrypt(pieces, recipient):
    """The file, as pieces, which the private key of `recipient` ("age1...") opens."""
    key = os.urandom(FILE_KEY)
    head = INTRO + stanza(key, public_key(recipient)) + b"---"
    nonce = os.urandom(NONCE)
    yield head + b" " + plain64(header_mac(key, head)) + b"\n" + nonce
    seal = chunk_cipher(key, nonce).encrypt
    buffer = bytearray()
    number = 0
    for piece in pieces:
        buffer += piece
        # The last chunk is marked, and may be full: one is held back until more comes.
        while len(buffer) > CHUNK:
            yield seal(chunk_nonce(number, last=False), bytes(buffer[:CHUNK]), None)
            del buffer[:CHUNK]
            number += 1
    yield seal(chunk_nonce(number, last=True), bytes(buffer), None)


def decrypt(pieces, key):
    """
    What is in a file, as pieces. `key` is the file's own, 16 bytes.

    :raises NotReadable: at the first chunk that was changed, and for a file that ends too early or too late. What was given before is as it was
        written, but only a file that was read to its end is whole.
    :raises OtherKey: for the key of another file
    """
    stream = Stream(pieces)
    read_header(stream, key)
    nonce = stream.take(NONCE)
    if len(nonce) < NONCE:
        raise NotReadable(ENDS_EARLY)
    opened = chunk_cipher(key, nonce).decrypt
    number = 0
    last = False
    while not last:
        chunk = stream.take(CHUNK + TAG)
        last = stream.is_over()
        if len(chunk) < TAG:
            raise NotReadable(ENDS_EARLY)
        try:
            text = opened(chunk_nonce(number, last), chunk, None)
        except InvalidTag:
            raise NotReadable(ENDS_EARLY if last else CHANGED) from None
        if not text and number > 0:
            raise NotReadable(CHANGED)
        number += 1
        yield text


ENDS_EARLY = "the encrypted file ends before its end, or its end was changed"
CHANGED = "the encrypted file was changed after it was written"
NO_AGE_FILE = "the file is none that age wrote"
OTHER_KEY = "the key is that of another file, or the begin of the file was changed"


class Stream:
    """Bytes out of pieces."""

    def __init__(self, pieces):
        self.pieces = iter(pieces)
        self.buffer = bytearray()

    def fill(self, count):
        """Whether there are so many bytes."""
        while len(self.buffer) < count:
            piece = next(self.pieces, None)
            if piece is None:
                return False
            self.buffer += piece
        return True

    def take(self, count):
        """So many bytes, or those that are left."""
        self.fill(count)
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken

    def is_over(self):
        return not self.fill(1)

    def line(self, longest):
        """Up to the end of a line, and with it. None where none comes within so many bytes."""
        seen = 0
        while True:
            at = self.buffer.find(b"\n", seen)
            if at >= 0:
                return self.take(at + 1)
            seen = len(self.buffer)
            if seen > longest or not self.fill(seen + 1):
                return None


def read_header(stream, key):
    """Reads to the end of the header, and holds it against the key: it has a code that only who knows the key can have made."""
    head = stream.take(len(INTRO))
    if head != INTRO:
        raise NotReadable(NO_AGE_FILE)
    while True:
        line = stream.line(LONGEST_HEADER)
        if line is None or len(head) > LONGEST_HEADER:
            raise NotReadable(NO_AGE_FILE)
        if line.startswith(b"---"):
            break
        head += line
    if not hmac.compare_digest(line, b"--- " + plain64(header_mac(key, head + b"---")) + b"\n"):
        raise OtherKey(OTHER_KEY)


def stanza(key, public):
    """The key of the file, for who has the other half of `public`."""
    own = X25519PrivateKey.generate()
    share = own.public_key().public_bytes_raw()
    try:
        shared = own.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        raise NotReadable("the public key is one that anybody could open files of") from None
    wrap = derive(shared, share + public, X25519_LABEL)
    body = plain64(ChaCha20Poly1305(wrap).encrypt(bytes(12), key, None))
    return b"-> X25519 " + plain64(share) + b"\n" + body + b"\n"


def public_key(recipient):
    """The 32 bytes of a public key "age1...", which is written in Bech32. (BIP 173)"""
    if not re.fullmatch(f"age1[{ALPHABET}]{{58}}", recipient):
        raise NotReadable("the public key is none of age: one begins with age1 and has 62 letters and digits")
    values = [ALPHABET.index(letter) for letter in recipient[4:]]
    prefix = [ord(letter) >> 5 for letter in "age"] + [0] + [ord(letter) & 31 for letter in "age"]
    if checksum(prefix + values) != 1:
        raise NotReadable("the public key of age has a typing error: its checksum does not fit")
    number = 0
    for value in values[:-6]:
        number = number << 5 | value
    # 52 letters hold 260 bits: the last four are filling.
    return (number >> 4).to_bytes(32, "big")


def checksum(values):
    total = 1
    for value in values:
        top = total >> 25
        total = (total & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(GENERATOR):
            if top >> bit & 1:
                total ^= generator
    return total


def chunk_cipher(key, nonce):
    return ChaCha20Poly1305(derive(key, nonce, b"payload"))


def chunk_nonce(number, last):
    return number.to_bytes(11, "big") + bytes([last])


def header_mac(key, head):
    return hmac.new(derive(key, None, b"header"), head, hashlib.sha256).digest()


def derive(key, salt, label):
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=label).derive(key)


def plain64(data):
    """Base64 without filling."""
    return base64.b64encode(data).rstrip(b"=")
