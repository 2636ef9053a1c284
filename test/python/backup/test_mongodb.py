"""MongoDB's own programs with a server that speaks its protocol: FerretDB, where both are on PATH. MongoDB itself is in no registry."""

import datetime
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

import beside
import engines
import mongo

FOLDER = Path(__file__).parents[3] / "components/backup/databases"
SCRIPT = (FOLDER / "beside.sh").read_text() + (FOLDER / "mongodb.sh").read_text()
NEEDED = ("ferretdb", "mongodump", "mongorestore")

pytestmark = pytest.mark.skipif(
    any(shutil.which(name) is None for name in NEEDED), reason=f"not on PATH: {', '.join(NEEDED)}"
)

LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)


@pytest.fixture
def server(tmp_path, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    state = tmp_path / "state"
    state.mkdir()
    flags = [
        f"--listen-addr=127.0.0.1:{port}",
        "--handler=sqlite",
        f"--sqlite-url=file:{state}/",
        f"--state-dir={state}",
    ]
    process = subprocess.Popen(
        [shutil.which("ferretdb"), *flags, "--telemetry=disable", "--debug-addr=-", "--log-level=error"]
    )
    monkeypatch.setenv("MONGODB_HOST", "127.0.0.1")
    monkeypatch.setenv("MONGODB_PORT", str(port))
    until = time.monotonic() + 30
    while True:
        try:
            own = mongo.Mongo("127.0.0.1", port)
            break
        except mongo.Refused:
            assert time.monotonic() < until
            time.sleep(0.1)
    for number in range(20):
        documents = [{"_id": f"{number}-{one}", "name": "задача " * 20, "last_update": LONG_AGO} for one in range(50)]
        own.command("backend", {"insert": "task", "documents": documents})
    own.command("auth", {"insert": "user", "documents": [{"_id": "anna"}]})
    yield own
    own.close()
    process.kill()
    process.wait()


@pytest.fixture
def pod(tmp_path, server):
    """A pod's other container, as often as there is a pod."""
    started = []

    def start(tool):
        folder = tmp_path / f"beside-{len(started)}"
        folder.mkdir()
        started.append(
            subprocess.Popen(["/bin/sh", "-c", SCRIPT, "beside", str(folder), tool], stdin=subprocess.DEVNULL)
        )
        return beside.Beside(folder)

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def engine(server):
    host, port = server.place.split(":")
    return engines.Mongodb({"MONGODB_HOST": host, "MONGODB_PORT": port})


COUNTS = {"auth.user": 1, "backend.task": 1000}


@pytest.fixture
def dump(engine, pod):
    about = {"stamp": "20261201T004700Z"}
    return about, b"".join(engine.dump(pod("mongodump"), about))


def test_dumps_and_counts_what_is_in_the_archive(dump, server):
    about, data = dump
    assert about["counts"] == COUNTS
    assert about["server"] == server.version()
    assert data.startswith(b"\x1f\x8b")


def test_says_what_a_restore_would_take_away(engine, dump, server):
    later = datetime.datetime(2030, 1, 2, tzinfo=datetime.timezone.utc)
    server.command("backend", {"insert": "task", "documents": [{"_id": "new", "last_update": later}]})
    seen = engine.look(dump[0])
    assert seen["counts"] == {**COUNTS, "backend.task": 1001}
    assert seen["newer"] == {"backend.task": {"rows": 1, "newest": later.isoformat()}}


def test_puts_it_back_and_leaves_nothing_beside_it(engine, pod, dump, server):
    about, data = dump
    server.command("backend", {"delete": "task", "deletes": [{"q": {"_id": "0-0"}, "limit": 1}]})
    server.command("backend", {"insert": "of_a_newer_release", "documents": [{"_id": "new"}]})
    assert engine.restore(pod("mongorestore"), about, [data]) == COUNTS
    [one] = server.all("backend", {"find": "task", "filter": {"_id": "0-0"}})
    assert one["last_update"] == LONG_AGO


def test_leaves_the_old_as_it_was_where_the_archive_is_cut(engine, pod, dump, server):
    about, data = dump
    server.command("backend", {"insert": "task", "documents": [{"_id": "new"}]})
    with pytest.raises(beside.Failed):
        engine.restore(pod("mongorestore"), about, [data[: len(data) // 2]])
    assert engines.of_applications(server.counts()) == {**COUNTS, "backend.task": 1001}
    assert engine.restore(pod("mongorestore"), about, [data]) == COUNTS


def test_takes_back_a_switch_that_broke_off(engine, pod, dump, server, monkeypatch):
    about, data = dump
    server.command("backend", {"insert": "task", "documents": [{"_id": "new"}]})
    renames = []
    rename = mongo.Mongo.rename

    def breaks_off(self, database, collection, to):
        renames.append(to)
        if len(renames) == 4:
            raise mongo.Refused("the server went away")
        rename(self, database, collection, to)

    monkeypatch.setattr(mongo.Mongo, "rename", breaks_off)
    with pytest.raises(mongo.Refused, match="went away"):
        engine.restore(pod("mongorestore"), about, [data])
    assert engines.of_applications(server.counts()) == {**COUNTS, "backend.task": 1001}


def test_what_was_set_aside_does_not_come_back_over_what_a_killed_restore_put_in_its_place(
    engine, pod, dump, server, monkeypatch
):
    about, data = dump
    server.command("backend", {"insert": "task", "documents": [{"_id": "new"}]})

    class Killed(BaseException):
        pass

    def killed(self, *_):
        raise Killed

    with monkeypatch.context() as patch:
        # The first that it drops, with nothing left over of a run before, is what it has just set aside.
        patch.setattr(mongo.Mongo, "drop", killed)
        with pytest.raises(Killed):
            engine.restore(pod("mongorestore"), about, [data])
    with pytest.raises(beside.Failed):
        engine.restore(pod("mongorestore"), about, [data[: len(data) // 2]])
    assert engines.of_applications(server.counts()) == COUNTS


def test_so_does_the_next_run_for_one_that_was_killed(engine, pod, dump, server):
    about, data = dump
    server.rename("backend", "task", engine.old + "task")
    server.command("backend", {"insert": "task", "documents": [{"_id": "half of the new"}]})
    server.command("auth", {"insert": engine.new + "user", "documents": [{"_id": "left"}]})
    assert engine.restore(pod("mongorestore"), about, [data]) == COUNTS
    assert server.counts() == COUNTS
