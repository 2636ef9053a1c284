"""Backs a project up and restores it by CVAT's own client. Run by test/contract/cvat-standin-sdk.test.ts.

Arguments: URL, number of a project that has a target storage in a cloud, a folder for what is downloaded. By stdin come two personal access
tokens of its maintainer, one for reading and one for writing, a line each. Prints what it saw as JSON.
"""

import json
import sys
from pathlib import Path

from cvat_sdk import make_client
from cvat_sdk.api_client.exceptions import ApiException

URL, PROJECT, FOLDER = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
READS, WRITES = sys.stdin.read().split()
seen = {}


def outcome(call):
    try:
        call()
    except ApiException as error:
        return error.status
    return "done"


with make_client(URL, access_token=READS) as client:
    client.organization_slug = "sdk"
    client.config.status_check_period = 0.2
    project = client.projects.retrieve(PROJECT)
    seen["into its own storage, reading"] = outcome(lambda: project.download_backup(FOLDER / "none.zip"))
    project.download_backup(FOLDER / "project.zip", location="local")
    task = project.get_tasks()[0]
    task.download_backup(FOLDER / "task.zip", lightweight=True)
    seen["restored, reading"] = outcome(lambda: client.projects.create_from_backup(FOLDER / "project.zip"))

with make_client(URL, access_token=WRITES) as client:
    client.organization_slug = "sdk"
    client.config.status_check_period = 0.2
    project = client.projects.retrieve(PROJECT)
    # It goes into the bucket, and there is nothing to open afterwards.
    seen["into its own storage, writing"] = outcome(lambda: project.download_backup(FOLDER / "none.zip"))
    seen["and here"] = (FOLDER / "none.zip").exists()
    made = client.projects.create_from_backup(FOLDER / "project.zip")
    seen["project"] = [
        made.name,
        [(one.name, one.size) for one in made.get_tasks()],
        [one.name for one in made.get_labels()],
    ]
    alone = client.tasks.create_from_backup(FOLDER / "task.zip")
    seen["task"] = [alone.name, alone.size, alone.project_id]

print(json.dumps(seen))
