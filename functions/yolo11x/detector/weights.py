"""Brings the model's file here: from the object store, or from the image."""

import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from tempfile import NamedTemporaryFile
from typing import BinaryIO

import certifi
import urllib3
from minio import Minio

from detector.errors import StartError
from detector.settings import MIB, Settings, Store

CHUNK = MIB
ERROR_BYTES = 64 * 1024
# The store may start at the same time as this function: refused connections and 5xx answers are asked again.
PAUSE_SECONDS = 2.0
CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0

REASONS = {
    "NoSuchKey": "there is no such object",
    "NoSuchBucket": "there is no such bucket",
    "AccessDenied": "the key may not read it (AWS_ACCESS_KEY_ID, and its policy)",
    "InvalidAccessKeyId": "the store does not know this access key (AWS_ACCESS_KEY_ID)",
    "SignatureDoesNotMatch": "the secret does not belong to the access key (AWS_SECRET_ACCESS_KEY)",
}


@dataclass(frozen=True)
class Weights:
    path: str
    """A file that is there only inside the `with` block."""
    sha256: str
    origin: str
    """Where it is from, for people."""


@contextmanager
def model_file(settings: Settings) -> Iterator[Weights]:
    """
    The checked file of the model. A downloaded one is removed again after the `with` block: the session has read it.

    Raises:
        StartError: for a model that cannot be had in time, is too large, empty or not the one of MODEL_SHA256.
    """
    if settings.store is None:
        path = settings.path or ""
        yield Weights(path, _checked(settings, _digest_of(path, settings), path), path)
        return
    origin = f"s3://{settings.store.bucket}/{settings.store.key}"
    with NamedTemporaryFile(suffix=".onnx") as file:
        digest = _download(settings, settings.store, origin, file)
        yield Weights(file.name, _checked(settings, digest, origin), origin)


def _checked(settings: Settings, digest: str, origin: str) -> str:
    if settings.sha256 and digest != settings.sha256:
        raise StartError(
            f"The model {origin} is not the one of MODEL_SHA256: its digest is {digest}, not {settings.sha256}."
        )
    return digest


def _digest_of(path: str, settings: Settings) -> str:
    try:
        _check_size(os.path.getsize(path), settings, path)
        digest = hashlib.sha256()
        with open(path, "rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
        return digest.hexdigest()
    except OSError as error:
        raise StartError(f"The model {path} (MODEL_PATH) cannot be read: {error.strerror}.") from None


def _check_size(size: int, settings: Settings, origin: str) -> None:
    if size == 0:
        raise StartError(f"The model {origin} is empty.")
    if size > settings.max_model_bytes:
        most = round(settings.max_model_bytes / MIB, 3)
        raise StartError(f"The model {origin} has {size / MIB:.1f} MiB, and MODEL_MAX_MIB allows {most:g}.")


def _download(settings: Settings, store: Store, origin: str, file: BinaryIO) -> str:
    deadline = time.monotonic() + settings.model_timeout
    trouble = "the store did not answer"
    while time.monotonic() < deadline:
        try:
            return _fetch(settings, store, origin, file, deadline)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            trouble = _short(error)
        time.sleep(max(0.0, min(PAUSE_SECONDS, deadline - time.monotonic())))
    raise StartError(
        f"The model {origin} could not be had from {store.endpoint} within {settings.model_timeout:g} seconds "
        f"(MODEL_TIMEOUT_SECONDS): {trouble}."
    )


def _fetch(settings: Settings, store: Store, origin: str, file: BinaryIO, deadline: float) -> str:
    """One try. What another try may cure is raised as an OSError, or as urllib3 names it."""
    response = _ask(store, deadline)
    try:
        if response.status != 200:
            raise _refusal(response, store, origin)
        announced = int(response.headers.get("Content-Length", -1))
        if announced >= 0:
            _check_size(announced, settings, origin)
        file.seek(0)
        file.truncate()
        digest, received = hashlib.sha256(), 0
        # What has come, and not a whole chunk, which a slow store could take for ever to fill.
        while chunk := response.read1(CHUNK):
            received += len(chunk)
            _check_size(received, settings, origin)
            if time.monotonic() > deadline:
                raise TimeoutError(f"only {received / MIB:.1f} MiB had come")
            digest.update(chunk)
            file.write(chunk)
        # Not every version of urllib3 sees that a body ends early.
        if announced >= 0 and received != announced:
            raise ConnectionError("the store closed the connection in the middle")
        file.flush()
        _check_size(received, settings, origin)
        return digest.hexdigest()
    finally:
        response.close()


def _ask(store: Store, deadline: float) -> urllib3.BaseHTTPResponse:
    left = max(0.1, deadline - time.monotonic())
    scheme, address = store.endpoint.split("://", 1)
    # With a region, so that the client does not ask for the bucket's place, which a key for one object may not do.
    client = Minio(
        endpoint=address,
        access_key=store.access_key,
        secret_key=store.secret_key,
        secure=scheme == "https",
        region=store.region,
    )
    url = client.presigned_get_object(store.bucket, store.key, expires=timedelta(seconds=int(left) + 60))
    # A pool of its own: the client's has no bounds, and its answers hide their status.
    pool = urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, left), read=min(READ_SECONDS, left)),
        cert_reqs="CERT_REQUIRED",
        ca_certs=os.environ.get("AWS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or certifi.where(),
    )
    return pool.request("GET", url, preload_content=False, retries=False, redirect=False)


def _refusal(response: urllib3.BaseHTTPResponse, store: Store, origin: str) -> Exception:
    answer = response.read1(ERROR_BYTES).decode(errors="replace")
    code = re.search("<Code>([^<]*)</Code>", answer)
    if response.status >= 500 or response.status == 429:
        return ConnectionError(f"the store answered {response.status}")
    if not code:
        return StartError(
            f"The model {origin} cannot be had: {store.endpoint} does not answer as an object store does "
            f"(status {response.status}). S3_ENDPOINT is the address of its API, not of its console."
        )
    message = re.search("<Message>([^<]*)</Message>", answer)
    reason = REASONS.get(code[1], message[1].rstrip(".") if message else code[1])
    return StartError(f"The model {origin} cannot be had from {store.endpoint}: {reason}.")


def _short(error: Exception) -> str:
    """urllib3 wraps errors in errors: the innermost one has the words for people."""
    while error.args and isinstance(error.args[-1], Exception):
        error = error.args[-1]
    return str(error).rsplit(": ", 1)[-1].rstrip(".") or type(error).__name__
