"""Which tokens are believed, and when the issuer is asked for its keys. Run by test/contract/sso-class.test.ts."""

import base64
import hashlib
import hmac
import json
import threading
import time
from unittest import mock

from case import SELF, SignIn
from cryptography.hazmat.primitives import serialization
from django.test import Client, TestCase
from issuer import (
    CURVE,
    FIRST,
    PUBLIC,
    SECOND,
    STRANGER,
    Issuer,
    authority_and_server,
    id_claims,
    jwk,
    logout_claims,
    rsa_key,
    signed,
)
from vision_platform_sso import tokens
from vision_platform_sso.keys import PAUSE, IssuerKeys, Unreachable


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def by_hmac(claims, secret):
    """What PyJWT would not make: the issuer's public key as a secret."""
    text = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'first'})}.{part(claims)}"
    mark = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"


PEM = FIRST.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


class Believed(SignIn, TestCase):
    def test_a_token_of_the_issuer_for_cvat_signs_in(self):
        self.assertEqual(self.who()["username"], "ann")

    def test_none_without_the_header_and_cvats_own_ways_go_on(self):
        answer = self.call()
        self.assertEqual((answer.status_code, answer["WWW-Authenticate"]), (401, "Token"))
        self.assertEqual(self.call("").status_code, 401)
        self.assertEqual(self.call(path="/api/server/about").status_code, 200)

    def test_a_clock_that_goes_wrong_by_seconds_does_not_matter(self):
        now = int(time.time())
        self.assertEqual(self.sign_in(iat=now + 5).status_code, 200)
        self.assertEqual(self.sign_in(exp=now - 5).status_code, 200)

    def test_of_several_audiences_it_says_who_asked(self):
        self.assertEqual(self.sign_in(aud=["cvat", "account"]).status_code, 200)
        self.assertEqual(self.sign_in(aud=["cvat"], azp=None).status_code, 200)

    def test_by_a_curve(self):
        self.issuer.keys.append(jwk(CURVE, "curve"))
        answer = self.call(signed(id_claims(), CURVE, "ES256", "curve"))
        self.assertEqual(answer.status_code, 200)

    def test_without_the_name_of_a_key(self):
        self.issuer.keys = [jwk(STRANGER, "enc", use="enc"), jwk(SECOND, "second"), jwk(FIRST, "first")]
        self.assertEqual(self.call(signed(id_claims(), kid=None)).status_code, 200)

    def test_another_issuer_than_keycloak_says_no_kind(self):
        self.stack(is_keycloak=False)
        self.assertEqual(self.sign_in(typ=None).status_code, 200)


class NotBelieved(SignIn, TestCase):
    def refused(self, token, message=""):
        answer = self.call(token)
        self.assertEqual(answer.status_code, 401, answer.content)
        self.assertIn('error="invalid_token"', answer["WWW-Authenticate"])
        self.assertIn(message, answer.json()["detail"])

    def test_each(self):
        now = int(time.time())
        none = f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(id_claims())}."
        tokens_of = {
            "no algorithm": none,
            "no algorithm, and a signature": f"{none}AAAA",
            "HS256 with the public key": by_hmac(id_claims(), PEM),
            "HS256 with nothing": by_hmac(id_claims(), b""),
            "a stranger's key": signed(id_claims(), STRANGER),
            "a stranger's key without a name": signed(id_claims(), STRANGER, kid=None),
            "another algorithm than the key's": signed(id_claims(), algorithm="RS512"),
            "another issuer": signed(id_claims(iss="https://auth.example.com/realms/other")),
            "the issuer with a slash": signed(id_claims(iss="https://auth.example.com/realms/lab/")),
            "another audience": signed(id_claims(aud="notebook")),
            "no audience": signed(id_claims(aud=None)),
            "several audiences and nobody who asked": signed(id_claims(aud=["cvat", "notebook"], azp=None)),
            "another client asked": signed(id_claims(azp="notebook")),
            "another client asked, of several": signed(id_claims(aud=["cvat", "notebook"], azp="notebook")),
            "an access token": signed(id_claims(typ="Bearer")),
            "a refresh token": signed(id_claims(typ="Refresh")),
            "no kind": signed(id_claims(typ=None)),
            "a logout token": signed(logout_claims(), typ="logout+jwt"),
            "a logout token that says otherwise": signed(logout_claims(typ="ID")),
            "an access token by its header": signed(id_claims(), typ="at+jwt"),
            "something critical": signed(id_claims(), crit=["x"], x=1),
            "run out": signed(id_claims(exp=now - 60)),
            "of later": signed(id_claims(iat=now + 60)),
            "not yet": signed(id_claims(nbf=now + 60)),
            "no end": signed(id_claims(exp=None)),
            "no beginning": signed(id_claims(iat=None)),
            "nobody": signed(id_claims(sub=None)),
            "words": "not a token",
            "two tokens": f"{signed(id_claims())},{signed(id_claims())}",
            "deep": f"{base64.urlsafe_b64encode(b'[' * 20000).decode()}.e30.AAAA",
            "no text": "\xff.\xff.\xff",
            "long": signed(id_claims(groups=["x" * 40000])),
        }
        for name, token in tokens_of.items():
            with self.subTest(name):
                self.refused(token)

    def test_of_an_issuer_that_says_no_kind_a_logout_token_is_none_either(self):
        self.stack(is_keycloak=False)
        for token in (
            signed(logout_claims(typ=None), typ="logout+jwt"),
            signed(logout_claims(typ=None)),
            signed(id_claims(typ="Bearer")),
        ):
            self.refused(token)

    def test_a_key_that_is_too_short(self):
        short = rsa_key(1024)
        self.issuer.keys.append(jwk(short, "short"))
        self.refused(signed(id_claims(), short, kid="short"))

    def test_a_key_that_is_for_other_things(self):
        for changes in ({"use": "enc"}, {"alg": "RSA-OAEP"}, {"key_ops": ["encrypt"]}):
            self.issuer.keys.append(jwk(SECOND, "other", **changes))
            tokens.keys_of.cache_clear()
            self.refused(signed(id_claims(), SECOND, kid="other"))
            self.issuer.keys.pop()

    def test_a_refused_token_does_not_fall_back_to_what_else_came(self):
        key = {"HTTP_AUTHORIZATION": "Basic Ym9zczpjb3JyZWN0LWhvcnNlLWJhdHRlcnk="}
        self.assertEqual(self.call(**key).status_code, 200)
        self.assertEqual(self.call("x", **key).status_code, 401)

    def test_nothing_of_it_makes_a_user(self):
        self.refused(signed(id_claims(), STRANGER))
        self.assertEqual(self.who()["username"], "ann")


class Keys(SignIn, TestCase):
    """When the issuer is asked. By a clock of our own."""

    def setUp(self):
        super().setUp()
        self.now = 1000.0
        keys = IssuerKeys(PUBLIC, self.issuer.address, clock=lambda: self.now)
        before = tokens.keys_of
        tokens.keys_of = lambda *_: keys
        self.addCleanup(setattr, tokens, "keys_of", before)

    def test_once_for_many(self):
        for _ in range(5):
            self.who()
        self.assertEqual(len(self.issuer.asked), 2)

    def test_a_storm_of_unknown_keys_asks_once_in_half_a_minute(self):
        self.who()
        forged = [signed(id_claims(), STRANGER, kid=f"forged-{number}") for number in range(50)]
        asked = []
        for _ in range(3):
            self.now += PAUSE
            for token in forged:
                self.assertEqual(self.call(token).status_code, 401)
            asked.append(self.issuer.asked_for_keys())
        self.assertEqual(asked, [2, 3, 4])

    def test_a_storm_of_threads_asks_once(self):
        self.who()
        self.now += PAUSE
        self.issuer.delay = 0.1
        statuses = []

        def storm(number):
            try:
                tokens.id_token(signed(id_claims(), STRANGER, kid=f"forged-{number}"))
            except tokens.Refused:
                statuses.append(401)

        threads = [threading.Thread(target=storm, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((len(statuses), self.issuer.asked_for_keys()), (20, 2))

    def test_a_forgery_by_a_known_name_asks_nobody(self):
        self.who()
        self.now += PAUSE
        self.call(signed(id_claims(), STRANGER))
        self.call(f"{part({'alg': 'none', 'kid': 'x'})}.{part(id_claims())}.")
        self.assertEqual(self.issuer.asked_for_keys(), 1)

    def test_another_key_is_taken_at_once_and_the_old_one_goes_on(self):
        self.who()
        self.now += PAUSE
        self.issuer.keys.insert(0, jwk(SECOND, "second"))
        self.assertEqual(self.call(signed(id_claims(), SECOND, kid="second")).status_code, 200)
        self.who()
        self.assertEqual(self.issuer.asked_for_keys(), 2)

    def test_another_key_without_a_name_too(self):
        self.issuer.keys = [jwk(FIRST, None)]
        self.assertEqual(self.call(signed(id_claims(), kid=None)).status_code, 200)
        self.now += PAUSE
        self.issuer.keys = [jwk(SECOND, None)]
        self.assertEqual(self.call(signed(id_claims(), SECOND, kid=None)).status_code, 200)

    def test_a_key_that_is_taken_back_is_good_no_more_than_ten_minutes(self):
        self.who()
        self.issuer.keys = [jwk(SECOND, "second")]
        self.now += 599
        self.who()
        self.now += 2
        self.assertEqual(self.sign_in().status_code, 401)

    def test_an_issuer_that_lists_no_key_takes_none_away(self):
        self.who()
        self.issuer.keys = []
        self.now += 86_400
        self.who()

    def test_the_issuer_is_down(self):
        self.who()
        self.issuer.answers = False
        self.now += 86_400
        self.who()
        self.assertEqual(self.call(signed(id_claims(), SECOND, kid="second")).status_code, 401)

    def test_the_issuer_is_down_from_the_beginning(self):
        self.issuer.answers = False
        answer = self.sign_in()
        self.assertEqual(answer.status_code, 503)
        self.assertIn("issuer does not answer", answer.json()["detail"])
        self.issuer.answers = True
        self.assertEqual(self.sign_in().status_code, 503)
        self.now += PAUSE
        self.who()
        # What needs no sign-in is not held up meanwhile.
        self.assertEqual(Client().get(SELF).status_code, 401)

    def test_another_issuer_answers_there(self):
        self.issuer.issuer = "https://other.example.com"
        self.assertEqual(self.sign_in().status_code, 503)

    def test_keys_by_a_weaker_way_than_the_issuer_are_not_taken(self):
        keys = IssuerKeys(PUBLIC, PUBLIC)
        documents = {
            f"{PUBLIC}/.well-known/openid-configuration": {"issuer": PUBLIC, "jwks_uri": "http://keys.example.com"},
            "http://keys.example.com": {"keys": self.issuer.keys},
        }
        with (
            mock.patch("vision_platform_sso.keys.fetch", lambda url, _: documents.get(url)),
            self.assertRaises(Unreachable),
        ):
            keys.known()

    def test_an_issuer_of_a_private_authority_is_believed_by_that_alone(self):
        authority, context = authority_and_server()
        other, _ = authority_and_server()
        issuer = Issuer(tls=context)
        self.addCleanup(issuer.end)
        self.assertEqual([key.kid for key in IssuerKeys(PUBLIC, issuer.address, authority).known()], ["first"])
        for unknown in ("", other):
            with (
                self.subTest(unknown=unknown[:10]),
                self.assertLogs("cvat.vision_platform_sso", "WARNING") as said,
                self.assertRaises(Unreachable),
            ):
                IssuerKeys(PUBLIC, issuer.address, unknown).known()
            self.assertRegex(said.output[0], r"not trusted here: see vision-platform:sso\.issuerCa$")
