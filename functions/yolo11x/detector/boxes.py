"""From the numbers a YOLO11 model answers with to a few boxes."""

from dataclasses import dataclass

import numpy

# More candidates than this are noise, and each costs time (Ultralytics' max_nms).
MAX_CANDIDATES = 30_000


@dataclass(frozen=True)
class Boxes:
    """Parallel arrays, best first."""

    corners: numpy.ndarray
    """[n, 4]: x1, y1, x2, y2 in pixels of the model's input."""
    scores: numpy.ndarray
    groups: numpy.ndarray
    """Number of the label in the list of distinct ones."""


def decode(output: numpy.ndarray, groups: numpy.ndarray, threshold: float) -> Boxes:
    """
    Args:
        output: [4 + classes, n]: centre x, centre y, width, height, then a score of 0 to 1 for each class.
        groups: [classes]: the label's number of each class; -1: dropped.
        threshold: candidates below are left out.
    """
    scores = output[4:]
    best = scores.argmax(axis=0)
    score = scores[best, numpy.arange(scores.shape[1])]
    chosen = numpy.flatnonzero((score >= threshold) & (score > 0) & (groups[best] >= 0))
    chosen = chosen[numpy.argsort(-score[chosen], kind="stable")][:MAX_CANDIDATES]
    x, y, width, height = output[:4, chosen]
    corners = numpy.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], axis=1)
    return Boxes(corners, score[chosen], groups[best[chosen]])


def suppress(boxes: Boxes, iou: float, most: int) -> Boxes:
    """Of boxes of one label that overlap by more than `iou`, the best stays (greedy non-maximum suppression)."""
    x1, y1, x2, y2 = boxes.corners.T
    areas = numpy.maximum(x2 - x1, 0) * numpy.maximum(y2 - y1, 0)
    left = numpy.arange(len(boxes.scores))
    kept: list[int] = []
    while left.size and len(kept) < most:
        first, rest = left[0], left[1:]
        kept.append(int(first))
        across = numpy.minimum(x2[first], x2[rest]) - numpy.maximum(x1[first], x1[rest])
        down = numpy.minimum(y2[first], y2[rest]) - numpy.maximum(y1[first], y1[rest])
        shared = numpy.maximum(across, 0) * numpy.maximum(down, 0)
        union = areas[first] + areas[rest] - shared
        same = boxes.groups[rest] == boxes.groups[first]
        left = rest[~(same & (shared > iou * union))]
    return Boxes(boxes.corners[kept], boxes.scores[kept], boxes.groups[kept])
