"""One run of a part at a time, by an object that only one of two can make."""

import os
import secrets
import threading
import time

from botocore.exceptions import ClientError

import store as stores

LIFE_S = 180
RENEWED_EACH_S = 60

# By which a store says that the condition of a write is not met.
NOT_MET = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")


class Held(Exception):
    """A sentence of who holds it."""


class Lost(Exception):
    """A sentence: the lock was taken by another run."""


class Lock:
    """
    Taken on entry, renewed each minute, and given back at the end. One whose holder has not renewed it in time is dead, and is taken over:
    `left` then says what that one had under way.
    """

    def __init__(self, store, place, stamp, life_s=LIFE_S, renewed_each_s=RENEWED_EACH_S):
        self.store = store
        self.key = f"{place}lock.json"
        self.life_s = life_s
        self.renewed_each_s = renewed_each_s
        self.own = {"holder": secrets.token_hex(8), "at": os.uname().nodename, "stamp": stamp, "writing": []}
        self.left = None
        self.is_lost = False
        self.until = 0
        self.mutex = threading.Lock()
        self.is_over = threading.Event()
        # Its own: the main one is at work in another thread.
        self.client = store.new_client()

    def __enter__(self):
        text, etag = self.store.read(self.key)
        found = stores.parsed(text)
        if isinstance(found, dict) and found.get("until", 0) > time.time():
            raise Held(
                f"another run holds {self.key}: {found.get('at')}, begun {found.get('stamp')}. It ends by itself, or is dead in "
                f"{int(found['until'] - time.time()) + 1} s"
            )
        condition = ("If-None-Match", "*") if text is None else ("If-Match", etag)
        self.write_if(*condition)
        self.left = found if isinstance(found, dict) else None
        self.renewer = threading.Thread(target=self.renew, daemon=True)
        self.renewer.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.renewer.join()
        try:
            if self.is_ours():
                self.store.remove([self.key])
        except stores.ERRORS:
            # It is dead in three minutes.
            pass

    def write_if(self, header, value):
        """The headers are given by hand: boto3 has them as parameters in later versions alone."""

        def add(params, **_):
            params["headers"][header] = value

        events = self.client.meta.events
        events.register("before-call.s3.PutObject", add)
        try:
            self.write()
        except ClientError as error:
            if stores.code_of(error) not in NOT_MET:
                raise
        finally:
            events.unregister("before-call.s3.PutObject", add)
        # An answer that was lost may have been the good one, and an old store knows no conditions.
        if not self.is_ours():
            raise Held(f"another run has just taken {self.key}")

    def write(self):
        self.own["until"] = self.until = time.time() + self.life_s
        body = stores.as_json(self.own)
        self.client.put_object(Bucket=self.store.bucket, Key=self.key, Body=body)

    def is_ours(self):
        found = self.store.read_json(self.key)
        return isinstance(found, dict) and found.get("holder") == self.own["holder"]

    def renew(self):
        while not self.is_over.wait(self.renewed_each_s):
            with self.mutex:
                self.renew_once()

    def renew_once(self):
        try:
            if self.is_ours():
                self.write()
            else:
                self.is_lost = True
        except stores.ERRORS:
            # Tried again; until then others see it as it is.
            pass

    def note_writing(self, *keys):
        """What a run that is killed now has under way, so that the next one takes it away."""
        with self.mutex:
            self.is_lost = self.is_lost or not self.is_ours()
            self.check()
            self.own["writing"] = keys
            self.write()

    def check(self):
        if self.is_lost or time.time() > self.until:
            raise Lost(f"{self.key} was not renewed in time, and another run may have begun: this one stops")
