"""
One run for a database: its nightly dump, or what a verb asks in its place. Each database has a place of its own below that of databases, as a
part of its own has, so that runs for two of them know nothing of each other:

    ENGINE/of/SYSTEM/STAMP/dump...       encrypted where the stack names a key
    ENGINE/of/SYSTEM/STAMP/about.json    written last, when the dump was read again and is what was written: without it there is no backup
"""

import base64
import json
import os
from pathlib import Path

import age
import dumps
import retention
import runs
from beside import Beside
from engines import ENGINES
from index import ABOUT
from progress import say
from thinning import thin_out


def main(settings, request, environment=os.environ):
    """
    :param request: {"check": stamp} reads a dump, {"look": stamp} says too what a restore would take away, {"restore": stamp} puts it back; of the
        newest that is well where the stamp is None. Else a dump is made.
    """
    engine = ENGINES[environment["DATABASE"]](environment)
    own = {**settings["databases"], "to": f"{settings['databases']['to']}{engine.name}/"}
    other = Beside(environment["BESIDE"])
    key_file = Path(environment["FILE_KEY"])
    key = base64.b64decode(key_file.read_text()) if key_file.exists() else None

    def work(run):
        for name, act in (("check", check), ("look", look), ("restore", restore)):
            if name in request:
                return act(run, engine, other, key, request[name])
        return dump(run, engine, other, json.loads(environment.get("RELEASE", "null")))

    try:
        return runs.in_run(engine.name, {**settings, engine.name: own}, request, work)
    finally:
        other.leave()


def dump(run, engine, other, release):
    """
    :param release: of the system whose database it is, as the stack installs it: {"version", "chart", "server"}; None: not known
    """
    place = place_of(run, engine, run.stamp)
    with run.all_of_them():
        try:
            dumped(run, engine, other, place, release)
        except dumps.TOLD as error:
            run.fail(engine.title, error)
            run.index.remove(place)
    # A store that is full gets room by it.
    gone = thin_out(run, run.settings[engine.name]["keep"], lambda entry: entry["database"], retention.way_back)
    run.removed += [place.split("/")[-2] for place in gone]


def dumped(run, engine, other, place, release):
    recipient = run.settings[engine.name].get("recipient")
    key = f"{place}{engine.file}{'.age' if recipient else ''}"
    about = {"kind": "database", "version": 1, "database": engine.name, "what": engine.title, "stamp": run.stamp}
    if release:
        about["release"] = release
    say(f"dumping {engine.title}")
    run.lock.note_writing(key)
    dumps.write(engine, other, run.store, key, recipient, about)
    dumps.check(run.store, about, None)
    about["bytes"] = about["dump"]["bytes"]
    about["changes"] = about["counts"].get(engine.changes, 0)
    run.lock.check()
    run.index.add(place, about)
    run.backups.append(about)
    say(f"{about['bytes']} bytes are in {key}, and were read again")


def check(run, engine, _other, key, stamp):
    """Reads all of a dump. What is not as it was written is written down as bad, so that no other gives way to it. Gives what is known of it."""
    about = about_of(run, engine, stamp)
    before = about.pop("bad", None)
    try:
        dumps.check(run.store, about, key)
    except dumps.NOT_WELL as error:
        about["bad"] = str(error)
        run.fail(about["stamp"], error)
    except age.OtherKey as error:
        raise runs.Refusal(str(error)) from None
    if about.get("bad") != before:
        run.index.add(place_of(run, engine, about["stamp"]), about)
    run.backups.append(about)
    return about


def look(run, engine, other, key, stamp):
    about = check(run, engine, other, key, stamp)
    if "bad" in about:
        return
    try:
        run.backups[-1] = {**about, "now": engine.look(about)}
    except dumps.TOLD as error:
        run.fail(engine.title, error)


def restore(run, engine, other, key, stamp):
    about = about_of(run, engine, stamp)
    run.backups.append(about)
    say(f"putting back {engine.title} as it was at {about['stamp']}")
    try:
        counts = engine.restore(other, about, dumps.read(run.store, about, key))
    except dumps.TOLD as error:
        return run.fail(engine.title, error)
    run.backups[-1] = {**about, "restored": counts}
    for name, count in sorted(about["counts"].items()):
        if counts.get(name) != count:
            run.fail(name, f"has {counts.get(name, 'nothing')} instead of {count}")


def about_of(run, engine, stamp):
    """What is known of a dump; of the newest that is well where none is named."""
    found = sorted(
        one["stamp"]
        for one in run.index.entries.values()
        if one["stamp"] == stamp or (stamp is None and not one.get("bad"))
    )
    about = run.store.read_json(place_of(run, engine, found[-1]) + ABOUT) if found else None
    if about is None:
        raise runs.Refusal(f"there is no backup {stamp or 'that is well'} of {engine.title} below {run.place}")
    return about


def place_of(run, engine, stamp):
    return f"{run.place}of/{engine.system}/{stamp}/"
