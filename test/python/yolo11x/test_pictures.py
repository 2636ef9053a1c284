"""Every kind of picture CVAT may send."""

import numpy
import pytest
from PIL import Image

from detector.errors import BadRequest
from detector.picture import read_picture
from function import file_of, scene

BOX = (8, 16, 24, 56)
ORIENTATION = 0x0112


def points(function, file):
    shapes = function.detect(file)
    assert [shape["label"] for shape in shapes] == ["blue"], shapes
    return shapes[0]["points"]


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP", "PPM", "JPEG2000", "GIF", "JPEG"])
def test_kinds_of_files(start_with, kind):
    options = {"JPEG": {"quality": 95}, "WEBP": {"lossless": True}}.get(kind, {})
    file = file_of(scene(64, 64, blue=BOX), kind, **options)
    assert points(start_with(), file) == pytest.approx(BOX, abs=1)


@pytest.mark.parametrize("mode", ["RGBA", "P", "CMYK"])
def test_colour_modes(start_with, mode):
    kind = "TIFF" if mode == "CMYK" else "PNG"
    assert points(start_with(), file_of(scene(64, 64, blue=BOX).convert(mode), kind)) == list(BOX)


def test_transparency_is_dropped_as_cvat_does(start_with):
    picture = scene(64, 64, blue=BOX).convert("RGBA")
    picture.putalpha(0)
    assert points(start_with(), file_of(picture)) == list(BOX)


# What turns the upright picture into the stored one, by the orientation that tells to turn it back.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
@pytest.mark.parametrize("orientation", STORED)
def test_points_are_of_the_picture_as_exif_turns_it(start_with, kind, orientation):
    upright = scene(64, 48, blue=(8, 4, 24, 40))
    turn = STORED[orientation]
    stored = upright.transpose(turn) if turn is not None else upright
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    file = file_of(stored, kind, exif=exif, **({"quality": 95} if kind == "JPEG" else {}))
    assert points(start_with(), file) == pytest.approx((8, 4, 24, 40), abs=1)


@pytest.mark.parametrize("mode", ["L", "LA", "1"])
def test_grey_pictures_are_read(start_with, mode):
    assert start_with().detect(file_of(scene(64, 64, blue=BOX).convert(mode))) == []


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (numpy.array([[1000, 3000], [5000, 5000]], dtype=numpy.uint16), "PNG"),
        (numpy.array([[1000, 3000], [5000, 5000]], dtype=numpy.int32), "TIFF"),
        (numpy.array([[0.1, 0.3], [0.5, 0.5]], dtype=numpy.float32), "TIFF"),
        (numpy.array([[-0.2, 0.0], [0.2, 0.2]], dtype=numpy.float32), "TIFF"),
    ],
)
def test_deep_grey_is_stretched(values, kind):
    picture = read_picture(file_of(Image.fromarray(values), kind), 100)
    grey = numpy.asarray(picture)
    assert picture.mode == "RGB"
    assert (grey[..., 0] == grey[..., 2]).all()
    assert grey[..., 0].tolist() == pytest.approx(numpy.array([[0, 127], [255, 255]]), abs=1)


def test_deep_grey_of_one_value_is_black():
    picture = read_picture(file_of(Image.fromarray(numpy.full((2, 2), 4000, dtype=numpy.uint16))), 100)
    assert numpy.asarray(picture).max() == 0


def test_an_animation_counts_as_its_first_picture(start_with):
    frames = [scene(64, 64, blue=BOX), scene(64, 64)]
    assert points(start_with(), file_of(frames[0], "GIF", save_all=True, append_images=frames[1:])) == list(BOX)


def test_a_huge_picture_is_refused_before_it_is_decoded():
    # 10 GB once decoded, and a few bytes here: only the header is true.
    header = file_of(Image.new("1", (1, 1)), "BMP")
    huge = header[:18] + (60_000).to_bytes(4, "little") * 2 + header[26:]
    with pytest.raises(BadRequest, match="60000 x 60000 pixels"):
        read_picture(huge, 100_000_000)
