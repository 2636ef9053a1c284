"""
One run for a database: its nightly dump, or what a verb asks in its place. Below the databases' prefix in the bucket, for each of them:

    ENGINE/STAMP/dump...       encrypted where the stack names a key
    ENGINE/STAMP/about.json    written last, when the dump was read again and is what was written: without it there is no backup
    ENGINE/STAMP/bad.json      a later look found that it is not well any more
    index/ENGINE.json          all of them in short
    runs/ENGINE/STAMP.json, runs/ENGINE/last.json, locks/ENGINE.json
"""

import base64
import contextlib
import datetime
from pathlib import Path

import beside
import dumps
import engines
import lock
import retention
import store

KEPT_RUNS = 60


class Refused(Exception):
    """A sentence that says why nothing was done."""


class Run:
    """
    :param settings: of the Secret (components/backup/settings.ts)
    :param say: takes a sentence of how far it is
    """

    def __init__(self, name, settings, environment, say):
        self.engine = engines.ENGINES[name](environment)
        self.settings = settings["databases"]
        self.store = store.Store(settings["store"])
        self.other = beside.Beside(environment["BESIDE"])
        self.key_file = Path(environment.get("FILE_KEY", ""))
        self.say = say
        self.top = self.settings["to"]
        self.place = f"{self.top}{name}/"

    def do(self, request):
        """
        What is asked: `check` a dump, `look` what a restore would take away, or `restore`, of the dump of a stamp (None: the newest). Else a dump
        is made.

        :returns: the run's result, with `outcome` "well" or "failed"
        :raises Refused, lock.Held: where nothing was done
        """
        try:
            for name, act in (("check", self.check), ("look", self.look), ("restore", self.restore)):
                if name in request:
                    return act(self.about_of(request[name]))
            with self.locked():
                return self.dump()
        except store.ERRORS as error:
            raise Refused(self.store.said(error)) from None
        finally:
            self.other.leave()

    def locked(self):
        return lock.held(self.store, f"{self.top}locks/{self.engine.name}.json")

    def dump(self):
        begun = now()
        stamp = begun.strftime("%Y%m%dT%H%M%SZ")
        result = {"kind": self.engine.name, "stamp": stamp, "startedAt": begun.isoformat(timespec="seconds")}
        self.remove_halves()
        self.say(f"dumping {self.engine.title}")
        try:
            about = self.write(stamp)
        except (*dumps.TOLD, *store.ERRORS) as error:
            why = self.store.said(error) if isinstance(error, store.ERRORS) else str(error)
            with contextlib.suppress(store.ERRORS):
                self.remove_halves()
            return self.end({**result, "outcome": "failed", "failed": [{"what": self.engine.title, "why": why}]})
        self.say(f"{about['dump']['bytes']} bytes are in {about['dump']['key']}, and were read again")
        removed = self.remove_old()
        return self.end({**result, "outcome": "well", "backups": [about], "removed": removed})

    def write(self, stamp):
        recipient = self.settings.get("recipient")
        about = dumps.write(self.engine, self.other, self.store, self.place, stamp, recipient)
        dumps.check(self.store, about, None)
        self.store.put_json(f"{self.place}{stamp}/about.json", about)
        return about

    def remove_halves(self):
        """What a run left that was killed. The lock says that nobody is at work on it."""
        for stamp in self.store.folders(self.place):
            keys = self.store.keys(f"{self.place}{stamp}/")
            if f"{self.place}{stamp}/about.json" not in keys:
                self.store.remove(keys)

    def remove_old(self):
        """The dump's description goes first: half of a backup is none."""
        removed = retention.removable(self.backups(), self.settings["keep"])
        for stamp in removed:
            about = f"{self.place}{stamp}/about.json"
            self.store.remove([about])
            self.store.remove(key for key in self.store.keys(f"{self.place}{stamp}/") if key != about)
        return removed

    def backups(self):
        """All that are there, oldest first, with why one is bad."""
        found = []
        for stamp in self.store.folders(self.place):
            about = self.store.get_json(f"{self.place}{stamp}/about.json")
            if about is None:
                continue
            bad = self.store.get_json(f"{self.place}{stamp}/bad.json")
            found.append({**about, **({"bad": bad["why"]} if bad else {})})
        return sorted(found, key=lambda one: one["stamp"])

    def end(self, result):
        """Writes down how the run ended."""
        ended = {**result, "endedAt": now().isoformat(timespec="seconds")}
        runs = f"{self.top}runs/{self.engine.name}/"
        last = self.store.get_json(f"{runs}last.json") or {}
        well = ended["stamp"] if ended["outcome"] == "well" else last.get("lastWell")
        self.store.put_json(f"{runs}{ended['stamp']}.json", ended)
        self.store.put_json(f"{runs}last.json", {**ended, "lastWell": well})
        self.store.put_json(f"{self.top}index/{self.engine.name}.json", {"backups": self.backups()})
        old = [key for key in self.store.keys(runs) if not key.endswith("last.json")][:-KEPT_RUNS]
        self.store.remove(old)
        return ended

    def about_of(self, stamp):
        """What is known of a dump; of the newest that is well where none is named."""
        backups = [one for one in self.backups() if one["stamp"] == stamp or (stamp is None and "bad" not in one)]
        if not backups:
            raise Refused(f"there is no backup {stamp or 'at all'} of {self.engine.title} below {self.place}")
        return backups[-1]

    def file_key(self):
        """The key of one encrypted dump, which its owner got out of it on his own machine."""
        try:
            return base64.b64decode(self.key_file.read_text())
        except (FileNotFoundError, IsADirectoryError):
            return None

    def check(self, about):
        """Reads all of a dump. What is not as it was written is written down as bad, so that no other gives way to it."""
        bad = f"{self.place}{about['stamp']}/bad.json"
        try:
            dumps.check(self.store, about, self.file_key())
        except dumps.TOLD as error:
            self.store.put_json(bad, {"why": str(error), "at": now().isoformat(timespec="seconds")})
            return {"outcome": "failed", "backup": about, "failed": [{"what": about["stamp"], "why": str(error)}]}
        self.store.remove([bad])
        return {"outcome": "well", "backup": about}

    def look(self, about):
        checked = self.check(about)
        if checked["outcome"] == "failed":
            return checked
        try:
            return {**checked, "now": self.engine.look(about)}
        except dumps.TOLD as error:
            return {**checked, "outcome": "failed", "failed": [{"what": self.engine.title, "why": str(error)}]}

    def restore(self, about):
        with self.locked():
            self.say(f"putting back {self.engine.title} as it was at {about['stamp']}")
            try:
                pieces = dumps.read(self.store, about, self.file_key())
                counts = self.engine.restore(self.other, about, pieces)
            except dumps.TOLD as error:
                return {"outcome": "failed", "backup": about, "failed": [{"what": self.engine.title, "why": str(error)}]}
        missing = {name: [count, counts.get(name)] for name, count in about["counts"].items() if counts.get(name) != count}
        if missing:
            why = "; ".join(f"{name} has {has} of {had}" for name, (had, has) in sorted(missing.items()))
            return {"outcome": "failed", "backup": about, "failed": [{"what": self.engine.title, "why": why}]}
        return {"outcome": "well", "backup": about, "counts": counts}


def now():
    return datetime.datetime.now(datetime.timezone.utc)
