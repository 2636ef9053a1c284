"""The two zips that a real CVAT 2.64.0 made, what it said of them by REST, and copies of them that are spoiled."""

import io
import json
import re
import zipfile
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "cvat"
FULL = (FIXTURES / "backup-full.zip").read_bytes()
LIGHT = (FIXTURES / "backup-lightweight.zip").read_bytes()
DESCRIBED = (FIXTURES / "backup-zips.txt").read_text()


def digests_by_rest():
    """Of every job as CVAT showed it: task, first frame, beginning of the digest, counts."""
    lines = re.findall(r"task (\w+) frames (\d+)-(\d+): sha256 starts (\w+)  (\{.*\})", DESCRIBED)
    return {
        (task, int(first), int(last)): (digest, json.loads(counts.replace("'", '"')))
        for task, first, last, digest, counts in lines
    }


def files_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zip_of(files, compression=zipfile.ZIP_STORED):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return whole.getvalue()


def without(content, *names):
    return zip_of({name: file for name, file in files_of(content).items() if name not in names})


def with_file(content, name, file):
    return zip_of({**files_of(content), name: file})


def changed(content, name, change):
    """With a file of JSON as `change` leaves it."""
    found = json.loads(files_of(content)[name])
    change(found)
    return with_file(content, name, json.dumps(found).encode())


def as_cvat_shows(content):
    """
    The jobs and labels of a zip as CVAT would answer for them by REST: with numbers of its own, and everything in the other order.

    :returns: labels, and by task and first frame each job's annotations
    """
    files = files_of(content)
    numbers = iter(range(100, 100_000))
    labels = [numbered_label(label, numbers) for label in json.loads(files["project.json"])["labels"]]
    shown = {}
    for folder in ("task_0", "task_1"):
        task = json.loads(files[f"{folder}/task.json"])
        for job, annotations in zip(task["jobs"], json.loads(files[f"{folder}/annotations.json"]), strict=True):
            parts = {
                part: [numbered(one, labels, numbers) for one in reversed(annotations[part])]
                for part in ("tags", "shapes", "tracks")
            }
            shown[task["name"], job["start_frame"], job["stop_frame"]] = {"version": 7, **parts}
    return labels, shown


def numbered_label(label, numbers):
    attributes = [{**attribute, "id": next(numbers)} for attribute in label["attributes"]]
    sublabels = [numbered_label(one, numbers) for one in label.get("sublabels", [])]
    return {**label, "id": next(numbers), "attributes": attributes, "sublabels": sublabels}


def numbered(one, labels, numbers):
    label = next(label for label in labels if label["name"] == one["label"])
    shown = {key: value for key, value in one.items() if key != "label"}
    attributes = {attribute["name"]: attribute["id"] for attribute in label["attributes"]}
    shown.update({"id": next(numbers), "label_id": label["id"], "attributes": specs(one, attributes)})
    if "shapes" in one:
        shown["shapes"] = [
            {**each, "id": next(numbers), "attributes": specs(each, attributes)} for each in reversed(one["shapes"])
        ]
    if "elements" in one:
        shown["elements"] = [numbered(each, label["sublabels"], numbers) for each in reversed(one["elements"])]
    return shown


def specs(one, attributes):
    return [{"spec_id": attributes[each["name"]], "value": each["value"]} for each in reversed(one["attributes"])]
