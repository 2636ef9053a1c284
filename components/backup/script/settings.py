"""What a run knows of the lab, from a file of a Secret, and what it is asked beyond, from a variable of its Job. (components/backup/settings.ts)"""

import json
import os
import pathlib

REQUEST_VARIABLE = "BACKUP_REQUEST"


class Unusable(Exception):
    """A sentence that says what is wrong with what a run was given."""


def read_settings(path):
    try:
        return json.loads(pathlib.Path(path).read_text())
    except (OSError, ValueError) as error:
        raise Unusable(f"{path} cannot be read: {error}") from None


def read_request(environment=os.environ):
    """Empty on the schedule."""
    text = environment.get(REQUEST_VARIABLE, "")
    try:
        request = json.loads(text or "{}")
    except ValueError:
        request = None
    if not isinstance(request, dict):
        raise Unusable(f"{REQUEST_VARIABLE} is no JSON object: {text}")
    return request
