"""
CVAT's zip of a project, put together of those of its tasks: of a project in which the data of one task failed CVAT makes none. (facts/cvat-rest-measured.md 6.9)

A task's zip has at its root, byte for byte, what a project's has in the task's folder; beside these a project's has its name, its labels and its
guide. CVAT reads nothing else, and gives each task the project's labels by their names. (cvat/apps/engine/backup.py: TaskExporter.export_to,
ProjectExporter, ProjectImporter)
"""

import copy
import json
import re
import zipfile

import zips

PIECE = 1 << 20
PROJECT = "project.json"
GUIDE = "annotation_guide.md"
ASSETS = "assets/"

# What a zip has of a label and of an attribute. (_prepare_label_meta)
OF_LABEL = ("name", "color", "attributes", "type", "svg", "sublabels")
OF_ATTRIBUTE = ("name", "mutable", "input_type", "default_value", "values")

# How a guide names its pictures. (cvat/apps/engine/backup.py: _write_annotation_guide)
PICTURE = re.compile(r"/api/assets/[0-9a-f-]+")


def pieces(project, labels, guide, tasks):
    """
    The zip, as it is written.

    :param project: as `GET projects/ID` has it
    :param labels: as `GET labels` has those of it, all pages
    :param guide: text of its guide. None: it has none
    :param tasks: zips of its tasks, open, one after the other
    :raises zips.Broken: where one of them is not whole
    """
    sink = Sink()
    with zips.or_broken(), zipfile.ZipFile(sink, "w") as made:
        if guide is not None:
            made.writestr(GUIDE, guide)
        made.writestr(PROJECT, json.dumps(described(project, labels)))
        for number, archive in enumerate(tasks):
            for entry in archive.infolist():
                if not entry.is_dir():
                    yield from copied(sink, made, archive, entry, f"task_{number}/")
    yield sink.taken()


class Sink:
    """What a zip is written into: it is taken as it comes, and nobody goes back in it."""

    def __init__(self):
        self.bytes = bytearray()

    def write(self, piece):
        self.bytes += piece
        return len(piece)

    def flush(self):
        pass

    def taken(self):
        found, self.bytes = bytes(self.bytes), bytearray()
        return found


def copied(sink, made, archive, entry, folder):
    moved = zipfile.ZipInfo(folder + entry.filename, entry.date_time)
    moved.external_attr = entry.external_attr
    if entry.filename == GUIDE:
        made.writestr(moved, moved_guide(archive, folder))
        return
    # So that one of more than 4 GiB gets the room that its size needs.
    moved.file_size = entry.file_size
    with archive.open(entry) as source, made.open(moved, "w") as target:
        while piece := source.read(PIECE):
            target.write(piece)
            yield sink.taken()


def moved_guide(archive, folder):
    """Pictures are named in it by where they lie in the zip."""
    text = archive.read(GUIDE).decode()
    for name in archive.namelist():
        if name.startswith(ASSETS):
            text = text.replace(name, folder + name)
    return text


def described(project, labels):
    return {
        **{key: project.get(key) for key in ("name", "bug_tracker", "status")},
        "labels": [label_of(one) for one in labels if not one.get("has_parent")],
        "version": zips.VERSION,
    }


def label_of(label):
    """By names, where CVAT shows numbers."""
    found = {key: copy.deepcopy(label[key]) for key in OF_LABEL if key in label}
    found["attributes"] = [
        {key: one[key] for key in OF_ATTRIBUTE if key in one} for one in label.get("attributes") or []
    ]
    points = label.get("sublabels") or []
    found["sublabels"] = [label_of(one) for one in points]
    for one in found["sublabels"]:
        del one["sublabels"]
    for one in points:
        found["svg"] = found["svg"].replace(f'data-label-id="{one["id"]}"', f'data-label-name="{one["name"]}"')
    return found


def left_out(guide):
    """What of the project is not in it, and why."""
    if guide is None or not PICTURE.search(guide):
        return []
    return [
        {
            "name": "pictures of the guide",
            "why": "a zip that is put together of those of tasks has the guide's text alone",
        }
    ]
