"""Who is removed is out, with all he had. Run by test/contract/sso-class.test.ts."""

import time
from datetime import timedelta
from unittest import mock

from allauth.socialaccount.models import SocialAccount
from case import SELF, InHand, SignIn
from cvat.apps.access_tokens.models import AccessToken
from cvat.apps.organizations.models import Membership
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.cache.backends.filebased import FileBasedCache
from django.test import Client, TestCase, override_settings
from django.utils import timezone
from vision_platform_sso import unseen

ALL = ["key", "access token", "session"]
# As where passwords are for everybody: a session of his is one that Django knows.
PASSWORDS = override_settings(AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.ModelBackend"])


@PASSWORDS
class Out(SignIn, TestCase):
    def setUp(self):
        super().setUp()
        self.now = int(time.time())
        self.user = User.objects.get(pk=self.who(iat=self.now, groups=["/reviewers"])["id"])
        self.in_hand = InHand(self.user)
        self.others = InHand(self.owner)

    def test_what_he_has_opens_cvat_while_he_is_in(self):
        self.who(iat=self.now + 1)
        self.assertEqual(self.in_hand.opens(), ALL)

    def test_without_the_group(self):
        answer = self.sign_in(iat=self.now + 1, groups=["/others"])
        self.assertEqual(answer.status_code, 403)
        self.assertIn("none of the groups", answer.json()["detail"])
        self.assertEqual(self.in_hand.opens(), [])
        self.assertEqual(self.others.opens(), ALL)
        self.assertEqual(list(Membership.objects.filter(user=self.user)), [])
        self.assertEqual(list(self.user.groups.all()), [])
        self.assertTrue(AccessToken.objects.get(owner=self.user).revoked)

    def test_without_any_groups_in_the_token(self):
        self.sign_in(iat=self.now + 1, groups=None)
        self.assertEqual(self.in_hand.opens(), [])

    def test_a_superuser_is_none_any_more(self):
        self.who(iat=self.now + 1, groups=["/admins"])
        self.sign_in(iat=self.now + 2, groups=[])
        self.user.refresh_from_db()
        self.assertEqual((self.user.is_superuser, self.user.is_staff), (False, False))

    def test_a_token_from_before_does_not_let_him_in_again_and_a_new_one_does_without_what_he_had(self):
        self.sign_in(iat=self.now + 1, groups=[])
        self.assertEqual(self.sign_in(iat=self.now, groups=["/reviewers"]).status_code, 403)
        back = self.who(iat=self.now + 2, groups=["/annotators"])
        self.assertEqual((back["groups"], back["organizations"]), (["worker"], {"lab": "worker"}))
        self.assertEqual(self.in_hand.opens(), [])

    def test_an_older_token_without_the_group_ends_nothing_that_a_newer_one_gave(self):
        self.who(iat=self.now + 2)
        self.assertEqual(self.sign_in(iat=self.now + 1, groups=[]).status_code, 403)
        self.assertEqual(self.in_hand.opens(), ALL)
        self.who(iat=self.now + 2)

    def test_switched_off_in_cvat_and_on_again(self):
        User.objects.filter(pk=self.user.pk).update(is_active=False)
        answer = self.sign_in(iat=self.now + 1)
        self.assertEqual(answer.status_code, 403)
        self.assertIn("switched off", answer.json()["detail"])
        User.objects.filter(pk=self.user.pk).update(is_active=True)
        self.assertEqual(self.in_hand.opens(), [])
        self.who(iat=self.now + 2)

    def test_being_out_costs_little_each_time(self):
        Session.objects.bulk_create(
            Session(session_key=f"k{number}", session_data="x", expire_date=timezone.now()) for number in range(50)
        )
        self.sign_in(iat=self.now + 1, groups=[])
        with self.assertNumQueries(1):
            self.sign_in(iat=self.now + 1, groups=[])

    def test_a_stranger_without_the_group_leaves_nothing(self):
        self.sign_in(sub="stranger", groups=[])
        self.assertFalse(SocialAccount.objects.filter(uid="stranger").exists())


@PASSWORDS
class Unseen(SignIn, TestCase):
    """The proxy turns away who lost his group: no token of his comes here any more."""

    def setUp(self):
        super().setUp()
        self.now = int(time.time())
        self.user = User.objects.get(pk=self.who(iat=self.now)["id"])
        self.in_hand = InHand(self.user)
        self.local = InHand(self.owner)

    def last_seen(self, **ago):
        SocialAccount.objects.filter(user=self.user).update(last_login=timezone.now() - timedelta(**ago))
        unseen.look = unseen.Look()
        cache.clear()

    def test_his_own_call_ends_what_he_calls_by(self):
        self.last_seen(days=13)
        self.assertEqual(self.in_hand.opens(), ALL)
        self.last_seen(days=15)
        self.assertEqual(self.in_hand.opens(), [])
        self.assertEqual(self.local.opens(), ALL)

    def test_who_comes_is_seen(self):
        self.last_seen(days=13)
        self.who(iat=self.now + 20)
        account = SocialAccount.objects.get(user=self.user)
        self.assertLess(timezone.now() - account.last_login, timedelta(minutes=1))

    def test_never_where_the_stack_says_so(self):
        self.stack(unseen=0)
        self.last_seen(days=1500)
        self.assertEqual(self.in_hand.opens(), ALL)

    def test_one_process_asks_the_cache_once_a_minute(self):
        unseen.look = unseen.Look()
        with mock.patch.object(FileBasedCache, "add", return_value=False) as asked:
            for _ in range(3):
                Client().get(SELF)
        self.assertEqual(asked.call_count, 1)

    def test_looks_once_a_minute_whoever_asks(self):
        self.last_seen(days=13)
        Client().get(SELF)
        SocialAccount.objects.filter(user=self.user).update(last_login=timezone.now() - timedelta(days=15))
        self.assertEqual(self.in_hand.opens(), ALL)
        # Another process has looked just now.
        unseen.look = unseen.Look()
        self.assertEqual(self.in_hand.opens(), ALL)
        self.last_seen(days=15)
        self.assertEqual(self.in_hand.opens(), [])
