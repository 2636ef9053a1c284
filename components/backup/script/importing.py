"""
CVAT makes a project of a zip, once, however often the run that asks for it is killed.

What it did is kept beside the backups: `before`, the projects that were there, is written before CVAT is asked, and `project` once it has made one.
"""

import export
import progress
import rest
import streams
import upload
import zips

UNDER_WAY = ("queued", "started")


def imported(cvat, store, told, state, keep, within_s):
    """
    :param cvat: within the organization that it comes into
    :param told: what the backup says of itself
    :param state: what was done so far; changed, and given to `keep` at each step
    :returns: the project's number
    :raises rest.Refused: where CVAT makes none of it
    :raises streams.Changed: where the zip is not what was written: then CVAT was asked for nothing
    """
    if state.get("project") is not None and cvat.find(f"projects/{state['project']}"):
        return state["project"]
    found = taken_up(cvat, store, told, state, within_s) if "before" in state else None
    if found is None:
        state.pop("project", None)
        found = begun(cvat, store, told, state, keep, within_s)
    state["project"] = found
    state["created"] = cvat.get(f"projects/{found}")["created_date"]
    keep(state)
    return found


def begun(cvat, store, told, state, keep, within_s):
    progress.say(f"sending {told['zip']['bytes']} bytes to CVAT")
    pieces = streams.download(store.client, store.bucket, told["zip"]["key"], told["zip"])
    name = upload.send(cvat, pieces, told["zip"]["bytes"])
    state["before"] = [one["id"] for one in cvat.all("projects")]
    keep(state)
    request = upload.begin(cvat, name)
    state["request"] = request
    keep(state)
    return ended(cvat, request, state, keep, within_s)


def ended(cvat, request, state, keep, within_s):
    progress.say("CVAT makes a project of it")
    found = cvat.wait(request, within_s)
    if found is not None and found["status"] == "finished":
        return found["result_id"]
    # It makes all of it, or nothing. (facts/cvat-real-third-look.md 3.6)
    for key in ("before", "request"):
        state.pop(key, None)
    keep(state)
    why = export.last_line(found["message"]) if found else "it does not know the request any more"
    raise rest.Refused(f"CVAT makes no project of it: {why}")


def taken_up(cvat, store, told, state, within_s):
    """What the run before asked for and saw no end of: it has become a project, becomes one now, or was never begun."""
    for request in under_way(cvat):
        cvat.wait(request, within_s)
    name = name_in(store, told["zip"]["key"])
    me = cvat.get("users/self")["id"]
    made = [
        one["id"]
        for one in cvat.all("projects")
        if one["id"] not in state["before"] and one["name"] == name and (one.get("owner") or {}).get("id") == me
    ]
    if made:
        progress.say(f"project {made[0]} was made of it already, by a run before")
    return made[0] if made else None


def under_way(cvat):
    """Requests of this account that make projects. CVAT sorts them as it likes, and has few of them."""
    found = []
    for status in UNDER_WAY:
        answer = cvat.get("requests", action="import", target="project", status=status, page_size=100)
        found += [one["id"] for one in answer["results"]]
    return found


def name_in(store, key):
    with zips.opened(store, key) as archive:
        return zips.described(archive, zips.files_of(archive), "project.json").get("name")
