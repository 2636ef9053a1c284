"""
A backup of one project, or of one task, as CVAT makes it, never an old one and never one that cannot be restored. (facts/cvat-real-third-look.md
3.2, 3.3, 3.9)

CVAT gives the zip of last time out again while the project's date stands still, and a zip in which a task was still being made has that task
without jobs: it is restored by nobody, and comes again the next night.
"""

import contextlib
import zlib

import requests

import rest

PIECE = 1024 * 1024
DOWNLOADS = 3
EXPORTS = 3


class NotNow(Exception):
    """A sentence: the project is in a state in which CVAT makes no backup of it that can be restored."""


class Broken(Exception):
    """A sentence: what CVAT gave is not what it had."""


def tasks_of(cvat, project):
    """
    :raises NotNow: where CVAT shows fewer than it has: to whom it shows none, it would look like a project without tasks
    """
    tasks = cvat.all("tasks", project_id=project["id"])
    count = (cvat.get(f"projects/{project['id']}").get("tasks") or {}).get("count", 0)
    if len(tasks) < count:
        raise NotNow(f"CVAT shows {len(tasks)} of its {count} tasks to the account that backs it up")
    return tasks


def has_data(task):
    return task.get("data") is not None


def is_whole(task):
    """Not one that is still being made, and not one whose data failed: CVAT shows no pictures for both."""
    return has_data(task) and bool(task.get("size"))


def left_out(tasks):
    """Tasks that are in no backup, and why. There is nothing in them that anybody drew."""
    return [
        {
            "id": task["id"],
            "name": task["name"],
            "why": "it has no pictures yet: it is being made, or its data failed; then delete it"
            if has_data(task)
            else "it never got data",
        }
        for task in tasks
        if not is_whole(task)
    ]


def begin_anew(cvat, project, tasks):
    """
    Moves the project's date, which makes CVAT write a new zip, by giving a task the name that it has.

    A project without pictures has no such task, and none is needed: what else is in its zip moves the date by itself.
    """
    with_data = [task for task in tasks if has_data(task)]
    if not with_data:
        return
    # The one that was left alone longest: nobody is giving it another name just now.
    at = f"tasks/{min(with_data, key=lambda task: task['updated_date'])['id']}"
    with date_moved(cvat, f"projects/{project['id']}"):
        cvat.patch(at, {"name": cvat.get(at)["name"]})


def begin_task_anew(cvat, task):
    """
    The same of one task, whose date its own name does not move. That of its pictures' does, where nothing in it is another, too.
    (cvat/apps/engine/serializers.py: DataMetaWriteSerializer)
    """
    at = f"tasks/{task['id']}"
    with date_moved(cvat, at):
        cvat.patch(f"{at}/data/meta", {})


@contextlib.contextmanager
def date_moved(cvat, at):
    before = cvat.get(at)["updated_date"]
    yield
    if cvat.get(at)["updated_date"] == before:
        raise NotNow(
            f"CVAT still has {before} as the date of the last change of {at}, though it was written: it would give the zip of then out again"
        )


def export(cvat, of, lightweight, within_s):
    """
    Has CVAT write a zip.

    :param of: `projects/ID` or `tasks/ID`
    :returns: where it is downloaded
    """
    at = f"{of}/backup/export"
    query = {"location": "local", **({"lightweight": "true"} if lightweight else {})}
    for _ in range(EXPORTS):
        try:
            request_id = cvat.post(at, **query)["rq_id"]
            is_ours = True
        except rest.Refused as refusal:
            if refusal.status != 409:
                raise
            # One of before, whose run was killed: it began before the date was moved, and what it gives is old.
            request_id = refusal.body.get("rq_id")
            is_ours = False
            if request_id is None:
                raise
        ended = cvat.wait(request_id, within_s)
        if not is_ours or ended is None:
            continue
        if ended["status"] == "failed":
            raise rest.Refused(f"CVAT's backup failed: {last_line(ended.get('message'))}")
        if not ended.get("result_url"):
            raise rest.Refused("CVAT's backup finished, and CVAT names no address of it")
        return ended["result_url"]
    raise rest.Refused(f"CVAT began a backup of it {EXPORTS} times, and had none of them in the end")


def pieces(cvat, url):
    """The zip, as it comes. One that breaks off is an error."""
    answer = cvat.download(url)
    announced = answer.headers.get("Content-Length")
    received = 0
    try:
        for piece in answer.iter_content(PIECE):
            received += len(piece)
            yield piece
    except (requests.RequestException, OSError, zlib.error) as error:
        raise rest.Away(
            f"the download of CVAT's backup broke off after {received} bytes: {type(error).__name__}"
        ) from None
    finally:
        answer.close()
    if announced is not None and "Content-Encoding" not in answer.headers and received != int(announced):
        raise rest.Away(f"the download of CVAT's backup ended after {received} of {announced} bytes")


def last_line(message):
    lines = [line.strip() for line in (message or "").splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it says not why"
