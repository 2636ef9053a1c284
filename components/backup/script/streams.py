"""Objects that are written and read as streams: nothing of them lies on a disk, and of one only two parts are in memory."""

import contextlib
import hashlib
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import ClientError, IncompleteReadError, ReadTimeoutError, ResponseStreamingError

import store as stores

MIB = 1024 * 1024

# S3 takes 10,000 parts. They grow with their number, so that small objects need little memory and the largest has 1.6 TB.
SMALLEST_PART = 16 * MIB
PARTS_OF_A_SIZE = 1000

PIECE = MIB
BROKE_OFF = (IncompleteReadError, ReadTimeoutError, ResponseStreamingError)


def upload(client, bucket, key, pieces):
    """
    Writes an object of pieces, and gives its size and digest. The next part is gathered while one is on its way.

    Where the pieces end with an error there is no object: the parts that were sent are taken away, and the error goes on. Of a process that is
    killed, MinIO takes them away after a day. (min.io: api, stale_uploads_expiry)
    """
    digest = hashlib.sha256()
    upload_id = client.create_multipart_upload(Bucket=bucket, Key=key, ChecksumAlgorithm="SHA256")["UploadId"]
    at = {"Bucket": bucket, "Key": key, "UploadId": upload_id}

    def send(number, body):
        # The digest goes with each part: a store that got other bytes refuses them.
        answer = client.upload_part(PartNumber=number, Body=body, ChecksumAlgorithm="SHA256", **at)
        return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": answer["ChecksumSHA256"]}

    try:
        sent = []
        size = 0
        with ThreadPoolExecutor(max_workers=1) as sender:
            last = None
            for number, body in enumerate(parts_of(pieces), start=1):
                digest.update(body)
                size += len(body)
                if last is not None:
                    sent.append(last.result())
                last = sender.submit(send, number, body)
            sent.append(last.result())
        client.complete_multipart_upload(MultipartUpload={"Parts": sent}, **at)
    except BaseException:
        client.abort_multipart_upload(**at)
        raise
    return {"bytes": size, "sha256": digest.hexdigest()}


def parts_of(pieces):
    """Pieces put together to parts, at least one, which may be empty."""
    gathered = bytearray()
    number = 0
    for piece in pieces:
        gathered += piece
        while len(gathered) >= (size := SMALLEST_PART * (1 + number // PARTS_OF_A_SIZE)):
            yield bytes(gathered[:size])
            del gathered[:size]
            number += 1
    if gathered or number == 0:
        yield bytes(gathered)


class Changed(Exception):
    """A sentence that says how an object differs from what was written."""


def download(client, bucket, key, told):
    """
    The pieces of an object. After the last it is held against what its writer told: {"bytes", "sha256"}.

    :raises Changed: where it is another
    """
    digest = hashlib.sha256()
    size = 0
    try:
        for piece in pieces_of(client, {"Bucket": bucket, "Key": key}):
            digest.update(piece)
            size += len(piece)
            yield piece
    except ClientError as error:
        if stores.code_of(error) in ("NoSuchKey", "404"):
            raise Changed(f"{key} is gone") from None
        raise
    if size != told["bytes"]:
        raise Changed(f"{key} has {size} bytes, and {told['bytes']} were written")
    if digest.hexdigest() != told["sha256"]:
        raise Changed(f"{key} is not what was written: its sha256 is another")


def pieces_of(client, at):
    """A connection that breaks off is taken up where it did, as long as each brings something."""
    size = 0
    condition = {}
    while True:
        before = size
        answer = client.get_object(**at, **condition)
        with contextlib.closing(answer["Body"]) as body:
            try:
                while piece := body.read(PIECE):
                    size += len(piece)
                    yield piece
                return
            except BROKE_OFF:
                if size == before:
                    raise
        condition = {"Range": f"bytes={size}-", "IfMatch": answer["ETag"]}
