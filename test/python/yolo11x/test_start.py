"""What keeps the function from starting, and how that is told."""

import pytest

from detector.errors import StartError
from detector.settings import read_settings
from function import Function
from models import Shape


def problems_of(**environment):
    with pytest.raises(StartError) as error:
        read_settings(environment)
    return error.value.problems


S3 = {"MODEL_S3_URL": "s3://models/yolo.onnx", "S3_ENDPOINT": "http://minio:9000"}


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({}, "Neither MODEL_S3_URL nor MODEL_PATH is set"),
        ({"MODEL_PATH": ""}, "Neither MODEL_S3_URL nor MODEL_PATH is set"),
        ({**S3, "MODEL_PATH": "/model.onnx"}, "both set"),
        ({**S3, "MODEL_S3_URL": "http://models/yolo.onnx"}, "must be s3://bucket/key"),
        ({**S3, "MODEL_S3_URL": "s3://models"}, "must be s3://bucket/key"),
        ({**S3, "MODEL_S3_URL": "s3://models/folder/"}, "must be s3://bucket/key"),
        ({**S3, "S3_ENDPOINT": ""}, "S3_ENDPOINT must be http://host:port"),
        ({**S3, "S3_ENDPOINT": "minio:9000"}, "S3_ENDPOINT must be http://host:port"),
        ({**S3, "S3_ENDPOINT": "http://minio:9000/models"}, "without a path or a user"),
        ({**S3, "S3_ENDPOINT": "http://user:secret@minio:9000"}, "without a path or a user"),
        ({**S3, "S3_ENDPOINT": "http://minio:99999"}, "S3_ENDPOINT must be http://host:port"),
        ({**S3, "AWS_ACCESS_KEY_ID": "reader"}, "Only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        ({**S3, "S3_REGION": "US East"}, "S3_REGION is 'US East'"),
        ({"MODEL_PATH": "m", "MODEL_SHA256": "abc"}, "64 hexadecimal digits"),
        ({"MODEL_PATH": "m", "MODEL_MAX_MIB": "much"}, "MODEL_MAX_MIB is 'much': it must be a number"),
        ({"MODEL_PATH": "m", "MODEL_TIMEOUT_SECONDS": "0"}, "MODEL_TIMEOUT_SECONDS is '0'"),
        ({"MODEL_PATH": "m", "MODEL_SIZE": "640.5"}, "MODEL_SIZE is 640.5: it must be a whole number"),
        ({"MODEL_PATH": "m", "THRESHOLD": "25"}, "THRESHOLD is '25': it must be a number from 0 to 1"),
        ({"MODEL_PATH": "m", "IOU": "nan"}, "IOU is 'nan'"),
        ({"MODEL_PATH": "m", "DEVICE": "gpu"}, "must be one of auto, cpu, cuda"),
        ({"MODEL_PATH": "m", "LABELS": "person, car"}, "LABELS is no JSON"),
        ({"MODEL_PATH": "m", "LABELS": "[]"}, "LABELS must be a JSON list"),
        ({"MODEL_PATH": "m", "LABELS": '["a", 1]'}, "LABELS must be a JSON list"),
        ({"MODEL_PATH": "m", "LABEL_MAP": "{"}, "LABEL_MAP is no JSON"),
        ({"MODEL_PATH": "m", "LABEL_MAP": "[]"}, "LABEL_MAP must be a JSON object"),
        ({"MODEL_PATH": "m", "LABEL_MAP": '{"a": 1}'}, "LABEL_MAP must be a JSON object"),
        ({"MODEL_PATH": "m", "LABEL_MAP": '{"*": "rest"}'}, '"*" can only be null'),
    ],
)
def test_settings_that_cannot_be(environment, problem):
    problems = problems_of(**environment)
    assert len(problems) == 1
    assert problem in problems[0]
    assert "secret" not in problems[0]


def test_every_problem_is_told_at_once():
    assert len(problems_of(THRESHOLD="2", IOU="x", DEVICE="tpu", MODEL_SHA256="?")) == 5


def test_settings_by_default():
    settings = read_settings({**S3, "S3_ENDPOINT": "https://minio.example.com/"})
    assert settings.store.endpoint == "https://minio.example.com"
    assert (settings.threshold, settings.iou, settings.device) == (0.25, 0.7, "auto")
    assert settings.max_image_bytes == 32 * 1024 * 1024


def refusal(start, **environment):
    with pytest.raises(StartError) as error:
        start(**environment)
    return str(error.value)


@pytest.mark.parametrize(
    ("shape", "environment", "problem"),
    [
        (Shape(), {"LABEL_MAP": '{"rad": "red"}'}, "the model does not have: rad. It has: red, green, blue"),
        (Shape(), {"LABEL_MAP": '{"*": null}'}, "drops every label"),
        (Shape(metadata=()), {}, "does not name its classes: set LABELS"),
        (Shape(metadata=(("names", "__import__('os')"),)), {}, "does not name its classes: set LABELS"),
        (Shape(metadata=(("names", "{1: 'red'}"),)), {}, "does not name its classes: set LABELS"),
        (Shape(), {"LABELS": '["red", "green"]'}, "the shape [1, 7, 7], not [1, 6, n]"),
        (Shape(with_nms=True), {}, "the shape [1, 7, 6], not [1, 7, n]"),
        (Shape(metadata=(*Shape.metadata, ("task", "segment"))), {}, "for the task 'segment'"),
        (Shape(open_size=True), {}, "ONNX Runtime stopped"),
        (Shape(), {"DEVICE": "cuda"}, "runtimeClassName nvidia"),
        (Shape(), {"MODEL_SHA256": "0" * 64}, "is not the one of MODEL_SHA256"),
        (Shape(), {"MODEL_MAX_MIB": "0.001"}, "MODEL_MAX_MIB allows 0.001"),
    ],
)
def test_models_that_do_not_fit(start_with, shape, environment, problem):
    def started(**variables):
        return start_with(shape, **variables)

    assert problem in refusal(started, **environment)


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "cannot be read: No such file"), (b"", "is empty"), (b"<html>", "is no ONNX model")],
)
def test_files_that_are_no_model(start, tmp_path, content, problem):
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)
    assert problem in refusal(start, MODEL_PATH=path)


def test_what_is_wrong_stands_in_the_log(monkeypatch):
    monkeypatch.setenv("THRESHOLD", "2")
    function = Function()
    with pytest.raises(StartError):
        function.start()
    assert "THRESHOLD is" in function.log
    assert "Neither MODEL_S3_URL nor MODEL_PATH" in function.log
