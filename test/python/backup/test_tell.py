"""Who is told what, in which form."""

import json

import pytest

import tell
from lab import new_lab

STATE = {"part": "projects", "outcome": "failed", "stamp": "20261201T014700Z", "problems": ["projects: project 3"]}


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://hooks.slack.com/services/T/B/x", "slack"),
        ("https://ntfy.example.com/lab", "ntfy"),
        ("https://m.example.com/_matrix/client/v3/rooms/!a:b/send/m.room.message?access_token=x", "matrix"),
        ("https://example.com/hook", "json"),
    ],
)
def test_what_is_at_an_address_is_known_by_its_form(url, kind):
    assert tell.kind_of(url, "auto") == kind
    assert tell.kind_of(url, "slack") == "slack"


def test_each_gets_what_it_takes(posts):
    for kind in ("ntfy", "slack", "json"):
        tell.post({"url": posts.url, "kind": kind}, "Backups", "Straße fails", STATE)
    room = posts.url.replace("/topic", "/_matrix/client/v3/rooms/r/send/m.room.message?access_token=t")
    tell.post({"url": room, "kind": "matrix"}, "Backups", "Straße fails", STATE)
    ntfy, slack, plain, matrix = posts.all
    assert (ntfy["body"].decode(), ntfy["headers"]["Title"], ntfy["headers"]["Priority"]) == (
        "Straße fails",
        "Backups",
        "high",
    )
    assert json.loads(slack["body"]) == {"text": "Backups: Straße fails"}
    assert json.loads(plain["body"]) == {"title": "Backups", "text": "Straße fails", **STATE}
    assert json.loads(matrix["body"]) == {"msgtype": "m.text", "body": "Backups: Straße fails"}
    assert (matrix["method"], matrix["path"]) == (
        "PUT",
        "/_matrix/client/v3/rooms/r/send/m.room.message/20261201T014700Z?access_token=t",
    )


def test_a_change_is_told_once_and_an_end_too():
    first = {"a": "A fails: x"}
    assert tell.change_text(first, []) == "A fails: x"
    assert tell.change_text({"a": "A fails: y"}, ["a"]) is None
    assert tell.change_text({"a": "A", "b": "B fails"}, ["a"]) == "B fails. 1 of before is not over"
    assert tell.change_text({"b": "B"}, ["a", "b"]) == "1 of before is not over. over: a"
    assert tell.change_text({}, ["a"]).startswith("well again")
    assert tell.change_text({}, []) is None


def test_what_was_not_told_is_told_the_next_night(posts):
    lab = new_lab(notify={"url": posts.url, "kind": "json"})
    lab.settings["cvat"]["organizations"] = [lab.slug, "absent"]
    posts.status = 500
    lab.night()
    posts.status = 200
    lab.night()
    lab.night()
    assert ["absent" in text for text in posts.texts()] == [True, True]


def test_the_address_is_said_nowhere(posts, capsys):
    lab = new_lab(notify={"url": f"{posts.url}?token=canary-token", "kind": "json"})
    lab.settings["cvat"]["organizations"] = ["absent"]
    posts.status = 500
    lab.night()
    posts.end()
    lab.night()
    assert "canary-token" not in capsys.readouterr().out
    assert "canary-token" not in json.dumps(lab.last())


@pytest.mark.parametrize("url", ["https://[::canary", "canary", "https://canary..example.com/"])
def test_an_address_that_is_none_is_said_so_and_the_run_goes_on(url, capsys):
    lab = new_lab(notify={"url": url, "kind": "auto"})
    lab.settings["cvat"]["organizations"] = ["absent"]
    code, summary = lab.night()
    assert (code, summary["outcome"], summary["told"]) == (1, "failed", None)
    said = capsys.readouterr().out
    assert "backup.notify.url" in said
    assert "canary" not in said


def test_one_who_is_led_to_a_page_to_sign_in_has_told_nobody(posts):
    posts.status = 302
    with pytest.raises(tell.NotPosted, match="302"):
        tell.post({"url": posts.url, "kind": "json"}, "Backups", "fails", STATE)
    posts.status = 307
    tell.post({"url": posts.url, "kind": "json"}, "Backups", "fails", STATE)
    assert [one["path"] for one in posts.all] == ["/topic", "/topic", "/elsewhere"]


def test_another_part_that_does_not_run_is_told_of(posts):
    lab = new_lab(notify={"url": posts.url, "kind": "json"})
    place = lab.place.replace("projects/", "databases/") + "postgresql/"
    lab.settings["watched"].append({"name": "CVAT's PostgreSQL", "place": place, "lateAfterHours": 27})
    lab.night()
    assert posts.all == []
    lab.night()
    lab.night()
    assert posts.texts() == ["backups of CVAT's PostgreSQL are overdue: none was well so far"]
    lab.store.write_json(f"{place}runs/last.json", {"lastWell": lab.last()["stamp"]})
    lab.night()
    assert posts.texts()[-1].startswith("well again")
