"""Tells somebody, once per change: ntfy, Slack, Matrix, or whoever takes plain JSON."""

import json
import urllib.parse

import requests

WITHIN_S = (10, 30)

TITLE = "Backups of the lab"


class NotPosted(Exception):
    """A sentence that names no address: it is a secret."""


def kind_of(url, kind):
    """What is at an address. One of Slack and of Matrix is known by its form, and ntfy by its usual host."""
    if kind != "auto":
        return kind
    parts = urllib.parse.urlsplit(url)
    if (parts.hostname or "").endswith("hooks.slack.com"):
        return "slack"
    if "/_matrix/" in parts.path:
        return "matrix"
    if "ntfy" in (parts.hostname or ""):
        return "ntfy"
    return "json"


def message_for(kind, title, text, state):
    """Headers and body, as each takes them. (docs.ntfy.sh/publish; api.slack.com/messaging/webhooks; spec.matrix.org, m.room.message)"""
    if kind == "ntfy":
        priority = "high" if state["problems"] else "default"
        # ntfy reads headers as UTF-8; requests writes text as Latin-1.
        return {
            "Title": title.encode(),
            "Priority": priority,
            "Content-Type": "text/plain; charset=utf-8",
        }, text.encode()
    told = f"{title}: {text}"
    if kind == "slack":
        body = {"text": told}
    elif kind == "matrix":
        body = {"msgtype": "m.text", "body": told}
    else:
        body = {"title": title, "text": text, **state}
    return {"Content-Type": "application/json"}, json.dumps(body, ensure_ascii=False).encode()


def post(notify, title, text, state):
    url = notify["url"]
    try:
        parts = urllib.parse.urlsplit(url)
        kind = kind_of(url, notify.get("kind", "auto"))
        headers, body = message_for(kind, title, text, state)
        # Matrix takes a message by PUT, under a number of the sender's, and by POST only from old servers.
        method = "PUT" if kind == "matrix" and "/send/" in parts.path else "POST"
        if method == "PUT":
            url = parts._replace(path=f"{parts.path.rstrip('/')}/{state['stamp']}").geturl()
        answer = requests.request(method, url, data=body, headers=headers, timeout=WITHIN_S)
    except requests.RequestException as error:
        raise NotPosted(f"what backup.notify.url names does not answer: {type(error).__name__}") from None
    except ValueError:
        raise NotPosted("backup.notify.url is no address") from None
    if not answer.ok:
        raise NotPosted(f"what backup.notify.url names answers {answer.status_code}")
    if answer.request.method != method:
        # A page to sign in, most often: it is well, and nobody was told.
        raise NotPosted(f"what backup.notify.url names answers {answer.history[0].status_code}, and leads elsewhere")


def change_text(problems, before):
    """
    What is new since last time; None where nothing is.

    :param problems: sentences by what they are about; two nights with one problem are told of once, however its sentence reads
    :param before: keys of those of last time
    """
    new = [text for key, text in problems.items() if key not in before]
    over = [key for key in before if key not in problems]
    if not new and not over:
        return None
    if not problems:
        return "well again. It had failed: " + "; ".join(sorted(over))
    lines = ["; ".join(new)] if new else []
    still = len(problems) - len(new)
    if still:
        lines.append(f"{still} of before {'is' if still == 1 else 'are'} not over")
    if over:
        lines.append(f"over: {'; '.join(sorted(over))}")
    return ". ".join(lines)
