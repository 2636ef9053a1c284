import datetime

import pytest

from retention import removable, way_back

KEEP = {"daily": 3, "weekly": 2}


def nights(count, first="20261101"):
    day = datetime.datetime.strptime(first, "%Y%m%d")
    return [(day + datetime.timedelta(days=number)).strftime("%Y%m%dT014700Z") for number in range(count)]


def of(stamps, bad=()):
    return [{"stamp": stamp, **({"bad": "why"} if stamp in bad else {})} for stamp in stamps]


def kept(stamps, bad=(), keep=KEEP):
    gone = removable(of(stamps, bad), keep)
    return [stamp for stamp in stamps if stamp not in gone]


def test_keeps_the_newest_of_days_and_weeks():
    # The first of November 2026 is a Sunday.
    assert [stamp[:8] for stamp in kept(nights(20))] == ["20261115", "20261118", "20261119", "20261120"]


def test_of_one_day_the_newest_stays():
    stamps = ["20261101T010000Z", "20261101T020000Z", "20261102T010000Z", "20261102T020000Z"]
    assert kept(stamps, keep={"daily": 2, "weekly": 0}) == ["20261101T020000Z", "20261102T020000Z"]


def test_days_without_a_backup_do_not_count():
    stamps = ["20250101T010000Z", "20250301T010000Z", "20260101T010000Z"]
    assert kept(stamps) == stamps


@pytest.mark.parametrize("bad_ones", [1, 2, 3])
def test_one_that_is_not_well_keeps_no_other_from_being_kept(bad_ones):
    stamps = nights(10)
    bad = stamps[-bad_ones:]
    assert [stamp for stamp in kept(stamps, bad) if stamp not in bad] == kept(stamps[:-bad_ones])
    # And what is newer than the newest that is well stays: there may be no more.
    assert set(bad) <= set(kept(stamps, bad))


def test_the_newest_that_is_well_stays_whatever_is_asked_for():
    stamps = nights(5)
    assert kept(stamps, stamps[1:], keep={"daily": 0, "weekly": 0})[0] == stamps[0]
    assert removable(of(stamps, stamps), KEEP) == []
    assert removable([], KEEP) == []


def dump(stamp, release="2.48.1", changes=80, **more):
    return {"stamp": stamp, "release": release and {"version": release}, "changes": changes, **more}


@pytest.mark.parametrize(
    ("dumps", "stays"),
    [
        ([], []),
        ([dump("1"), dump("2")], []),
        ([dump("1"), dump("2"), dump("3", "2.64.0", 90)], ["2"]),
        # Made while the next release had changed the database already, or half of it.
        ([dump("1"), dump("2"), dump("3", changes=85), dump("4", changes=90), dump("5", "2.64.0", 90)], ["2"]),
        ([dump("1"), dump("2", bad="why"), dump("3", "2.64.0", 90)], ["1"]),
        ([dump("1", "2.39.0"), dump("2"), dump("3", "2.64.0")], ["2"]),
        # After it went back, the way is that to where it came from.
        ([dump("1"), dump("2", "2.64.0", 90), dump("3")], ["2"]),
        # Of a time when nobody wrote down the release.
        ([dump("1", None), dump("2", "2.64.0")], []),
    ],
)
def test_the_way_back_to_the_release_before_stays(dumps, stays):
    assert way_back(dumps) == stays
