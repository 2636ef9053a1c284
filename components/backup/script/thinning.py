"""Backups that a run takes away, since there are newer ones."""

import retention


def thin_out(run, keep, thing_of, also=lambda _: []):
    """
    :param thing_of: what a backup is of, by its entry: of each its own are kept
    :param also: stamps of those of one thing that stay besides, by their entries
    :returns: places of those that are gone
    """
    things = {}
    for place, entry in run.index.entries.items():
        things.setdefault(thing_of(entry), {})[entry["stamp"]] = place
    gone = []
    for places in things.values():
        backups = [run.index.entries[place] for place in places.values()]
        stay = also(backups)
        for stamp in retention.removable(backups, keep):
            if stamp in stay:
                continue
            run.lock.check()
            run.index.remove(places[stamp])
            gone.append(places[stamp])
    run.index.save()
    return gone
