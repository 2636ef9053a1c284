"""CVAT and the store as the tests of backups have them, and how a test sets them up. What they are at comes from the environment."""

import contextlib
import dataclasses
import http.server
import itertools
import json
import os
import socket
import threading
import time
import typing

import requests

import about
import projects
import rest
import runs
import store as stores

GIVEN = json.loads(os.environ.get("BACKUP_TEST", "{}"))
LABELS = [
    {
        "name": "car",
        "attributes": [
            {
                "name": "color",
                "input_type": "select",
                "mutable": False,
                "default_value": "red",
                "values": ["red", "blue"],
            }
        ],
    },
    {"name": "bad", "type": "tag"},
]
PICTURES = ["pics/a/1.png", "pics/a/2.png", "pics/b/3.png"]
ACCOUNTS = itertools.count()
STORE = stores.Store(GIVEN["store"]) if GIVEN else None


def call(method, path, key=None, body=None, **headers):
    answer = requests.request(
        method,
        f"{GIVEN['cvat']}/api/{path}",
        json=body,
        headers={"Authorization": f"Token {key or GIVEN['admin']}", **headers},
        timeout=60,
    )
    assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
    return answer.json() if answer.content else None


def order(**orders):
    requests.post(
        GIVEN["control"], json={"pace": {"queuedMs": 1, "startedMs": 1}, **orders}, timeout=10
    ).raise_for_status()


def done(answer, within_s=20):
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        found = call("GET", f"requests/{requests.utils.quote(answer['rq_id'], safe='')}")
        if found["status"] in ("finished", "failed"):
            return found
        time.sleep(0.01)
    raise AssertionError(f"{answer} did not end")


@dataclasses.dataclass
class Lab:
    """An organization with an account of its own that maintains it, and a place of its own in the bucket."""

    # Nights that have passed in these tests.
    days: typing.ClassVar[int] = 0

    slug: str
    account: dict
    key: str
    token: str
    storage: int
    settings: dict

    @property
    def place(self):
        return self.settings["projects"]["to"]

    @property
    def store(self):
        return STORE

    def night(self, request=None, store=None):
        """
        A run, in this process, a day after the one before. Gives its exit code, and the summary of the last one on the schedule.
        """
        Lab.days += 1
        return runs.in_run("projects", self.settings, request or {}, projects.work, store or STORE), self.last()

    def last(self):
        return self.store.read_json(f"{self.place}runs/last.json")

    def project(self, name="Straße / ä", labels=LABELS):
        return call("POST", "projects", body={"name": name, "labels": labels}, **self.context)["id"]

    def task(self, project, name="pics", files=None, segment_size=2, **more):
        """A task with pictures of the organization's bucket."""
        task = self.bare_task(project, name, segment_size=segment_size, **more)
        assert self.fill(task, files or ["pics/"])["status"] == "finished"
        return task

    def bare_task(self, project, name="bare", **more):
        return call("POST", "tasks", body={"name": name, "project_id": project, **more}, **self.context)["id"]

    def fill(self, task, files):
        return done(self.begin_to_fill(task, files))

    def begin_to_fill(self, task, files):
        body = {"image_quality": 70, "cloud_storage_id": self.storage, "server_files": files}
        return call("POST", f"tasks/{task}/data", body=body, **self.context)

    def annotate(self, task, points=(1, 2, 30, 40), frame=0):
        project = call("GET", f"tasks/{task}")["project_id"]
        label = next(one for one in call("GET", f"labels?project_id={project}")["results"] if one["name"] == "car")
        color = label["attributes"][0]["id"]
        shape = {
            "type": "rectangle",
            "frame": frame,
            "label_id": label["id"],
            "points": list(points),
            "attributes": [{"spec_id": color, "value": "blue"}],
        }
        call("PATCH", f"tasks/{task}/annotations?action=create", body={"shapes": [shape], "tags": [], "tracks": []})

    @property
    def context(self):
        return {"X-Organization": self.slug}

    def backups(self, project):
        """What each backup of a project says of itself, oldest first."""
        below = f"{self.place}of/"
        found = [key for key in self.store.keys(below) if f"/{project}/" in key and key.endswith("/about.json")]
        return [self.store.read_json(key) for key in sorted(found)]

    def objects(self):
        return list(self.store.keys(self.place))

    def new_token(self):
        body = {"name": "backups", "read_only": False}
        answer = call("POST", "auth/access_tokens", key=self.key, body=body)
        self.token_id = answer["id"]
        self.settings["cvat"]["token"] = answer["value"]


def new_lab(**settings):
    number = next(ACCOUNTS)
    account = GIVEN["accounts"][number]
    key = requests.post(
        f"{GIVEN['cvat']}/api/auth/login",
        json={"username": account["username"], "password": account["password"]},
        timeout=20,
    ).json()["key"]
    slug = f"lab-{number}"
    call("POST", "organizations", body={"slug": slug})
    context = {"X-Organization": slug}
    call("POST", "invitations", body={"role": "maintainer", "email": account["email"]}, **context)
    storage = call("POST", "cloudstorages", body=GIVEN["storage"], **context)["id"]
    given = {
        "store": GIVEN["store"],
        "cvat": {"address": GIVEN["cvat"], "username": account["username"], "token": "", "organizations": [slug]},
        "parts": ["projects", "databases"],
        "projects": {
            "keep": {"daily": 7, "weekly": 4},
            "lightweight": False,
            "to": f"projects/lab-{number}/",
            "exportHours": 0.01,
            "sandboxes": False,
        },
        "watched": [{"name": "projects", "place": f"projects/lab-{number}/", "lateAfterHours": 27}],
        "notify": {"kind": "json"},
        **settings,
    }
    made = Lab(slug, account, key, "", storage, given)
    made.new_token()
    return made


class Posts:
    """What is posted to an address of this machine."""

    def __init__(self):
        posts = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                posts.all.append(
                    {"path": self.path, "headers": dict(self.headers), "body": body, "method": self.command}
                )
                self.answer(200 if self.path == "/elsewhere" else posts.status)

            do_PUT = do_POST

            def do_GET(self):
                self.answer(200)

            def answer(self, status):
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.all = []
        self.status = 200
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/topic"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def texts(self):
        return [json.loads(one["body"])["text"] for one in self.all]

    def end(self):
        self.server.shutdown()
        self.server.server_close()


class Way:
    """A way to the store that a test closes and opens again."""

    def __init__(self, to):
        self.to = to
        self.is_open = True
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.live = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if not self.is_open:
                client.close()
                continue
            server = socket.create_connection(self.to)
            self.live += [client, server]
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self.carry, args=(one, other), daemon=True).start()

    def carry(self, one, other):
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)

    def close(self):
        self.is_open = False
        for one in self.live:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def open(self):
        self.is_open = True


__all__ = ["GIVEN", "Lab", "Posts", "Way", "about", "call", "done", "new_lab", "order", "rest"]
