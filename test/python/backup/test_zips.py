"""A zip of CVAT's is looked through where it lies; of what cannot be restored a sentence says why."""

import io
import json
import re
import struct
import zipfile

import pytest
from botocore.exceptions import BotoCoreError, ClientError

import ranges
import recorded
import zips
from range_store import RangeStore
from recorded import FULL, LIGHT, changed, files_of, with_file, without, zip_of


@pytest.fixture(scope="module")
def store():
    served = RangeStore()
    yield served
    served.end()


def check(store, content):
    store.put("zip", content)
    return zips.check(store, "zip")


def sentence(store, content):
    with pytest.raises(zips.Broken) as broken:
        check(store, content)
    text = str(broken.value)
    assert "\n" not in text
    assert len(text) < 300
    return text


@pytest.mark.parametrize(("content", "entries", "lightweight"), [(FULL, 39, False), (LIGHT, 9, True)])
def test_what_cvat_made_is_whole(store, content, entries, lightweight):
    found = check(store, content)
    assert (found["entries"], found["lightweight"]) == (entries, lightweight)
    assert found["counts"] == {"tasks": 2, "jobs": 4, "frames": 90, "tags": 2, "shapes": 33, "tracks": 1}
    seen = {
        (task["name"], job["startFrame"], job["stopFrame"]): (job["digest"][:16], job["counts"])
        for task in found["tasks"]
        for job in task["jobs"]
    }
    assert seen == recorded.digests_by_rest()
    assert [[one[:4] for one in task] for task in found["digests"]] == [["2a90", "1d61", "6cf1"], ["6b34"]]
    pictures, film = found["tasks"]
    assert (pictures["name"], pictures["subset"], pictures["mode"], pictures["size"]) == (
        "pics",
        "Train",
        "annotation",
        30,
    )
    assert (film["name"], film["mode"], film["storage"], film["size"]) == ("clip", "interpolation", "local", 60)


def test_pictures_are_not_fetched(store):
    # Each as large as a photograph: 30 MB.
    files = {name: file.ljust(1 << 20, b"\0") if "/pics/" in name else file for name, file in files_of(FULL).items()}
    content = zip_of(files)
    store.given = 0
    assert check(store, content)["counts"]["shapes"] == 33
    assert store.given < 8 * ranges.AHEAD < len(content) / 10


def test_one_moved_point_is_another_digest(store):
    def move(jobs):
        jobs[1]["shapes"][0]["points"][0] += 0.25

    before = check(store, FULL)
    after = check(store, changed(FULL, "task_0/annotations.json", move))
    assert after["counts"] == before["counts"]
    differing = [
        (task, job)
        for task, jobs in enumerate(before["digests"])
        for job, digest in enumerate(jobs)
        if after["digests"][task][job] != digest
    ]
    assert differing == [(0, 1)]


@pytest.mark.parametrize("cut", [10, 4000, 60_000, len(FULL) - 1])
def test_cut_off(store, cut):
    assert "is none, or cut off" in sentence(store, FULL[:cut])


def test_what_is_no_zip(store):
    assert "is none" in sentence(store, b"<Error>no</Error>")
    assert "is none" in sentence(store, b"")
    with pytest.raises(ClientError):
        zips.check(store, "absent")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("project.json", "has no project.json"),
        ("task_0/task.json", "has no task_0/task.json"),
        ("task_1/annotations.json", "has no task_1/annotations.json"),
        ("task_0/data/manifest.jsonl", "task `pics` (task_0) has no manifest of its pictures"),
        ("task_0/data/pics/a/im04.jpg", "task `pics` (task_0) has no picture pics/a/im04.jpg"),
        ("task_0/data/pics/b/im29.png", "task `pics` (task_0) has no picture pics/b/im29.png"),
        ("task_1/data/clips/v1.mp4", "task `clip` (task_1) has no film v1.mp4"),
    ],
)
def test_what_is_missing(store, name, says):
    assert says in sentence(store, without(FULL, name))


def test_what_a_lightweight_one_needs(store):
    assert "no film v1.mp4" in sentence(store, without(LIGHT, "task_1/data/clips/v1.mp4"))
    assert "no manifest" in sentence(store, without(LIGHT, "task_0/data/manifest.jsonl"))


def test_a_task_that_was_still_being_made(store):
    """As CVAT wrote it then: it finishes, and nobody can restore it. (facts/cvat-real-third-look.md 3.2)"""

    def still(task):
        task["jobs"] = []
        task["data"].update(chunk_size=None, custom_segments=True)

    content = changed(FULL, "task_0/task.json", still)
    assert "task `pics` (task_0) was still being made" in sentence(
        store, with_file(content, "task_0/annotations.json", b"[]")
    )
    assert "still being made" in sentence(
        store, changed(FULL, "task_1/task.json", lambda task: task["data"].update(chunk_size=None))
    )


def test_jobs_and_annotations_that_do_not_fit(store):
    assert "annotations of only 2" in sentence(store, changed(FULL, "task_0/annotations.json", lambda jobs: jobs.pop()))
    more = changed(FULL, "task_0/annotations.json", lambda jobs: jobs.append(jobs[0]))
    assert "more jobs than its 3" in sentence(store, more)
    nameless = changed(FULL, "task_0/task.json", lambda task: task["jobs"][0].pop("stop_frame"))
    assert "not what CVAT writes" in sentence(store, nameless)


def test_names_that_are_not_the_projects(store):
    def label(jobs):
        jobs[0]["shapes"][0]["label"] = "rooof"

    def attribute(jobs):
        jobs[0]["tracks"][0]["shapes"][1]["attributes"][0]["name"] = "parkt"

    def point(jobs):
        next(shape for shape in jobs[0]["shapes"] if shape["elements"])["elements"][0]["label"] = "hand"

    assert "the label `rooof`" in sentence(store, changed(FULL, "task_0/annotations.json", label))
    assert "the attribute `parkt` of `car`" in sentence(store, changed(FULL, "task_1/annotations.json", attribute))
    assert "the label `person/hand`" in sentence(store, changed(FULL, "task_0/annotations.json", point))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("project.json", b"{", "project.json in CVAT's zip is no JSON"),
        ("project.json", b"[]", "not what CVAT writes"),
        ("project.json", b'{"version": "2.0"}', "version 2.0"),
        ("task_0/task.json", b"\xff\xfe", "task_0/task.json in CVAT's zip is no JSON"),
        ("task_0/annotations.json", b"{}", "no list of jobs"),
        ("task_0/annotations.json", b"[1]", "no list of jobs"),
        ("task_0/annotations.json", b'[{"tags": []', "no whole JSON"),
        ("task_0/annotations.json", b"[{} {}]", "no whole JSON"),
        ("task_0/annotations.json", b"[{}, {}, {}] 1", "goes on after its end"),
        ("task_0/annotations.json", b"[" * 100_000, "nested deeper"),
        ("task_0/data/manifest.jsonl", b"x", "a line in its manifest"),
        ("task_0/data/manifest.jsonl", b'{"version":"1.1"}\n{"type":"images"}\n', "a manifest without pictures"),
    ],
)
def test_what_is_no_json(store, name, content, says):
    assert says in sentence(store, with_file(FULL, name, content))


def test_a_flipped_bit_in_what_is_read(store):
    """A picture's own are covered by the sha256 of the whole, which lies beside it."""
    with zipfile.ZipFile(io.BytesIO(FULL)) as archive:
        at = archive.getinfo("task_0/annotations.json").header_offset + 400
    spoiled = bytearray(FULL)
    # Still JSON: a digit of a number.
    at += re.search(rb"\d\.\d", FULL[at:]).start()
    spoiled[at] ^= 1
    assert "Bad CRC-32 for file 'task_0/annotations.json'" in sentence(store, bytes(spoiled))


def test_bombs(store):
    packed = zip_of({**files_of(FULL), "task_0/annotations.json": b" " * (64 << 20)}, zipfile.ZIP_DEFLATED)
    assert len(packed) < 1 << 20
    store.given = 0
    assert "packed to less than a 100th" in sentence(store, packed)
    longer = bytearray(FULL)
    # The list at the end says of each file that it is 1 GB, by the size it has there.
    at = len(FULL)
    while (at := FULL.rfind(b"PK\x01\x02", 0, at)) != -1:
        struct.pack_into("<II", longer, at + 20, 1 << 30, 1 << 30)
    assert "longer than itself" in sentence(store, bytes(longer))


def test_a_person_may_pack_it(store):
    assert check(store, zip_of(files_of(FULL), zipfile.ZIP_DEFLATED))["digests"] == check(store, FULL)["digests"]


def test_annotations_that_come_in_many_pieces(store, monkeypatch):
    monkeypatch.setattr(zips, "PIECE", 7)
    assert check(store, FULL)["counts"]["shapes"] == 33
    odd = json.dumps(json.loads(files_of(FULL)["task_0/annotations.json"]), indent=1).replace(
        "manual", "m\u00e4nu\U0001f600l"
    )
    found = check(store, with_file(FULL, "task_0/annotations.json", odd.encode()))
    assert found["counts"]["shapes"] == 33


def test_no_job_is_larger_than_memory(store, monkeypatch):
    monkeypatch.setattr(zips, "PIECE", 64)
    monkeypatch.setattr(zips, "MOST_OF_A_JOB", 1000)
    assert "more than 1000 characters" in sentence(store, FULL)


def test_an_answer_that_breaks_off_is_asked_for_again(store):
    store.breaks = 2
    assert check(store, FULL)["counts"]["jobs"] == 4
    assert store.breaks == 0
    store.breaks = 3
    with pytest.raises(BotoCoreError, match="the store sent"):
        check(store, FULL)


def test_one_that_is_replaced_meanwhile(store):
    store.put("zip", FULL)
    with zips.opened(store, "zip") as archive:
        store.put("zip", LIGHT.ljust(len(FULL)))
        archive.fp.seek(0)
        archive.fp.raw.seek(0)
        with pytest.raises(ranges.Replaced):
            archive.fp.raw.read(10)


def test_a_store_without_ranges_is_said(store):
    store.knows_ranges = False
    try:
        with pytest.raises(BotoCoreError, match=r"the store sent \d+ bytes of zip where \d+ were asked for"):
            check(store, FULL)
    finally:
        store.knows_ranges = True
