"""
CVAT's zip of a project, looked through where it lies: whether it can be restored, what is in it, and the digest of every job.

Pictures are not read, only that they are there: their bytes are covered by the sha256 of the whole, beside the zip. What is read is held one job
at a time. (facts/cvat-real-third-look.md 3.2, 3.3, 3.6)
"""

import codecs
import contextlib
import json
import posixpath
import re
import zipfile
import zlib

import digest
import ranges

# What no zip of CVAT's comes near, and a broken or a made one may say.
MOST_ENTRIES = 3_000_000
MOST_OF_A_FILE = {
    "project.json": 64 << 20,
    "task.json": 512 << 20,
    "manifest.jsonl": 4 << 30,
    "annotations.json": 8 << 30,
}
MOST_OF_A_JOB = 1 << 30
# CVAT packs nothing. Text that a person packed anew becomes a twentieth; more is none.
MOST_PACKED = 100

PIECE = 1 << 20
VERSION = "1.0"
# Pictures of these are taken out of them, and a manifest names what is not there by itself.
HOLDERS = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar", ".pdf")


class Broken(Exception):
    """A sentence that says why it cannot be restored."""


def check(store, key):
    """
    Looks a zip through.

    :param store: whose `client` and `bucket` are asked
    :returns: {"entries", "lightweight", "counts": {tasks, jobs, frames, tags, shapes, tracks}, "digests": of each task's jobs, "tasks": [{name,
        subset, mode, storage, size, jobs: [{type, startFrame, stopFrame, digest, counts}]}]}; `lightweight`: some pictures are not in it
    :raises Broken: where it cannot be restored whole
    :raises botocore's errors: where the store does not answer, or has no such object
    """
    with or_broken(), opened(store, key) as archive:
        return contents(archive)


@contextlib.contextmanager
def or_broken():
    """Within it a zip is read: what is wrong with it, is a sentence."""
    try:
        yield
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise Broken(f"CVAT's zip is cut off or spoiled: {error}") from None
    except ranges.Replaced:
        raise Broken("CVAT's zip was replaced by another while it was read") from None


def opened(store, key):
    """
    A zip as Python has one. To be closed.

    :raises Broken: where it is none
    """
    file = ranges.opened(store.client, store.bucket, key)
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OverflowError) as error:
        raise Broken(f"CVAT's zip is none, or cut off: {error}") from None


def contents(archive):
    """The same of a zip that is open."""
    files = files_of(archive)
    project = described(archive, files, "project.json")
    if project.get("version") != VERSION:
        raise Broken(f"CVAT's zip has version {project.get('version')} of its files, and only {VERSION} is known")
    folders = sorted({found[0] for name in files if (found := re.match(r"task_\d+/", name))}, key=number_of)
    tasks = [task_of(archive, files, folder, project) for folder in folders]
    jobs = [job for task in tasks for job in task["jobs"]]
    drawn = {part: sum(job["counts"][part] for job in jobs) for part in digest.PARTS}
    return {
        "entries": len(files),
        "lightweight": any(task["storage"] == "cloud_storage" for task in tasks),
        "counts": {"tasks": len(tasks), "jobs": len(jobs), "frames": sum(task["size"] for task in tasks), **drawn},
        "digests": [[job["digest"] for job in task["jobs"]] for task in tasks],
        "tasks": tasks,
    }


def files_of(archive):
    """
    Its files by their names.

    :raises Broken: where they say more than can be in it
    """
    found = archive.infolist()
    if len(found) > MOST_ENTRIES:
        raise Broken(f"CVAT's zip has {len(found)} files, more than {MOST_ENTRIES}")
    whole = archive.fp.seek(0, 2)
    if sum(one.compress_size for one in found) > whole:
        raise Broken("CVAT's zip says of its files that they are longer than itself")
    for one in found:
        if one.file_size > MOST_PACKED * max(one.compress_size, 1024):
            raise Broken(
                f"{one.filename} is packed to less than a {MOST_PACKED}th in CVAT's zip, which CVAT never does"
            )
        limit = MOST_OF_A_FILE.get(posixpath.basename(one.filename))
        if limit is not None and one.file_size > limit:
            raise Broken(f"{one.filename} has {one.file_size} bytes in CVAT's zip, more than {limit}")
    return {one.filename: one for one in found if not one.is_dir()}


def number_of(folder):
    return int(folder[len("task_") : -1])


def described(archive, files, name):
    """
    What a small file of JSON says.

    :raises Broken: where it is not there, or is none
    """
    if name not in files:
        raise Broken(f"CVAT's zip has no {name}")
    try:
        found = json.loads(archive.read(name))
    except ValueError as error:
        raise Broken(f"{name} in CVAT's zip is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise Broken(f"{name} in CVAT's zip is not what CVAT writes there")
    return found


def task_of(archive, files, folder, project):
    task = described(archive, files, f"{folder}task.json")
    data = task.get("data") or {}
    jobs = task.get("jobs") or []
    called = f"task `{task.get('name')}` ({folder.rstrip('/')})"
    if not jobs or data.get("chunk_size") is None:
        raise Broken(
            f"{called} was still being made when CVAT wrote its zip: it has no jobs there, and nobody can restore it"
        )
    check_media(archive, files, folder, data, called)
    found = []
    known = Names(project.get("labels") or task.get("labels") or [])
    for annotations in jobs_in(archive, files, f"{folder}annotations.json"):
        if len(found) < len(jobs):
            known.check(annotations, called)
            found.append(job_of(jobs[len(found)], annotations, called))
        else:
            raise Broken(f"{called} has annotations of more jobs than its {len(jobs)} in CVAT's zip")
    if len(found) < len(jobs):
        raise Broken(f"{called} has {len(jobs)} jobs in CVAT's zip, and annotations of only {len(found)}")
    return {
        "name": task.get("name"),
        "subset": task.get("subset", ""),
        "mode": "interpolation" if data.get("chunk_type") == "video" else "annotation",
        "storage": data.get("storage"),
        "size": max(job["stopFrame"] for job in found) + 1,
        "jobs": found,
    }


def job_of(job, annotations, called):
    try:
        return {
            "type": job.get("type", "annotation"),
            "startFrame": int(job["start_frame"]),
            "stopFrame": int(job["stop_frame"]),
            "digest": digest.of_zip(annotations),
            "counts": digest.counts_of(annotations),
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Broken(
            f"{called} has a job in CVAT's zip that is not what CVAT writes there: {type(error).__name__} {error}"
        ) from None


def check_media(archive, files, folder, data, called):
    """
    That what its manifest names is there, unless it stays in its bucket. A film always comes along. (cvat-real-third-look.md 3.3, 3.5)

    :raises Broken: where it is not
    """
    below = f"{folder}data/"
    manifest = f"{below}manifest.jsonl"
    storage = data.get("storage")
    if storage not in ("local", "cloud_storage"):
        raise Broken(f"{called} has its pictures in `{storage}` by CVAT's zip, from where CVAT restores none")
    if manifest not in files:
        raise Broken(f"{called} has no manifest of its pictures in CVAT's zip")
    named = 0
    film = None
    is_held = any(name.startswith(below) and name.lower().endswith(HOLDERS) for name in files)
    for record in records_of(archive, manifest, called):
        if "properties" in record:
            film = (record["properties"] or {}).get("name")
        elif "extension" in record:
            named += 1
            picture = f"{record['name']}{record['extension']}"
            if storage == "local" and f"{below}{picture}" not in files and not is_held:
                raise Broken(f"{called} has no picture {picture} in CVAT's zip")
    if film is not None and not any(name.startswith(below) and posixpath.basename(name) == film for name in files):
        raise Broken(f"{called} has no film {film} in CVAT's zip")
    if film is None and named == 0:
        raise Broken(f"{called} has a manifest without pictures in CVAT's zip")


def records_of(archive, name, called):
    with archive.open(name) as lines:
        for line in lines:
            if line.strip():
                try:
                    record = json.loads(line)
                except ValueError:
                    raise Broken(f"{called} has a line in its manifest in CVAT's zip that is no JSON") from None
                if isinstance(record, dict):
                    yield record


def jobs_in(archive, files, name):
    """
    The entries of annotations.json one after the other: a project of millions of shapes is never in memory whole.

    :raises Broken: where it is not there, or is no list of them
    """
    if name not in files:
        raise Broken(f"CVAT's zip has no {name}")
    decoder = json.JSONDecoder()
    with archive.open(name) as file:
        text = Text(file)
        if text.next() != "[":
            raise Broken(f"{name} in CVAT's zip is no list of jobs")
        if text.peek() == "]":
            text.next()
        else:
            while True:
                yield text.value(decoder, name)
                after = text.next()
                if after == "]":
                    break
                if after != ",":
                    raise Broken(f"{name} in CVAT's zip is no whole JSON")
        if text.peek() != "":
            raise Broken(f"{name} in CVAT's zip goes on after its end")


class Text:
    """A file of JSON, from which values are taken one by one."""

    def __init__(self, file):
        self.file = file
        self.decode = codecs.getincrementaldecoder("utf-8")().decode
        self.rest = ""
        self.is_over = False

    def more(self, size):
        """Whether there was some."""
        piece = b"" if self.is_over else self.file.read(size)
        self.is_over = piece == b""
        self.rest += self.decode(piece, self.is_over)
        return not self.is_over

    def peek(self):
        """The next character that is no blank; none: the end."""
        self.rest = self.rest.lstrip()
        while self.rest == "" and self.more(PIECE):
            self.rest = self.rest.lstrip()
        return self.rest[:1]

    def next(self):
        found = self.peek()
        self.rest = self.rest[1:]
        return found

    def value(self, decoder, name):
        self.peek()
        while True:
            try:
                found, end = decoder.raw_decode(self.rest)
            except ValueError as error:
                if len(self.rest) > MOST_OF_A_JOB:
                    raise Broken(f"a job in {name} has more than {MOST_OF_A_JOB} characters in CVAT's zip") from None
                # Twice as much each time: it is tried as often as it doubles.
                if not self.more(max(PIECE, len(self.rest))):
                    raise Broken(f"{name} in CVAT's zip is no whole JSON: {error}") from None
                continue
            except RecursionError:
                raise Broken(f"{name} in CVAT's zip is nested deeper than any annotation") from None
            self.rest = self.rest[end:]
            if not isinstance(found, dict):
                raise Broken(f"{name} in CVAT's zip is no list of jobs")
            return found


class Names:
    """Labels and attributes that annotations may name: CVAT restores nothing of a zip with another. (cvat-real-third-look.md 3.6)"""

    def __init__(self, labels):
        self.attributes = {}
        for label in labels:
            self.attributes[label.get("name")] = names_in(label)
            for point in label.get("sublabels") or []:
                self.attributes[f"{label.get('name')}/{point.get('name')}"] = names_in(point)

    def check(self, annotations, called):
        for part in digest.PARTS:
            for one in annotations.get(part) or []:
                self.check_one(one, None, called)

    def check_one(self, one, parent, called):
        label = f"{parent}/{one.get('label')}" if parent else one.get("label")
        known = self.attributes.get(label)
        if known is None:
            raise Broken(
                f"{called} has the label `{label}` on its annotations in CVAT's zip, which is none of the project's"
            )
        for entry in (one, *(one.get("shapes") or [])):
            for attribute in entry.get("attributes") or []:
                if attribute.get("name") not in known:
                    raise Broken(
                        f"{called} has the attribute `{attribute.get('name')}` of `{label}` on its annotations in CVAT's zip, which the label has not"
                    )
        for element in one.get("elements") or []:
            self.check_one(element, one.get("label"), called)


def names_in(label):
    return {attribute.get("name") for attribute in label.get("attributes") or []}
