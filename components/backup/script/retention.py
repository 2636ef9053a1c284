"""Which backups are kept. Nothing here reads a clock or a store."""

import datetime


def removable(backups, keep):
    """
    Stamps of those that may go, oldest first.

    Of each of the last `daily` days, and of the last `weekly` weeks, that have a backup which is well, the newest such one is kept: days without
    any do not count, so that a lab that was off loses nothing. The newest of all is kept, and what is newer than the newest that is well. One
    that is not well keeps no other from being kept.

    :param backups: of one thing: [{"stamp": "20261201T014700Z", "bad": why it is not well, or nothing}]
    :param keep: {"daily": days, "weekly": weeks}
    """
    newest_first = sorted(backups, key=lambda one: one["stamp"], reverse=True)
    well = [one["stamp"] for one in newest_first if not one.get("bad")]
    if not well:
        return []
    kept = {well[0], *newest_of(well, day_of, keep["daily"]), *newest_of(well, week_of, keep["weekly"])}
    return sorted(one["stamp"] for one in backups if one["stamp"] not in kept and one["stamp"] < well[0])


def way_back(dumps):
    """
    Of the dumps of one database the one by which its system goes back to the release before, which stays: the newest of that release. None of
    those that a run made while the next release was changing the database already: they have more of its changes than the others.

    :param dumps: [{"stamp", "release": that was installed, or nothing; "changes": how many releases have made; "bad"}]
    :returns: stamps, one or none
    """
    well = sorted((one for one in dumps if one.get("release") and not one.get("bad")), key=lambda one: one["stamp"])
    before = [one for one in well if one["release"] != well[-1]["release"]]
    of_it = [one for one in before if one["release"] == before[-1]["release"]]
    fewest = min((one.get("changes", 0) for one in of_it), default=0)
    return [one["stamp"] for one in of_it if one.get("changes", 0) == fewest][-1:]


def newest_of(stamps, period_of, count):
    """The newest of each of the last periods. `stamps` come newest first."""
    newest = {}
    for stamp in stamps:
        newest.setdefault(period_of(stamp), stamp)
    return list(newest.values())[:count]


def day_of(stamp):
    return stamp[:8]


def week_of(stamp):
    year, week, _ = datetime.date(int(stamp[:4]), int(stamp[4:6]), int(stamp[6:8])).isocalendar()
    return year, week
