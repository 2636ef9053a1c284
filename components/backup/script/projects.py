"""CVAT's projects, one zip each: the run of the night, and that which somebody asks for."""

import about
import chosen
import composing
import export
import progress
import rest
import runs
import scratch
import store as stores
import streams
import thinning
import zips

# A project is exported again where somebody annotates in it just then, so often.
TRIES = 3

# An organization's place in the bucket; no slug begins so. (cvat/apps/organizations/models.py: letters, digits, _ and -, 16 at most)
SANDBOXES = "_sandbox"


def main(settings, request):
    return runs.in_run("projects", settings, request, work)


def work(run):
    with run.all_of_them():
        cvat = rest.signed_in(run.settings["cvat"])
        places = places_of(run, cvat)
        projects = [(client, where, project) for client, where, found in places for project in found]
        wanted = asked_for(run, projects)
        progress.say(f"{len(wanted)} of {len(projects)} projects to back up")
        for number, (client, where, project) in enumerate(wanted, start=1):
            progress.say(f"{number} of {len(wanted)}: {title(where, project)}")
            one(run, client, where, project)
    # A store that is full gets room by it.
    run.removed += thinning.thin_out(run, run.settings["projects"]["keep"], chosen.thing_of)


def places_of(run, cvat):
    """What is covered, and says what is not: [(client, organization, its projects)]."""
    access = run.settings["cvat"]
    places = []
    seen = {one["slug"]: one for one in cvat.all("organizations") if not scratch.is_scratch(one)}
    for slug in sorted({*access["organizations"], *seen}):
        try:
            client = cvat.within(slug)
            places.append((client, slug, client.all("projects")))
        except rest.Refused as refusal:
            if isinstance(refusal, (rest.SignedOut, rest.Away)):
                raise
            run.fail(f"organization {slug}", reason_for(slug, refusal, access["username"]))
    if "sandboxesToken" in access:
        administrator = rest.Cvat(access["address"], access["sandboxesToken"], "CVAT's administrator")
        everything = administrator.all("projects")
        places.append((administrator, SANDBOXES, [one for one in everything if organization_of(one) is None]))
        covered = {project["id"] for _, _, projects in places for project in projects}
        for project in everything:
            if project["id"] not in covered:
                run.not_covered.append(
                    {
                        "what": f"project {project['id']} `{project['name']}`",
                        "why": "its organization is none of the stack",
                    }
                )
    else:
        run.not_covered.append(
            {
                "what": "projects outside organizations",
                "why": "vision-platform:backup.projects.sandboxes is off, and nobody but their owners sees them",
            }
        )
    return places


def organization_of(project):
    return project.get("organization_id", project.get("organization"))


def reason_for(slug, refusal, username):
    if refusal.status == 404:
        return f"CVAT has no organization {slug} any more. What was kept of it stays; take it out of the stack file, or let `up` make it anew"
    if refusal.status == 403:
        return f"{username} is no member of it: `up` makes it one. What was kept of it stays"
    return refusal


def asked_for(run, projects):
    name = run.request.get("project")
    if name is None:
        return projects
    named = [one for one in projects if one[2]["name"] == name or str(one[2]["id"]) == str(name)]
    if not named:
        seen = ", ".join(sorted(f"`{project['name']}`" for _, _, project in projects)[:20]) or "none"
        raise runs.Refusal(f"no project that is backed up is called `{name}`. There are: {seen}")
    return named


def title(where, project):
    return f"project {project['id']} `{project['name']}` of {'sandboxes' if where == SANDBOXES else where}"


def one(run, cvat, where, project):
    """Backs one project up. What goes wrong with it is no matter of the others."""
    place = f"{run.place}of/{where}/{project['id']}/{run.stamp}/"
    what = title(where, project)
    with run.one(what, f"project {project['id']}"):
        try:
            told = backed_up(run, cvat, where, project, place)
        except (*runs.OF_ONE, *stores.ERRORS) as error:
            # A store that is away is asked by the next run.
            if not isinstance(error, stores.ERRORS) or not stores.concerns_all(error):
                run.index.remove(place)
            raise
        run.backups.append({"what": what, "place": place, "bytes": told["zip"]["bytes"], "counts": told["counts"]})
        for left in told["leftOut"]:
            run.left_out.append({"what": f"{chosen.left_title(left)} of {what}", "why": left["why"]})


def backed_up(run, cvat, where, project, place):
    for attempt in range(1, TRIES + 1):
        tasks = export.tasks_of(cvat, project)
        whole = [task for task in tasks if export.is_whole(task)]
        # With one that has data and no pictures CVAT makes no zip of all of them, or one that nobody can restore.
        is_of_tasks = any(export.has_data(task) for task in tasks if task not in whole)
        if not is_of_tasks:
            export.begin_anew(cvat, project, tasks)
        beside = about.Look(cvat).project(project, whole)
        zip_of_it = (of_tasks if is_of_tasks else of_project)(run, cvat, project, whole, place)
        found = zips.check(run.store, zip_of_it["key"])
        if found["digests"] == about.in_order(beside):
            break
        # Somebody annotates just now, between the two looks.
        progress.say(f"{title(where, project)} was changed meanwhile")
        if attempt == TRIES:
            raise export.Broken(
                f"it was changed each time between look and backup, {TRIES} times: annotations of the two differ"
            )
    told = {
        "kind": "project",
        "version": 1,
        "stamp": run.stamp,
        "organization": where,
        "project": {"id": project["id"], "name": project["name"], "created": project["created_date"]},
        "lightweight": run.settings["projects"]["lightweight"],
        "zip": {**zip_of_it, "entries": found["entries"], "madeOf": "tasks" if is_of_tasks else "project"},
        **beside,
        "leftOut": [*export.left_out(tasks), *(composing.left_out(guide_of(cvat, project)) if is_of_tasks else [])],
    }
    # Another run would have taken the zip away.
    run.lock.check()
    run.index.add(place, told)
    return told


def of_project(run, cvat, project, _tasks, place):
    return exported(run, cvat, f"projects/{project['id']}", f"{place}backup.zip")


def of_tasks(run, cvat, project, tasks, place):
    """The same, of the zips of its tasks, of which one at a time lies beside it."""
    whole, own = f"{place}backup.zip", f"{place}task.zip"
    progress.say(f"one zip for each of {len(tasks)} tasks, since another has no pictures")

    def archives():
        for number, task in enumerate(tasks, start=1):
            progress.say(f"task {number} of {len(tasks)}: {task['id']} `{task['name']}`")
            export.begin_task_anew(cvat, task)
            exported(run, cvat, f"tasks/{task['id']}", own, whole)
            with zips.opened(run.store, own) as archive:
                yield archive

    labels = cvat.all("labels", project_id=project["id"])
    pieces = composing.pieces(project, labels, guide_of(cvat, project), archives())
    run.lock.note_writing(whole)
    made = {"key": whole, **streams.upload(run.store.client, run.store.bucket, whole, pieces)}
    run.store.remove([own])
    return made


def guide_of(cvat, project):
    number = project.get("guide_id")
    return None if number is None else cvat.get(f"guides/{number}")["markdown"]


def exported(run, cvat, of, *keys):
    """CVAT's zip of a project or a task, in the bucket."""
    within_s = run.settings["projects"]["exportHours"] * 3600
    return uploaded(run, cvat, export.export(cvat, of, run.settings["projects"]["lightweight"], within_s), *keys)


def uploaded(run, cvat, url, *keys):
    """
    Straight on into the bucket: nothing of it lies on a disk.

    :param keys: what it is called there, and what else is being written meanwhile
    """
    key = keys[0]
    for attempt in range(1, export.DOWNLOADS + 1):
        run.lock.note_writing(*keys)
        try:
            return {"key": key, **streams.upload(run.store.client, run.store.bucket, key, export.pieces(cvat, url))}
        except rest.Away:
            if attempt == export.DOWNLOADS:
                raise
    raise AssertionError("the last round returns or raises")
