"""The night's run of projects: what lies in the bucket afterwards."""

import hashlib
import io
import zipfile

import pytest

import digest
import export
import rest
import runs
import zips
from lab import GIVEN, call, new_lab, order


def test_each_project_has_a_zip_that_is_what_cvat_had_and_beside_it_what_the_zip_lacks():
    lab = new_lab()
    project = lab.project("Straße / ä <b>")
    task = lab.task(project, "pics", subset="Train")
    film = lab.task(project, "clip", files=["clips/v1.mp4"], segment_size=100)
    bare = lab.bare_task(project, "never filled")
    empty = lab.project("no tasks", [])
    for frame in (0, 1, 2):
        lab.annotate(task, frame=frame)
    jobs = jobs_of(task)
    call(
        "PATCH",
        f"jobs/{jobs[1]['id']}",
        body={"state": "completed", "stage": "acceptance", "assignee": lab.account["id"]},
    )
    call("POST", "issues", body={"job": jobs[0]["id"], "frame": 0, "position": [1, 2], "message": "Wheel is missing"})

    code, summary = lab.night()

    assert (code, summary["outcome"], summary["failed"]) == (0, "well", [])
    assert summary["lastWell"] == summary["stamp"]
    assert sorted(one["counts"]["tasks"] for one in summary["backups"]) == [0, 2]
    assert summary["leftOut"] == [
        {
            "what": f"task {bare} `never filled` of project {project} `Straße / ä <b>` of {lab.slug}",
            "why": "it never got data",
        }
    ]
    assert [one["what"] for one in summary["notCovered"]] == ["projects outside organizations"]
    (told,) = lab.backups(project)
    assert told["project"] == {
        "id": project,
        "name": "Straße / ä <b>",
        "created": call("GET", f"projects/{project}")["created_date"],
    }
    assert told["counts"] == {"tasks": 2, "jobs": 3, "frames": 3 + 60, "tags": 0, "shapes": 3, "tracks": 0}
    pics, clip = told["tasks"]
    assert (pics["name"], pics["subset"], pics["cloudStorage"]) == (
        "pics",
        "Train",
        {"name": "datasets", "bucket": "datasets"},
    )
    assert (clip["id"], clip["mode"], clip["storage"]) == (film, "interpolation", "local")
    assert [(job["state"], job["stage"], job["assignee"]) for job in pics["jobs"]] == [
        ("new", "annotation", None),
        ("completed", "acceptance", lab.account["username"]),
    ]
    assert pics["issues"][0]["comments"][0]["message"] == "Wheel is missing"
    labels = call("GET", f"labels?project_id={project}")["results"]
    assert pics["jobs"][0]["digest"] == digest.of_cvat(call("GET", f"jobs/{jobs[0]['id']}/annotations"), labels)

    body, _ = lab.store.read(told["zip"]["key"])
    assert (len(body), hashlib.sha256(body).hexdigest()) == (told["zip"]["bytes"], told["zip"]["sha256"])
    names = zipfile.ZipFile(io.BytesIO(body)).namelist()
    assert len(names) == told["zip"]["entries"]
    assert {"project.json", "task_0/data/pics/a/1.png", "task_1/data/clips/v1.mp4"} <= set(names)
    assert lab.backups(empty)[0]["counts"]["tasks"] == 0
    assert lab.store.read_json(f"{lab.place}lock.json") is None


def test_the_next_night_has_a_new_zip_though_only_what_moves_no_date_was_changed():
    lab = new_lab()
    project = lab.project()
    task = lab.task(project)
    assert lab.night()[0] == 0
    job = jobs_of(task)[0]["id"]
    call("PATCH", f"jobs/{job}", body={"state": "completed", "stage": "acceptance"})
    assert lab.night()[0] == 0
    first, second = lab.backups(project)
    assert [one["tasks"][0]["jobs"][0]["state"] for one in (first, second)] == ["new", "completed"]
    assert first["zip"]["sha256"] != second["zip"]["sha256"]


def test_a_lightweight_one_leaves_pictures_in_their_bucket():
    lab = new_lab()
    lab.settings["projects"]["lightweight"] = True
    project = lab.project()
    lab.task(project)
    lab.task(project, "clip", files=["clips/v1.mp4"], segment_size=100)
    assert lab.night()[0] == 0
    (told,) = lab.backups(project)
    with zips.opened(lab.store, told["zip"]["key"]) as archive:
        pictures = [name for name in archive.namelist() if name.endswith((".png", ".mp4"))]
    assert (told["lightweight"], pictures) == (True, ["task_1/data/clips/v1.mp4"])


def test_a_cvat_that_has_no_tokens_is_opened_by_the_password():
    lab = new_lab()
    project = lab.project()
    access = lab.settings["cvat"]
    access["password"] = lab.account["password"]
    del access["token"]
    assert lab.night()[0] == 0
    access["password"] = "another"
    code, summary = lab.night()
    assert code == runs.FAILED
    assert "Unable to log in" in summary["failed"][0]["why"]
    assert len(lab.backups(project)) == 1


def test_sandboxes_are_covered_by_the_administrators_token_alone():
    lab = new_lab()
    own = call("POST", "projects", body={"name": "mine", "labels": []}, **{"X-Organization": ""})["id"]
    token = call("POST", "auth/access_tokens", body={"name": "sandboxes", "read_only": False})["value"]
    lab.settings["cvat"]["sandboxesToken"] = token
    code, summary = lab.night()
    assert code == 0
    assert [one["organization"] for one in lab.backups(own)] == ["_sandbox"]
    assert "projects outside organizations" not in [one["what"] for one in summary["notCovered"]]
    call("DELETE", f"projects/{own}")


def test_one_project_alone_changes_neither_the_last_run_nor_what_was_told(posts):
    lab = new_lab(notify={"url": posts.url, "kind": "json"})
    project = lab.project("one")
    lab.project("other")
    assert lab.night()[0] == 0
    before = lab.last()
    assert lab.night({"project": "one"}) == (0, before)
    assert len(lab.backups(project)) == 2
    assert lab.night({"project": "absent"})[0] == runs.REFUSED
    assert posts.all == []


def test_old_ones_go_by_days_and_weeks_and_what_an_old_number_stood_for_is_another_project():
    lab = new_lab()
    lab.settings["projects"]["keep"] = {"daily": 1, "weekly": 0}
    project = lab.project()
    assert lab.night()[0] == 0
    (told,) = lab.backups(project)
    base = f"{lab.place}of/{lab.slug}/{project}/"
    for stamp, created in (
        ("20260901T010000Z", told["project"]["created"]),
        ("20260902T010000Z", told["project"]["created"]),
        ("20260903T010000Z", "2025-01-01T00:00:00Z"),
    ):
        old = {**told, "stamp": stamp, "project": {**told["project"], "created": created}}
        lab.store.write_json(f"{base}{stamp}/about.json", old)
    code, summary = lab.night()
    assert code == 0
    assert f"{base}20260901T010000Z/" in summary["removed"]
    kept = [one["stamp"] for one in lab.backups(project)]
    assert "20260903T010000Z" in kept
    assert "20260902T010000Z" not in kept


def test_an_index_that_is_missing_or_broken_is_made_anew():
    lab = new_lab()
    lab.project()
    assert lab.night()[0] == 0
    for broken in (None, b"{", b"[]"):
        if broken is None:
            lab.store.remove([f"{lab.place}index.json"])
        else:
            lab.store.client.put_object(Bucket=lab.store.bucket, Key=f"{lab.place}index.json", Body=broken)
        assert lab.night()[0] == 0
    assert len(lab.store.read_json(f"{lab.place}index.json")["backups"]) == len(
        [key for key in lab.objects() if key.endswith("/about.json")]
    )


def test_two_at_once_are_one_and_the_other_says_so():
    lab = new_lab()
    import lock

    with lock.Lock(lab.store, lab.place, "20260101T000000Z"):
        assert lab.night()[0] == runs.HELD
    assert lab.night()[0] == 0


def test_all_pages_are_read_and_a_list_that_shrinks_meanwhile_is_read_again(monkeypatch):
    lab = new_lab()
    wanted = {lab.project(f"p{number}", []) for number in range(5)}
    monkeypatch.setattr(rest, "PAGE", 2)
    cvat = rest.Cvat(GIVEN["cvat"], lab.settings["cvat"]["token"], "backups", lab.slug)
    assert {one["id"] for one in cvat.all("projects")} == wanted
    code, summary = lab.night()
    assert (code, len(summary["backups"])) == (0, 5)

    gone = min(wanted)
    asked = cvat.call

    def deleted_meanwhile(method, path, query=None, **more):
        if query and query.get("page") == 2 and gone in wanted:
            call("DELETE", f"projects/{gone}")
            wanted.discard(gone)
        return asked(method, path, query=query, **more)

    monkeypatch.setattr(cvat, "call", deleted_meanwhile)
    assert {one["id"] for one in cvat.all("projects")} == wanted


@pytest.mark.parametrize(("kind", "times"), [("503", 2), ("429", 2), ("drop-before", 2), ("drop-after", 1)])
def test_what_passes_is_waited_for(kind, times, monkeypatch):
    lab = new_lab()
    lab.project()
    monkeypatch.setattr(rest, "PAUSES_S", (0.01, 0.01, 0.01))
    order(faults=[{"call": "GET projects", "kind": kind, "times": times}])
    assert lab.night()[0] == 0


def test_a_zip_that_breaks_off_is_an_error():
    class Answer:
        def __init__(self):
            self.headers = {"Content-Length": "10"}

        def iter_content(self, _):
            yield b"12345"

        def close(self):
            pass

    class Cvat:
        def download(self, _):
            return Answer()

    with pytest.raises(rest.Away, match="5 of 10 bytes"):
        list(export.pieces(Cvat(), "http://x/api/y"))


def jobs_of(task):
    return sorted(call("GET", f"jobs?task_id={task}")["results"], key=lambda one: one["id"])
