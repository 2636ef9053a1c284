"""
In the server that CVAT's image starts, uvicorn, with calls written byte by byte: no client between that would spell a header otherwise. And many
first sign-ins at once, on PostgreSQL. Run by test/contract/sso-class.test.ts.
"""

import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from unittest import skipUnless

import uvicorn
from allauth.socialaccount.models import SocialAccount
from case import InHand, SignIn
from django.contrib.auth.models import User
from django.core.asgi import get_asgi_application
from django.db import connection, connections
from django.test import Client, TransactionTestCase
from issuer import STRANGER, id_claims, signed
from vision_platform_sso import rights
from vision_platform_sso.groups import NONE

# What an edge that strips the header by its name may let through beside it. (sign-in-parts.md, section 4)
ALIASES = [
    "X-Sso-Token",
    "x-sso-token",
    "X-SSO-TOKEN",
    "X_Sso_Token",
    "X-Sso_Token",
    "X_Sso-Token",
    "X.Sso.Token",
    "X-Sso.Token",
    "HTTP_X_SSO_TOKEN",
    "HTTP-X-SSO-TOKEN",
]


@skipUnless("CVAT_POSTGRES_HOST" in os.environ, "there is no PostgreSQL")
class Server(SignIn, TransactionTestCase):
    def setUp(self):
        super().setUp()
        self.listener = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(get_asgi_application(), log_level="warning", lifespan="off", http="h11", loop="asyncio")
        )
        thread = threading.Thread(target=server.run, args=([self.listener],))
        thread.start()
        self.addCleanup(self.end_connections)
        self.addCleanup(thread.join)
        self.addCleanup(setattr, server, "should_exit", True)
        while not server.started:
            time.sleep(0.01)

    def end_connections(self):
        """Those of the server's threads, which the test database could not be taken away beside."""
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
            )

    def status(self, *headers):
        with socket.create_connection(self.listener.getsockname(), timeout=20) as connected:
            lines = ["GET /api/users/self HTTP/1.1", "Host: cvat", "Connection: close", *headers, "", ""]
            connected.sendall("\r\n".join(lines).encode())
            answer = b""
            while part := connected.recv(65536):
                answer += part
        return int(answer.split(b" ", 2)[1])

    def test_no_spelling_of_the_header_is_worth_anything_without_a_token_of_the_issuer(self):
        real, forged = signed(id_claims()), signed(id_claims(sub="forged", groups=["/admins"]), STRANGER)
        self.assertEqual(self.status(f"X-Sso-Token: {real}"), 200)
        for alias in ALIASES:
            for value in (forged, "boss", ""):
                with self.subTest(alias=alias, value=value[:10]):
                    self.assertEqual(self.status(f"{alias}: {value}"), 401)
            # Beside the real one it may hinder, and never become somebody else.
            with self.subTest(alias=alias, beside=True):
                self.assertIn(self.status(f"X-Sso-Token: {real}", f"{alias}: {forged}"), (200, 401))
                self.assertIn(self.status(f"{alias}: {forged}", f"X-Sso-Token: {real}"), (200, 401))
        self.assertEqual(list(SocialAccount.objects.values_list("uid", flat=True)), ["f3c1a0e2"])
        key = InHand(self.owner).key
        self.assertEqual(self.status(f"Authorization: Token {key}", "X_Sso_Token: x"), 200)

    def test_twelve_first_calls_at_once_make_one_user(self):
        token = signed(id_claims())
        for turn in range(3):
            claims = id_claims(sub=f"person-{turn}")
            token = signed(claims)
            with ThreadPoolExecutor(12) as pool:
                statuses = list(pool.map(lambda _, token=token: self.status(f"X-Sso-Token: {token}"), range(12)))
            self.assertEqual(statuses, [200] * 12)
            self.assertEqual(User.objects.count(), 2 + turn)
            self.assertEqual(SocialAccount.objects.count(), 1 + turn)


@skipUnless("CVAT_POSTGRES_HOST" in os.environ, "there is no PostgreSQL")
class AtOnce(SignIn, TransactionTestCase):
    def together(self, *calls):
        start = threading.Barrier(len(calls))

        def run(call):
            try:
                start.wait()
                return call()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(run, calls))

    def test_two_people_whose_names_differ_in_case_alone(self):
        for turn in range(3):
            names = [f"Ann{turn}", f"ann{turn}", f"ANN{turn}"]
            found = self.together(
                *(lambda name=name: self.who(sub=name, preferred_username=name)["username"] for name in names)
            )
            self.assertEqual(len({name.lower() for name in found}), 3)

    def test_two_people_of_whom_both_would_take_over_one_account(self):
        self.stack(links_by_email=True)
        User.objects.create_user("eve", "eve@example.test", "x")
        found = self.together(
            *(lambda sub=sub: self.sign_in(sub=sub, email="eve@example.test").status_code for sub in ("1", "2"))
        )
        self.assertEqual(sorted(found), [200, 403])

    def test_groups_given_by_an_old_and_taken_by_a_new_token_at_once(self):
        now = int(time.time())
        self.who(iat=now - 20)
        for turn in range(5):
            old = {"iat": now + 2 * turn, "groups": ["/admins"]}
            new = {"iat": now + 2 * turn + 1, "groups": ["/annotators"]}
            self.together(*(lambda claims=claims: self.sign_in(**claims) for claims in [old, new, old, new]))
            user = User.objects.get(username="ann")
            self.assertEqual((user.is_superuser, [group.name for group in user.groups.all()]), (False, ["worker"]))

    def test_put_out_while_calls_of_his_go_on(self):
        now = int(time.time())
        user = User.objects.get(pk=self.who(iat=now - 20)["id"])
        in_hand = InHand(user)
        stay, leave = {"iat": now, "groups": ["/reviewers"]}, {"iat": now + 1, "groups": []}
        self.together(*(lambda claims=claims: self.sign_in(**claims) for claims in [stay, leave, stay, leave, stay]))
        self.assertEqual(in_hand.opens(), [])
        account = SocialAccount.objects.get(user=user)
        self.assertEqual(account.extra_data["rights"], NONE.as_json())
        self.assertEqual(rights.put_out(account, now), [])
        self.assertEqual(Client().get("/api/users/self").status_code, 401)
