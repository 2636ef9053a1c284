"""Whether backups are still what they were when they were made: each zip is opened where it lies."""

import chosen
import progress
import runs
import store as stores
import streams
import zips


def main(settings, request, store=None):
    run = runs.Run("verify", settings, request, settings["projects"]["to"], store)
    return runs.framed(run, work, is_kept=False, reads_only=True)


def work(run):
    found = chosen.chosen(chosen.entries_of(run.store, run.settings), run.request)
    for number, (place, entry) in enumerate(found, start=1):
        what = f"{chosen.title(entry)}, {entry['stamp']}"
        progress.say(f"{number} of {len(found)}: {what}")
        with run.one(what):
            told = chosen.told_of(run.store, place)
            if told is None:
                continue
            verified(run.store, told, run.request.get("whole"))
            run.backups.append({"what": what, "place": place, "bytes": told["zip"]["bytes"], "counts": told["counts"]})


def verified(store, told, whole=False):
    """
    :param told: what a backup says of itself
    :param whole: reads every byte, and holds them against the sha256 of when it was made
    :returns: what is in its zip (zips.check)
    :raises zips.Broken: where it is not what it was, or cannot be restored
    """
    key = told["zip"]["key"]
    size = size_of(store, key)
    if size != told["zip"]["bytes"]:
        raise zips.Broken(
            "its zip is gone" if size is None else f"its zip has {size} bytes, and {told['zip']['bytes']} were written"
        )
    found = zips.check(store, key)
    if found["counts"] != told["counts"]:
        raise zips.Broken(f"its zip has {found['counts']}, and CVAT had {told['counts']}")
    differ = differing(told, found["digests"])
    if differ:
        raise zips.Broken(f"annotations are not those that CVAT had, of {', '.join(differ[:5])}")
    if whole:
        for _ in streams.download(store.client, store.bucket, key, told["zip"]):
            pass
    return found


def differing(told, digests):
    """Jobs whose digest is another than CVAT's then; tasks and jobs in the order of the backup."""
    return [
        f"job {job['index']} of task `{task['name']}`"
        for task, those in zip(told["tasks"], digests, strict=True)
        for job, other in zip(task["jobs"], those, strict=True)
        if job["digest"] != other
    ]


def size_of(store, key):
    try:
        return store.client.head_object(Bucket=store.bucket, Key=key)["ContentLength"]
    except stores.ERRORS as error:
        if stores.code_of(error) == "404":
            return None
        raise
