"""Whether a project is what its backup says: sentences of what differs."""

import zips

# What a restored job has of its own.
OF_JOB = ("type", "parent", "startFrame", "stopFrame", "state", "stage", "assignee", "digest")
OF_TASK = (
    "name",
    "subset",
    "size",
    "mode",
    "bug_tracker",
    "assignee",
    "quality",
    "consensus",
    "validation",
    "sourceStorage",
    "targetStorage",
)
# CVAT makes settings when they are first asked for, or knew none of these then.
WHERE_KNOWN = ("quality", "consensus", "validation")
# What the zip alone makes: the rest is put back by itself.
BY_ZIP = ("name", "subset", "size", "type", "parent", "startFrame", "stopFrame", "digest")


def differences(told, now, only=None):
    """
    :param told: what a backup says of its project, less what could not be put back
    :param now: the same of the restored one (about.Look)
    :param only: keys to compare. Default: all
    """
    if len(told["tasks"]) != len(now["tasks"]):
        return [f"it has {len(now['tasks'])} tasks, and had {len(told['tasks'])}"]
    found = [] if only else keys_of(told, now, ("assignee", "sourceStorage", "targetStorage"), "the project", None)
    for was, is_now in zip(told["tasks"], now["tasks"], strict=True):
        found += of_task(was, is_now, only)
    return found


def of_task(was, now, only):
    called = f"task `{was['name']}`"
    found = keys_of(was, now, OF_TASK, called, only)
    if len(was["jobs"]) != len(now["jobs"]):
        return [*found, f"{called} has {len(now['jobs'])} jobs, and had {len(was['jobs'])}"]
    for job, other in zip(was["jobs"], now["jobs"], strict=True):
        found += keys_of(job, other, OF_JOB, f"job {job['index']} of {called}", only)
    if not only and said(was["issues"]) != said(now["issues"]):
        found.append(f"issues of {called} are others: {len(now['issues'])}, and there were {len(was['issues'])}")
    return found


def keys_of(was, now, keys, called, only):
    found = []
    for key in keys:
        if key in WHERE_KNOWN and was.get(key) is None:
            continue
        if (only is None or key in only) and was.get(key) != now.get(key):
            what = "annotations" if key == "digest" else key
            shown = "" if key == "digest" else f": {now.get(key)}, and it was {was.get(key)}"
            found.append(f"{what} of {called} differ{shown}")
    return found


def said(issues):
    """All of them, in one order, whoever wrote them: that is told in the text."""
    return sorted(
        (one["job"], one["frame"], place_of(one), one["resolved"], one["assignee"] or "", len(one["comments"]))
        for one in issues
    )


def place_of(issue):
    return tuple(round(float(one), 3) for one in issue["position"])


def labels_differ(store, told, labels):
    """
    Labels of the zip against those of the restored project.

    :param labels: as `GET labels` has them, all pages
    """
    with zips.opened(store, told["zip"]["key"]) as archive:
        wanted = zips.described(archive, zips.files_of(archive), "project.json").get("labels") or []
    was, now = sorted(map(plain, wanted)), sorted(plain(one) for one in labels)
    return [] if was == now else [f"labels differ: {[one[0] for one in now]}, and they were {[one[0] for one in was]}"]


def plain(label):
    attributes = sorted(
        (one["name"], one["input_type"], bool(one["mutable"]), one["default_value"])
        for one in label.get("attributes") or []
    )
    points = sorted(plain(one) for one in label.get("sublabels") or [])
    return label["name"], (label.get("color") or "").lower(), label.get("type") or "any", attributes, points
