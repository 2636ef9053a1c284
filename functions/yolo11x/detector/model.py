"""The model, loaded once for each worker."""

import ast
from dataclasses import dataclass

import numpy
import onnxruntime
from PIL import Image

from detector.boxes import decode, suppress
from detector.errors import ModelFailure, StartError
from detector.labels import mapped_labels, model_labels
from detector.letterbox import fit, unfit
from detector.settings import Settings
from detector.weights import Weights, model_file

TYPES = {"tensor(float)": numpy.float32, "tensor(float16)": numpy.float16}
CUDA = "CUDAExecutionProvider"


@dataclass(frozen=True)
class Detection:
    label: str
    score: float
    points: tuple[float, float, float, float]
    """x1, y1, x2, y2 in pixels of the picture."""


class Model:
    """
    Loads the model and lets it see one empty picture: the first inference on a GPU takes long, and what does not fit
    shows before CVAT asks.

    Raises:
        StartError: for a model that cannot be had, read or used here.
    """

    def __init__(self, settings: Settings):
        self._settings = settings
        with model_file(settings) as weights:
            self.origin, self.sha256 = weights.origin, weights.sha256
            self._session = _session(weights, settings)
        metadata = self._session.get_modelmeta().custom_metadata_map
        if metadata.get("task", "detect") != "detect":
            raise StartError(f"The model is for the task {metadata['task']!r}: this function needs one for 'detect'.")
        self.labels = model_labels(metadata, settings.labels)
        self._mapped = mapped_labels(self.labels, settings.label_map)
        self.answered_labels = list(dict.fromkeys(label for label in self._mapped if label))
        self._groups = numpy.array([self.answered_labels.index(label) if label else -1 for label in self._mapped])
        self._input = self._session.get_inputs()[0]
        self.width, self.height = self._size(metadata)
        self._warm_up()

    @property
    def providers(self) -> list[str]:
        """What ONNX Runtime really computes with, best first."""
        return self._session.get_providers()

    def detect(self, picture: Image.Image, threshold: float) -> list[Detection]:
        """
        The boxes of at least `threshold`, best first.

        Raises:
            ModelFailure: when the model stops, or answers with what are no numbers.
        """
        values, letterbox = fit(picture, self.width, self.height)
        output = self._run(values)
        boxes = suppress(decode(output, self._groups, threshold), self._settings.iou, self._settings.max_detections)
        corners = unfit(boxes.corners, letterbox)
        return [
            Detection(self.answered_labels[group], float(score), tuple(float(value) for value in points))
            for points, score, group in zip(corners, boxes.scores, boxes.groups, strict=True)
            # In the padding alone there is nothing left of a box.
            if points[2] > points[0] and points[3] > points[1]
        ]

    def _run(self, values: numpy.ndarray) -> numpy.ndarray:
        try:
            outputs = self._session.run(None, {self._input.name: values.astype(TYPES[self._input.type], copy=False)})
        # ONNX Runtime's exceptions have no common class of their own.
        except Exception as error:
            raise ModelFailure(f"ONNX Runtime stopped: {error}") from error
        output = numpy.asarray(outputs[0], dtype=numpy.float32)
        expected = 4 + len(self.labels)
        # With nms=True it is [1, n, 6], and n may be the expected number by chance; 6 places alone no YOLO looks at.
        if output.ndim != 3 or output.shape[:2] != (1, expected) or output.shape[2] == 6:
            raise ModelFailure(
                f"the model answers with the shape {list(output.shape)}, not [1, {expected}, n]: 4 numbers of a box "
                f"and {len(self.labels)} classes. Export a YOLO11 detection model without nms=True; LABELS, if set, "
                "must name each class"
            )
        if not numpy.isfinite(output).all():
            raise ModelFailure("the model answers with what are no numbers (an overflow of a half-precision export?)")
        return output[0]

    def _size(self, metadata: dict[str, str]) -> tuple[int, int]:
        shape = self._input.shape
        if self._input.type not in TYPES or len(shape) != 4 or (shape[0] != 1 and not _open(shape[0])) or shape[1] != 3:
            raise StartError(
                f"The model's input is {self._input.type} {shape}: this function needs floats of one picture, "
                "[1, 3, height, width]."
            )
        height, width = shape[2:]
        if not _open(height) and not _open(width):
            return width, height
        try:
            height, width = (int(side) for side in ast.literal_eval(metadata["imgsz"]))
            return width, height
        except (KeyError, ValueError, SyntaxError, TypeError):
            return self._settings.size, self._settings.size

    def _warm_up(self) -> None:
        try:
            self.detect(Image.new("RGB", (self.width, self.height)), 1.0)
        except ModelFailure as error:
            raise StartError(f"The model {self.origin} cannot be used: {error}.") from error


def _open(dimension: object) -> bool:
    """A dimension the model leaves open has a name, or none at all."""
    return not isinstance(dimension, int)


def _session(weights: Weights, settings: Settings) -> onnxruntime.InferenceSession:
    providers = ["CPUExecutionProvider"]
    if settings.device != "cpu" and CUDA in onnxruntime.get_available_providers():
        # CUDA's libraries come as Python packages, where the system's loader does not look.
        onnxruntime.preload_dlls()
        providers.insert(0, CUDA)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = settings.threads
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(weights.path, options, providers=providers)
    except Exception as error:
        raise StartError(f"The model {weights.origin} is no ONNX model that can be read: {error}.") from error
    # ONNX Runtime goes on with the CPU, without an error, when the GPU cannot be used.
    if settings.device == "cuda" and session.get_providers()[0] != CUDA:
        raise StartError(
            "DEVICE is cuda, and CUDA cannot be used here: the pod has no GPU, or lacks the driver's libraries "
            "(runtimeClassName nvidia), or this is the image for the CPU."
        )
    return session
