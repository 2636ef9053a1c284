"""
Who does not come any more. The proxy turns away whoever lost his group, so CVAT never hears of him: his login key and access tokens would stay
good for ever. They end when he was not seen for as long as the stack says.
"""

import logging
import threading
import time
from datetime import timedelta

from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.core.cache import cache
from django.utils import timezone

from . import configuration
from .credentials import end_credentials
from .ended import PREFIX

log = logging.getLogger("cvat.vision_platform_sso")

# Seconds between two looks, of all processes together.
PAUSE = 60


class Look:
    """When this process looked last."""

    def __init__(self):
        self._lock = threading.Lock()
        self._next = 0.0

    def is_due(self):
        now = time.monotonic()
        with self._lock:
            if now < self._next:
                return False
            self._next = now + PAUSE
        return cache.add(f"{PREFIX}:unseen", 1, PAUSE)


look = Look()


def end_if_due():
    """With any call to CVAT, also one by such a token: nobody else need be there. What fails here fails no call that has nothing to do with it."""
    if configuration.current().unseen == 0:
        return
    try:
        if look.is_due():
            end_unseen()
    except Exception as error:
        log.error("sign-in: not looked for who does not come any more (%s)", error)


def end_unseen():
    """Gives a line for each of whom something ended."""
    expected = configuration.current()
    since = timezone.now() - timedelta(seconds=expected.unseen)
    accounts = SocialAccount.objects.filter(provider=expected.issuer, last_login__lt=since).select_related("user")
    users = {account.user_id: account.user for account in accounts}
    lines = [line for pk in sorted(with_credentials(users)) for line in end_credentials(users[pk])]
    for line in lines:
        log.info("sign-in: not seen for %d s: %s", expected.unseen, line)
    return lines


def with_credentials(users):
    found = set(apps.get_model("authtoken.Token").objects.filter(user__in=users).values_list("user", flat=True))
    if apps.is_installed("cvat.apps.access_tokens"):
        tokens = apps.get_model("access_tokens.AccessToken").objects.filter(owner__in=users, revoked=False)
        found.update(tokens.values_list("owner", flat=True))
    return found
