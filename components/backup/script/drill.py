"""Whether backups can be restored: the newest of each project is, into an organization of its own, held against what CVAT had, and taken away."""

import about
import chosen
import compare
import export
import frames
import importing
import progress
import rest
import runs
import scratch
import verify


def main(settings, request, store=None):
    run = runs.Run("drill", settings, request, f"{settings['projects']['to']}drills/", store)
    return runs.framed(run, work)


def work(run):
    found = chosen.chosen(chosen.entries_of(run.store, run.settings), run.request)
    cvat = rest.signed_in(run.settings["cvat"])
    within_s = run.settings["projects"]["exportHours"] * 3600
    for slug in scratch.clear_dead(cvat, within_s):
        progress.say(f"took away {slug}, which a drill that did not end had left")
    if not found:
        run.fail("backups", "there is none of a project yet")
        return
    if not has_space(run, cvat):
        return
    organization = scratch.made(cvat, run.stamp)
    try:
        inside = cvat.within(organization["slug"])
        for number, (place, entry) in enumerate(found, start=1):
            what = chosen.title(entry)
            progress.say(f"{number} of {len(found)}: {what}, {entry['stamp']}")
            with run.one(what):
                one(run, inside, place, what, within_s)
    finally:
        try:
            scratch.take_away(cvat, organization, within_s)
        except rest.Refused as error:
            run.fail(f"organization {organization['slug']}", f"{error}. The next drill takes it away", "scratch")


def has_space(run, cvat):
    """CVAT says of the disk that its data lies on only whether nine tenths are in use. One project at a time lies there beside the others."""
    try:
        health = cvat.get("server/health/", format="json")
    except rest.Refused as refusal:
        # It answers 500 with the same, where any part of it is not well.
        health = refusal.body
    disk = health.get("DiskUsage")
    if disk == "working":
        return True
    said = f"CVAT says of its disk: {disk}" if disk else "CVAT does not say how its disk is"
    run.fail("space", f"nothing was restored: {said}")
    return False


def one(run, cvat, place, what, within_s):
    told = chosen.told_of(run.store, place)
    if told is None:
        progress.say("it was thinned out just now")
        return
    verify.verified(run.store, told)
    number = importing.imported(cvat, run.store, told, {}, lambda _: None, within_s)
    try:
        project = cvat.get(f"projects/{number}")
        tasks = cvat.all("tasks", project_id=number)
        now = about.Look(cvat).project(project, tasks)
        wrong = compare.differences(told, now, compare.BY_ZIP)
        wrong += compare.labels_differ(run.store, told, cvat.all("labels", project_id=number))
        fetched = 0
        if told["lightweight"]:
            run.not_covered.append(
                {
                    "what": f"pictures of {what}",
                    "why": "the backup is lightweight: they stay in a bucket that the drill has no key to",
                }
            )
        elif not wrong:
            wrong, fetched = frames.check(cvat, run.store, told, tasks, run.settings["drill"]["frames"])
    finally:
        cvat.delete(f"projects/{number}")
    if wrong:
        raise export.Broken(f"what CVAT made of {told['stamp']} is not what it had: {'; '.join(wrong[:10])}")
    run.backups.append(
        {"what": what, "place": place, "bytes": told["zip"]["bytes"], "counts": told["counts"], "frames": fetched}
    )
