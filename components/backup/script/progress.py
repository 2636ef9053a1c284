"""What a run says, a line of JSON each: how far it is, and in the last one what came of it. A verb that follows the log shows them."""

import datetime
import json


def say(text):
    print(json.dumps({"at": now(), "say": text}, ensure_ascii=False), flush=True)


def tell_result(result):
    print(json.dumps({"result": result}, ensure_ascii=False), flush=True)


def now():
    """In UTC, whatever the zone of the machine."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
