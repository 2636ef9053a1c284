"""
How long the issuer's tokens are good, of which a real one alone tells: the stack file may say otherwise, and `smoke` compares the two. Of an
hour the longest counts, since Keycloak gives the last tokens of a session no more than what is left of it.
"""

import logging
import time

from django.core.cache import cache

from .ended import PREFIX

log = logging.getLogger("cvat.vision_platform_sso")

KEY = f"{PREFIX}:token-lifetime"
HOUR = 60 * 60
# Seconds between two looks of a process at what all of them have seen.
PAUSE = 60


class Seen:
    """What this process knows to be noted."""

    def __init__(self):
        self._seconds = 0
        self._until = 0.0

    def note(self, claims):
        """With each token that was believed. What fails here fails no call."""
        seconds = claims["exp"] - claims["iat"]
        now = time.monotonic()
        if now < self._until and seconds <= self._seconds:
            return
        try:
            known = cache.get(KEY) or 0
            if seconds > known:
                # Not for one as long as that: the hour would never end.
                cache.set(KEY, seconds, HOUR)
            longest = max(seconds, known)
            self._seconds, self._until = longest, now + PAUSE
        except Exception as error:
            log.error("sign-in: not noted how long a token is good (%s)", error)


seen = Seen()


def longest():
    """Seconds; None where nobody has signed in within the hour."""
    return cache.get(KEY)
