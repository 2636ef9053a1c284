"""Fits a picture into the model's input, and brings boxes back."""

from dataclasses import dataclass

import numpy
from PIL import Image

# The grey with which Ultralytics pads.
PADDING = (114, 114, 114)


@dataclass(frozen=True)
class Letterbox:
    """Where in the input the picture lies."""

    scale: float
    left: int
    top: int
    picture_width: int
    picture_height: int


def fit(picture: Image.Image, width: int, height: int) -> tuple[numpy.ndarray, Letterbox]:
    """
    The picture in the middle of an input of this size, its proportions kept, as [1, 3, height, width] of 0 to 1: what
    Ultralytics' models have seen in training.
    """
    scale = min(width / picture.width, height / picture.height)
    inner = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    canvas = Image.new("RGB", (width, height), PADDING)
    small = picture if picture.size == inner else picture.resize(inner, Image.Resampling.BILINEAR)
    canvas.paste(small, (left, top))
    values = numpy.asarray(canvas, dtype=numpy.float32).transpose(2, 0, 1)[None] / 255
    return numpy.ascontiguousarray(values), Letterbox(scale, left, top, picture.width, picture.height)


def unfit(boxes: numpy.ndarray, letterbox: Letterbox) -> numpy.ndarray:
    """Boxes [n, 4] (x1, y1, x2, y2) of the input in pixels of the picture, cut off at its edges."""
    shifted = boxes - numpy.array([letterbox.left, letterbox.top] * 2, dtype=boxes.dtype)
    limits = numpy.array([letterbox.picture_width, letterbox.picture_height] * 2, dtype=boxes.dtype)
    return numpy.clip(shifted / letterbox.scale, 0, limits)
