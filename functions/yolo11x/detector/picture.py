"""Reads a picture as CVAT shows it."""

import io
import warnings

import numpy
from PIL import Image, ImageOps, UnidentifiedImageError

from detector.errors import BadRequest

# Those CVAT takes as images (JPEG includes MPO). Pillow's other readers are out of reach of what a request brings.
FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP", "GIF", "PPM", "JPEG2000")
# Grey values of more than 8 bits; Pillow's own conversion cuts everything above 255.
DEEP_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")

# Ours is checked instead, before a pixel is decoded.
Image.MAX_IMAGE_PIXELS = None


def read_picture(file: bytes, max_pixels: int) -> Image.Image:
    """
    The picture in RGB, turned by its EXIF orientation: CVAT turns frames on import and measures points in the turned
    one (cvat/apps/engine/media_extractors.py, exif_transpose in the chunk writers). It drops transparency, too.

    Raises:
        BadRequest: for what is no picture, or one of more than `max_pixels`.
    """
    try:
        # Odd metadata is worth a warning to Pillow, and nothing to anybody here.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(file), formats=FORMATS)
            width, height = picture.size
            if width * height > max_pixels:
                raise BadRequest(
                    f"The picture has {width} x {height} pixels, more than the {max_pixels / 1e6:g} million "
                    "which MAX_MEGAPIXELS allows."
                )
            picture.load()
            return _rgb(ImageOps.exif_transpose(picture))
    except UnidentifiedImageError:
        raise BadRequest(f'"image" is no picture of a known kind ({", ".join(FORMATS)}).') from None
    except BadRequest:
        raise
    # Pillow's readers raise all sorts for broken files.
    except Exception as error:
        raise BadRequest(f'"image" is a broken picture: {error}.') from None


def _rgb(picture: Image.Image) -> Image.Image:
    if picture.mode not in DEEP_MODES:
        return picture.convert("RGB")
    values = numpy.nan_to_num(numpy.asarray(picture, dtype=numpy.float64))
    low, high = values.min(), values.max()
    # As CVAT, but without its equalization, which changes how things look next to each other.
    stretched = (values - low) * (255 / (high - low)) if high > low else numpy.zeros_like(values)
    return Image.fromarray(stretched.astype(numpy.uint8)).convert("RGB")
