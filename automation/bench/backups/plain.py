"""
What backups of projects are held to: a script that has CVAT write each project's zip, and puts it into the bucket as it comes. It looks at nothing,
compares nothing, and keeps nothing beside the zip.
"""

import json
import sys
import time

import boto3
import requests
from botocore.config import Config


def main(path):
    with open(path) as file:
        settings = json.load(file)
    access, store = settings["cvat"], settings["store"]
    session = requests.Session()
    session.headers.update(
        {"Authorization": f"Bearer {access['token']}", "Accept": "*/*", "X-Organization": access["organizations"][0]}
    )
    client = boto3.client(
        "s3",
        endpoint_url=store["endpoint"],
        region_name=store["region"],
        aws_access_key_id=store["accessKey"],
        aws_secret_access_key=store["secretKey"],
        config=Config(s3={"addressing_style": "path"}),
    )
    at = f"{access['address']}/api"
    projects = session.get(f"{at}/projects", params={"page_size": 1000}).json()["results"]
    for project in projects:
        begun = session.post(f"{at}/projects/{project['id']}/backup/export", params={"location": "local"}).json()
        url = finished(session, f"{at}/requests/{requests.utils.quote(begun['rq_id'], safe='')}")
        with session.get(url, stream=True) as answer:
            client.upload_fileobj(answer.raw, store["bucket"], f"plain/{project['id']}.zip")


def finished(session, at):
    while True:
        found = session.get(at).json()
        if found["status"] == "finished":
            return found["result_url"]
        time.sleep(0.2)


if __name__ == "__main__":
    main(sys.argv[1])
