"""
One run for a volume: its nightly backup, or what a verb asks in its place. Each volume has a place of its own below that of volumes, as a part of
its own has:

    VOLUME/files/ab/SHA256                      what files hold, each content once
    VOLUME/of/NAMESPACE.CLAIM/STAMP/list.jsonl.gz    what was there: each file with its content's sha256, folders, links
    VOLUME/of/NAMESPACE.CLAIM/STAMP/about.json       written last: without it there is no backup
"""

import os
import tempfile

import checking
import contents
import file_lists
import progress
import runs
import streams
import sweeping
import thinning
import writing_back
from folder_tree import Tree, Unread, left_out_by, shown
from index import ABOUT
from saving import Saving
from several import counted

# From so many files on, one that has lost more than half of them is taken for one that is not what it was; one of fewer where it has none left.
MANY = 20


class Volume:
    """A volume as a run knows it."""

    def __init__(self, settings, environment):
        self.name = environment["VOLUME"]
        self.at = environment["VOLUME_AT"]
        told = settings["claims"][self.name]
        self.title = told["title"]
        self.claim = told["claim"]
        self.leaves_out = told["leavesOut"]


def main(settings, request, environment=os.environ, store=None):
    """
    :param request: {"check": stamp} holds the bucket against a backup's list, {"look": stamp} says what a restore would do, {"restore": stamp} does
        it; of the newest that is well where the stamp is None. {"acceptSmaller": true} takes a volume as it is that has lost most of its files. Else
        a backup is made.
    :param store: default: that of the settings
    """
    volume = Volume(settings, environment)
    own = {**settings["volumes"], "to": f"{settings['volumes']['to']}{volume.name}/"}

    def work(run):
        with tempfile.TemporaryDirectory() as scratch:
            lists = Lists(run, scratch)
            for name, act in (("check", check), ("look", look), ("restore", restore)):
                if name in request:
                    return act(run, volume, lists, request[name])
            return backup(run, volume, lists)

    return runs.in_run(volume.name, {**settings, volume.name: own}, request, work, store)


class Lists:
    """The lists of a run's backups, each fetched into a file once it is asked for."""

    def __init__(self, run, folder):
        self.run = run
        self.folder = folder

    def file(self, name):
        return os.path.join(self.folder, name)

    def entries(self, place):
        """Those of a backup, which is gone from the scratch folder after the last. :raises file_lists.Unreadable:"""
        about = self.run.index.entries[place]
        file = file_lists.fetch(self.run.store, about, self.file("read"))
        yield from file_lists.read(file)


def backup(run, volume, lists):
    place = f"{run.place}of/{volume.claim}/{run.stamp}/"
    with run.all_of_them():
        try:
            saved(run, volume, lists, place)
        except (Unread, OSError) as error:
            run.is_whole = False
            run.fail(volume.title, error)
    # A store that is full gets room by it.
    gone = thinning.thin_out(run, run.settings[volume.name]["keep"], lambda entry: entry["volume"])
    run.removed += [place.split("/")[-2] for place in gone]
    with run.all_of_them():
        swept = sweeping.sweep(run, lists.entries)
        if swept:
            progress.say(f"removed {counted(swept, 'content')} that no backup needs any more")


def saved(run, volume, lists, place):
    progress.say(f"looking through {volume.title}")
    last = newest_well(run.index.entries)
    is_left_out = left_out_by(volume.leaves_out)
    tree = Tree(volume.at, lambda path: is_left_out(path) or writing_back.is_unfinished(path))
    sender = contents.Sender(run.store, run.place, contents.Known(run.store, run.place))
    saving = Saving(tree, sender, run.lock)
    list_file = lists.file("written")
    saving.write_list(before_it(run, lists), list_file)
    key = f"{place}list.jsonl.gz"
    run.lock.note_writing(key)
    with open(list_file, "rb") as file:
        written = streams.upload(run.store.client, run.store.bucket, key, contents.pieces_of(file))
    about = {
        "kind": "volume",
        "version": 1,
        "volume": volume.name,
        "what": volume.title,
        "claim": volume.claim,
        "stamp": run.stamp,
        "list": {"key": key, **written},
        "counts": saving.counts,
        "bytes": saving.bytes,
        "sent": saving.sent,
        "leftOut": volume.leaves_out,
    }
    bad = None if run.request.get("acceptSmaller") else smaller(about, last)
    if bad:
        about["smaller"] = about["bad"] = bad
        run.fail(volume.title, bad, key="smaller")
    run.lock.check()
    run.index.add(place, about)
    run.backups.append({**about, "place": place})
    tell(run, saving)
    progress.say(
        f"{counted(saving.counts['files'], 'file')} of {about['bytes']} bytes are in it; {saving.sent['files']} were new, of "
        f"{saving.sent['bytes']} bytes"
    )


def before_it(run, lists):
    """Entries of the newest list that can be read; with none, each file is read to be known."""
    for _, place in sorted(((one["stamp"], place) for place, one in run.index.entries.items()), reverse=True):
        try:
            file_lists.fetch(run.store, run.index.entries[place], lists.file("before"))
            for _ in file_lists.read(lists.file("before")):
                pass
        except file_lists.Unreadable as error:
            progress.say(f"the backup of {run.index.entries[place]['stamp']}: {error}")
            continue
        return file_lists.read(lists.file("before"))
    return iter(())


def newest_well(entries):
    return max((one for one in entries.values() if not one.get("bad")), key=lambda one: one["stamp"], default=None)


def smaller(about, last):
    """Why a backup does not count as well: a claim that was made anew is empty, and its backups would drive those of the old one out."""
    now, then = about["counts"]["files"], last["counts"]["files"] if last else 0
    has_lost_most = now * 2 < then if then >= MANY else now == 0 < then
    if not has_lost_most:
        return None
    return (
        f"{counted(now, 'file')} {'is' if now == 1 else 'are'} there, and {then} were at {last['stamp']}. Until that is sorted out no older backup goes. "
        "Put them back: backup restore --volume; or take it as it is: backup create volumes --accept-smaller"
    )


def tell(run, saving):
    if saving.unread:
        run.fail(
            counted(saving.unread.count, "file or folder"),
            f"cannot be read, and are kept as they were in the last backup: {saving.unread.text()}",
            key="unread",
        )
    if saving.changing:
        run.left_out.append(
            {
                "what": counted(saving.changing.count, "file"),
                "why": f"written to just then, and kept as they were: {saving.changing.text()}",
            }
        )
    others = saving.tree.others
    if others:
        named = ", ".join(shown(path) for path in others[:5])
        run.left_out.append({"what": f"{len(others)} neither files, folders nor links", "why": named})


def check(run, volume, lists, stamp):
    """Holds the bucket against a list. What is not well is written down as bad, so that no other gives way to it."""
    place, about = about_of(run, volume, stamp)
    before = about.pop("bad", None)
    with run.all_of_them():
        bad = checking.check(run, lists.entries(place), about, run.request.get("whole"))
        if bad:
            run.fail(f"{volume.title}, {about['stamp']}", bad)
        elif "smaller" in about:
            bad = about["smaller"]
        if bad:
            about["bad"] = bad
        if bad != before:
            run.index.add(place, about)
        run.backups.append({**about, "place": place})


def look(run, volume, lists, stamp):
    write_back(run, volume, lists, stamp, is_dry=True)


def restore(run, volume, lists, stamp):
    write_back(run, volume, lists, stamp, is_dry=False)


def write_back(run, volume, lists, stamp, is_dry):
    place, about = about_of(run, volume, stamp)
    overwrites = bool(run.request.get("overwrite"))
    with run.all_of_them():
        try:
            told = writing_back.write_back(run, volume.at, lambda: lists.entries(place), overwrites, is_dry)
        except file_lists.Unreadable as error:
            raise runs.Refusal(f"the backup of {about['stamp']}: {error}") from None
        run.backups.append({**about, "place": place, "restored": told})


def about_of(run, volume, stamp):
    """Place and what is known of a backup; of the newest that is well where none is named."""
    found = {
        one["stamp"]: place
        for place, one in run.index.entries.items()
        if one["stamp"] == stamp or (stamp is None and not one.get("bad"))
    }
    if not found:
        stamps = ", ".join(sorted((one["stamp"] for one in run.index.entries.values()), reverse=True)[:10]) or "none"
        raise runs.Refusal(
            f"there is no backup {stamp or 'that is well'} of {volume.title} below {run.place}. There are: {stamps}"
        )
    place = found[max(found)]
    about = run.store.read_json(place + ABOUT)
    if about is None:
        raise runs.Refusal(f"the backup of {max(found)} was thinned out just now")
    return place, about
