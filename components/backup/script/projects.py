"""CVAT's projects, one zip each: the run of the night, and that which somebody asks for."""

import about
import chosen
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
            run.left_out.append({"what": f"task {left['id']} `{left['name']}` of {what}", "why": left["why"]})


def backed_up(run, cvat, where, project, place):
    lightweight = run.settings["projects"]["lightweight"]
    within_s = run.settings["projects"]["exportHours"] * 3600
    for attempt in range(1, TRIES + 1):
        tasks = export.tasks_of(cvat, project)
        export.check_tasks(tasks)
        with_data = [task for task in tasks if export.has_data(task)]
        export.begin_anew(cvat, project, tasks)
        beside = about.Look(cvat).project(project, with_data)
        url = export.export(cvat, project, lightweight, within_s)
        zip_of_it = uploaded(run, cvat, url, f"{place}backup.zip")
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
        "lightweight": lightweight,
        "zip": {**zip_of_it, "entries": found["entries"]},
        **beside,
        "leftOut": [
            {"id": task["id"], "name": task["name"], "why": "it never got data"}
            for task in export.never_got_data(tasks)
        ],
    }
    # Another run would have taken the zip away.
    run.lock.check()
    run.index.add(place, told)
    return told


def uploaded(run, cvat, url, key):
    """Straight on into the bucket: nothing of it lies on a disk."""
    for attempt in range(1, export.DOWNLOADS + 1):
        run.lock.note_writing(key)
        try:
            return {"key": key, **streams.upload(run.store.client, run.store.bucket, key, export.pieces(cvat, url))}
        except rest.Away:
            if attempt == export.DOWNLOADS:
                raise
    raise AssertionError("the last round returns or raises")
