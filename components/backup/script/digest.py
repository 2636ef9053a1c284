"""
One text for the annotations of a job, whichever CVAT has them: without its numbers, by names, in one order.
(test/fixtures/cvat/backup-zips.txt)
"""

import hashlib
import json

LISTS = ("attributes", "elements", "shapes", "tags", "tracks")


def of_cvat(annotations, labels):
    """
    :param annotations: as GET jobs/ID/annotations has them
    :param labels: as GET labels has those of the project or task
    """
    names, attributes = names_of(labels)
    return of_named(
        {
            part: [named(one, names, attributes) for one in annotations.get(part, [])]
            for part in ("tags", "shapes", "tracks")
        }
    )


def of_named(annotations):
    """Of {"tags", "shapes", "tracks"} with the names of labels and attributes instead of numbers."""
    text = as_text({part: ordered(annotations.get(part, [])) for part in ("tags", "shapes", "tracks")})
    return hashlib.sha256(text.encode()).hexdigest()


def counts_of(annotations):
    return {part: len(annotations.get(part, [])) for part in ("tags", "shapes", "tracks")}


def names_of(labels):
    """Of labels and their points, `person/head`, and of attributes, by CVAT's numbers."""
    names = {}
    attributes = {}
    for label in labels:
        for one in (label, *label.get("sublabels", [])):
            names[one["id"]] = label["name"] if one is label else f"{label['name']}/{one['name']}"
            attributes.update((attribute["id"], attribute["name"]) for attribute in one.get("attributes", []))
    return names, attributes


def named(one, names, attributes):
    shown = {}
    for key, value in one.items():
        if key in ("id", "version"):
            continue
        if key == "label_id":
            shown["label"] = names.get(value)
        elif key == "spec_id":
            shown["attr"] = attributes.get(value)
        elif key in LISTS:
            shown[key] = [named(entry, names, attributes) for entry in value]
        else:
            shown[key] = value
    return shown


def ordered(entries):
    """Each list within in order too, and every number written as one with three places at most."""
    return sorted((normal(entry) for entry in entries), key=as_text)


def normal(value):
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return round(float(value), 3)
    if isinstance(value, dict):
        return {key: ordered(entry) if key in LISTS else normal(entry) for key, entry in value.items()}
    return [normal(entry) for entry in value]


def as_text(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def of_zip(annotations):
    """Of a job as CVAT's zip has it: names already, of a skeleton's points by themselves."""
    return of_named(
        {part: [from_zip(one) for one in annotations.get(part, [])] for part in ("tags", "shapes", "tracks")}
    )


def from_zip(one, parent=None):
    shown = dict(one)
    if parent is not None:
        shown["label"] = f"{parent}/{one['label']}"
    if "attributes" in one:
        shown["attributes"] = [{"attr": each["name"], "value": each["value"]} for each in one["attributes"]]
    if "elements" in one:
        shown["elements"] = [from_zip(each, one.get("label")) for each in one["elements"]]
    if "shapes" in one:
        shown["shapes"] = [from_zip(each) for each in one["shapes"]]
    return shown
