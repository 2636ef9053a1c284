"""A project put back out of a backup. A run that was killed is gone on with by asking for the same again: what it did is kept in `restores/`."""

import copy

import about
import chosen
import compare
import export
import frames
import importing
import people
import progress
import projects
import putting_back
import rest
import runs
import verify

NAME_LENGTH = 256


def main(settings, request, store=None):
    run = runs.Run("restore", settings, request, f"{settings['projects']['to']}restores/", store)
    return runs.framed(run, work, is_kept=False, reads_only=request.get("dryRun", False))


def work(run):
    request = run.request
    if not request.get("project") and not request.get("all"):
        raise runs.Refusal("which project? Name one, or ask for all")
    since = request.get("since")
    found = chosen.chosen(chosen.entries_of(run.store, run.settings), request)
    found = [one for one in found if since is None or one[1]["stamp"] > since]
    if not request.get("all") and len(found) > 1:
        names = ", ".join(
            f"{chosen.title(entry)}: `{entry['organization']}/{entry['project']['id']}`" for _, entry in found
        )
        raise runs.Refusal(f"{len(found)} projects are called `{request['project']}`. Name one by its number: {names}")
    for number, (place, entry) in enumerate(found, start=1):
        what = chosen.title(entry)
        progress.say(f"{number} of {len(found)}: {what}, {entry['stamp']}")
        with run.one(what):
            one(run, place, entry, what)


def one(run, place, entry, what):
    told = chosen.told_of(run.store, place)
    if told is None:
        raise runs.Refusal(f"the backup {place} is there no more")
    to = run.request.get("to") or entry["organization"]
    cvat = client_for(run.settings["cvat"], to)
    try:
        there = cvat.all("projects")
    except rest.Refused as refusal:
        if refusal.status in (403, 404):
            raise rest.Refused(projects.reason_for(to, refusal, cvat.who)) from None
        raise
    if run.request.get("all") and is_as_told(cvat, there, entry, told, run.request.get("since")):
        progress.say(f"{what} is there: passed over")
        return
    key = f"{run.place}{to}/{entry['organization']}-{entry['project']['id']}-{entry['stamp']}.json"
    state = known(run.store.read_json(key), there)
    if run.request.get("all") and state is not None and "ended" in state:
        progress.say(f"{what} was put back {state['ended']}: passed over")
        return
    target = people.Place(cvat, to != projects.SANDBOXES)
    missing = storages_missing(told, target)
    if missing:
        raise rest.Refused(
            f"its pictures are in no storage that {to} has: of the bucket {', '.join(missing)}. `up` makes the storages of the stack file; a backup "
            "that is not lightweight needs none"
        )
    if run.request.get("dryRun"):
        verify.verified(run.store, told)
        run.backups.append(planned(told, what, place, to, there, target))
        return
    if state is None or "ended" in state:
        state = {"name": free_name(told, there, run)}
    else:
        progress.say("going on with what a run before began")
    restored(run, cvat, target, told, what, place, state, lambda state: run.store.write_json(key, state))


def restored(run, cvat, target, told, what, place, state, keep):
    keep(state)
    within_s = run.settings["projects"]["exportHours"] * 3600
    number = importing.imported(cvat, run.store, told, state, keep, within_s)
    project = cvat.get(f"projects/{number}")
    putting = putting_back.PuttingBack(cvat, target, copy.deepcopy(told))
    check_tasks(cvat, project, told)
    tasks = putting.all(project, state["name"])
    project = cvat.get(f"projects/{number}")
    now = about.Look(cvat).project(project, cvat.all("tasks", project_id=number))
    differences = compare.differences(putting.expected, now)
    differences += compare.labels_differ(run.store, told, cvat.all("labels", project_id=number))
    wrong, fetched = frames.check(cvat, run.store, told, tasks, run.request.get("frames", 1))
    run.backups.append(
        {
            "what": what,
            "place": place,
            "bytes": told["zip"]["bytes"],
            "counts": now["counts"],
            "project": {"id": number, "name": state["name"]},
            "frames": fetched,
            "lost": [*owner_lost(told, cvat), *never_there(told), *putting.lost],
        }
    )
    if differences or wrong:
        raise rest.Refused(
            f"project {number} `{state['name']}` is not what it was: {'; '.join([*differences, *wrong][:10])}"
        )
    keep({**state, "ended": run.stamp})


def check_tasks(cvat, project, told):
    count = len(cvat.all("tasks", project_id=project["id"]))
    if count != len(told["tasks"]):
        raise rest.Refused(
            f"project {project['id']} has {count} tasks, and had {len(told['tasks'])}: delete it, and begin anew"
        )


def client_for(access, to):
    """
    :raises runs.Refusal: for what is outside of organizations, where nobody may see it
    """
    if to != projects.SANDBOXES:
        return rest.signed_in(access).within(to)
    if "sandboxesToken" not in access:
        raise runs.Refusal(
            "it was outside of organizations: name one that it comes into, or set vision-platform:backup.projects.sandboxes"
        )
    return rest.Cvat(access["address"], access["sandboxesToken"], "CVAT's administrator")


def is_as_told(cvat, there, entry, told, since):
    """
    Whether the project is there.

    :param since: as which stamp CVAT's database was put back: what a younger backup has, the project may lack. None: being there is enough
    """
    project = entry["project"]
    for one in there:
        if (one["id"], one["created_date"]) == (project["id"], project["created"]):
            return since is None or not differences_of(cvat, one, told)
    return False


def differences_of(cvat, project, told):
    tasks = [one for one in cvat.all("tasks", project_id=project["id"]) if export.has_data(one)]
    return compare.differences(told, about.Look(cvat).project(project, tasks))


def known(state, there):
    """
    What a run before wrote down of putting this backup back. None: nothing that holds. A number may be another project's by now: in a CVAT that
    was made anew, and in one whose database was put back.
    """
    if state is None or state.get("project") is None:
        return state
    made = (state["project"], state.get("created"))
    return state if any((one["id"], one["created_date"]) == made for one in there) else None


def storages_missing(told, target):
    """Buckets of pictures that did not come along, which no storage here is of."""
    if not told["lightweight"]:
        return []
    wanted = [
        task["cloudStorage"] for task in told["tasks"] if task["storage"] == "cloud_storage" and task["cloudStorage"]
    ]
    return sorted({one["bucket"] for one in wanted if target.storage(one) is None})


def free_name(told, there, run):
    """Its own, or another where there is one of that name: CVAT lets two have one, and nobody could tell them apart."""
    name = run.request.get("name") or told["project"]["name"]
    taken = {project["name"] for project in there}
    number = 1
    found = name
    while found in taken:
        stamp = told["stamp"]
        ending = f" ({stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}{f' {number}' if number > 1 else ''})"
        found = name[: NAME_LENGTH - len(ending)] + ending
        number += 1
    return found


def planned(told, what, place, to, there, target):
    """What would be done, as nothing is."""
    lost = never_there(told)
    names = {task["assignee"] for task in told["tasks"]} | {told["assignee"]}
    names |= {job["assignee"] for task in told["tasks"] for job in task["jobs"]}
    lost += [f"{name} is no member of {to}" for name in sorted(names - {None}) if target.user(name) is None]
    name = told["project"]["name"]
    progress.say(
        f"would come into {to}{' under another name, since there is one' if name in {one['name'] for one in there} else ''}"
    )
    return {"what": what, "place": place, "bytes": told["zip"]["bytes"], "counts": told["counts"], "lost": lost}


def never_there(told):
    return [f"{chosen.left_title(left)}: it is not in the backup, {left['why']}" for left in told["leftOut"]]


def owner_lost(told, cvat):
    owner = told.get("owner")
    me = cvat.get("users/self")["username"]
    return [] if owner in (None, me) else [f"owner: it was {owner}, and is {me}"]
