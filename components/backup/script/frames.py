"""Frames of a restored project, as CVAT shows them: it makes tasks of pictures that are not there without a word. (facts/cvat-real-third-look.md 3.5)"""

import rest
import zips


def check(cvat, store, told, tasks, count):
    """
    Fetches so many of each task, and holds them against the pictures of the zip, where they are in it.

    :param tasks: of the restored project, in the order of the backup
    :returns: sentences of what is wrong, and how many were fetched
    """
    found = []
    fetched = 0
    with zips.opened(store, told["zip"]["key"]) as archive:
        files = zips.files_of(archive)
        folders = sorted({name.split("/")[0] + "/" for name in files if name.startswith("task_")}, key=zips.number_of)
        for task, was, folder in zip(tasks, told["tasks"], folders, strict=True):
            meta = cvat.get(f"tasks/{task['id']}/data/meta")
            for number in numbers_of(meta, count):
                fetched += 1
                why = wrong(cvat, archive, files, f"{folder}data/", task, meta, number)
                if why:
                    found.append(f"frame {number} of task `{was['name']}` {why}")
    return found, fetched


def numbers_of(meta, count):
    """Spread over all that were not taken out, the first among them."""
    deleted = set(meta.get("deleted_frames") or [])
    there = [number for number in range(meta["size"]) if number not in deleted]
    step = max(1, len(there) / count)
    return [there[int(at * step)] for at in range(min(count, len(there)))]


def wrong(cvat, archive, files, below, task, meta, number):
    try:
        answer = cvat.call(
            "GET", f"tasks/{task['id']}/data", query={"type": "frame", "quality": "original", "number": number}
        )
    except (rest.SignedOut, rest.Away):
        raise
    except rest.Refused as refusal:
        return f"is not shown: {refusal}"
    if not answer.content:
        return "is empty"
    shown = meta["frames"][number] if len(meta["frames"]) > number else {}
    name = below + shown.get("name", "")
    # A film has one entry, and its frames are made of it.
    if task.get("mode") == "annotation" and name in files and archive.read(name) != answer.content:
        return "is another picture than in the zip"
    return None
