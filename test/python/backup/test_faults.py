"""What goes wrong at night: it is told, nothing that was kept goes, and the next night is as if it had not been."""

import json
import os
import subprocess
import sys
import time
import urllib.parse

import pytest

import databases
import engines
import export
import index
import lock
import projects
import rest
import retention
import runs
import store as stores
import streams
from conftest import SCRIPTS
from lab import GIVEN, Way, call, new_lab, order


@pytest.fixture
def lab(posts, monkeypatch):
    """With one project, and one backup of it that is well."""
    monkeypatch.setattr(rest, "PAUSES_S", (0.01, 0.01))
    made = new_lab(notify={"url": posts.url, "kind": "json"})
    made.posts = posts
    made.one = made.project("one")
    made.filled = made.task(made.one)
    made.annotate(made.filled)
    assert made.night()[0] == 0
    made.first = made.backups(made.one)
    assert len(made.first) == 1
    return made


def failed(lab, why, whole=True):
    """A night that fails so: exit code, summary and post say it, and the good one is still there. A second night of it posts nothing more."""
    count = len(lab.posts.all)
    for _ in range(2):
        code, summary = lab.night()
        assert code == runs.FAILED
        assert summary["outcome"] == ("failed" if whole else "incomplete")
        assert why in json.dumps(summary["failed"], ensure_ascii=False)
    assert why in lab.posts.texts()[count]
    assert len(lab.posts.all) == count + 1
    assert lab.backups(lab.one)[: len(lab.first)] == lab.first
    assert lab.last()["lastWell"] == lab.first[-1]["stamp"]


def recovers(lab, backups=2):
    count = len(lab.posts.all)
    code, summary = lab.night()
    assert (code, summary["failed"]) == (0, [])
    assert lab.last()["lastWell"] == summary["stamp"]
    assert len(lab.backups(lab.one)) == backups
    assert [text for text in lab.posts.texts()[count:] if "well again" in text]
    assert leftovers(lab) == []


def leftovers(lab):
    """Keys of what is no backup, and of uploads that were not ended."""
    places = {key.rsplit("/", 1)[0] for key in lab.objects() if key.endswith("/about.json")}
    below = [key for key in lab.objects() if f"{lab.place}of/" in key]
    uploads = [
        upload
        for key in {
            f"{lab.place}of/{lab.slug}/{lab.one}/{stamp_of(key)}/{zip}"
            for key in below
            for zip in ("backup.zip", "task.zip")
        }
        for upload in lab.store.client.list_multipart_uploads(Bucket=lab.store.bucket, Prefix=key).get("Uploads", [])
    ]
    return [key for key in below if key.rsplit("/", 1)[0] not in places] + uploads


def stamp_of(key):
    return key.split("/")[-2]


def test_a_call_that_cvat_does_not_have(lab):
    order(faults=[{"call": "POST projects/*/backup/export", "kind": "405", "times": 9}])
    failed(lab, "backup/export with 405")
    order()
    recovers(lab)


def test_a_task_whose_data_failed_is_named_and_all_else_is_backed_up(lab):
    bad = data_fails(lab)
    other = lab.project("other")
    code, summary = lab.night()
    assert (code, summary["outcome"], summary["failed"]) == (0, "well", [])
    (left,) = summary["leftOut"]
    assert left["what"].startswith(f"task {bad} `bad film` of project {lab.one}")
    assert [len(lab.backups(one)) for one in (lab.one, other)] == [2, 1]
    assert leftovers(lab) == []
    call("DELETE", f"tasks/{bad}")
    code, summary = lab.night()
    assert (code, summary["leftOut"]) == (0, [])


def data_fails(lab):
    task = lab.bare_task(lab.one, "bad film")
    order(failures={"create:task": "av.error.InvalidDataError: Invalid data found"})
    assert lab.fill(task, ["pics/a/1.png"])["status"] == "failed"
    order()
    return task


def test_a_task_that_is_being_created_is_named_and_in_the_next_nights(lab):
    task = lab.bare_task(lab.one, "new")
    order(workers={"import": "down"})
    lab.begin_to_fill(task, ["pics/"])
    code, summary = lab.night()
    assert (code, [one["what"].split(" of ")[0] for one in summary["leftOut"]]) == (0, [f"task {task} `new`"])
    order()
    until = time.monotonic() + 20
    while not call("GET", f"tasks/{task}").get("size") and time.monotonic() < until:
        time.sleep(0.05)
    code, summary = lab.night()
    assert (code, summary["leftOut"]) == (0, [])
    assert [one["counts"]["tasks"] for one in lab.backups(lab.one)] == [1, 1, 2]


def test_a_task_that_begins_to_be_created_just_after_the_look_is_seen_in_the_zip(lab, monkeypatch):
    task = lab.bare_task(lab.one, "new")
    begin = export.export

    def late(cvat, *more):
        order(workers={"import": "down"})
        if not call("GET", f"tasks/{task}")["data"]:
            lab.begin_to_fill(task, ["pics/"])
        return begin(cvat, *more)

    with monkeypatch.context() as patch:
        patch.setattr(export, "export", late)
        code, summary = lab.night()
    assert code == runs.FAILED
    assert "it has no jobs there" in summary["failed"][0]["why"]
    assert lab.backups(lab.one) == lab.first
    assert leftovers(lab) == []
    order()
    time.sleep(0.5)
    recovers(lab)


def test_a_date_that_does_not_move(lab, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(rest.Cvat, "patch", lambda *_: None)
        failed(lab, "it would give the zip of then out again")
    recovers(lab)


def test_a_token_that_has_ended_ends_the_run(lab):
    call("DELETE", f"auth/access_tokens/{lab.token_id}", key=lab.key)
    failed(lab, f"CVAT refuses the token of {lab.account['username']}", whole=False)
    lab.new_token()
    recovers(lab)


def test_a_full_bucket(lab):
    quota(2500)
    try:
        count = len(lab.posts.all)
        code, _ = lab.night()
        assert code == runs.FAILED
        assert "is full" in lab.posts.texts()[count]
    finally:
        quota(0)
    assert lab.backups(lab.one) == lab.first
    assert lab.night()[0] == 0
    assert leftovers(lab) == []


def quota(size, bucket=None):
    """What a bucket may hold, in bytes; 0: anything. (minio: cmd/admin-bucket-handlers.go, PutBucketQuotaConfigHandler)"""
    import requests
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    at = f"{GIVEN['store']['endpoint']}/minio/admin/v3/set-bucket-quota?bucket={bucket or GIVEN['store']['bucket']}"
    body = json.dumps({"quota": size, "size": size, "quotatype": "hard"}) if size else json.dumps({"quota": 0})
    asked = AWSRequest("PUT", at, data=body.encode())
    root = GIVEN["root"]
    S3SigV4Auth(Credentials(root["accessKey"], root["secretKey"]), "s3", "us-east-1").add_auth(asked)
    answer = requests.put(at, data=body.encode(), headers=dict(asked.headers), timeout=10)
    assert answer.ok, answer.text


# Where a run is killed: what it calls there, before or after which it is gone.
STEPS = {
    "before anything is written": (index.Index, "load", "before"),
    "before an export": (export, "export", "before"),
    "after an export": (export, "export", "after"),
    "in the middle of an upload": (streams, "parts_of", "within"),
    "before it is a backup": (index.Index, "add", "before"),
    "after it is one": (index.Index, "add", "after"),
    "while an old one goes": (stores.Store, "remove", "within"),
    "before its summary": (runs, "finish", "before"),
}

# The same of a project whose backup is put together of its tasks' zips.
STEPS_OF_TASKS = {
    "before a task is exported": (export, "begin_task_anew", "before"),
    "after a task was exported": (export, "export", "after"),
    "in the middle of both uploads": (streams, "parts_of", "within"),
    "before it is a backup of tasks": (index.Index, "add", "before"),
}


@pytest.mark.parametrize("step", [*STEPS, *STEPS_OF_TASKS])
def test_a_run_that_is_killed(lab, step, monkeypatch):
    owner, name, when = {**STEPS, **STEPS_OF_TASKS}[step]
    if step in STEPS_OF_TASKS:
        data_fails(lab)
    if step == "while an old one goes":
        lab.settings["projects"]["keep"] = {"daily": 1, "weekly": 0}
    lab.days_before = type(lab).days
    pid = os.fork()
    if pid == 0:
        monkeypatch.setattr(owner, name, killed(getattr(owner, name), when))
        lab.night()
        os._exit(1)
    assert os.waitpid(pid, 0)[1] == 9 << 8
    type(lab).days += 1
    kept = lab.backups(lab.one)
    assert kept, "the one of before is there, or the new one"
    # Its lock is dead by and by.
    held = lab.store.read_json(f"{lab.place}lock.json")
    assert held["until"] > time.time()
    assert lab.night()[0] == runs.HELD
    lab.store.write_json(f"{lab.place}lock.json", {**held, "until": time.time() - 1})

    count = len(lab.posts.all)
    code, summary = lab.night()
    assert (code, summary["failed"]) == (0, [])
    assert "was killed" in summary["interrupted"]
    assert "was killed" in lab.posts.texts()[count]
    assert leftovers(lab) == []
    assert len(lab.backups(lab.one)) >= 1
    assert lab.night()[0] == 0


def killed(call_it, when):
    def step(*arguments):
        if when == "before":
            os._exit(9)
        if when == "after":
            call_it(*arguments)
            os._exit(9)
        return within(*arguments)

    def within(*arguments):
        if call_it.__name__ == "remove":
            call_it(arguments[0], list(arguments[1])[:1])
            os._exit(9)
        return halfway(arguments)

    def halfway(arguments):
        yield b"x" * (5 * 1024 * 1024)
        yield next(iter(call_it(*arguments)))
        os._exit(9)

    return step


def test_a_worker_that_was_killed_leaves_an_export_that_blocks_until_another_begins(lab):
    order(workers={"export": "dies"})
    lab.settings["projects"]["exportHours"] = 0.3 / 3600
    failed(lab, "restart the Deployment of that worker")
    order(abandoned=True)
    lab.settings["projects"]["exportHours"] = 1
    recovers(lab)


@pytest.mark.parametrize("times", [1, 20])
def test_a_run_that_is_stopped_says_so_and_leaves_no_lock(lab, tmp_path, times):
    order(workers={"export": "down"})
    lab.settings["projects"]["exportHours"] = 1
    process = started(lab, {}, tmp_path)
    wait_for(lambda: b"1 of 1" in process.stdout.peek())
    time.sleep(0.5)
    for _ in range(times):
        process.terminate()
        time.sleep(0.01)
    assert process.wait(30) == runs.FAILED
    newest = lab.last()
    assert (newest["outcome"], newest["lastWell"]) == ("incomplete", lab.first[-1]["stamp"])
    assert lab.store.read_json(f"{lab.place}lock.json") is None
    order()
    assert lab.night()[0] == 0


def test_a_run_whose_lock_was_taken_makes_no_backup_whose_zip_the_other_took_away(lab, monkeypatch):
    check = projects.zips.check

    def slow(*arguments):
        found = check(*arguments)
        at = f"{lab.place}lock.json"
        lab.store.write_json(at, {**lab.store.read_json(at), "until": 0})
        # What the other one does first.
        with lock.Lock(lab.store, lab.place, "20990101T000000Z"):
            index.Index(lab.store, lab.place).load().clear_left()
            runs_lock[0].renew_once()
        return found

    runs_lock = []
    enter = lock.Lock.__enter__

    def entered(self):
        runs_lock.append(self)
        return enter(self)

    with monkeypatch.context() as patch:
        patch.setattr(lock.Lock, "__enter__", entered)
        patch.setattr(projects.zips, "check", slow)
        code, summary = lab.night()
    assert (code, summary["outcome"]) == (runs.FAILED, "incomplete")
    assert "another run may have begun" in summary["failed"][0]["why"]
    assert lab.backups(lab.one) == lab.first
    assert leftovers(lab) == []
    recovers(lab)


def test_a_backup_that_is_known_to_be_bad_stays_so_however_the_run_is_killed(lab, monkeypatch):
    there = index.Index(lab.store, lab.place).load()
    ((place, _),) = there.entries.items()

    class Killed(BaseException):
        pass

    def killed(self):
        if "bad" in self.entries.get(place, {}):
            raise Killed
        save(self)

    save = index.Index.save
    bad = {**lab.first[0], "bad": "its sha256 is another"}
    with monkeypatch.context() as patch:
        patch.setattr(index.Index, "save", killed)
        with pytest.raises(Killed):
            there.add(place, bad)
    assert index.Index(lab.store, lab.place).load().entries[place]["bad"] == "its sha256 is another"


class Room(engines.Postgresql):
    """A database whose dump has so many bytes."""

    bytes = 1000

    def dump(self, other, about):
        about["counts"] = {}
        yield b"x" * self.bytes


def test_a_database_whose_bucket_is_full_gets_room_where_fewer_are_kept(lab):
    # Of its own: MinIO counts what a bucket holds now and then, and with what other tests have in it nothing at all could be written.
    access = {**GIVEN["store"], **GIVEN["root"], "bucket": f"room-{lab.slug}"}
    store = stores.Store(access)
    store.client.create_bucket(Bucket=store.bucket)
    own = {"to": f"{lab.place}postgresql/", "keep": {"daily": 9, "weekly": 0}}
    settings = {**lab.settings, "postgresql": own}
    room = Room()

    def night():
        type(lab).days += 1
        runs.in_run("postgresql", settings, {}, lambda run: databases.dump(run, room, None, None), store)
        return store.read_json(f"{own['to']}runs/last.json")

    made = [night() for _ in range(3)]
    assert [one["outcome"] for one in made] == ["well"] * 3
    stamps = [one["stamp"] for one in made]
    own["keep"] = {"daily": 1, "weekly": 0}
    quota(14 << 20, store.bucket)
    # One part of an upload, and more than all that may be there.
    room.bytes = 15 << 20
    full = night()
    assert "is full" in full["failed"][0]["why"]
    assert full["removed"] == stamps[:2]
    room.bytes = 1000
    last = night()
    assert (last["outcome"], last["removed"]) == ("well", stamps[2:])


def wait_for(is_so, within_s=30):
    until = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def started(lab, environment, folder):
    """The program as its pod has it."""
    path = f"{folder}/settings.json"
    with open(path, "w") as file:
        json.dump(lab.settings, file)
    words = [sys.executable, str(SCRIPTS / "backup.py"), "projects", path]
    return subprocess.Popen(words, stdout=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1", **environment})


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles"])
def test_a_clock_in_another_zone(zone, tmp_path):
    lab = new_lab()
    lab.project("one")
    process = started(lab, {"TZ": zone}, tmp_path)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    told = json.loads(output.splitlines()[-1])["result"]
    assert abs(runs.moment_of(told["stamp"]).timestamp() - time.time()) < 120


def test_a_project_that_is_renamed_is_the_same_one(lab):
    call("PATCH", f"projects/{lab.one}", body={"name": "two / Ünder"})
    code, _ = lab.night()
    assert code == 0
    assert [one["project"]["name"] for one in lab.backups(lab.one)] == ["one", "two / Ünder"]


def test_an_organization_that_is_gone(lab):
    number = call("GET", f"organizations?slug={lab.slug}")["results"][0]["id"]
    call("DELETE", f"organizations/{number}")
    failed(lab, f"CVAT has no organization {lab.slug} any more")
    call("POST", "organizations", body={"slug": lab.slug})
    context = {"X-Organization": lab.slug}
    call("POST", "invitations", body={"role": "maintainer", "email": lab.account["email"]}, **context)
    code, summary = lab.night()
    assert (code, summary["failed"]) == (0, [])
    assert lab.backups(lab.one) == lab.first


def test_an_organization_that_the_account_may_not_see(lab):
    members = call("GET", "memberships", **lab.context)["results"]
    number = next(one["id"] for one in members if one["user"]["username"] == lab.account["username"])
    call("DELETE", f"memberships/{number}", **lab.context)
    failed(lab, f"{lab.account['username']} is no member of it")
    call("POST", "invitations", body={"role": "maintainer", "email": lab.account["email"]}, **lab.context)
    recovers(lab)


@pytest.mark.parametrize("when", ["from the beginning", "in the middle"])
def test_a_store_that_is_down(lab, when, monkeypatch):
    place = urllib.parse.urlsplit(GIVEN["store"]["endpoint"])
    way = Way((place.hostname, place.port))
    store = stores.Store({**GIVEN["store"], "endpoint": way.url})
    count = len(lab.posts.all)
    with monkeypatch.context() as patch:
        if when == "in the middle":
            begin = export.begin_anew
            patch.setattr(export, "begin_anew", lambda *all_of_it: (way.close(), begin(*all_of_it)))
        else:
            way.close()
        code = lab.night(store=store)[0]
    assert code == runs.FAILED
    assert "does not answer" in lab.posts.texts()[count]
    assert lab.backups(lab.one) == lab.first
    held = lab.store.read_json(f"{lab.place}lock.json")
    if held:
        lab.store.write_json(f"{lab.place}lock.json", {**held, "until": time.time() - 1})
    lab.night()
    assert lab.night()[0] == 0
    assert leftovers(lab) == []


def test_retention_never_takes_the_last_good_one():
    stamps = [{"stamp": "20260101T000000Z"}, {"stamp": "20260102T000000Z", "bad": "cut off"}]
    assert retention.removable(stamps, {"daily": 1, "weekly": 0}) == []
