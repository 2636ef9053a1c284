"""A zip sent into CVAT in pieces, as its SDK sends one, so that CVAT needs no way and no key to the bucket of backups. (cvat-sdk: core/uploading.py)"""

import urllib.parse

import rest

AT = "projects/backup"
PIECE = 8 * 1024 * 1024
TUS = {"Tus-Resumable": "1.0.0"}


def send(cvat, pieces, size):
    """@returns the name that CVAT has for what it got"""
    cvat.call("POST", AT, headers={"Upload-Start": ""})
    made = cvat.call("POST", AT, headers={**TUS, "Upload-Length": str(size)})
    at = urllib.parse.urlsplit(made.headers["Location"]).path.removeprefix("/api/")
    offset = 0
    for piece in of_one_size(pieces):
        put(cvat, at, offset, piece, size)
        offset += len(piece)
    return made.headers["Upload-Filename"]


def begin(cvat, name):
    """Has CVAT make a project of it. @returns the number of its request"""
    answer = cvat.call("POST", AT, query={"filename": name}, headers={"Upload-Finish": ""})
    return cvat.json(answer)["rq_id"]


def put(cvat, at, offset, piece, size):
    headers = {**TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
    try:
        cvat.call("PATCH", at, headers=headers, data=piece)
    except rest.Refused as refusal:
        # It came, and the answer to it was lost: it was sent again. One that is whole is known no more.
        end = offset + len(piece)
        if refusal.status == 404 and end == size:
            return
        if refusal.status != 409 or int(cvat.call("HEAD", at, headers=TUS).headers["Upload-Offset"]) != end:
            raise


def of_one_size(pieces):
    gathered = bytearray()
    for piece in pieces:
        gathered += piece
        while len(gathered) >= PIECE:
            yield bytes(gathered[:PIECE])
            del gathered[:PIECE]
    if gathered:
        yield bytes(gathered)
