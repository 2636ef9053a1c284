"""Copies the certificate of one Secret into another that is there already. Runs in the image of CVAT's server; may run any number of times.

It asks the API server as its pod's account, which may read the one and write the other and nothing else. The copy is changed only when the
source is another, and stays as it is when the source is gone or has no whole certificate: one that ends soon is better than none.
"""

import base64
import http.client
import json
import os
import pathlib
import ssl
import sys
import time
import urllib.parse

PAUSE = 1
ANSWER_SECONDS = 15
KEYS = ("tls.crt", "tls.key")


class Refused(Exception):
    """A sentence for the person who wrote the stack. Has nothing of a Secret in it."""


def main(environment):
    server = Server(environment)
    until = time.monotonic() + float(environment["PATIENCE"])
    source = Secret(server, environment["SOURCE_NAMESPACE"], environment["SOURCE_NAME"])
    copy = Secret(server, environment["COPY_NAMESPACE"], environment["COPY_NAME"])
    found = patiently(source.read, until)
    lacking = [key for key in KEYS if not found.get(key)]
    if lacking:
        raise Refused(f"{source} has no {' and no '.join(lacking)}; {copy} stays as it is")
    wanted = {key: found[key] for key in KEYS}
    if are_of_two(wanted):
        raise Refused(f"{source} has a key that is not its certificate's; {copy} stays as it is")
    there = patiently(copy.read, until)
    if all(there.get(key) == wanted[key] for key in KEYS):
        return f"{copy} is as {source} is"
    patiently(lambda: copy.write(wanted), until)
    return f"{copy} has the certificate of {source} now"


def are_of_two(keys):
    """
    As certificate and key are for a moment where somebody changes one after the other: the copy would have that for an hour. What OpenSSL cannot
    read at all is for the edge to judge.
    """
    # In memory alone: the key comes onto no disk.
    with open(os.memfd_create("pair"), "wb", buffering=0) as pair:
        pair.write(b"\n".join(base64.b64decode(keys[key]) for key in KEYS))
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(f"/proc/self/fd/{pair.fileno()}", password=lambda: "")
        except ssl.SSLError as error:
            return str(error.reason).endswith("_MISMATCH")
    return False


def patiently(ask, until):
    """An API server that is not there, or busy, is waited for."""
    while True:
        try:
            return ask()
        except (OSError, http.client.HTTPException, Busy) as error:
            if time.monotonic() + PAUSE > until:
                raise Refused(f"the API server did not answer in time: {error}") from None
        time.sleep(PAUSE)


class Busy(Exception):
    """What may be another answer in a moment."""


class Secret:
    def __init__(self, server, namespace, name):
        self.server, self.namespace, self.name = server, namespace, name

    def __str__(self):
        return f"Secret {self.namespace}/{self.name}"

    def read(self):
        return self.ask("GET").get("data") or {}

    def write(self, data):
        self.ask("PATCH", {"data": data})

    def ask(self, method, body=None):
        parts = ("api", "v1", "namespaces", self.namespace, "secrets", self.name)
        path = "/" + "/".join(urllib.parse.quote(part, safe="") for part in parts)
        status, text = self.server.ask(method, f"{path}?fieldManager={self.server.manager}", body)
        if status == 404:
            raise Refused(f"there is no {self}")
        if status in (401, 403):
            raise Refused(f"the account of this pod may not {method} {self}; up gives it the right to")
        if status == 429 or status >= 500:
            raise Busy(f"it answers {status}")
        if status != 200:
            raise Refused(f"the API server answers {status} to {method} of {self}")
        return json.loads(text)


class Server:
    """The API server as this pod's account."""

    def __init__(self, environment):
        self.host = environment["KUBERNETES_SERVICE_HOST"]
        self.port = int(environment["KUBERNETES_SERVICE_PORT"])
        self.manager = environment["MANAGER"]
        self.account = pathlib.Path(environment["ACCOUNT"])

    def ask(self, method, path, body):
        trust = ssl.create_default_context(cafile=self.account / "ca.crt")
        connection = http.client.HTTPSConnection(self.host, self.port, timeout=ANSWER_SECONDS, context=trust)
        headers = {"Authorization": f"Bearer {(self.account / 'token').read_text().strip()}"}
        if body is not None:
            headers["Content-Type"] = "application/merge-patch+json"
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


if __name__ == "__main__":
    try:
        print(main(os.environ))
    except Refused as refused:
        sys.exit(str(refused))
