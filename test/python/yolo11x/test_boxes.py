"""The choice of boxes, against the definition of it."""

import numpy
import pytest

from detector.boxes import Boxes, decode, suppress


def overlap(one, other):
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(across, 0) * max(down, 0)
    area = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return shared / (sum(area) - shared)


@pytest.mark.parametrize("seed", range(20))
def test_what_stays_overlaps_nothing_better_and_what_goes_does(seed):
    random = numpy.random.default_rng(seed)
    count = 60
    corner = random.uniform(0, 20, (count, 2))
    corners = numpy.concatenate([corner, corner + random.uniform(1, 30, (count, 2))], axis=1)
    scores = -numpy.sort(-random.uniform(0.1, 1, count))
    groups = random.integers(0, 3, count)
    kept = suppress(Boxes(corners, scores, groups), iou=0.4, most=count)
    expected = []
    for index in range(count):
        rivals = [other for other in expected if groups[other] == groups[index]]
        if all(overlap(corners[other], corners[index]) <= 0.4 for other in rivals):
            expected.append(index)
    assert kept.scores.tolist() == scores[expected].tolist()
    assert kept.corners.tolist() == corners[expected].tolist()
    assert 0 < len(expected) < count


def test_decode_takes_the_best_class_and_leaves_out_dropped_ones():
    output = numpy.array(
        [
            [10, 20, 30],
            [10, 20, 30],
            [4, 4, 4],
            [2, 2, 2],
            [0.9, 0.2, 0.1],
            [0.1, 0.8, 0.2],
            [0.3, 0.3, 0.7],
        ],
        dtype=numpy.float32,
    )
    boxes = decode(output, numpy.array([1, -1, 0]), threshold=0.25)
    assert boxes.groups.tolist() == [1, 0]
    assert boxes.scores.tolist() == pytest.approx([0.9, 0.7])
    assert boxes.corners.tolist() == [[8, 9, 12, 11], [28, 29, 32, 31]]


def test_nothing_at_all():
    empty = decode(numpy.zeros((6, 0), dtype=numpy.float32), numpy.array([0, 1]), threshold=0.1)
    assert len(suppress(empty, iou=0.5, most=10).scores) == 0
