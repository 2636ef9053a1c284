import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from function import Function
from models import Shape, write_model
from object_store import ObjectStore

# Those of the function; what the machine has of them must not reach a test.
PREFIXES = ("MODEL_", "S3_", "AWS_", "LABEL", "THRESHOLD", "IOU", "MAX_", "DEVICE", "THREADS", "SSL_CERT_FILE")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(PREFIXES):
            monkeypatch.delenv(name)
    # Two cores and several sessions at once: one thread is plenty for these models.
    monkeypatch.setenv("THREADS", "1")


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Function]:
    """Starts the function with these environment variables."""

    def started(**environment: object) -> Function:
        for name, value in environment.items():
            monkeypatch.setenv(name, str(value))
        return Function().start()

    return started


@pytest.fixture
def start_with(start: Callable[..., Function], tmp_path: Path) -> Callable[..., Function]:
    """Starts the function with a model of this shape, baked in."""

    def started(shape: Shape | None = None, **environment: object) -> Function:
        return start(MODEL_PATH=write_model(tmp_path / "model.onnx", shape or Shape()), **environment)

    return started


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """A real MinIO with a bucket `models`; test/unit/functions.test.ts says where the program is."""
    program = os.environ.get("VISION_PLATFORM_MINIO")
    assert program, "VISION_PLATFORM_MINIO must name the MinIO server's program: run by `npm test`, it does"
    with ObjectStore(program, tmp_path_factory.mktemp("minio")) as running:
        running.admin.make_bucket("models")
        yield running
