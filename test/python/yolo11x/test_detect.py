"""What is found, and where."""

import pytest

from function import scene
from models import Shape


def found(shapes):
    return [(shape["label"], shape["confidence"]) for shape in shapes]


def points_of(shapes, label):
    return next(shape["points"] for shape in shapes if shape["label"] == label)


def test_answers_in_the_shape_cvat_reads(start_with):
    assert start_with().detect(scene(64, 64, red=(8, 16, 40, 48))) == [
        {"confidence": "0.90", "label": "red", "points": [8.0, 16.0, 40.0, 48.0], "type": "rectangle"},
        {"confidence": "0.45", "label": "green", "points": [8.0, 16.0, 40.0, 48.0], "type": "rectangle"},
    ]


def test_finds_nothing_in_an_empty_picture(start_with):
    assert start_with().detect(scene(64, 64)) == []


def test_the_best_comes_first(start_with):
    shapes = start_with().detect(scene(64, 64, red=(0, 0, 20, 20), green=(30, 0, 50, 20), blue=(0, 30, 20, 50)))
    assert found(shapes) == [("blue", "1.00"), ("red", "0.90"), ("green", "0.80"), ("green", "0.45")]


@pytest.mark.parametrize(
    ("width", "height", "box"),
    [
        (64, 64, (10, 12, 30, 40)),
        (128, 128, (20, 24, 60, 80)),
        (640, 360, (100, 50, 400, 300)),
        (360, 640, (50, 100, 300, 400)),
        (33, 47, (5, 7, 20, 31)),
        (1001, 333, (100, 33, 907, 300)),
        (16, 16, (2, 4, 10, 12)),
        (1920, 1, (480, 0, 1440, 1)),
        (400, 300, (0, 0, 400, 300)),
    ],
)
def test_points_are_in_pixels_of_the_picture(start_with, width, height, box):
    points = points_of(start_with().detect(scene(width, height, blue=box)), "blue")
    # The model sees the picture at its own size, and finds whole pixels there.
    tolerance = max(width, height) / 64 + 0.01
    assert points == pytest.approx(box, abs=tolerance)
    assert 0 <= points[0] < points[2] <= width
    assert 0 <= points[1] < points[3] <= height


@pytest.mark.parametrize("size", [(128, 64), (64, 128), (96, 32)])
def test_an_input_that_is_no_square(start_with, size):
    width, height = size
    function = start_with(Shape(width=width, height=height))
    points = points_of(function.detect(scene(200, 100, blue=(40, 20, 160, 80))), "blue")
    assert points == pytest.approx((40, 20, 160, 80), abs=max(200 / width, 100 / height) + 0.01)


def test_a_half_precision_model(start_with):
    shapes = start_with(Shape(half=True)).detect(scene(64, 64, red=(8, 16, 40, 48)))
    assert found(shapes) == [("red", "0.90"), ("green", "0.45")]
    assert points_of(shapes, "red") == [8.0, 16.0, 40.0, 48.0]


@pytest.mark.parametrize("environment", [{}, {"MODEL_SIZE": 64}])
def test_a_model_that_leaves_its_size_open(start_with, environment):
    named = () if environment else (("imgsz", "[64, 64]"),)
    function = start_with(Shape(open_size=True, metadata=Shape.metadata + named), **environment)
    assert found(function.detect(scene(64, 64, blue=(8, 8, 24, 24)))) == [("blue", "1.00")]


class TestThreshold:
    PICTURE = scene(64, 64, red=(0, 0, 20, 20), blue=(30, 30, 50, 50))

    def test_default(self, start_with):
        assert found(start_with().detect(self.PICTURE)) == [("blue", "1.00"), ("red", "0.90"), ("green", "0.45")]

    def test_of_the_environment(self, start_with):
        assert found(start_with(THRESHOLD=0.5).detect(self.PICTURE)) == [("blue", "1.00"), ("red", "0.90")]

    def test_of_the_request(self, start_with):
        assert found(start_with(THRESHOLD=0.5).detect(self.PICTURE, threshold=0.95)) == [("blue", "1.00")]

    def test_the_least_finds_no_more_than_there_is(self, start_with):
        assert found(start_with().detect(self.PICTURE, threshold=0))[:3] == [
            ("blue", "1.00"),
            ("red", "0.90"),
            ("green", "0.45"),
        ]

    def test_null_counts_as_absent(self, start_with):
        assert len(start_with().detect(self.PICTURE, threshold=None)) == 3


class TestOverlap:
    PICTURE = scene(64, 64, red=(8, 16, 40, 48))

    def test_a_second_box_of_a_label_is_dropped_and_one_of_another_label_stays(self, start_with):
        assert found(start_with().detect(self.PICTURE)) == [("red", "0.90"), ("green", "0.45")]

    def test_as_much_overlap_as_is_allowed(self, start_with):
        # The second candidate is a pixel to the right: 31 of 33 columns are shared.
        assert len(start_with(IOU=0.93).detect(self.PICTURE)) == 2
        assert len(start_with(IOU=0.95).detect(self.PICTURE)) == 3

    def test_most_boxes(self, start_with):
        assert found(start_with(MAX_DETECTIONS=1).detect(self.PICTURE)) == [("red", "0.90")]


class TestLabels:
    PICTURE = scene(64, 64, red=(0, 0, 20, 20), blue=(30, 30, 50, 50))

    @pytest.mark.parametrize(
        ("mapping", "expected"),
        [
            ('{"red": "crimson"}', [("blue", "1.00"), ("crimson", "0.90"), ("green", "0.45")]),
            ('{"red": null}', [("blue", "1.00"), ("green", "0.45")]),
            ('{"blue": "sky", "*": null}', [("sky", "1.00")]),
            # Where two classes become one label, the double find of the model is one box.
            ('{"red": "warm", "green": "warm"}', [("blue", "1.00"), ("warm", "0.90")]),
            ("{}", [("blue", "1.00"), ("red", "0.90"), ("green", "0.45")]),
        ],
    )
    def test_mapping(self, start_with, mapping, expected):
        assert found(start_with(LABEL_MAP=mapping).detect(self.PICTURE)) == expected

    def test_names_of_the_environment(self, start_with):
        function = start_with(LABELS='["rot", "grün", "blau"]')
        assert found(function.detect(self.PICTURE)) == [("blau", "1.00"), ("rot", "0.90"), ("grün", "0.45")]


def test_pictures_one_after_the_other_do_not_mix(start_with):
    function = start_with()
    first, second = scene(64, 64, blue=(0, 0, 20, 20)), scene(128, 64, green=(0, 0, 20, 20))
    expected = [function.detect(first), function.detect(second)]
    assert [function.detect(picture) for picture in (first, second, first, second)] == expected * 2
