"""Whose account is whose, and what groups give and take. Run by test/contract/sso-class.test.ts."""

import time

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from case import InHand, SignIn
from cvat.apps.engine.models import Profile
from cvat.apps.organizations.models import Invitation, Membership, Organization
from django.contrib.auth.models import Group, User
from django.test import TestCase
from issuer import PUBLIC, id_claims, signed
from vision_platform_sso.configuration import Meaning


class Accounts(SignIn, TestCase):
    def test_the_first_time_makes_a_user_and_later_it_is_he(self):
        first = self.who()
        self.assertEqual((first["username"], first["email"]), ("ann", "ann@example.test"))
        user = User.objects.get(pk=first["id"])
        self.assertEqual((user.first_name, user.last_name, user.has_usable_password()), ("Ann", "Otator", False))
        # CVAT takes a user without this row for somebody invited, whom whoever registers with the address becomes.
        self.assertTrue(EmailAddress.objects.get(user=user).verified)
        self.assertEqual(SocialAccount.objects.get(user=user).provider, PUBLIC)
        other = self.who(preferred_username="boss", email="new@example.test")
        self.assertEqual(other["id"], first["id"])

    def test_another_person_with_all_the_same_is_another(self):
        first = self.who()
        second = self.who(sub="other")
        self.assertNotEqual(first["id"], second["id"])
        self.assertRegex(second["username"], r"^ann-[0-9a-f]{8}$")
        self.assertEqual(second["email"], "")

    def test_a_name_or_an_address_of_somebody_else_gives_nothing_of_his(self):
        local = User.objects.create_user("eve", "eve@example.test", "x")
        for claims in (
            {"preferred_username": "eve", "email": "eve@example.test"},
            {"preferred_username": "EVE", "email": "Eve@Example.test"},
            {"preferred_username": "boss", "email": "boss@example.test"},
            {"preferred_username": "x", "email": "boss@elsewhere.example"},
        ):
            person = self.who(sub=str(claims), **claims)
            self.assertNotIn(person["id"], (local.pk, self.owner.pk))
            self.assertNotIn(person["username"].lower(), ("eve", "boss"))
            self.assertFalse(person["superuser"])

    def test_names_of_the_stack_are_nobodys_by_signing_in(self):
        """The stack would make its own user of who has the name already."""
        self.assertRegex(self.who(preferred_username="Eva")["username"], r"^Eva-[0-9a-f]{8}$")

    def test_names_are_made_safe(self):
        for said, name in {
            "ann o'tator": "ann-o-tator",
            "Änn@example.test": "Änn@example.test",
            "../../x\n": "..-..-x",
            "\uff41\uff4e\uff4e\uff12": "ann2",
            "x" * 500: "x" * 120,
        }.items():
            with self.subTest(said):
                self.assertEqual(self.who(sub=said[:30], preferred_username=said)["username"], name)
        for said in (None, "", "///", 7, ["x"]):
            self.assertRegex(
                self.who(sub=f"no name {said}", preferred_username=said)["username"], r"^user-[0-9a-f]{8}$"
            )

    def test_an_address_that_is_not_verified_is_not_kept(self):
        for verified in (False, None, "true", 1):
            person = self.who(sub=f"mail {verified}", email_verified=verified)
            self.assertEqual(person["email"], "")

    def test_a_subject_that_cannot_be_kept_is_refused(self):
        self.assertEqual(self.sign_in(sub="x" * 192).status_code, 403)
        self.assertEqual(self.sign_in(sub="").status_code, 403)
        self.who(sub="x" * 191)

    def test_the_same_subject_of_another_issuer_is_another(self):
        SocialAccount.objects.create(user=self.owner, provider="https://other.example.com", uid="f3c1a0e2")
        self.assertNotEqual(self.who()["id"], self.owner.pk)

    def test_nobody_is_made_where_the_stack_says_so(self):
        self.stack(creates_users=False)
        answer = self.sign_in()
        self.assertEqual((answer.status_code, User.objects.count()), (403, 1))
        self.assertIn("no account", answer.json()["detail"])


class ByEmail(SignIn, TestCase):
    def setUp(self):
        super().setUp()
        self.stack(links_by_email=True)
        self.local = User.objects.create_user("eve", "Eve@example.test", "x")

    def test_who_has_the_address_is_taken_over_and_what_opened_the_account_before_ends(self):
        in_hand = InHand(self.local)
        person = self.who(email="eve@example.test")
        self.assertEqual((person["id"], person["username"]), (self.local.pk, "eve"))
        self.assertEqual(in_hand.opens(), [])
        self.local.refresh_from_db()
        self.assertFalse(self.local.has_usable_password())
        self.assertEqual(self.who(email=None)["id"], self.local.pk)

    def test_also_where_nobody_is_made(self):
        self.stack(links_by_email=True, creates_users=False)
        self.assertEqual(self.who(email="eve@example.test")["id"], self.local.pk)
        self.assertEqual(self.sign_in(sub="other", email="x@example.test").status_code, 403)

    def test_not_by_half_an_address_nor_one_that_is_not_verified(self):
        self.assertNotEqual(self.who(sub="1", email="eve@elsewhere.example")["id"], self.local.pk)
        self.assertNotEqual(self.who(sub="2", email="eve@example.test", email_verified=False)["id"], self.local.pk)
        self.assertNotEqual(self.who(sub="3", email=None, preferred_username="eve")["id"], self.local.pk)

    def test_never_who_may_more_is_switched_off_is_one_of_two_or_somebodys_already(self):
        def made(name, **flags):
            groups = flags.pop("groups", ())
            user = User.objects.create_user(name, f"{name}@example.test", "x", **flags)
            user.groups.add(*Group.objects.filter(name__in=groups))
            return user

        made("super", is_superuser=True)
        made("staff", is_staff=True)
        made("chief", groups=["admin"])
        made("off", is_active=False)
        made("robot")
        self.stack(links_by_email=True, program_accounts=frozenset({"robot"}))
        SocialAccount.objects.create(user=made("taken"), provider=PUBLIC, uid="somebody")
        User.objects.create_user("twin", "double@example.test", "x")
        User.objects.create_user("twin2", "Double@example.test", "x")
        EmailAddress.objects.create(user=self.local, email="second@example.test")
        for name in ("super", "staff", "chief", "off", "robot", "taken", "double", "second", "boss"):
            with self.subTest(name):
                answer = self.sign_in(sub=name, email=f"{name}@example.test")
                self.assertEqual(answer.status_code, 403)
                self.assertIn("may not take over", answer.json()["detail"])


class WhatGroupsGive(SignIn, TestCase):
    def setUp(self):
        super().setUp()
        self.now = int(time.time())

    def after(self, seconds, *groups, **claims):
        return self.who(iat=self.now + seconds, groups=list(groups), **claims)

    def of(self, person):
        return (person["superuser"], person["groups"], person["organizations"])

    def test_given_and_taken(self):
        self.assertEqual(self.of(self.after(0, "/annotators")), (False, ["worker"], {"lab": "worker"}))
        both = self.after(1, "/annotators", "/reviewers")
        self.assertEqual(self.of(both), (False, ["user"], {"hall": "worker", "lab": "supervisor"}))
        self.assertEqual(self.of(self.after(2, "/annotators")), (False, ["worker"], {"lab": "worker"}))
        for _ in range(2):
            self.assertEqual(self.of(self.after(3, "/admins")), (True, ["admin"], {}))
        self.assertTrue(Profile.objects.get(user__username="ann").has_analytics_access)
        self.assertEqual(self.of(self.after(4, "/annotators")), (False, ["worker"], {"lab": "worker"}))
        user = User.objects.get(username="ann")
        self.assertEqual((user.is_staff, user.profile.has_analytics_access), (False, False))

    def test_an_older_token_gives_nothing_back(self):
        self.after(0, "/admins")
        self.after(10, "/annotators")
        self.assertEqual(self.of(self.after(0, "/admins")), (False, ["worker"], {"lab": "worker"}))

    def test_what_the_stack_takes_out_is_taken_from_who_has_it(self):
        self.after(0, "/reviewers")
        self.stack(groups={"/reviewers": Meaning(False, None, {"hall": "maintainer"})})
        self.assertEqual(self.of(self.after(0, "/reviewers")), (False, ["worker"], {"hall": "maintainer"}))

    def test_what_is_changed_by_hand_lasts_until_the_next_token(self):
        person = self.after(0, "/annotators")
        user = User.objects.get(pk=person["id"])
        user.is_superuser = user.is_staff = True
        user.save()
        Membership.objects.filter(user=user).delete()
        self.assertEqual(self.of(self.after(1, "/annotators")), (False, ["worker"], {"lab": "worker"}))

    def test_memberships_of_others_stay(self):
        person = self.after(0, "/annotators")
        user = User.objects.get(pk=person["id"])
        other = Organization.objects.create(slug="other", owner=user)
        Membership.objects.create(user=user, organization=other, role="owner", is_active=True)
        hall = Organization.objects.get(slug="hall")
        Membership.objects.create(user=user, organization=hall, role="worker", is_active=True)
        expected = {"lab": "worker", "hall": "worker", "other": "owner"}
        self.assertEqual(self.after(1, "/annotators")["organizations"], expected)

    def test_an_owner_stays_owner(self):
        person = self.after(0, "/annotators")
        Membership.objects.filter(user=person["id"], organization__slug="lab").update(role="owner")
        self.assertEqual(self.after(1, "/reviewers")["organizations"]["lab"], "owner")
        self.assertEqual(self.after(2, "/admins")["organizations"], {"lab": "owner"})

    def test_an_owner_stays_owner_of_what_a_group_gave_and_took(self):
        person = self.after(0, "/annotators")
        Membership.objects.filter(user=person["id"], organization__slug="lab").update(role="owner")
        self.assertEqual(self.after(1, "/admins")["organizations"], {"lab": "owner"})

    def test_an_invitation_to_what_was_taken_is_gone_too(self):
        person = self.after(0, "/reviewers")
        Invitation.objects.create(
            key="k", membership=Membership.objects.get(user=person["id"], organization__slug="hall")
        )
        self.after(1, "/annotators")
        self.assertFalse(Invitation.objects.filter(key="k").exists())

    def test_an_organization_that_is_not_there_yet(self):
        Organization.objects.get(slug="hall").delete()
        self.assertEqual(self.after(0, "/reviewers")["organizations"], {"lab": "supervisor"})
        Organization.objects.create(slug="hall", owner=self.owner)
        self.assertEqual(self.after(1, "/reviewers")["organizations"], {"lab": "supervisor", "hall": "worker"})

    def test_three_hundred_groups_are_looked_at_and_one_counts(self):
        many = [f"/department/team-{number:03}" for number in range(300)]
        self.assertEqual(self.of(self.after(0, *many, "/annotators")), (False, ["worker"], {"lab": "worker"}))
        self.assertEqual(self.sign_in(sub="other", groups=many).status_code, 403)

    def test_groups_that_are_none(self):
        for groups in (
            None,
            [],
            "annotators",
            ["annotators"],
            ["/annotators/"],
            ["/ANNOTATORS"],
            {"/annotators": 1},
            [["/annotators"]],
        ):
            with self.subTest(groups):
                self.assertEqual(self.sign_in(sub=f"no {groups}"[:100], groups=groups).status_code, 403)
        self.assertEqual(User.objects.count(), 1)
        self.who(groups="/annotators")

    def test_a_signed_in_call_asks_the_database_little(self):
        self.after(0, "/annotators")
        token = signed(id_claims(iat=self.now))
        with self.assertNumQueries(3):
            # His row with his user, and what the page itself asks: his groups and his memberships.
            self.call(token)
