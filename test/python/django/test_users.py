"""components/cvat/users/users.py with a real Django. Run by test/unit/cvat-users-script.test.ts."""

import contextlib
import datetime
import importlib.util
import io
import json
import os
import pathlib
import sys
import tempfile

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"

import django
from django.db.models.signals import m2m_changed, post_save

django.setup()

from allauth.account.models import EmailAddress  # noqa: E402
from cvat.apps.access_tokens.models import AccessToken  # noqa: E402
from cvat.apps.engine.models import Profile  # noqa: E402
from cvat.apps.organizations.models import Membership, Organization  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user  # noqa: E402
from django.contrib.auth.models import Group, User  # noqa: E402
from django.contrib.auth.tokens import default_token_generator  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.http import HttpRequest  # noqa: E402
from django.test import Client, TestCase, modify_settings, override_settings  # noqa: E402
from django.utils import timezone  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402

SCRIPT = pathlib.Path(__file__).parents[3] / "components/cvat/users/users.py"
# As Python does for a script: what lies beside it.
sys.path.insert(0, str(SCRIPT.parent))
spec = importlib.util.spec_from_file_location("users", SCRIPT)
users = importlib.util.module_from_spec(spec)
spec.loader.exec_module(users)
import roles  # noqa: E402

ADMIN_PASSWORD = "correct-horse-battery"


def person(username, **changes):
    return {
        "username": username,
        "email": f"{username}@example.test",
        "firstName": "",
        "lastName": "",
        "role": "user",
        "password": "staple-and-horse",
        **changes,
    }


def admin(**changes):
    return person("admin", **{"role": "admin", "password": ADMIN_PASSWORD, **changes})


# The server signs sessions with a key that the Job has not.
SERVER = override_settings(SECRET_KEY="the server's own")


class SignedIn:
    """What a person has in hand: a login key, two access tokens, a browser, and a link that sets a new password."""

    def __init__(self, username):
        user = User.objects.get(username=username)
        self.key = Token.objects.get_or_create(user=user)[0].key
        self.tokens = [AccessToken.objects.create_key(name=name, owner=user)[1] for name in ("cli", "ci")]
        with SERVER:
            self.browser = Client()
            self.browser.force_login(user)
            self.link = default_token_generator.make_token(user)

    def opens(self):
        """Which of it CVAT takes (cvat-real-third-look.md, 2.4: DRF's classes and Django's middleware, which all ask for an active user)."""
        of_key = [("key", token.user) for token in Token.objects.filter(key=self.key)]
        of_tokens = [
            ("access token", AccessToken.objects.get_from_key(key).owner) for key in self.tokens if is_valid(key)
        ]
        with SERVER:
            request = HttpRequest()
            request.session = self.browser.session
            of_browser = [("session", get_user(request))]
        return [what for what, user in [*of_key, *of_tokens, *of_browser] if user.is_active and user.pk]


def is_valid(key):
    return AccessToken.objects.is_valid(key)


ALL = ["key", "access token", "access token", "session"]


def groups_of_a_new_user(sender, instance, created, **_):
    """What CVAT does when a user is saved (cvat/apps/iam/signals.py)."""
    if instance.is_superuser and instance.is_staff:
        instance.groups.add(Group.objects.get(name="admin"))
    elif created:
        instance.groups.add(Group.objects.get(name="user"))


def access_of_an_administrator(sender, instance, **_):
    """What CVAT does with access to analytics when a user is saved (cvat/apps/engine/signals.py)."""
    access = instance.is_superuser or instance.groups.filter(name="admin").exists()
    if not hasattr(instance, "profile"):
        Profile.objects.create(user=instance, has_analytics_access=access)
    elif access and not instance.profile.has_analytics_access:
        instance.profile.has_analytics_access = True
        instance.profile.save()


def access_of_a_group(sender, instance, action, **_):
    if action == "post_add":
        access_of_an_administrator(sender, instance)


class Users(TestCase):
    def setUp(self):
        for name in roles.ROLES:
            Group.objects.create(name=name)
        for signal, handler, sender in (
            (post_save, groups_of_a_new_user, User),
            (post_save, access_of_an_administrator, User),
            (m2m_changed, access_of_a_group, User.groups.through),
        ):
            signal.connect(handler, sender=sender)
            self.addCleanup(signal.disconnect, handler, sender=sender)

    def addresses(self):
        return dict(User.objects.values_list("username", "email"))

    def organization(self, slug, owner):
        user = User.objects.get(username=owner)
        made = Organization.objects.create(slug=slug, owner=user)
        made.members.create(user=user, role=Membership.OWNER, is_active=True)
        return made

    def roles(self, slug):
        return dict(Membership.objects.filter(organization__slug=slug).values_list("user__username", "role"))

    def groups(self, username):
        return sorted(User.objects.get(username=username).groups.values_list("name", flat=True))

    def test_makes_the_superuser_and_others(self):
        lines = users.apply([admin(), person("eva", role="worker", firstName="Eva")])
        self.assertEqual(lines, ["made admin", "made eva"])
        made = User.objects.get(username="admin")
        self.assertTrue(made.is_superuser and made.is_staff and made.is_active)
        self.assertTrue(made.check_password(ADMIN_PASSWORD))
        eva = User.objects.get(username="eva")
        self.assertEqual((eva.is_superuser, eva.is_staff, eva.first_name), (False, False, "Eva"))
        self.assertEqual((self.groups("admin"), self.groups("eva")), (["admin"], ["worker"]))

    def test_does_nothing_a_second_time(self):
        users.apply([admin(), person("eva")])
        before = list(User.objects.values())
        self.assertEqual(users.apply([admin(), person("eva")]), [])
        self.assertEqual(list(User.objects.values()), before)

    def test_changes_a_password_only_when_it_is_another(self):
        users.apply([admin()])
        self.assertEqual(users.apply([admin(password="another-long-one")]), ["changed admin: password"])
        self.assertTrue(User.objects.get(username="admin").check_password("another-long-one"))

    def test_takes_over_a_user_who_is_there(self):
        User.objects.create_user("admin", "old@example.test", "whatever-it-was")
        users.apply([admin()])
        taken = User.objects.get(username="admin")
        self.assertTrue(taken.is_superuser and taken.check_password(ADMIN_PASSWORD))
        self.assertEqual((taken.email, self.groups("admin")), ("admin@example.test", ["admin"]))

    def test_changes_a_role_and_leaves_other_groups(self):
        users.apply([admin(), person("eva", role="admin")])
        User.objects.get(username="eva").groups.add(Group.objects.create(name="night shift"))
        users.apply([admin(), person("eva", role="worker")])
        self.assertFalse(User.objects.get(username="eva").is_superuser)
        self.assertEqual(self.groups("eva"), ["night shift", "worker"])

    def test_switches_off_whom_it_made_and_nobody_else(self):
        User.objects.create_user("self-registered", "self@example.test", "whatever-it-was")
        User.objects.create_user("taken-over", "taken@example.test", "whatever-it-was")
        users.apply([admin(), person("eva"), person("taken-over")])
        self.assertEqual(users.apply([admin()]), ["switched off eva"])
        active = User.objects.filter(is_active=True).values_list("username", flat=True)
        self.assertEqual(sorted(active), ["admin", "self-registered", "taken-over"])
        self.assertEqual(User.objects.count(), 4)
        self.assertEqual(users.apply([admin(), person("eva")]), ["changed eva: is_active"])

    def test_who_is_removed_is_out_and_has_nothing_of_it_when_put_back(self):
        users.apply([admin(), person("eva"), person("bob")])
        eva, bob = SignedIn("eva"), SignedIn("bob")
        self.assertEqual((eva.opens(), bob.opens()), (ALL, ALL))
        ended = "ended what eva was signed in with: login key, access tokens, sessions"
        self.assertEqual(users.apply([admin(), person("bob")]), ["switched off eva", ended])
        self.assertEqual((eva.opens(), bob.opens()), ([], ALL))
        self.assertEqual(users.apply([admin(), person("bob")]), [])
        users.apply([admin(), person("eva"), person("bob")])
        self.assertEqual((eva.opens(), bob.opens()), ([], ALL))
        with SERVER:
            self.assertFalse(default_token_generator.check_token(User.objects.get(username="eva"), eva.link))

    def test_who_gets_another_password_is_out(self):
        users.apply([admin(), person("eva")])
        boss, eva = SignedIn("admin"), SignedIn("eva")
        lines = users.apply([admin(password="another-long-one"), person("eva")])
        ended = "ended what admin was signed in with: login key, access tokens, sessions"
        self.assertEqual(lines, ["changed admin: password", ended])
        self.assertEqual((boss.opens(), eva.opens()), ([], ALL))
        again = SignedIn("admin")
        self.assertEqual(users.apply([admin(password="another-long-one"), person("eva")]), [])
        self.assertEqual(again.opens(), ALL)

    def test_who_was_switched_off_by_an_earlier_version_or_by_hand_is_out_too(self):
        users.apply([admin(), person("eva"), person("bob")])
        eva, bob = SignedIn("eva"), SignedIn("bob")
        User.objects.exclude(username="admin").update(is_active=False)
        users.apply([admin(), person("bob")])
        User.objects.update(is_active=True)
        self.assertEqual((eva.opens(), bob.opens()), ([], []))

    def test_signs_nobody_out_who_stays(self):
        users.apply([admin(), person("eva", role="admin")])
        User.objects.create_user("self-registered", "self@example.test", "whatever-it-was")
        eva, other = SignedIn("eva"), SignedIn("self-registered")
        users.apply([admin(), person("eva", email="eve@example.test", firstName="Eva")])
        self.assertEqual((eva.opens(), other.opens()), (ALL, ALL))

    def test_signs_nobody_out_where_the_hashes_became_longer(self):
        users.apply([admin()])
        boss = SignedIn("admin")
        longer = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", *settings.PASSWORD_HASHERS]
        with override_settings(PASSWORD_HASHERS=longer):
            self.assertEqual(users.apply([admin()]), [])
        self.assertEqual(boss.opens(), ALL)

    def test_leaves_alone_a_session_that_it_cannot_read(self):
        users.apply([admin(), person("eva")])
        texts = ["", ":", "x:y:z", ".AAAA:y:z", "bm90IGpzb24:y:z", "W10:y:z"]
        later = timezone.now() + datetime.timedelta(days=1)
        for number, text in enumerate(texts):
            Session.objects.create(session_key=str(number), session_data=text, expire_date=later)
        users.apply([admin()])
        self.assertEqual(Session.objects.count(), len(texts))

    @modify_settings(INSTALLED_APPS={"remove": "cvat.apps.access_tokens"})
    def test_works_where_cvat_has_no_access_tokens_yet(self):
        users.apply([admin(), person("eva")])
        Token.objects.create(user=User.objects.get(username="eva"))
        ended = "ended what eva was signed in with: login key"
        self.assertEqual(users.apply([admin()]), ["switched off eva", ended])

    def test_refuses_a_weak_password_without_saying_it(self):
        with self.assertRaises(users.Refused) as refused:
            users.apply([admin(), person("eva", password="password")])
        self.assertIn("the password of eva is refused: This password is too common.", str(refused.exception))
        self.assertFalse(User.objects.exists())

    def test_refuses_an_address_that_another_user_has(self):
        User.objects.create_user("other", "EVA@example.test", "whatever-it-was")
        with self.assertRaisesRegex(
            users.Refused, "address of eva is that of CVAT's user other already; give eva another"
        ):
            users.apply([admin(), person("eva")])
        self.assertFalse(User.objects.filter(username="eva").exists())

    def test_swaps_two_addresses(self):
        users.apply([admin(), person("eva"), person("bob")])
        swapped = [person("eva", email="bob@example.test"), person("bob", email="eva@example.test")]
        self.assertEqual(users.apply([admin(), *swapped]), ["changed eva: email", "changed bob: email"])
        self.assertEqual(users.apply([admin(), *swapped]), [])

    def test_moves_an_address_to_another_name(self):
        users.apply([admin(), person("eva")])
        moved = person("eve", email="EVA@example.test")
        self.assertEqual(users.apply([admin(), moved]), ["made eve", "switched off eva"])
        self.assertEqual(self.addresses()["eve"], "EVA@example.test")
        self.assertEqual(self.addresses()["eva"], "")
        back = [admin(), person("eva"), person("eve")]
        self.assertEqual(users.apply(back), ["changed eva: email, is_active", "changed eve: email"])

    def test_moves_an_address_of_one_who_registered_himself(self):
        for name in ("eva", "bob"):
            registered = User.objects.create_user(name, f"{name}@example.test", "whatever-it-was")
            registered.emailaddress_set.create(email=registered.email)
        users.apply([admin(), person("eva", email="bob@example.test"), person("bob", email="eva@example.test")])
        self.assertFalse(EmailAddress.objects.exists())
        User.objects.create_user("other").emailaddress_set.create(email="Carl@example.test")
        with self.assertRaisesRegex(users.Refused, "address of carl is that of CVAT's user other already"):
            users.apply([admin(), person("carl")])

    def test_moves_an_address_among_users_who_are_there(self):
        for name in ("eva", "bob"):
            User.objects.create_user(name, f"{name}@example.test", "whatever-it-was")
        users.apply([admin(), person("eva", email="bob@example.test"), person("bob", email="robert@example.test")])
        self.assertEqual(self.addresses()["eva"], "bob@example.test")

    def test_takes_access_to_analytics_from_a_demoted_administrator_and_from_nobody_else(self):
        users.apply([admin(), person("eva", role="admin"), person("bob")])
        Profile.objects.filter(user__username="bob").update(has_analytics_access=True)
        lines = users.apply([admin(), person("eva", role="worker"), person("bob")])
        self.assertEqual(lines, ["changed eva: is_superuser, is_staff, role, access to analytics"])
        access = dict(Profile.objects.values_list("user__username", "has_analytics_access"))
        self.assertEqual(access, {"admin": True, "eva": False, "bob": True})

    def test_takes_it_from_one_who_comes_back_as_less(self):
        users.apply([admin(), person("eva", role="admin")])
        users.apply([admin()])
        users.apply([admin(), person("eva")])
        self.assertFalse(Profile.objects.get(user__username="eva").has_analytics_access)

    def test_renames_the_superuser_who_keeps_what_is_his(self):
        users.apply([admin()])
        before = User.objects.get(username="admin").pk
        self.organization("lab", "admin")
        lines = users.apply([person("boss", role="admin", password="another-long-one")])
        self.assertEqual(lines, ["renamed admin to boss", "changed boss: email, password"])
        self.assertEqual(User.objects.get(username="boss").pk, before)
        self.assertEqual((User.objects.count(), self.roles("lab")), (1, {"boss": "owner"}))

    def test_renames_nobody_where_it_cannot_be_told_whom(self):
        users.apply([admin(), person("eva", role="admin")])
        lines = users.apply([person("boss", role="admin")])
        self.assertEqual(lines, ["made boss", "switched off admin", "switched off eva"])

    def test_renames_nobody_who_stays_or_whom_it_did_not_make(self):
        User.objects.create_superuser("root", "root@example.test", "whatever-it-was")
        users.apply([admin()])
        lines = users.apply([person("boss", role="admin"), person("admin", role="user", password=ADMIN_PASSWORD)])
        self.assertEqual(lines[0], "made boss")
        self.assertEqual(sorted(self.addresses()), ["admin", "boss", "root"])

    def test_hands_organizations_of_whom_it_switches_off_to_the_superuser(self):
        users.apply([admin(), person("eva"), person("bob")])
        for slug, owner in (("evas", "eva"), ("bobs", "bob")):
            self.organization(slug, owner)
        lines = users.apply([admin(), person("bob")])
        self.assertEqual(lines, ["switched off eva", "handed evas over from eva to admin"])
        self.assertEqual(self.roles("evas"), {"eva": "maintainer", "admin": "owner"})
        self.assertEqual(Organization.objects.get(slug="evas").owner.username, "admin")
        self.assertEqual(self.roles("bobs"), {"bob": "owner"})
        self.assertEqual(users.apply([admin(), person("bob")]), [])

    def test_makes_a_member_the_owner_where_he_became_the_superuser(self):
        users.apply([admin(), person("eva", role="admin")])
        lab = self.organization("lab", "admin")
        lab.members.create(user=User.objects.get(username="eva"), role=Membership.WORKER, is_active=True)
        users.apply([person("eva", role="admin")])
        self.assertEqual(self.roles("lab"), {"admin": "maintainer", "eva": "owner"})

    def test_refuses_a_name_that_is_there_in_other_letters(self):
        User.objects.create_user("Eva", "other@example.test", "whatever-it-was")
        with self.assertRaisesRegex(users.Refused, "CVAT has a user Eva already, which is eva to it"):
            users.apply([admin(), person("eva")])

    def test_says_when_cvat_has_not_started_well(self):
        Group.objects.all().delete()
        post_save.disconnect(groups_of_a_new_user, sender=User)
        with self.assertRaisesRegex(users.Refused, "CVAT has no group admin"):
            users.apply([admin()])

    def test_ends_with_1_and_a_sentence_when_it_refuses(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"users": [admin(password="12345678901")]}, file)
            file.flush()
            said = io.StringIO()
            with contextlib.redirect_stderr(said):
                self.assertEqual(users.main(file.name), 1)
        self.assertRegex(said.getvalue(), r"^vision-platform:cvat: the password of admin is refused: .*numeric\.\n$")

    def test_reads_its_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"users": [admin()]}, file)
            file.flush()
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                self.assertEqual(users.main(file.name), 0)
        self.assertEqual(said.getvalue(), "made admin\n")


if __name__ == "__main__":
    from django.test.utils import get_runner

    failures = get_runner(settings)(verbosity=2).run_tests(["test_users"])
    raise SystemExit(bool(failures))
