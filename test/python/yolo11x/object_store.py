"""A real MinIO server on this machine, and servers that misbehave in ways a real one cannot be asked to."""

import json
import secrets
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import urllib3
from minio import Minio, MinioAdmin
from minio.credentials import StaticProvider

START_SECONDS = 60


class ObjectStore:
    def __init__(self, program: str, folder: Path):
        self._program, self._folder = program, folder
        self._port = free_port()
        self.endpoint = f"http://127.0.0.1:{self._port}"
        self._keys = ("admin" + secrets.token_hex(4), secrets.token_hex(16))
        address = f"127.0.0.1:{self._port}"
        self.admin = Minio(endpoint=address, access_key=self._keys[0], secret_key=self._keys[1], secure=False)
        self._users = MinioAdmin(endpoint=address, credentials=StaticProvider(*self._keys), secure=False)

    def __enter__(self) -> "ObjectStore":
        log = self._folder / "minio.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [self._program, "server", "--quiet", "--address", self.endpoint.split("//")[1], self._folder / "data"],
                env={
                    "HOME": str(self._folder),
                    "MINIO_ROOT_USER": self._keys[0],
                    "MINIO_ROOT_PASSWORD": self._keys[1],
                    "MINIO_BROWSER": "off",
                },
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        for _ in range(START_SECONDS * 10):
            assert self._process.poll() is None, log.read_text()
            if self._ready():
                return self
            time.sleep(0.1)
        raise AssertionError(f"MinIO was not ready within {START_SECONDS} seconds: {log.read_text()}")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)

    def _ready(self) -> bool:
        try:
            # Ready and not only live: the store of users comes up last.
            answer = urllib3.request("GET", f"{self.endpoint}/minio/health/cluster", retries=False, timeout=1)
        except urllib3.exceptions.HTTPError:
            return False
        return answer.status == 200

    def put(self, key: str, file: Path) -> str:
        """Puts a file into `models`. Returns its URL."""
        self.admin.fput_object(bucket_name="models", object_name=key, file_path=str(file))
        return f"s3://models/{key}"

    def reader(self, key: str) -> dict[str, str]:
        """A new user who may read this one object and do nothing else, as environment variables."""
        user, password = "reader" + secrets.token_hex(4), secrets.token_hex(16)
        statement = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [f"arn:aws:s3:::models/{key}"]}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._users.user_add(access_key=user, secret_key=password)
        self._users.policy_add(policy_name=user, policy=json.loads(policy))
        self._users.attach_policy(policies=[user], user=user)
        return {"AWS_ACCESS_KEY_ID": user, "AWS_SECRET_ACCESS_KEY": password}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def misbehaving(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A server that answers every GET in this way. Yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
