"""Backups that a run takes away, since there are newer ones."""

import retention


def thin_out(run, keep, thing_of):
    """
    :param thing_of: what a backup is of, by its entry: of each its own are kept
    :returns: places of those that are gone
    """
    things = {}
    for place, entry in run.index.entries.items():
        things.setdefault(thing_of(entry), {})[entry["stamp"]] = place
    gone = []
    for places in things.values():
        backups = [run.index.entries[place] for place in places.values()]
        for stamp in retention.removable(backups, keep):
            run.lock.check()
            run.index.remove(places[stamp])
            gone.append(places[stamp])
    run.index.save()
    return gone
