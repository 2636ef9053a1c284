"""components/cvat/users/users.py with a real Django. Run by test/unit/cvat-users-script.test.ts."""

import contextlib
import importlib.util
import io
import json
import os
import pathlib
import tempfile

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"

import django
from django.db.models.signals import post_save

django.setup()

from django.contrib.auth.models import Group, User  # noqa: E402
from django.test import TestCase  # noqa: E402

SCRIPT = pathlib.Path(__file__).parents[3] / "components/cvat/users/users.py"
spec = importlib.util.spec_from_file_location("users", SCRIPT)
users = importlib.util.module_from_spec(spec)
spec.loader.exec_module(users)

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


def groups_of_a_new_user(sender, instance, created, **_):
    """What CVAT does when a user is saved (cvat/apps/iam/signals.py)."""
    if instance.is_superuser and instance.is_staff:
        instance.groups.add(Group.objects.get(name="admin"))
    elif created:
        instance.groups.add(Group.objects.get(name="user"))


class Users(TestCase):
    def setUp(self):
        for name in users.ROLES:
            Group.objects.create(name=name)
        post_save.connect(groups_of_a_new_user, sender=User)
        self.addCleanup(post_save.disconnect, groups_of_a_new_user, sender=User)

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

    def test_refuses_a_weak_password_without_saying_it(self):
        with self.assertRaises(users.Refused) as refused:
            users.apply([admin(), person("eva", password="password")])
        self.assertIn("the password of eva is refused: This password is too common.", str(refused.exception))
        self.assertFalse(User.objects.exists())

    def test_refuses_an_address_that_another_user_has(self):
        User.objects.create_user("other", "EVA@example.test", "whatever-it-was")
        with self.assertRaisesRegex(users.Refused, "address of eva is that of CVAT's user other"):
            users.apply([person("eva")])

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
    from django.conf import settings
    from django.test.utils import get_runner

    failures = get_runner(settings)(verbosity=2).run_tests(["test_users"])
    raise SystemExit(bool(failures))
