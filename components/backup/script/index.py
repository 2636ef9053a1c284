"""What lies in a part's place: its backups, by what they say of themselves, and what a killed run left."""

import re

# A stamp of a backup in its key, with the thing it is of before it.
BACKUP = re.compile(r"^(?P<place>(?P<thing>.+)/(?P<stamp>\d{8}T\d{6}Z)/)(?P<file>.+)$")

ABOUT = "about.json"

# Of an about.json, what is too long for a list of all.
LONG = "tasks"


class Index:
    """
    `entries` are the backups that are whole, by their place: each what its about.json says, abridged. The file is only to be quick: what it has
    of backups that are gone is dropped, and what it has not is read, so that one that is missing or broken is made anew.
    """

    def __init__(self, store, part_place):
        self.store = store
        self.below = f"{part_place}of/"
        self.key = f"{part_place}index.json"
        self.entries = {}
        # Places of what is no backup, for want of its last object.
        self.left = {}

    def load(self):
        objects = {}
        for key in self.store.keys(self.below):
            found = BACKUP.match(key[len(self.below) :])
            if found:
                objects.setdefault(self.below + found["place"], []).append(key)
        known = self.store.read_json(self.key)
        known = known.get("backups", {}) if isinstance(known, dict) else {}
        for place, keys in objects.items():
            if place + ABOUT not in keys:
                self.left[place] = keys
                continue
            entry = known.get(place) or abridged(self.store.read_json(place + ABOUT))
            if entry:
                self.entries[place] = entry
        return self

    def save(self):
        self.store.write_json(self.key, {"version": 1, "backups": self.entries})

    def add(self, place, about):
        """Writes the last object of a backup, with which it is one; or that of one that is known now to be another than it was."""
        if self.entries.pop(place, None):
            # A run that is killed in between would leave the list with what it said before.
            self.save()
        self.store.write_json(place + ABOUT, about)
        self.entries[place] = abridged(about)
        self.save()

    def remove(self, place):
        """What says that it is a backup goes first: a run that is killed now leaves no half of one."""
        keys = list(self.store.keys(place))
        self.store.remove(sorted(keys, key=lambda key: key != place + ABOUT))
        self.entries.pop(place, None)
        self.left.pop(place, None)

    def clear_left(self):
        """Takes away what killed runs left. @returns their places"""
        places = sorted(self.left)
        for place in places:
            self.remove(place)
        return places


def abridged(about):
    if not isinstance(about, dict) or "stamp" not in about:
        return None
    return {key: value for key, value in about.items() if key != LONG}
