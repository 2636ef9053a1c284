"""An object of a bucket as a file that is read from any place: of it only what is asked for is fetched."""

import io

from botocore.exceptions import BotoCoreError, ClientError, IncompleteReadError
from urllib3.exceptions import HTTPError

# What lies beside each other is fetched at once: a zip's list, a task and its annotations.
AHEAD = 256 * 1024
# An answer that breaks off in its middle is asked for again; boto3 does so only until an answer begins.
TRIES = 3


class Replaced(Exception):
    """The object is another than the one that was opened."""


class BrokenOff(BotoCoreError):
    """An error as boto3's own are: of an answer that did not come whole, as often as it was asked for."""

    fmt = "the store sent {read} bytes of {key} where {wanted} were asked for"


def opened(client, bucket, key):
    """
    A file for reading.

    :raises ClientError: where there is no such object, or it may not be read; so do reads, and BotoCoreError where the store does not answer
    """
    return io.BufferedReader(Ranges(client, bucket, key), AHEAD)


class Ranges(io.RawIOBase):
    def __init__(self, client, bucket, key):
        self.client = client
        self.place = {"Bucket": bucket, "Key": key}
        found = client.head_object(**self.place)
        self.size = found["ContentLength"]
        self.etag = found["ETag"]
        self.at = 0

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self.at

    def seek(self, offset, whence=io.SEEK_SET):
        at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        if at < 0:
            raise OSError(f"there is no place {at} in a file")
        self.at = at
        return at

    def readinto(self, buffer):
        end = min(self.at + len(buffer), self.size)
        if self.at >= end:
            return 0
        read = self.fetched(self.at, end)
        buffer[: len(read)] = read
        self.at += len(read)
        return len(read)

    def fetched(self, start, end):
        read = b""
        for _ in range(TRIES):
            try:
                # One that was written anew meanwhile has other bytes there, and fits no list read before.
                answer = self.client.get_object(**self.place, Range=f"bytes={start}-{end - 1}", IfMatch=self.etag)
                with answer["Body"] as body:
                    read = body.read()
            except ClientError as error:
                if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 412:
                    raise Replaced from None
                raise
            except (IncompleteReadError, HTTPError):
                continue
            # A store that knows no ranges sends all of it, each time.
            if len(read) == end - start:
                return read
        # No OSError: Python's zipfile takes one for a file that is no zip.
        raise BrokenOff(read=len(read), wanted=end - start, key=self.place["Key"])
