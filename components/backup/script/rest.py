"""CVAT, asked by REST: one call at a time. (The numbers name facts/cvat-rest-measured.md and cvat-real-third-look.md)"""

import time
import urllib.parse

import requests

CONNECTS_WITHIN_S = 10
ANSWERS_WITHIN_S = 120
PAGE = 100

# Pauses before a call is sent again. What CVAT asks by Retry-After counts instead, up to the last.
PAUSES_S = (1, 2, 5, 10, 30)
LONGEST_PAUSE_S = 120
MAY_PASS = (429, 502, 503, 504)

# How often a background request is looked at, first and later.
LOOKS_S = (0.2, 5)

# A list that others change while it is read is read again, so often.
READ_AGAIN = 3


class Refused(Exception):
    """A sentence of what CVAT did not do."""

    def __init__(self, text, status=None, body=None):
        super().__init__(text)
        self.status = status
        # What CVAT said, as far as it is an object.
        self.body = body if isinstance(body, dict) else {}


class SignedOut(Refused):
    """The token is good for nothing any more: each further call would be refused alike."""


class Away(Refused):
    """CVAT does not answer."""


def signed_in(access):
    """As the account of backups: by its token, and in a CVAT before 2.48, which has none, by its password."""
    address, who = access["address"], access["username"]
    if access.get("token"):
        return Cvat(address, access["token"], who)
    # One key for each account, which lasts until somebody signs it out. (rest 1.7)
    nobody = Cvat(address, "", who)
    del nobody.session.headers["Authorization"]
    try:
        key = nobody.post("auth/login", {"username": who, "password": access["password"]})["key"]
    except Away:
        raise
    except Refused as refusal:
        raise SignedOut(
            f"CVAT refuses the password of {who}: {refusal}. `up` gives it its own again", refusal.status
        ) from None
    return Cvat(address, key, who, scheme="Token")


class Cvat:
    """
    CVAT as one account sees it.

    :param organization: slug of the one that all calls are about. Without it CVAT lists what is the account's own alone, where it is no
        administrator's: nothing of what it maintains
    """

    def __init__(self, address, token, who, organization=None, pause=time.sleep, scheme="Bearer"):
        self.address = address.rstrip("/")
        self.token = token
        self.scheme = scheme
        self.who = who
        self.pause = pause
        self.session = requests.Session()
        # It is in the cluster: a proxy of the environment would not find it.
        self.session.trust_env = False
        # `application/json` is refused by every page. (rest 0.1)
        self.session.headers.update({"Authorization": f"{scheme} {token}", "Accept": "*/*"})
        if organization is not None:
            self.session.headers["X-Organization"] = organization

    def within(self, organization):
        """The same account, for what is of an organization."""
        return Cvat(self.address, self.token, self.who, organization, self.pause, self.scheme)

    def get(self, path, **query):
        return self.json(self.call("GET", path, query=query))

    def find(self, path, **query):
        """None for what is not there."""
        try:
            return self.get(path, **query)
        except Refused as refusal:
            if refusal.status == 404:
                return None
            raise

    def all(self, path, **query):
        """
        What all pages of a list have, oldest first, so that what is made meanwhile comes last. A list that shrinks meanwhile would pass one over:
        it is read again.
        """
        found = {}
        for _ in range(READ_AGAIN):
            found = {}
            count = 0
            for page in range(1, 1_000_000):
                try:
                    answer = self.get(path, **query, sort="id", page_size=PAGE, page=page)
                except Refused as refusal:
                    # It had more pages a moment ago. (rest 7.1)
                    if refusal.status == 404 and page > 1:
                        break
                    raise
                if not isinstance(answer, dict) or "results" not in answer:
                    raise Refused(f"CVAT answers GET /api/{path} with no list")
                found.update((one["id"], one) for one in answer["results"])
                count = answer.get("count", 0)
                if not answer.get("next"):
                    break
            if len(found) >= count:
                break
        else:
            raise Refused(
                f"CVAT's list {path} has {count} entries, and {len(found)} came, {READ_AGAIN} times: something changes it all the time"
            )
        return sorted(found.values(), key=lambda one: one["id"])

    def patch(self, path, body):
        return self.json(self.call("PATCH", path, body=body))

    def post(self, path, body=None, **query):
        return self.json(self.call("POST", path, query=query, body=body))

    def delete(self, path):
        """What is gone already is no error."""
        try:
            self.call("DELETE", path)
        except Refused as refusal:
            if refusal.status != 404:
                raise

    def download(self, url):
        """
        What lies at an address that CVAT names, as an answer whose pieces are still to be read. CVAT writes its host as the caller had it: only
        the path counts.
        """
        parts = urllib.parse.urlsplit(url)
        at = urllib.parse.urlunsplit(("", "", parts.path, parts.query, ""))
        return self.call("GET", at.removeprefix("/api/"), headers={"Accept-Encoding": "identity"}, stream=True)

    def wait(self, request_id, within_s):
        """
        Waits for a background request. @returns it, finished or failed; None: CVAT does not know it any more. (rest 4.12)

        :raises Refused: one that lasts too long: of one whose worker was killed CVAT says `started` until another worker begins (third 3.9)
        """
        at = f"requests/{urllib.parse.quote(request_id, safe='')}"
        begin = time.monotonic()
        pause = LOOKS_S[0]
        while True:
            found = self.find(at)
            if found is None or found["status"] in ("finished", "failed"):
                return found
            if time.monotonic() - begin > within_s:
                raise Refused(stuck(found, within_s))
            self.pause(pause)
            pause = min(LOOKS_S[1], pause * 1.5)

    def call(self, method, path, query=None, body=None, headers=None, stream=False, data=None):
        """What may be sent again is: a look always, anything else only where CVAT has not begun with it."""
        for pause in (*PAUSES_S, None):
            try:
                answer = self.session.request(
                    method,
                    f"{self.address}/api/{path}",
                    params=query,
                    json=body,
                    data=data,
                    headers=headers,
                    stream=stream,
                    allow_redirects=False,
                    timeout=(CONNECTS_WITHIN_S, ANSWERS_WITHIN_S),
                )
            except requests.RequestException as error:
                if pause is None or (method == "POST" and not isinstance(error, requests.ConnectTimeout)):
                    raise Away(
                        f"CVAT at {self.address} does not answer {method} /api/{path}: {type(error).__name__}"
                    ) from None
                self.pause(pause)
                continue
            if answer.status_code not in MAY_PASS or pause is None or (method == "POST" and answer.status_code == 504):
                return self.checked(answer, method, path)
            answer.close()
            self.pause(asked_pause(answer) or pause)
        raise AssertionError("the last round returns or raises")

    def checked(self, answer, method, path):
        status = answer.status_code
        if 200 <= status < 300:
            return answer
        text = reason(answer)
        what = f"CVAT answers {method} /api/{path.split('?')[0]} with {status}"
        if status == 401:
            raise SignedOut(
                f"CVAT refuses the token of {self.who} ({text or 'no reason given'}): it has ended or was revoked. `up` makes a new one",
                status,
            )
        raise Refused(f"{what}: {text}" if text else what, status, told_by(answer))

    def json(self, answer):
        if not answer.content:
            return None
        try:
            return answer.json()
        except ValueError:
            raise Refused(
                f"CVAT answers {answer.request.method} {urllib.parse.urlsplit(answer.url).path} with no JSON"
            ) from None


def stuck(found, within_s):
    """What to do about a request that does not end."""
    since = found.get("started_date") or found.get("created_date")
    if found["status"] == "queued":
        return f"CVAT's request {found['id']} waits since {since}: no worker takes it. See whether the pods of CVAT's workers run"
    return (
        f"CVAT's request {found['id']} is said to run since {since}, for more than {int(within_s)} s here. Where its worker was killed CVAT notices that "
        "when another begins: restart the Deployment of that worker, cvat-backend-worker-export for a backup"
    )


def asked_pause(answer):
    try:
        return min(LONGEST_PAUSE_S, float(answer.headers.get("Retry-After", "")))
    except ValueError:
        return None


def told_by(answer):
    try:
        return answer.json()
    except (ValueError, requests.RequestException):
        return None


def reason(answer):
    """The first sentence of a refusal, whose shape CVAT changes from page to page. (rest 0.7)"""
    told = told_by(answer)
    if told is None:
        return "" if "<" in answer.text else answer.text.strip()[:300]
    while isinstance(told, (dict, list)) and told:
        told = next(iter(told.values())) if isinstance(told, dict) else told[0]
    return str(told or "").strip()[:300]
