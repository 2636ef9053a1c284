"""
One text for a job's annotations, whether CVAT shows them or its zip has them: without numbers of CVAT's own, by names, in one order.

It is the text that test/fixtures/cvat/backup-zips.txt has digests of, which were taken from a real CVAT by REST.
"""

import hashlib
import json

PARTS = ("tags", "shapes", "tracks")
# Whatever order they come in, it says nothing.
LISTS = ("attributes", "elements", "shapes")


def of_cvat(annotations, labels):
    """
    The digest of a job as CVAT shows it.

    :param annotations: as `GET jobs/ID/annotations` has them
    :param labels: as `GET labels` has those of the project or the task, all pages of it
    """
    return of(annotations, from_cvat(*names_of(labels)))


def of_zip(annotations):
    """The digest of a job as an entry of annotations.json in CVAT's zip has it."""
    return of(annotations, from_zip)


def counts_of(annotations):
    """How many tags, shapes and tracks there are; a skeleton is one shape."""
    return {part: len(annotations.get(part) or []) for part in PARTS}


def of(annotations, named):
    """The same as of the whole text at once, which would be in memory a second time."""
    found = hashlib.sha256()
    # By name, as a JSON text with its keys in order has them.
    for place, part in enumerate(sorted(PARTS)):
        texts = sorted(as_text(normal(named(one))) for one in annotations.get(part) or [])
        found.update(f"{',' if place else '{'}{as_text(part)}:[".encode())
        for at, text in enumerate(texts):
            found.update(f"{',' if at else ''}{text}".encode())
        found.update(b"]")
    found.update(b"}")
    return found.hexdigest()


def names_of(labels):
    """Names of labels and of their points, `person/head`, and of attributes, by CVAT's numbers."""
    names = {}
    attributes = {}
    for label in labels:
        for one in (label, *label.get("sublabels", [])):
            names[one["id"]] = label["name"] if one is label else f"{label['name']}/{one['name']}"
            attributes.update((attribute["id"], attribute["name"]) for attribute in one.get("attributes", []))
    return names, attributes


def from_cvat(names, attributes):
    def named(one):
        shown = {key: value for key, value in one.items() if key not in ("id", "label_id")}
        # A track's shapes have no label of their own.
        if "label_id" in one:
            shown["label"] = names.get(one["label_id"])
        if "attributes" in one:
            shown["attributes"] = [
                {"attr": attributes.get(each["spec_id"]), "value": each["value"]} for each in one["attributes"]
            ]
        for part in ("elements", "shapes"):
            if part in one:
                shown[part] = [named(each) for each in one[part]]
        return shown

    return named


def from_zip(one, parent=None):
    """In a zip a skeleton's point has its own name alone."""
    shown = dict(one)
    if parent is not None and "label" in one:
        shown["label"] = f"{parent}/{one['label']}"
    if "attributes" in one:
        shown["attributes"] = [{"attr": each["name"], "value": each["value"]} for each in one["attributes"]]
    if "elements" in one:
        shown["elements"] = [from_zip(each, one.get("label")) for each in one["elements"]]
    if "shapes" in one:
        shown["shapes"] = [from_zip(each) for each in one["shapes"]]
    return shown


def normal(value):
    """Every number as one with three places, since a database gives others back than it was given; lists in one order."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return round(float(value), 3)
    if isinstance(value, dict):
        return {key: ordered(entry) if key in LISTS else normal(entry) for key, entry in value.items()}
    return [normal(entry) for entry in value]


def ordered(entries):
    found = [normal(entry) for entry in entries]
    return sorted(found, key=as_text) if len(found) > 1 else found


# `json.dumps` makes another for each call, which takes longer than the text of a shape.
as_text = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
