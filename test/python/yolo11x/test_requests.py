"""What a caller is told."""

import base64

import pytest

from function import file_of, scene
from models import Shape

PNG = file_of(scene(64, 64, blue=(8, 8, 24, 24)))
IMAGE = base64.b64encode(PNG).decode()


@pytest.fixture
def function(start_with):
    return start_with(MAX_IMAGE_MIB=1, MAX_MEGAPIXELS=1)


def error_of(answer, status):
    assert answer.status == status, answer
    assert answer.content_type == "application/json"
    assert list(answer.json) == ["error"]
    assert "Traceback" not in answer.text
    return answer.json["error"]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, 'The request has no "image"'),
        ([], "must be a JSON object"),
        (None, "must be a JSON object"),
        (IMAGE, "is no JSON"),
        ({"image": None}, '"image" must be a text'),
        ({"image": ""}, '"image" must be a text'),
        ({"image": [1, 2]}, '"image" must be a text'),
        ({"image": "no base64!"}, '"image" is not base64'),
        ({"image": "täxt"}, '"image" is not base64'),
        ({"image": IMAGE[:-1]}, '"image" is not base64'),
        ({"image": base64.b64encode(b"hello").decode()}, '"image" is no picture of a known kind'),
        ({"image": base64.b64encode(b"%!PS-Adobe-3.0 EPSF-3.0\n").decode()}, '"image" is no picture of a known kind'),
        ({"image": base64.b64encode(PNG[: len(PNG) // 2]).decode()}, '"image" is a broken picture'),
        ({"image": IMAGE, "threshold": 1.5}, '"threshold" is 1.5: it must be from 0 to 1'),
        ({"image": IMAGE, "threshold": -0.1}, '"threshold" is -0.1'),
        ({"image": IMAGE, "threshold": "0.5"}, '"threshold" must be a number'),
        ({"image": IMAGE, "threshold": True}, '"threshold" must be a number'),
        ({"image": IMAGE, "threshold": float("nan")}, '"threshold" must be a number'),
        ({"image": IMAGE, "threshold": 10**400}, '"threshold" must be a number'),
        ({"image": "A" * 1_500_000}, "larger than 1 MiB, which MAX_IMAGE_MIB allows"),
        (
            {"image": base64.b64encode(file_of(scene(1001, 1000))).decode()},
            "1001 x 1000 pixels, more than the 1 million",
        ),
    ],
)
def test_bad_requests_are_refused_in_words(function, fields, error):
    assert error in error_of(function.post(fields), 400)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", PNG, b"[" * 100_000])
@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "image/png"])
def test_what_is_no_json_is_refused(function, body, content_type):
    assert "is no JSON" in error_of(function.call(body, content_type=content_type), 400)


def test_json_is_read_whatever_the_content_type(function):
    body = f'{{"image": "{IMAGE}"}}'.encode()
    answer = function.call(body, content_type="application/json; charset=utf-8")
    assert (answer.status, len(answer.json)) == (200, 1)


def test_a_picture_at_the_limits_is_taken(function):
    assert function.detect(scene(1000, 1000)) == []


def test_the_worker_serves_on_after_bad_requests(function):
    function.post({})
    assert len(function.detect(PNG)) == 1


def test_a_failing_model_is_told_in_words_and_its_reason_logged(start_with):
    function = start_with(Shape(poisoned=True))
    answer = function.post({"image": IMAGE})
    assert error_of(answer, 500) == "The model could not answer. The function's log tells why."
    assert "what are no numbers" in function.log
    assert "Traceback" in function.log
    assert len(function.detect(scene(64, 64, red=(8, 8, 24, 24)))) == 2


@pytest.mark.parametrize("path", ["/health", "/health/"])
def test_health(start_with, path):
    function = start_with(LABEL_MAP='{"red": "warm", "green": "warm"}')
    answer = function.call(b"", path=path, content_type="text/plain")
    assert (answer.status, answer.content_type) == (200, "application/json")
    health = answer.json
    assert health["labels"] == ["warm", "blue"]
    assert health["providers"] == ["CPUExecutionProvider"]
    assert health["size"] == [64, 64]
    assert health["model"].endswith("model.onnx")
    assert len(health["sha256"]) == 64
