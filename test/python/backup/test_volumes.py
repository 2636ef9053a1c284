"""A volume is backed up as it is, kept as long as it is needed, and comes back."""

import datetime
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import tracemalloc
import urllib.parse

import pytest

import contents
import file_lists
import folder_tree
import index
import runs
import saving
import store as stores
import streams
import writing_back
from conftest import SCRIPTS
from lab import GIVEN, Way
from test_faults import killed, quota
from volume_lab import VolumeLab, tree_of

MIB = 1024 * 1024


@pytest.fixture
def lab(posts):
    made = VolumeLab(notify={"url": posts.url, "kind": "json"})
    made.posts = posts
    yield made
    made.end()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def all_kinds(lab):
    """Of each kind that a volume may have."""
    lab.write("data/1/raw/ünder straße.png", b"one")
    lab.write(b"data/1/raw/\xff\xfe no utf-8", b"two")
    lab.write(b"data/1/raw/two\nlines\x1b[31m", b"three")
    lab.write("data/1/raw/" + "long" * 60, b"four")
    lab.write("data/1/empty", b"")
    lab.write("data/1-before/a", b"five")
    lab.write("data/1/large.mp4", os.urandom(contents.SMALL + 5 * MIB))
    deep = "/".join(["deep"] * 60)
    lab.write(f"data/{deep}/f", b"six")
    os.makedirs(lab.at("data/2/nothing in it"))
    os.symlink(b"../1/empty", lab.at("data/2/link"))
    os.symlink(b"/etc", lab.at("data/2/link to a folder"))
    os.chmod(lab.at("data/1/empty"), 0o640)
    os.makedirs(lab.at("data/closed"))
    lab.write("data/closed/in it", b"seven")
    os.chmod(lab.at("data/closed"), 0o555)  # noqa: S103


def test_all_comes_back_as_it_was(lab):
    all_kinds(lab)
    before = tree_of(lab.root)
    made = lab.backs_up()
    assert made["counts"] == {"files": 9, "folders": sum(kind[0] == "folder" for kind in before.values()), "links": 2}
    lab.empty()
    code, told = lab.run(restore=None)
    assert (code, told["failed"]) == (0, [])
    assert tree_of(lab.root) == before
    assert told["backups"][0]["restored"]["files"] == 9
    # A second one has nothing to do.
    _, told = lab.run(restore=made["stamp"])
    assert told["backups"][0]["restored"] | {"same": 0} == {
        **dict.fromkeys(("files", "bytes", "folders", "links", "same", "replaced", "kept", "ofOthers"), 0),
        "keptNamed": [],
    }


def test_only_what_is_new_is_sent_and_each_content_once(lab, monkeypatch):
    lab.fill(30)
    lab.write("data/again", b"picture 3")
    first = lab.backs_up()
    assert len(lab.contents()) == 30
    opened = []
    monkeypatch.setattr(
        folder_tree.Tree, "open", lambda tree, own=folder_tree.Tree.open: (opened.append(tree.name), own(tree))[1]
    )
    lab.write("data/new", b"new")
    lab.write("data/3/raw/3.png", b"another", mtime=1_700_000_000)
    second = lab.backs_up()
    assert sorted(opened) == [b"3.png", b"new"]
    assert second["sent"] == {"files": 2, "bytes": 10}
    assert second["counts"]["files"] == first["counts"]["files"] + 1


def test_what_cvat_makes_again_is_left_out(lab):
    for path in ("data/cache/export/a.zip", "data/tasks/7/export_cache/a", "keys/secret_key.py", "lost+found/1"):
        lab.write(path, path.encode())
    lab.write("data/tasks/7/kept", b"kept")
    os.mkfifo(lab.at("data/pipe"))
    code, told = lab.run()
    assert code == 0
    assert lab.contents() == {sha256(b"kept")}
    assert [one["why"] for one in told["leftOut"]] == ["data/pipe"]


def test_a_content_goes_when_no_kept_list_names_it(lab):
    lab.settings["volumes"]["keep"] = {"daily": 2, "weekly": 0}
    for night in range(4):
        lab.write("data/changes", b"night %d" % night, mtime=1_600_000_000 + night)
        lab.write("data/stays", b"stays")
        lab.backs_up()
    assert len(lab.stamps()) == 2
    assert lab.contents() == {sha256(one) for one in (b"night 2", b"night 3", b"stays")}
    lab.empty()
    assert lab.run(restore=lab.stamps()[0])[0] == 0
    assert tree_of(lab.root)[b"/data/changes"][2] == b"night 2"


def test_a_list_that_cannot_be_read_removes_nothing(lab):
    lab.settings["volumes"]["keep"] = {"daily": 2, "weekly": 0}
    for night in range(3):
        lab.write("data/changes", b"night %d" % night, mtime=1_600_000_000 + night)
        lab.backs_up()
    before = lab.contents()
    key = next(key for key in lab.store.keys(f"{lab.place}of/") if lab.stamps()[-1] in key and "list" in key)
    good, _ = lab.store.read(key)
    for spoiled in (good[:40], b"", None):
        if spoiled is None:
            lab.store.remove([key])
        else:
            lab.store.client.put_object(Bucket=lab.store.bucket, Key=key, Body=spoiled)
        lab.write("data/changes", b"another", mtime=1_700_000_000)
        code, told = lab.run()
        assert code == runs.FAILED
        assert "stay in the bucket" in told["failed"][0]["why"]
        assert lab.contents() >= before
        # It is one of the two that are kept: with a new one it goes.
        lab.settings["volumes"]["keep"] = {"daily": 20, "weekly": 0}
    code, told = lab.run(check=told["stamp"])
    assert code == 0
    spoiled = key.split("/")[-2]
    assert lab.run(restore=spoiled)[0] == runs.REFUSED
    code, told = lab.run(check=spoiled)
    assert code == runs.FAILED
    assert "is gone" in told["failed"][0]["why"]


def test_what_is_gone_from_the_bucket_is_told_and_sent_again(lab):
    lab.fill(5)
    lab.write("data/large", b"l" * (contents.SMALL + 1))
    stamp = lab.backs_up()["stamp"]
    gone, other = sha256(b"picture 1"), sha256(b"picture 2")
    lab.store.remove([contents.key_of(lab.place, gone)])
    lab.store.client.put_object(Bucket=lab.store.bucket, Key=contents.key_of(lab.place, other), Body=b"picturE 2")
    code, told = lab.run(check=None)
    assert code == runs.FAILED
    assert "data/1/raw/1.png" in told["failed"][0]["why"]
    assert "2.png" not in told["failed"][0]["why"], "it has its size"
    code, told = lab.run(check=stamp, whole=True)
    assert "its sha256 is another" in told["failed"][0]["why"]
    # It is bad, and no other gives way to it.
    assert lab.run(restore=None)[0] == runs.REFUSED
    lab.store.remove([contents.key_of(lab.place, other)])
    again = lab.backs_up()
    assert again["sent"]["files"] == 2
    assert lab.run(check=again["stamp"], whole=True)[0] == 0
    assert lab.run(restore=None)[0] == 0


@pytest.mark.parametrize("size", [1000, contents.SMALL + 1000])
def test_a_file_that_is_written_to_is_kept_as_it_was(lab, size, monkeypatch):
    monkeypatch.setattr(contents, "PAUSE_S", 0.01)
    lab.write("data/changes", b"a" * size)
    lab.write("data/is new", b"first")
    lab.backs_up()
    stamps = os.fstat

    def changing(file):
        """Somebody writes each time that it is looked at."""
        if os.readlink(f"/proc/self/fd/{file}").endswith("changes"):
            lab.write("data/changes", b"b" * (size + next(counter)), mtime=1_700_000_000 + next(counter))
        return stamps(file)

    counter = iter(range(1, 1000))
    lab.write("data/changes", b"b" * size, mtime=1_700_000_000)
    with monkeypatch.context() as patch:
        patch.setattr(contents.os, "fstat", changing)
        code, told = lab.run()
    assert code == 0
    assert "data/changes" in told["leftOut"][0]["why"]
    lab.empty()
    assert lab.run(restore=told["stamp"])[0] == 0
    assert tree_of(lab.root)[b"/data/changes"][2] == b"a" * size


def test_a_large_file_that_changes_between_its_digest_and_its_end_gets_no_name_that_is_not_its_own(lab, monkeypatch):
    monkeypatch.setattr(contents, "PAUSE_S", 0.01)
    size = contents.SMALL + 1000
    lab.write("data/changes", b"a" * size)
    upload = streams.upload
    written = []

    def slow(client, bucket, key, pieces):
        if not written and "/files/" in key:
            written.append(lab.write("data/changes", b"b" * size))
        return upload(client, bucket, key, pieces)

    monkeypatch.setattr(streams, "upload", slow)
    lab.backs_up()
    assert lab.contents() == {sha256(b"b" * size)}


def test_what_vanishes_while_it_is_looked_at_is_no_fault(lab, monkeypatch):
    lab.fill(5)
    opening = folder_tree.Tree.open

    def gone(tree):
        if tree.name == b"3.png":
            os.unlink(tree.name, dir_fd=tree.folder)
        return opening(tree)

    listing = os.listdir

    def without(folder):
        names = listing(folder)
        if "4.png" in names:
            os.unlink("4.png", dir_fd=folder)
        return names

    with monkeypatch.context() as patch:
        patch.setattr(folder_tree.Tree, "open", gone)
        patch.setattr(folder_tree.os, "listdir", without)
        assert lab.backs_up()["counts"]["files"] == 3


def test_what_cannot_be_read_is_told_and_kept_as_it_was(lab):
    lab.fill(3)
    lab.write("data/hidden/a", b"a")
    lab.write("data/hidden/sub/b", b"b")
    lab.write("data/hidden2/c", b"c")
    lab.write("data/secret", b"secret")
    lab.backs_up()
    lab.write("data/secret", b"secret of now", mtime=1_700_000_000)
    for path, mode in (("data/secret", 0), ("data/hidden", 0), ("data/hidden2", 0o700)):
        os.chmod(lab.at(path), mode)
    os.unlink(lab.at("data/1/raw/1.png"))
    code, told = as_nobody(lab.run)
    os.chmod(lab.at("data/hidden"), 0o755)  # noqa: S103
    assert code == runs.FAILED
    assert told["failed"][0]["what"] == "3 file or folders"
    assert "data/secret (Permission denied)" in told["failed"][0]["why"]
    # Of what nothing is known it does not say that it is gone; of what is gone it does.
    assert told["backups"][0]["counts"]["files"] == 6
    lab.empty()
    lab.run(restore=told["stamp"])
    there = tree_of(lab.root)
    assert [there[path][2] for path in (b"/data/hidden/sub/b", b"/data/hidden2/c", b"/data/secret")] == [
        b"b",
        b"c",
        b"secret",
    ]
    assert b"/data/1/raw/1.png" not in there


def as_nobody(act, *arguments, **more):
    """Who is root reads all: for that time it is another user."""
    if os.geteuid() != 0:
        return act(*arguments, **more)
    os.setegid(65534)
    os.seteuid(65534)
    try:
        return act(*arguments, **more)
    finally:
        os.seteuid(0)
        os.setegid(0)


def test_a_volume_that_cannot_be_read_at_all_makes_no_backup(lab):
    lab.fill(3)
    lab.backs_up()
    os.rename(lab.root, lab.root + b"-away")
    code, told = lab.run()
    os.rename(lab.root + b"-away", lab.root)
    assert (code, told["outcome"]) == (runs.FAILED, "incomplete")
    assert "cannot be read" in told["failed"][0]["why"]
    assert len(lab.stamps()) == 1


def test_nobody_leads_a_run_out_of_the_volume_by_a_link(lab, monkeypatch):
    outside = os.fsencode(lab.home) + b"/settings.json"
    with open(outside, "wb") as file:
        file.write(b"the key of the store")
    lab.write("data/a/settings.json", b"picture")
    lab.write("data/b", b"picture of b")
    opening = folder_tree.Tree.open

    def swapped(tree):
        """Between the look and the opening, file and folder become links."""
        if tree.name == b"settings.json":
            os.rename(lab.at("data/a"), lab.at("moved"))
            os.symlink(lab.home, lab.at("data/a"))
        else:
            os.unlink(lab.at("data/b"))
            os.symlink(outside, lab.at("data/b"))
        return opening(tree)

    with monkeypatch.context() as patch:
        patch.setattr(folder_tree.Tree, "open", swapped)
        code, _ = lab.run()
    assert code == runs.FAILED
    assert sha256(b"the key of the store") not in lab.contents()

    # The same on the way back.
    lab.empty()
    lab.write("data/a/in it", b"in it")
    stamp = lab.backs_up()["stamp"]
    lab.empty()
    os.makedirs(lab.at("data"))
    os.symlink(lab.home, lab.at("data/a"))
    code, told = lab.run(restore=stamp)
    assert code == runs.FAILED
    assert "data/a (a link)" in told["failed"][0]["why"]
    assert not os.path.exists(f"{lab.home}/in it")
    os.unlink(lab.at("data/a"))
    os.mkdir(lab.at("data/a"))
    # The first look is that of what is to be done.
    monkeypatch.setattr(writing_back, "entry_of", folder_swapped(lab, writing_back.entry_of, at_look=2))
    assert lab.run(restore=stamp)[0] == runs.FAILED
    assert not os.path.exists(f"{lab.home}/in it")


def folder_swapped(lab, look, at_look):
    """Just after the look at a folder it is a link to another one."""
    looks = iter(range(1, 100))

    def swapped(path, name, folder):
        found = look(path, name, folder)
        if path == b"data/a" and next(looks) == at_look:
            shutil.rmtree(lab.at("data/a"))
            os.symlink(lab.home, lab.at("data/a"))
        return found

    return swapped


def test_nobody_leads_a_run_out_of_the_volume_by_a_folder(lab, monkeypatch):
    with open(f"{lab.home}/settings.json", "wb") as file:
        file.write(b"the key of the store")
    lab.write("data/a/in it", b"in it")
    monkeypatch.setattr(folder_tree, "entry_of", folder_swapped(lab, folder_tree.entry_of, at_look=1))
    code, told = lab.run()
    assert code == runs.FAILED
    assert "data/a" in told["failed"][0]["why"]
    assert lab.contents() == set()


def test_what_a_run_has_sent_that_failed_is_sent_no_second_time(lab, monkeypatch):
    # In the past, or the store's own dates would be of before the backup that is there.
    clock = iter(range(1000))
    begin = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    monkeypatch.setattr(runs, "utc_now", lambda: begin + datetime.timedelta(seconds=next(clock)))
    lab.fill(5)
    lab.backs_up()
    lab.fill(40)
    sent = iter(range(100))

    def full(*all_of_it):
        if next(sent) == 10:
            raise OSError(28, "No space left on device")
        return listing(*all_of_it)

    listing = file_lists.line_of
    with monkeypatch.context() as patch:
        patch.setattr(file_lists, "line_of", full)
        code, told = lab.run()
    assert (code, told["outcome"]) == (runs.FAILED, "incomplete")
    there = len(lab.contents())
    assert there > 5
    assert lab.backs_up()["sent"]["files"] == 40 - there


@pytest.mark.parametrize("files", [1, 40])
def test_a_claim_that_was_made_anew_drives_no_good_backup_out(lab, files):
    lab.settings["volumes"]["keep"] = {"daily": 1, "weekly": 0}
    lab.fill(files)
    good = lab.backs_up()["stamp"]
    before = tree_of(lab.root)
    lab.empty()
    for _ in range(3):
        code, told = lab.run()
        assert code == runs.FAILED
        assert f"0 files are there, and {files} were" in told["failed"][0]["why"]
    assert good in lab.stamps()
    assert len(lab.posts.all) == 1
    # Though each is whole in itself, it does not count.
    assert lab.run(check=told["stamp"])[0] == 0
    code, told = lab.run(restore=None)
    assert (code, told["backups"][0]["stamp"]) == (0, good)
    assert tree_of(lab.root) == before
    lab.backs_up()
    assert "well again" in lab.posts.texts()[-1]

    lab.empty()
    if files > 1:
        lab.write("data/one", b"one")
    assert lab.run()[0] == runs.FAILED
    lab.backs_up(acceptSmaller=True)
    lab.backs_up()
    assert len(lab.stamps()) == 1
    assert lab.contents() == ({sha256(b"one")} if files > 1 else set())


# Where a run is killed: what it calls there, before or after which it is gone.
STEPS = {
    "before anything is written": (index.Index, "load", "before"),
    "while it looks": (saving.Saving, "tell", "before"),
    "when something was sent": (saving.Saving, "sent_entry", "after"),
    "in the middle of a large file": (streams, "parts_of", "within"),
    "before it is a backup": (index.Index, "add", "before"),
    "after it is one": (index.Index, "add", "after"),
    "while an old one goes": (stores.Store, "remove", "within"),
    "before its summary": (runs, "finish", "before"),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_is_killed_is_gone_on_with(lab, step, monkeypatch):
    owner, name, when = STEPS[step]
    lab.settings["volumes"]["keep"] = {"daily": 1, "weekly": 0}
    lab.fill(30)
    lab.backs_up()
    lab.write("data/0/raw/0.png", b"changed", mtime=1_700_000_000)
    lab.write("data/large", b"l" * (contents.SMALL + 20 * MIB))
    for number in range(40, 60):
        lab.write(f"data/{number}/raw/{number}.png", b"picture %d" % number)
    sent = killed_there(lab, monkeypatch, owner, name, when)
    code, told = lab.run()
    assert (code, told["failed"]) == (0, [])
    assert "was killed" in told["interrupted"]
    assert told["backups"][0]["sent"]["files"] == 22 - sent
    assert len(lab.stamps()) == 1
    before = tree_of(lab.root)
    assert lab.contents() == {sha256(one[2]) for one in before.values() if one[0] == "file"}
    assert not [key for key in lab.store.keys(lab.place) if "lock" in key]
    lab.empty()
    assert lab.run(restore=None)[0] == 0
    assert tree_of(lab.root) == before


def killed_there(lab, monkeypatch, owner, name, when):
    """@returns how many new contents had been sent by then"""
    before = lab.contents()
    pid = os.fork()
    if pid == 0:
        # Its connections are its own: two processes that read from one get each other's answers.
        lab.store = stores.Store(GIVEN["store"])
        monkeypatch.setattr(owner, name, killed(getattr(owner, name), when))
        lab.run()
        os._exit(1)
    assert os.waitpid(pid, 0)[1] == 9 << 8
    assert lab.stamps()
    assert lab.run()[0] == runs.HELD
    lab.release()
    return len(lab.contents() - before)


@pytest.mark.parametrize("after", [1, 17])
def test_a_restore_that_is_killed_is_gone_on_with(lab, after, monkeypatch):
    all_kinds(lab)
    lab.fill(30)
    before = tree_of(lab.root)
    lab.backs_up()
    lab.empty()
    pid = os.fork()
    if pid == 0:
        lab.store = stores.Store(GIVEN["store"])
        fetched = iter(range(1000))
        pieces = streams.pieces_of

        def dies(client, at):
            if "/files/" in at["Key"] and next(fetched) == after:
                yield b"half of it"
                time.sleep(0.2)
                os._exit(9)
            yield from pieces(client, at)

        monkeypatch.setattr(streams, "pieces_of", dies)
        lab.run(restore=None)
        os._exit(1)
    assert os.waitpid(pid, 0)[1] == 9 << 8
    lab.release()
    left = [path for path in tree_of(lab.root) if writing_back.is_unfinished(path)]
    assert left
    # No backup has them either.
    kinds = [one[0] for path, one in tree_of(lab.root).items() if path not in left]
    there = kinds.count("file")
    code, told = lab.run(look=None)
    assert code == 0
    assert told["backups"][0]["restored"]["same"] == there + kinds.count("link")
    code, told = lab.run(restore=None)
    assert (code, told["failed"]) == (0, [])
    assert tree_of(lab.root) == before
    assert told["backups"][0]["restored"]["files"] == 39 - there


def test_what_is_newer_stays_unless_it_is_to_be_replaced(lab):
    for path in ("older", "newer", "same content", "cut", "gone"):
        lab.write(path, path.encode())
    stamp = lab.backs_up()["stamp"]
    lab.write("older", b"of before", mtime=1_500_000_000)
    lab.write("newer", b"of now", mtime=1_700_000_000)
    lab.write("same content", b"same content", mtime=1_700_000_000)
    lab.write("cut", b"cu")
    lab.write("added", b"added")
    os.unlink(lab.at("gone"))
    asleep = tree_of(lab.root)
    _, told = lab.run(look=stamp)
    assert tree_of(lab.root) == asleep
    expected = {"files": 3, "replaced": 2, "same": 1, "kept": 1, "keptNamed": ["newer (newer)"]}
    assert told["backups"][0]["restored"].items() >= expected.items()
    _, told = lab.run(restore=stamp)
    assert told["backups"][0]["restored"].items() >= expected.items()
    there = {path: one[2] for path, one in tree_of(lab.root).items()}
    assert there == {
        b"/older": b"older",
        b"/newer": b"of now",
        b"/same content": b"same content",
        b"/cut": b"cut",
        b"/added": b"added",
        b"/gone": b"gone",
    }
    lab.run(restore=stamp, overwrite=True)
    assert tree_of(lab.root)[b"/newer"][2] == b"newer"


def test_what_is_in_the_way_and_what_is_written_just_then_are_told_and_stay(lab, monkeypatch):
    lab.write("folder there", b"a file")
    lab.write("file there/inside", b"in a folder")
    lab.write("well", b"well")
    lab.write("written to", b"of the backup")
    stamp = lab.backs_up()["stamp"]
    lab.empty()
    os.mkdir(lab.at("folder there"))
    lab.write("file there", b"a file")
    fetch = writing_back.Way.fetch

    def beside(way, entry, *more):
        if entry["path"] == b"written to":
            lab.write("written to", b"of now")
        return fetch(way, entry, *more)

    monkeypatch.setattr(writing_back.Way, "fetch", beside)
    code, told = lab.run(restore=stamp)
    assert code == runs.FAILED
    why = json.dumps(told["failed"])
    assert "folder there (a folder)" in why
    assert "file there (a file)" in why
    assert told["backups"][0]["restored"]["keptNamed"] == ["written to (written to just then)"]
    there = tree_of(lab.root)
    assert (there[b"/well"][2], there[b"/written to"][2], there[b"/file there"][2]) == (b"well", b"of now", b"a file")


def test_a_content_that_is_not_what_was_written_comes_into_no_file(lab):
    lab.write("a", b"picture a")
    lab.write("b", b"picture b")
    stamp = lab.backs_up()["stamp"]
    lab.store.client.put_object(
        Bucket=lab.store.bucket, Key=contents.key_of(lab.place, sha256(b"picture a")), Body=b"picturE a"
    )
    lab.empty()
    code, told = lab.run(restore=stamp)
    assert code == runs.FAILED
    assert "its sha256 is another" in told["failed"][0]["why"]
    assert list(tree_of(lab.root)) == [b"/b"]


def test_who_may_not_write_is_told_and_files_of_others_are_named(lab):
    is_root = os.geteuid() == 0
    lab.write("open/a", b"a")
    lab.write("shut/b", b"b")
    stamp = lab.backs_up()["stamp"]
    lab.empty()
    os.chmod(lab.root, 0o777)  # noqa: S103
    os.mkdir(lab.at("shut"))
    if not is_root:
        os.chmod(lab.at("shut"), 0)
    code, told = as_nobody(lab.run, restore=stamp)
    assert code == runs.FAILED
    assert "shut/b (Permission denied)" in told["failed"][0]["why"]
    assert told["backups"][0]["restored"]["ofOthers"] == is_root
    assert tree_of(lab.root)[b"/open/a"][2] == b"a"


def test_a_volume_without_room_is_refused_before_anything_is_written(lab, monkeypatch):
    lab.fill(5)
    lab.backs_up()
    lab.empty()
    real = os.statvfs

    class Room:
        f_bavail, f_frsize = 10, 1

    with monkeypatch.context() as patch:
        patch.setattr(writing_back.os, "statvfs", lambda _: Room)
        code, told = lab.run(restore=None)
    assert (code, real is os.statvfs) == (runs.REFUSED, True)
    assert "has room for 10" in told["why"]
    assert tree_of(lab.root) == {}


def test_a_full_bucket_keeps_what_was_kept_and_is_gone_on_with(lab):
    lab.fill(10)
    lab.backs_up()
    before = lab.contents()
    lab.write("data/large", os.urandom(3 * MIB))
    quota(2 * MIB)
    try:
        code, told = lab.run()
    finally:
        quota(0)
    assert code == runs.FAILED
    assert "is full" in told["failed"][0]["why"]
    assert "is full" in lab.posts.texts()[0]
    assert lab.contents() >= before
    assert lab.backs_up()["counts"]["files"] == 11


@pytest.mark.parametrize("when", ["from the beginning", "in the middle"])
def test_a_store_that_is_down(lab, when, monkeypatch):
    lab.fill(30)
    lab.backs_up()
    lab.fill(60)
    place = urllib.parse.urlsplit(GIVEN["store"]["endpoint"])
    way = Way((place.hostname, place.port))
    good, lab.store = lab.store, stores.Store({**GIVEN["store"], "endpoint": way.url})
    if when == "in the middle":
        one = saving.Saving.sent_entry
        monkeypatch.setattr(saving.Saving, "sent_entry", lambda *all_of_it: (way.close(), one(*all_of_it))[1])
    else:
        way.close()
    code, told = lab.run()
    assert code == runs.FAILED
    assert "does not answer" in told["failed"][0]["why"]
    monkeypatch.undo()
    lab.store = good
    lab.release()
    assert len(lab.stamps()) == 1
    assert lab.backs_up()["counts"]["files"] == 60
    assert not [one for one in threading.enumerate() if "ThreadPool" in one.name and one.is_alive()]


def test_its_own_program_stops_when_it_is_told_to_and_leaves_no_lock(lab):
    for number in range(400):
        lab.write(f"data/{number}", b"%d" % number)
    path = f"{lab.home}/settings.json"
    with open(path, "w") as file:
        json.dump(lab.settings, file)
    process = subprocess.Popen(
        [sys.executable, str(SCRIPTS / "backup.py"), "volumes", path],
        stdout=subprocess.PIPE,
        env={**os.environ, **lab.environment, "BACKUP_REQUEST": ""},
    )
    until = time.monotonic() + 30
    while not lab.contents():
        assert time.monotonic() < until
        time.sleep(0.02)
    process.terminate()
    output, _ = process.communicate(timeout=30)
    assert process.returncode == runs.FAILED, output
    told = json.loads(output.splitlines()[-1])["result"]
    assert "stopped before its end" in told["failed"][0]["why"]
    assert not [key for key in lab.store.keys(lab.place) if "lock" in key]
    assert lab.backs_up()["sent"]["files"] < 400


def test_a_large_file_needs_no_memory_of_its_size(lab):
    os.truncate(lab.write("data/film.mp4"), 400 * MIB)
    path = f"{lab.home}/settings.json"
    with open(path, "w") as file:
        json.dump(lab.settings, file)
    for request in ({}, {"restore": None}):
        process = subprocess.Popen(
            [sys.executable, str(SCRIPTS / "backup.py"), "volumes", path],
            stdout=subprocess.DEVNULL,
            env={**os.environ, **lab.environment, "BACKUP_REQUEST": json.dumps(request)},
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        assert used.ru_maxrss < 250 * 1024
        if not request:
            lab.empty()
    assert os.stat(lab.at("data/film.mp4")).st_size == 400 * MIB


def test_lists_are_read_as_they_come(tmp_path):
    def entries(mtime):
        for number in range(100_000):
            entry = {"path": b"data/%08d" % number, "kind": "file", "size": 1, "mtime": mtime, "mode": 0o644}
            yield {**entry, "uid": 0, "gid": 0, "sha256": sha256(b"%d" % number)}

    with gzip.open(tmp_path / "list", "wb") as file:
        for entry in entries(1):
            file.write(file_lists.line_of(entry))
    tracemalloc.start()
    try:
        pairs = file_lists.merged(file_lists.read(tmp_path / "list"), entries(2))
        assert sum(old["path"] == new["path"] for old, new in pairs) == 100_000
        assert tracemalloc.get_traced_memory()[1] < MIB
    finally:
        tracemalloc.stop()


def test_another_part_is_told_to_be_overdue(lab):
    lab.fill(2)
    projects = f"{lab.settings['volumes']['to']}projects/"
    lab.settings["watched"].append({"name": "projects", "place": projects, "lateAfterHours": 27})
    lab.store.write_json(f"{projects}runs/last.json", {"lastWell": "20200101T000000Z"})
    lab.backs_up()
    assert "backups of projects are overdue" in lab.posts.texts()[0]


def test_no_list_leads_out_of_the_volume(tmp_path):
    for path in (b"../a", b"/etc/a", b"a//b", b"a/../../b"):
        entry = {
            "path": path,
            "kind": "file",
            "size": 1,
            "mtime": 1,
            "mode": 0o644,
            "uid": 0,
            "gid": 0,
            "sha256": "0" * 64,
        }
        with gzip.open(tmp_path / "list", "wb") as file:
            file.write(file_lists.line_of(entry))
        with pytest.raises(file_lists.Unreadable):
            list(file_lists.read(tmp_path / "list"))
