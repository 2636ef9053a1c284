"""What the tests share: an issuer, CVAT's groups and organizations, and calls as the proxy passes them on."""

import dataclasses

from cvat.apps.access_tokens.models import AccessToken
from cvat.apps.organizations.models import Membership, Organization
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client, override_settings
from issuer import Issuer, id_claims, signed
from rest_framework.authtoken.models import Token
from vision_platform_sso import lifetime, tokens, unseen

OWN = "https://cvat.example.com"
SELF = "/api/users/self"
PASSWORD = "correct-horse-battery"


class SignIn:
    """Mixed into Django's cases."""

    def setUp(self):
        super().setUp()
        self.issuer = Issuer()
        self.addCleanup(self.issuer.end)
        self.stack(issuer_for_pods=self.issuer.address)
        cache.clear()
        tokens.keys_of.cache_clear()
        unseen.look = unseen.Look()
        lifetime.seen = lifetime.Seen()
        self.owner = User.objects.create_superuser("boss", "boss@example.test", PASSWORD)
        for slug in ("lab", "hall"):
            organization = Organization.objects.create(slug=slug, owner=self.owner)
            Membership.objects.create(user=self.owner, organization=organization, role="owner", is_active=True)

    def stack(self, **changes):
        """Has the stack say something else."""
        changed = override_settings(VISION_PLATFORM_SSO=dataclasses.replace(settings.VISION_PLATFORM_SSO, **changes))
        changed.enable()
        self.addCleanup(changed.disable)

    def call(self, token=None, path=SELF, method="GET", **headers):
        """As a browser of CVAT's own pages asks, behind the proxy."""
        if method not in ("GET", "HEAD", "OPTIONS"):
            headers = {"HTTP_ORIGIN": OWN, **headers}
        if token is not None:
            headers["HTTP_X_SSO_TOKEN"] = token
        return Client().generic(method, path, **{name: value for name, value in headers.items() if value is not None})

    def sign_in(self, **claims):
        return self.call(signed(id_claims(**claims)))

    def who(self, **claims):
        answer = self.sign_in(**claims)
        self.assertEqual(answer.status_code, 200, answer.content)
        return answer.json()


class InHand:
    """What a person has that opens CVAT beside sign-in."""

    def __init__(self, user):
        self.key = Token.objects.get_or_create(user=user)[0].key
        self.token = AccessToken.objects.create_key(name="cli", owner=user)[1]
        self.browser = Client()
        self.browser.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])

    def opens(self):
        ways = {
            "key": Client().get(SELF, HTTP_AUTHORIZATION=f"Token {self.key}"),
            "access token": Client().get(SELF, HTTP_AUTHORIZATION=f"Bearer {self.token}"),
            "session": self.browser.get(SELF),
        }
        return [way for way, answer in ways.items() if answer.status_code == 200]
