"""What CVAT asks: a picture and, perhaps, a threshold."""

import base64
import binascii
import json
import math
from dataclasses import dataclass

from detector.errors import BadRequest
from detector.settings import MIB, Settings


@dataclass(frozen=True)
class Request:
    image: bytes
    """The picture's file."""
    threshold: float


def read_request(body: object, settings: Settings) -> Request:
    """
    Args:
        body: of the event: Nuclio has read it already when it came as JSON, and hands on bytes when that failed.

    Raises:
        BadRequest: with a sentence for the caller.
    """
    fields = _fields(body)
    if "image" not in fields:
        raise BadRequest('The request has no "image": it must hold the picture\'s file in base64.')
    return Request(_image(fields["image"], settings), _threshold(fields.get("threshold"), settings))


def _fields(body: object) -> dict:
    if isinstance(body, (bytes, str)):
        try:
            body = json.loads(body)
        # RecursionError: nested deeper than Python reads.
        except (ValueError, RecursionError):
            raise BadRequest('The request is no JSON: POST an object such as {"image": "<base64>"}.') from None
    if not isinstance(body, dict):
        raise BadRequest('The request must be a JSON object such as {"image": "<base64>"}.')
    return body


def _image(text: object, settings: Settings) -> bytes:
    if not isinstance(text, str) or not text:
        raise BadRequest('"image" must be a text: the picture\'s file in base64.')
    # Looked at before it is decoded: four characters hold three bytes.
    if len(text) * 3 // 4 > settings.max_image_bytes + 2:
        raise BadRequest(
            f"The picture's file is larger than {settings.max_image_bytes / MIB:g} MiB, which MAX_IMAGE_MIB allows."
        )
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest('"image" is not base64.') from None


def _threshold(value: object, settings: Settings) -> float:
    if value is None:
        return settings.threshold
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not _is_finite(value):
        raise BadRequest('"threshold" must be a number from 0 to 1.')
    if not 0 <= value <= 1:
        raise BadRequest(f'"threshold" is {value:g}: it must be from 0 to 1.')
    return float(value)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # A whole number of hundreds of digits.
        return False
