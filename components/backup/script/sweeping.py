"""Contents that no list names any more go from the bucket."""

import runs
from contents import Known, key_of
from file_lists import Unreadable


def sweep(run, lists):
    """
    What came since the newest backup is left: a run that did not come to its end has sent it, and the next one needs it.

    :param lists: gives the entries of a backup by its place
    :returns: how many went. Where a list cannot be read, none: nobody knows what it names
    """
    if not run.index.entries:
        return 0
    known = Known(run.store, run.place)
    named = bytearray(len(known))
    for place, entry in run.index.entries.items():
        try:
            for one in lists(place):
                at = known.place_of(one["sha256"]) if one["kind"] == "file" else None
                if at is not None:
                    named[at] = 1
        except Unreadable as error:
            run.fail(
                f"the backup of {entry['stamp']}",
                f"{error}. Contents that nothing needs any more stay in the bucket until it is thinned out",
                key="unreadable list",
            )
            return 0
    since = runs.moment_of(max(one["stamp"] for one in run.index.entries.values())).timestamp()
    gone = [place for place in range(len(known)) if not named[place] and known.dates[place] < since]
    for place in gone:
        run.lock.check()
        run.store.remove([key_of(run.place, known.name_at(place))])
    return len(gone)
