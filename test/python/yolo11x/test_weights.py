"""The model out of an object store."""

import hashlib
import time
from pathlib import Path

import pytest

from detector import weights
from detector.errors import StartError
from function import scene
from models import write_model
from object_store import free_port, misbehaving

SOME_MODEL = {
    "MODEL_S3_URL": "s3://models/a.onnx",
    "AWS_ACCESS_KEY_ID": "reader",
    "AWS_SECRET_ACCESS_KEY": "canary-secret",
}
PICTURE = scene(64, 64, blue=(8, 8, 24, 24))


@pytest.fixture
def model(tmp_path) -> Path:
    return write_model(tmp_path / "stored.onnx")


@pytest.fixture
def temporary(tmp_path, monkeypatch) -> Path:
    """Where temporary files go."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def refusal(start, **environment):
    began = time.monotonic()
    with pytest.raises(StartError) as error:
        start(**environment)
    return str(error.value), time.monotonic() - began


class TestMinio:
    def test_reads_the_model_with_a_key_for_just_that(self, start, store, model, temporary):
        url = store.put("yolo/ten.onnx", model)
        function = start(MODEL_S3_URL=url, S3_ENDPOINT=store.endpoint, **store.reader("yolo/ten.onnx"))
        assert [shape["label"] for shape in function.detect(PICTURE)] == ["blue"]
        health = function.call(b"", path="/health").json
        assert health["model"] == "s3://models/yolo/ten.onnx"
        assert health["sha256"] == hashlib.sha256(model.read_bytes()).hexdigest()
        assert list(temporary.iterdir()) == []

    def test_a_key_with_odd_characters(self, start, store, model):
        key = "a b/ü+&?#%41.onnx"
        function = start(MODEL_S3_URL=store.put(key, model), S3_ENDPOINT=store.endpoint, **store.reader("*"))
        assert len(function.detect(PICTURE)) == 1

    def test_the_digest_is_checked(self, start, store, model, temporary):
        environment = {"MODEL_S3_URL": store.put("a.onnx", model), "S3_ENDPOINT": store.endpoint, **store.reader("*")}
        text, _ = refusal(start, **environment, MODEL_SHA256="1" * 64)
        assert "is not the one of MODEL_SHA256" in text
        assert list(temporary.iterdir()) == []
        digest = hashlib.sha256(model.read_bytes()).hexdigest()
        assert start(**environment, MODEL_SHA256=f"sha256:{digest.upper()}")

    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"MODEL_S3_URL": "s3://models/absent.onnx"}, "there is no such object"),
            ({"MODEL_S3_URL": "s3://elsewhere/a.onnx"}, "may not read it"),
            ({"AWS_SECRET_ACCESS_KEY": "canary-wrong"}, "the secret does not belong to the access key"),
            ({"AWS_ACCESS_KEY_ID": "nobody"}, "the store does not know this access key"),
            ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "may not read it"),
            ({"MODEL_MAX_MIB": "0.001"}, "MODEL_MAX_MIB allows 0.001"),
        ],
    )
    def test_refusals_come_at_once_and_name_the_cause(self, start, store, model, changes, problem):
        policy = store.reader("*")
        environment = {"MODEL_S3_URL": store.put("a.onnx", model), "S3_ENDPOINT": store.endpoint, **policy, **changes}
        text, seconds = refusal(start, **environment)
        assert problem in text
        assert seconds < weights.PAUSE_SECONDS
        for secret in (policy["AWS_SECRET_ACCESS_KEY"], "canary-wrong"):
            assert secret not in text

    def test_an_empty_object(self, start, store, tmp_path):
        empty = tmp_path / "empty.onnx"
        empty.touch()
        text, _ = refusal(
            start, MODEL_S3_URL=store.put("empty.onnx", empty), S3_ENDPOINT=store.endpoint, **store.reader("*")
        )
        assert "is empty" in text


class TestTrouble:
    """The store is not what it should be. Each ends within the time limit, or well."""

    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch):
        monkeypatch.setattr(weights, "PAUSE_SECONDS", 0.1)

    def refused(self, start, endpoint):
        text, seconds = refusal(start, **SOME_MODEL, S3_ENDPOINT=endpoint, MODEL_TIMEOUT_SECONDS=1)
        assert seconds < 5
        assert "canary-secret" not in text
        return text

    def test_nothing_listens(self, start):
        text = self.refused(start, f"http://127.0.0.1:{free_port()}")
        assert "within 1 seconds (MODEL_TIMEOUT_SECONDS)" in text
        assert "Connection refused" in text

    def test_a_name_that_is_unknown(self, start):
        assert "could not be had from http://store.invalid" in self.refused(start, "http://store.invalid")

    def test_an_answer_that_never_comes(self, start):
        with misbehaving(lambda request: time.sleep(3)) as endpoint:
            assert "timed out" in self.refused(start, endpoint).lower()

    def test_a_body_that_trickles(self, start):
        def trickle(request):
            request.send_response(200)
            request.send_header("Content-Length", str(10 * weights.CHUNK))
            request.end_headers()
            for _ in range(100):
                request.wfile.write(b"x" * 1000)
                time.sleep(0.1)

        with misbehaving(trickle) as endpoint:
            assert "only 0.0 MiB had come" in self.refused(start, endpoint)

    def test_a_body_that_breaks_off(self, start, temporary):
        def break_off(request):
            request.send_response(200)
            request.send_header("Content-Length", "1000000")
            request.end_headers()
            request.wfile.write(b"x" * 1000)

        with misbehaving(break_off) as endpoint:
            assert "MODEL_TIMEOUT_SECONDS" in self.refused(start, endpoint)
        assert list(temporary.iterdir()) == []

    def test_a_body_without_an_end_and_without_a_length(self, start):
        def flood(request):
            request.send_response(200)
            request.end_headers()
            for _ in range(100):
                request.wfile.write(b"x" * weights.CHUNK)

        with misbehaving(flood) as endpoint:
            text, _ = refusal(start, **SOME_MODEL, S3_ENDPOINT=endpoint, MODEL_MAX_MIB=2)
        assert "MODEL_MAX_MIB allows 2" in text

    def test_the_address_of_a_web_page(self, start):
        def page(request):
            request.send_response(404)
            request.send_header("Content-Type", "text/html")
            request.send_header("Content-Length", "6")
            request.end_headers()
            request.wfile.write(b"<html>")

        with misbehaving(page) as endpoint:
            assert "S3_ENDPOINT is the address of its API, not of its console" in self.refused(start, endpoint)

    def test_a_store_that_starts_up_is_waited_for(self, start, model):
        asked = []

        def starting(request):
            asked.append(request.path.split("?")[0])
            body = model.read_bytes() if len(asked) > 2 else b""
            request.send_response(200 if body else 503)
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)

        with misbehaving(starting) as endpoint:
            function = start(**SOME_MODEL, S3_ENDPOINT=endpoint, MODEL_TIMEOUT_SECONDS=30)
        assert asked == ["/models/a.onnx"] * 3
        assert len(function.detect(PICTURE)) == 1
