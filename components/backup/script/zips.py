"""CVAT's zip of a project, read where it lies: of an object only what is asked for. (test/fixtures/cvat/backup-zips.txt)"""

import io
import json
import re
import zipfile

import digest

# The end of a zip has its list; what lies beside each other is fetched at once.
AHEAD = 256 * 1024


class Broken(Exception):
    """A sentence that says what is wrong with it."""


class Ranges(io.RawIOBase):
    """An object of a bucket as a file."""

    def __init__(self, store, key):
        self.store = store
        self.key = key
        self.size = store.client.head_object(Bucket=store.bucket, Key=key)["ContentLength"]
        self.at = 0

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self.at

    def seek(self, offset, whence=io.SEEK_SET):
        self.at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        return self.at

    def readinto(self, buffer):
        end = min(self.at + len(buffer), self.size)
        if self.at >= end:
            return 0
        answer = self.store.client.get_object(
            Bucket=self.store.bucket, Key=self.key, Range=f"bytes={self.at}-{end - 1}"
        )
        with answer["Body"] as body:
            read = body.read()
        buffer[: len(read)] = read
        self.at += len(read)
        return len(read)


def opened(store, key):
    try:
        return zipfile.ZipFile(io.BufferedReader(Ranges(store, key), AHEAD))
    except zipfile.BadZipFile as error:
        raise Broken(f"CVAT's zip is none: {error}") from None


def check(store, key):
    """
    What a zip has: {"entries": how many, "digests": one for each job, by task}.

    :raises Broken: where it cannot be restored
    """
    with opened(store, key) as archive:
        names = set(archive.namelist())
        if "project.json" not in names:
            raise Broken("CVAT's zip has no project.json")
        folders = sorted({found[0] for name in names if (found := re.match(r"task_\d+(?=/)", name))}, key=number_of)
        return {"entries": len(names), "digests": [task_digests(archive, names, folder) for folder in folders]}


def number_of(folder):
    return int(folder.split("_")[1])


def task_digests(archive, names, folder):
    for needed in ("task.json", "annotations.json"):
        if f"{folder}/{needed}" not in names:
            raise Broken(f"CVAT's zip has no {folder}/{needed}")
    task = json.loads(archive.read(f"{folder}/task.json"))
    jobs = task.get("jobs", [])
    if not jobs:
        raise Broken(f"task `{task.get('name')}` has no jobs in CVAT's zip, which nobody could restore")
    annotations = json.loads(archive.read(f"{folder}/annotations.json"))
    if len(annotations) != len(jobs):
        raise Broken(
            f"task `{task.get('name')}` has {len(jobs)} jobs in CVAT's zip, and annotations of {len(annotations)}"
        )
    return [digest.of_zip(one) for one in annotations]
