"""The image's recipe, as far as it can be checked without building it."""

import json
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
FUNCTION = ROOT / "functions" / "yolo11x"
# What the small model of a rehearsal runs with, and these tests.
MODEL = ROOT / "automation" / "rehearsal" / "services" / "nuclio" / "model"
DOCKERFILE = (FUNCTION / "Dockerfile").read_text()


def pins(path: Path) -> dict[str, set[str]]:
    """Every pinned version of each package, with the condition under which it holds."""
    found: dict[str, set[str]] = {}
    for line in path.read_text().splitlines():
        if match := re.match(r"([\w.-]+)(?:\[[^]]*])?==(.+?)(?: \\)?$", line):
            found.setdefault(match[1], set()).add(match[2])
    return found


def test_every_base_image_is_given_by_its_digest():
    stages = set(re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE))
    images = [name for name in re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) if name not in stages]
    assert len(images) == 2
    for image in images:
        argument = re.fullmatch(r".+@\$\{(\w+_DIGEST)\}", image)
        assert argument, image
        default = re.search(rf"^ARG {argument[1]}=(\S+)$", DOCKERFILE, re.MULTILINE)
        # No digest, so that no image has this name, and the name says what is missing.
        assert default[1] == f"the-build-argument-{argument[1]}-is-missing"


def test_what_is_copied_is_there_and_not_ignored():
    ignored = (FUNCTION / ".dockerignore").read_text().split()
    copied = re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, re.MULTILINE)
    assert set(copied) == {"main.py", "detector", "requirements.txt", "requirements-cuda.txt"}
    for name in copied:
        assert (FUNCTION / name).exists()
        assert f"!{name}" in ignored


@pytest.mark.parametrize("target", ["cpu", "cuda"])
def test_a_target_does_not_run_as_root(target):
    stage = DOCKERFILE.split(f" AS {target}\n")[1].split("\nFROM ")[0]
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", stage, re.MULTILINE)


def test_the_tests_run_what_is_shipped():
    shipped, tested = pins(FUNCTION / "requirements.txt"), pins(MODEL / "requirements.txt")
    assert {name: tested.get(name) for name in shipped} == shipped


def test_the_two_variants_differ_in_onnx_runtime_alone():
    cpu, cuda = pins(FUNCTION / "requirements.txt"), pins(FUNCTION / "requirements-cuda.txt")
    assert {name for name in cuda if name not in cpu and not name.startswith("nvidia-")} == {"onnxruntime-gpu"}
    for name in cpu.keys() & cuda.keys():
        assert {pin.split(" ; ")[0] for pin in cpu[name]} >= cuda[name]
    assert {pin.split(" ; ")[0] for pin in cpu["onnxruntime"]} >= cuda["onnxruntime-gpu"]


def test_labels_are_as_cvat_wants_them():
    labels = json.loads((FUNCTION / "labels.json").read_text())
    assert [label["id"] for label in labels] == list(range(80))
    assert len({label["name"] for label in labels}) == 80
    assert {label["type"] for label in labels} == {"rectangle"}
