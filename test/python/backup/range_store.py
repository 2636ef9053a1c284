"""As much of S3 as reading an object by ranges asks for: it counts the bytes it gave, and does wrong when told to."""

import hashlib
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
from botocore.config import Config


class RangeStore:
    """Objects by `bucket/key`; `client` and `bucket` are what the scripts know of a store."""

    bucket = "backups"

    def __init__(self):
        self.objects = {}
        self.given = 0
        self.calls = 0
        self.breaks = 0
        self.knows_ranges = True
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.client = boto3.session.Session().client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{self.server.server_port}",
            region_name="us-east-1",
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            config=Config(s3={"addressing_style": "path"}, retries={"mode": "standard", "max_attempts": 2}),
        )

    def put(self, key, content):
        self.objects[f"{self.bucket}/{key}"] = content

    def end(self):
        self.server.shutdown()
        self.server.server_close()


def handler_of(store):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self):
            self.answer(with_body=False)

        def do_GET(self):
            self.answer(with_body=True)

        def answer(self, with_body):
            store.calls += 1
            content = store.objects.get(self.path.lstrip("/"))
            if content is None:
                return self.say(404, b"", {})
            etag = f'"{hashlib.sha256(content).hexdigest()}"'
            if self.headers.get("If-Match", etag) != etag:
                return self.say(412, b"", {})
            found = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
            part = content[int(found[1]) : int(found[2]) + 1] if found and store.knows_ranges else content
            status = 206 if found and store.knows_ranges else 200
            return self.say(status, part if with_body else b"", {"ETag": etag, "Content-Length": str(len(part))})

        def say(self, status, body, headers):
            self.send_response(status)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if store.breaks > 0 and body:
                store.breaks -= 1
                body = body[: len(body) // 2]
                self.close_connection = True
            store.given += len(body)
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Handler
