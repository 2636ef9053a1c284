"""Real ONNX models with the output of YOLO11, small enough to be made in a rehearsal or a test, and simple enough to be foretold."""

from dataclasses import dataclass
from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

# Those onnxruntime 1.23 reads; the `onnx` package writes newer ones by default.
OPSET, IR_VERSION = 17, 8

COLOURS = ("red", "green", "blue")


@dataclass(frozen=True)
class Shape:
    """What kind of model `write_model` makes."""

    width: int = 64
    height: int = 64
    metadata: tuple[tuple[str, str], ...] = (("names", "{0: 'red', 1: 'green', 2: 'blue'}"), ("task", "detect"))
    half: bool = False
    """Takes and gives half-precision numbers."""
    open_size: bool = False
    """Does not say the size of its input, though it works with this one only."""
    poisoned: bool = False
    """Answers with what are no numbers, where the picture has a bright blue."""
    with_nms: bool = False
    """Has the output of an export with nms=True: [1, n, 6]."""


def write_model(path: Path, shape: Shape = Shape()) -> Path:
    """
    A detector of one rectangle of each pure colour. For each colour it answers with two candidates: the rectangle, with
    the brightness of its colour (0 to 1) as the score, and one a pixel to the right, with nine tenths of it. The
    rectangle of red is also found as green, with half the score.
    """
    graph = _Graph()
    kind = TensorProto.FLOAT16 if shape.half else TensorProto.FLOAT
    size = ("height", "width") if shape.open_size else (shape.height, shape.width)
    picture = graph.op("Cast", "images", to=TensorProto.FLOAT)
    channels = [
        graph.op("Slice", picture, *graph.integers([[number], [number + 1], [1]])) for number in range(len(COLOURS))
    ]
    boxes = [_rectangle(graph, channels, number, shape) for number in range(len(COLOURS))]
    columns = []
    for number, (corners, score) in enumerate(boxes):
        columns.append(_column(graph, corners, {number: score}, shift=0))
        columns.append(_column(graph, corners, {number: graph.op("Mul", score, graph.number(0.9))}, shift=1))
    red, red_score = boxes[0]
    columns.append(_column(graph, red, {1: graph.op("Mul", red_score, graph.number(0.5))}, shift=0))
    output = graph.op("Concat", *columns, axis=2)
    if shape.poisoned:
        brightest = graph.op("ReduceMax", channels[2], keepdims=0)
        root = graph.op("Sqrt", graph.op("Sub", graph.number(0.99), brightest))
        output = graph.op("Add", output, graph.op("Mul", root, graph.number(0)))
    dimensions = [1, 4 + len(COLOURS), len(columns)]
    if shape.with_nms:
        output = graph.op("Slice", graph.op("Transpose", output, perm=[0, 2, 1]), *graph.integers([[0], [6], [2]]))
        dimensions = [1, len(columns), 6]
    graph.nodes.append(helper.make_node("Cast", [output], ["output0"], to=kind))
    proto = helper.make_graph(
        graph.nodes,
        "colours",
        [helper.make_tensor_value_info("images", kind, [1, 3, *size])],
        [helper.make_tensor_value_info("output0", kind, dimensions)],
        graph.constants,
    )
    model = helper.make_model(proto, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    helper.set_model_props(model, dict(shape.metadata))
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())
    return path


class _Graph:
    def __init__(self):
        self.nodes = []
        self.constants = []

    def op(self, kind: str, *inputs: str, **attributes) -> str:
        name = f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, value: numpy.ndarray) -> str:
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def number(self, value: float) -> str:
        return self.constant(numpy.array(value, dtype=numpy.float32))

    def integers(self, lists: list[list[int]]) -> list[str]:
        return [self.constant(numpy.array(values, dtype=numpy.int64)) for values in lists]


def _rectangle(graph: _Graph, channels: list[str], number: int, shape: Shape) -> tuple[dict[str, str], str]:
    """The corners of all pixels that have this colour alone, and their mean brightness; 0 where there is none."""
    half = graph.number(0.5)
    own = graph.op("Cast", graph.op("Greater", channels[number], half), to=TensorProto.FLOAT)
    for other in range(len(channels)):
        if other != number:
            dark = graph.op("Cast", graph.op("Less", channels[other], half), to=TensorProto.FLOAT)
            own = graph.op("Mul", own, dark)
    corners = {}
    for axis, low, high, length in (("x", "x1", "x2", shape.width), ("y", "y1", "y2", shape.height)):
        along = (1, 1, 1, length) if axis == "x" else (1, 1, length, 1)
        steps = numpy.arange(length, dtype=numpy.float32).reshape(along)
        last = graph.op("Mul", own, graph.constant(steps + 1))
        first = graph.op("Mul", own, graph.constant(length - steps))
        corners[high] = graph.op("ReduceMax", last, keepdims=0)
        corners[low] = graph.op("Sub", graph.number(length), graph.op("ReduceMax", first, keepdims=0))
    bright = graph.op("ReduceSum", graph.op("Mul", channels[number], own), keepdims=0)
    count = graph.op("Max", graph.op("ReduceSum", own, keepdims=0), graph.number(1))
    return corners, graph.op("Div", bright, count)


def _column(graph: _Graph, corners: dict[str, str], scores: dict[int, str], shift: float) -> str:
    """One candidate as YOLO11 writes it: centre, size, and a score for each class."""
    two, moved = graph.number(2), graph.number(shift)
    middle = {
        axis: graph.op("Div", graph.op("Add", corners[f"{axis}1"], corners[f"{axis}2"]), two) for axis in ("x", "y")
    }
    length = {axis: graph.op("Sub", corners[f"{axis}2"], corners[f"{axis}1"]) for axis in ("x", "y")}
    rows = [graph.op("Add", middle["x"], moved), middle["y"], length["x"], length["y"]]
    rows += [scores.get(number, graph.number(0)) for number in range(len(COLOURS))]
    shape = graph.constant(numpy.array([1, 1, 1], dtype=numpy.int64))
    return graph.op("Concat", *[graph.op("Reshape", row, shape) for row in rows], axis=1)
