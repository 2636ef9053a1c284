"""How long the issuer's tokens are good. Run by test/contract/sso-class.test.ts."""

import time
from unittest import mock

from case import InHand, SignIn
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client, TestCase
from issuer import id_claims, signed
from vision_platform_sso import lifetime

PATH = "/api/sso/token-lifetime"


class TokenLifetime(SignIn, TestCase):
    def seconds(self, account=None):
        answer = Client().get(PATH, HTTP_AUTHORIZATION=f"Bearer {InHand(account or self.owner).token}")
        self.assertEqual(answer.status_code, 200, answer.content)
        return answer.json()["seconds"]

    def good_for(self, seconds):
        now = int(time.time())
        self.who(iat=now, exp=now + seconds)

    def test_is_that_of_a_real_token_and_none_before_there_was_one(self):
        self.assertIsNone(self.seconds())
        self.good_for(600)
        self.assertEqual(self.seconds(), 600)

    def test_of_several_the_longest_since_the_last_of_a_session_is_cut(self):
        for seconds in (300, 40):
            self.good_for(seconds)
        self.assertEqual(self.seconds(), 300)
        self.good_for(900)
        self.assertEqual(self.seconds(), 900)

    def test_is_forgotten_after_an_hour_so_that_a_shorter_one_is_seen(self):
        self.good_for(900)
        with mock.patch.object(lifetime.cache, "set", wraps=cache.set) as kept:
            lifetime.seen = lifetime.Seen()
            # Others as long do not make the hour longer.
            self.good_for(900)
            kept.assert_not_called()
        cache.delete(lifetime.KEY)
        lifetime.seen = lifetime.Seen()
        self.good_for(300)
        self.assertEqual(self.seconds(), 300)

    def test_a_token_that_is_not_believed_tells_nothing(self):
        now = int(time.time())
        self.assertEqual(self.call(signed(id_claims(iat=now, exp=now + 4000, aud="another"))).status_code, 401)
        self.assertIsNone(self.seconds())

    def test_is_told_to_the_emergency_account_alone(self):
        self.assertEqual(Client().get(PATH).status_code, 401)
        other = User.objects.create_superuser("other", "other@example.test")
        answer = Client().get(PATH, HTTP_AUTHORIZATION=f"Bearer {InHand(other).token}")
        self.assertEqual(answer.status_code, 403)
        self.assertEqual(self.call(signed(id_claims()), PATH).status_code, 403)

    def test_a_cache_that_fails_fails_no_call(self):
        with (
            mock.patch.object(lifetime.cache, "set", side_effect=OSError("gone")),
            self.assertLogs(lifetime.log, "ERROR"),
        ):
            self.good_for(600)
