"""Beside CVAT's own ways, from other hosts, and out again. Run by test/contract/sso-class.test.ts."""

import contextlib
import io
import json
import time
from base64 import b64encode
from unittest import mock

from case import OWN, PASSWORD, SELF, InHand, SignIn
from django.contrib.auth.models import User
from django.core.cache.backends.filebased import FileBasedCache
from django.test import Client, TestCase
from drf_spectacular.generators import SchemaGenerator
from issuer import STRANGER, id_claims, logout_claims, logout_token, signed
from rest_framework.authtoken.models import Token
from vision_platform_sso import ended, unseen

LOGOUT = "/api/auth/logout"
BACKCHANNEL = "/api/sso/backchannel-logout"


def basic(name, password=PASSWORD):
    return {"HTTP_AUTHORIZATION": f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"}


def posted(path, body, **headers):
    return Client().post(path, json.dumps(body), content_type="application/json", **headers)


class BesideCvatsOwnWays(SignIn, TestCase):
    def test_key_access_token_session_and_password_of_the_emergency_account_go_on(self):
        self.assertEqual(InHand(self.owner).opens(), ["key", "access token", "session"])
        self.assertEqual(Client().get(SELF, **basic("boss")).status_code, 200)

    def test_key_and_access_token_of_who_signs_in_too(self):
        user = User.objects.get(pk=self.who()["id"])
        self.assertEqual(InHand(user).opens()[:2], ["key", "access token"])

    def test_an_id_token_in_another_place_is_none(self):
        token = signed(id_claims())
        for headers in (
            {"HTTP_AUTHORIZATION": f"Bearer {token}"},
            {"HTTP_X_FORWARDED_ACCESS_TOKEN": token},
            {
                "HTTP_X_AUTH_REQUEST_EMAIL": "boss@example.test",
                "HTTP_X_FORWARDED_USER": "boss",
                "HTTP_REMOTE_USER": "boss",
            },
            {"HTTP_COOKIE": f"X-Sso-Token={token}"},
        ):
            self.assertEqual(Client().get(SELF, **headers).status_code, 401)
        self.assertEqual(Client().get(f"{SELF}?X-Sso-Token={token}").status_code, 401)

    def test_without_cvats_cache_nobody_signs_in_and_keys_go_on(self):
        key = InHand(self.owner).key
        gone = mock.Mock(side_effect=OSError("refused"))
        with mock.patch.object(FileBasedCache, "get_many", gone), mock.patch.object(FileBasedCache, "add", gone):
            unseen.look = unseen.Look()
            answer = self.sign_in()
            self.assertEqual(answer.status_code, 503)
            self.assertIn("cache", answer.json()["detail"])
            unseen.look = unseen.Look()
            self.assertEqual(Client().get(SELF, HTTP_AUTHORIZATION=f"Token {key}").status_code, 200)

    def test_signing_in_makes_no_session_and_django_s_own_pages_know_nobody(self):
        answer = self.sign_in(groups=["/admins"])
        self.assertNotIn("sessionid", answer.cookies)
        admin = self.call(signed(id_claims(groups=["/admins"])), "/admin/")
        self.assertEqual((admin.status_code, admin["Location"]), (302, "/admin/login/?next=/admin/"))


class Described(SignIn, TestCase):
    def test_the_description_of_the_api_has_the_header_and_nothing_to_warn_of(self):
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            schema = SchemaGenerator().get_schema(public=True)
        self.assertNotIn("SsoAuthentication", said.getvalue())
        self.assertEqual(
            schema["components"]["securitySchemes"]["ssoAuth"],
            {"type": "apiKey", "in": "header", "name": "X-Sso-Token"},
        )


class FromOtherPages(SignIn, TestCase):
    def status(self, method="POST", **headers):
        return self.call(signed(id_claims()), method=method, **{"HTTP_ORIGIN": None, **headers}).status_code

    def test_own_pages_may_all(self):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            self.assertEqual(self.status(method, HTTP_ORIGIN=OWN), 200)
        self.assertEqual(self.status(HTTP_SEC_FETCH_SITE="same-origin"), 200)
        self.assertEqual(self.status(HTTP_SEC_FETCH_SITE="none"), 200)

    def test_others_may_change_nothing(self):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            for headers in (
                {},
                {"HTTP_ORIGIN": "https://notebooks.example.com"},
                {"HTTP_ORIGIN": "https://notebooks.example.com", "HTTP_SEC_FETCH_SITE": "same-origin"},
                {"HTTP_ORIGIN": "null"},
                {"HTTP_ORIGIN": ""},
                {"HTTP_ORIGIN": "http://cvat.example.com"},
                {"HTTP_ORIGIN": "https://cvat.example.com.evil.example"},
                {"HTTP_ORIGIN": "https://cvat.example.com:8443"},
                {"HTTP_SEC_FETCH_SITE": "same-site"},
                {"HTTP_SEC_FETCH_SITE": "cross-site"},
                {"HTTP_REFERER": f"{OWN}/tasks"},
            ):
                with self.subTest(method=method, headers=headers):
                    self.assertEqual(self.status(method, **headers), 403)

    def test_such_a_call_makes_no_user_either(self):
        self.status(HTTP_ORIGIN="https://notebooks.example.com")
        self.assertEqual(User.objects.count(), 1)

    def test_reading_is_free_and_programs_are_not_asked(self):
        self.assertEqual(self.status("GET", HTTP_ORIGIN="https://notebooks.example.com"), 200)
        key = InHand(self.owner).key
        self.assertEqual(Client().post(SELF, HTTP_AUTHORIZATION=f"Token {key}").status_code, 200)


class ByPassword(SignIn, TestCase):
    def setUp(self):
        super().setUp()
        self.local = User.objects.create_user("eve", "boss@elsewhere.example", PASSWORD, is_staff=True)

    def ways(self, name, email):
        yield posted("/api/auth/login", {"username": name, "password": PASSWORD}).status_code
        yield posted("/api/auth/login", {"email": email, "password": PASSWORD}).status_code
        yield Client().get(SELF, **basic(name)).status_code
        yield Client().post("/admin/login/?next=/admin/", {"username": name, "password": PASSWORD}).status_code

    def test_only_the_emergency_account(self):
        self.assertEqual(list(self.ways("eve", "boss@elsewhere.example")), [400, 400, 401, 200])
        self.assertEqual(list(self.ways("boss", "boss@example.test")), [200, 400, 200, 302])
        # 200: the form again.
        for name in ("BOSS", "boss@elsewhere.example"):
            self.assertEqual(posted("/api/auth/login", {"username": name, "password": PASSWORD}).status_code, 400)

    def test_a_program_s_account_too_but_not_in_django_s_pages(self):
        self.stack(program_accounts=frozenset({"robot"}))
        User.objects.create_user("robot", "robot@example.test", PASSWORD)
        self.assertEqual(list(self.ways("robot", "robot@example.test")), [200, 400, 200, 200])
        self.assertEqual(posted("/api/auth/login", {"username": "ROBOT", "password": PASSWORD}).status_code, 400)

    def test_a_wrong_password_of_it_is_wrong(self):
        self.assertEqual(posted("/api/auth/login", {"username": "boss", "password": "x"}).status_code, 400)

    def test_who_has_the_address_as_his_name_is_not_taken_for_it(self):
        self.stack(emergency_account="boss@elsewhere.example")
        self.assertEqual(list(self.ways("boss@elsewhere.example", "boss@elsewhere.example")), [400, 400, 401, 200])

    def test_sessions_from_before_end(self):
        browser = Client()
        browser.force_login(self.local, backend="django.contrib.auth.backends.ModelBackend")
        self.assertEqual(browser.get(SELF).status_code, 401)
        browser.force_login(self.local, backend="vision_platform_sso.passwords.EmergencyAccount")
        self.assertEqual(browser.get(SELF).status_code, 401)

    def test_registration_and_reset_stay_closed(self):
        self.assertEqual(posted("/api/auth/register", {}).status_code, 401)
        self.assertEqual(posted("/api/auth/password/reset", {"email": "boss@example.test"}).status_code, 403)


class SigningOut(SignIn, TestCase):
    def test_leads_to_the_proxy_and_back_to_an_open_page_and_the_token_is_dead(self):
        token = signed(id_claims())
        user = User.objects.get(pk=self.call(token).json()["id"])
        Token.objects.create(user=user)
        answer = self.call(token, LOGOUT, "POST")
        self.assertEqual(
            (answer.status_code, answer["Location"]), (303, "/oauth2/sign_out?rd=%2Fapi%2Fsso%2Fsigned-out")
        )
        self.assertFalse(Token.objects.filter(user=user).exists())
        dead = self.call(token)
        self.assertEqual(dead.status_code, 401)
        self.assertIn("signed out", dead.json()["detail"])
        end = Client().get("/api/sso/signed-out")
        self.assertEqual((end.status_code, end["Cache-Control"].split(",")[0]), (200, "max-age=0"))

    def test_one_session_alone_and_who_signs_in_again_is_in(self):
        now = int(time.time())
        self.call(signed(id_claims(now)), LOGOUT, "POST")
        self.assertEqual(self.sign_in(sid="session-2", iat=now).status_code, 200)
        self.assertEqual(self.sign_in(sid="session-1", iat=now).status_code, 401)
        # A refresh that came at the same time is of the session that ended; another sign-in has a later token.
        self.assertEqual(self.sign_in(sid="session-1", iat=now + 20).status_code, 200)

    def test_of_an_issuer_without_sessions_the_person_signs_out(self):
        now = int(time.time())
        self.call(signed(id_claims(now, sid=None)), LOGOUT, "POST")
        self.assertEqual(self.sign_in(sid=None, iat=now).status_code, 401)
        self.assertEqual(self.sign_in(sub="other", sid=None, iat=now).status_code, 200)

    def test_access_tokens_go_on(self):
        token = signed(id_claims())
        in_hand = InHand(User.objects.get(pk=self.call(token).json()["id"]))
        self.call(token, LOGOUT, "POST")
        self.assertEqual(in_hand.opens(), ["access token"])

    def test_not_from_other_pages(self):
        self.assertEqual(
            self.call(signed(id_claims()), LOGOUT, "POST", HTTP_ORIGIN="https://nb.example.com").status_code, 403
        )
        self.assertEqual(self.call(signed(id_claims()), LOGOUT).status_code, 405)

    def test_of_others_it_is_cvats_own(self):
        key = InHand(self.owner).key
        answer = Client().post(LOGOUT, HTTP_AUTHORIZATION=f"Token {key}")
        self.assertEqual((answer.status_code, answer.json()), (200, {"detail": "Successfully logged out."}))
        self.assertEqual(Client().get(SELF, HTTP_AUTHORIZATION=f"Token {key}").status_code, 401)
        self.assertEqual(Client().post(LOGOUT).status_code, 200)


class Backchannel(SignIn, TestCase):
    def told(self, token):
        return Client().post(BACKCHANNEL, {"logout_token": token})

    def test_a_session_that_the_issuer_ended_is_refused_and_others_are_not(self):
        now = int(time.time())
        user = User.objects.get(pk=self.who(iat=now)["id"])
        in_hand = InHand(user)
        self.assertEqual(self.told(logout_token()).status_code, 200)
        self.assertEqual(self.sign_in(iat=now).status_code, 401)
        self.assertEqual(self.sign_in(sid="session-2").status_code, 200)
        self.assertEqual(in_hand.opens(), ["access token"])

    def test_a_person_whom_the_issuer_ended_whole(self):
        now = int(time.time())
        self.who(iat=now)
        self.assertEqual(self.told(logout_token(sid=None)).status_code, 200)
        self.assertEqual(self.sign_in(sid="session-2", iat=now).status_code, 401)
        self.assertEqual(self.sign_in(sub="other").status_code, 200)

    def test_what_could_not_be_done_may_be_said_again(self):
        now = int(time.time())
        self.who(iat=now)
        once = logout_token()
        with mock.patch("vision_platform_sso.views.end_login", side_effect=OSError), self.assertRaises(OSError):
            self.told(once)
        self.assertEqual(self.told(once).status_code, 200)
        self.assertEqual(self.told(once).status_code, 400)

    def test_an_ended_session_is_remembered_longer_than_the_stack_says_that_tokens_live(self):
        self.stack(token_lifetime=300)
        self.assertGreater(ended.life(), 60 * 60)

    def test_what_is_no_such_word_ends_nothing(self):
        now = int(time.time())
        once = logout_token()
        self.assertEqual(self.told(once).status_code, 200)
        event = "http://schemas.openid.net/event/backchannel-logout"
        for name, token in {
            "the same again": once,
            "nothing": "",
            "an ID token": signed(id_claims()),
            "an ID token by another header": signed(id_claims(jti="x"), typ="logout+jwt"),
            "a stranger's": signed(logout_claims(), STRANGER, typ="logout+jwt"),
            "another client's": logout_token(aud="notebook"),
            "another issuer's": logout_token(iss="https://other.example.com"),
            "of another kind by its header": signed(logout_claims()),
            "of another kind by its claim": logout_token(typ="ID"),
            "without an event": logout_token(events=None),
            "with another event": logout_token(events={"other": {}}),
            "with an event that is none": logout_token(events={event: "yes"}),
            "with a nonce": logout_token(nonce="x"),
            "without a number": logout_token(jti=None),
            "without a time": logout_token(iat=None),
            "without an end": logout_token(exp=None),
            "old": logout_token(iat=now - 400, exp=now + 100),
            "run out": logout_token(iat=now - 100, exp=now - 60),
            "of nobody": logout_token(sid=None, sub=None),
        }.items():
            with self.subTest(name):
                answer = self.told(token)
                self.assertEqual((answer.status_code, answer.json()["error"]), (400, "invalid_request"))
        self.assertEqual(self.sign_in(sid="session-2").status_code, 200)

    def test_a_long_one_is_not_read(self):
        body = {"logout_token": logout_token(), "other": "x" * 70_000}
        self.assertEqual(Client().post(BACKCHANNEL, body).status_code, 400)
        body = {"logout_token": logout_token(), "other": "x"}
        self.assertEqual(Client().post(BACKCHANNEL, body).status_code, 200)

    def test_it_can_be_told_again_while_the_issuer_does_not_answer(self):
        self.issuer.answers = False
        self.assertEqual(self.told(logout_token()).status_code, 503)

    def test_by_post_alone(self):
        self.assertEqual(Client().get(BACKCHANNEL).status_code, 405)
