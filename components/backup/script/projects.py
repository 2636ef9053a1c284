"""CVAT's projects, one zip each: the run of the night, and that which somebody asks for."""

import about
import export
import progress
import rest
import retention
import runs
import scratch
import store as stores
import streams
import zips

# A project is exported again where somebody annotates in it just then, so often.
TRIES = 3

# An organization's place in the bucket; no slug begins so. (cvat/apps/organizations/models.py: letters, digits, _ and -, 16 at most)
SANDBOXES = "_sandbox"


def main(settings, request):
    return runs.in_run("projects", settings, request, work)


def work(run):
    access = run.settings["cvat"]
    try:
        cvat = rest.signed_in(access)
        places = places_of(run, cvat)
        projects = [(client, where, project) for client, where, found in places for project in found]
        wanted = asked_for(run, projects)
        progress.say(f"{len(wanted)} of {len(projects)} projects to back up")
        for number, (client, where, project) in enumerate(wanted, start=1):
            run.lock.check()
            progress.say(f"{number} of {len(wanted)}: {title(where, project)}")
            one(run, client, where, project)
    except rest.Refused as error:
        # What comes next would end alike.
        run.is_whole = False
        run.fail("CVAT", error)
    except stores.ERRORS as error:
        run.is_whole = False
        run.fail("the store", stores.sentence(error, run.store))
    # A store that is full gets room by it.
    thin_out(run)


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
    key = f"project {project['id']}"
    try:
        told = backed_up(run, cvat, where, project, place)
        run.backups.append({"what": what, "place": place, "bytes": told["zip"]["bytes"], "counts": told["counts"]})
        for left in told["leftOut"]:
            run.left_out.append({"what": f"task {left['id']} `{left['name']}` of {what}", "why": left["why"]})
    except (rest.SignedOut, rest.Away):
        run.index.remove(place)
        raise
    except (rest.Refused, export.NotNow, export.Broken, zips.Broken) as error:
        run.fail(what, error, key)
        run.index.remove(place)
    except stores.ERRORS as error:
        if stores.concerns_all(error):
            raise
        run.fail(what, stores.sentence(error, run.store), key)
        run.index.remove(place)


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


def thin_out(run):
    """Old backups go, of each project by itself. One that is made anew under an old number, as in a new CVAT, is another project."""
    things = {}
    for place, entry in run.index.entries.items():
        project = entry["project"]
        things.setdefault((entry["organization"], project["id"], project["created"]), {})[entry["stamp"]] = place
    for places in things.values():
        for stamp in retention.removable([{"stamp": stamp} for stamp in places], run.settings["projects"]["keep"]):
            run.lock.check()
            run.index.remove(places[stamp])
            run.removed.append(places[stamp])
    run.index.save()
