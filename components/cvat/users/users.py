"""Makes CVAT's users as the stack has them. Runs in the image of CVAT's server; may run any number of times.

The first user is the superuser. Users it made and that the stack no longer has are switched off, never deleted: their work hangs on them. A
superuser who got another name is renamed instead, and keeps what is his. Others are left alone.

What a person signed in with ends when he is switched off and when he gets another password: in CVAT both leave it in place, and whoever is
switched on again has all of it back. (cvat-real-third-look.md, 2.4)
"""

import json
import os
import sys

# CVAT's code lies in the folder that its image starts in.
sys.path.insert(0, os.getcwd())

import django

if __name__ == "__main__":
    django.setup()

from credentials import end_credentials
from cvat.apps.organizations.models import Membership, Organization
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from roles import set_role, take_analytics

# How CVAT's own history shows whom this program made.
MADE_BY = "made by vision-platform"


class Refused(Exception):
    """A sentence for the person who wrote the stack. Has no password in it."""


def apply(users):
    """Brings all users to what the stack has, or none of them. Gives a line for each that changed."""
    names = {user["username"] for user in users}
    with transaction.atomic():
        lines = rename_superuser(users[0], names)
        free_addresses(users, names)
        lines += [line for user in users for line in apply_user(user)]
        lines += switch_off_others(names)
        lines += [line for user in made_here().exclude(username__in=names) for line in end_credentials(user)]
        return lines + hand_over(users[0]["username"])


def rename_superuser(wanted, names):
    """One account under another name, where it can be told which: his organizations, storages and login key stay as they are."""
    if User.objects.filter(username=wanted["username"]).exists():
        return []
    left = list(made_here().filter(is_active=True, is_superuser=True).exclude(username__in=names))
    if len(left) != 1:
        return []
    [user] = left
    before, user.username = user.username, wanted["username"]
    user.save()
    return [f"renamed {before} to {user.username}"]


def free_addresses(users, names):
    """
    Members are invited by their address, and CVAT fails on two users of one. Those of the stack differ: its configuration sees to that. An
    address of somebody who registered himself stands in a second table, where CVAT looks too (cvat/apps/iam/utils.py).
    """
    for wanted in users:
        email = wanted["email"]
        same = Q(email__iexact=email) | Q(emailaddress__email__iexact=email)
        for other in User.objects.filter(same).exclude(username=wanted["username"]).distinct():
            if other.username not in names and not made_here().filter(pk=other.pk).exists():
                raise Refused(
                    f"the e-mail address of {wanted['username']} is that of CVAT's user {other.username} already; "
                    f"give {wanted['username']} another one, or change that of {other.username} in CVAT"
                )
            other.emailaddress_set.filter(email__iexact=email).delete()
            if other.username not in names:
                # Switched off below; the address is somebody else's from now on.
                other.email = ""
                other.save()


def apply_user(wanted):
    name = wanted["username"]
    user = User.objects.filter(username=name).first()
    made = user is None
    if made:
        refuse_same_letters(name)
        user = User(username=name)
    was_admin = not made and (user.is_superuser or user.groups.filter(name="admin").exists())
    comes_back = not user.is_active
    changed = [field for field, value in fields_of(wanted).items() if set_field(user, field, value)]
    # Not the user's own method: where CVAT's hashes became longer, that one saves another hash, which signs him out everywhere.
    renewed = not check_password(wanted["password"], user.password)
    if renewed or comes_back:
        # The same password has another hash then, and what was signed with the old one is void: links that set a new password.
        set_password(user, wanted["password"])
    if renewed:
        changed.append("password")
    if changed:
        # One save: what CVAT does when a user appears depends on the flags it appears with.
        user.save()
    if made:
        remember(user)
    if give_role(user, wanted["role"]):
        changed.append("role")
    if was_admin and wanted["role"] != "admin" and take_analytics(user):
        changed.append("access to analytics")
    if made:
        return [f"made {name}"]
    lines = [f"changed {name}: {', '.join(changed)}"] if changed else []
    return lines + (end_credentials(user) if renewed or comes_back else [])


def fields_of(wanted):
    superuser = wanted["role"] == "admin"
    return {
        "email": wanted["email"],
        "first_name": wanted["firstName"],
        "last_name": wanted["lastName"],
        "is_superuser": superuser,
        "is_staff": superuser,
        "is_active": True,
    }


def set_field(user, field, value):
    if getattr(user, field) == value:
        return False
    setattr(user, field, value)
    return True


def refuse_same_letters(name):
    """Whoever signs in may write his name in any case, and then there must not be two."""
    other = User.objects.filter(username__iexact=name).first()
    if other is not None:
        raise Refused(f"CVAT has a user {other.username} already, which is {name} to it; write the name as CVAT has it")


def set_password(user, password):
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused(f"the password of {user.username} is refused: {' '.join(error.messages)}") from None
    user.set_password(password)


def give_role(user, role):
    try:
        return set_role(user, role)
    except Group.DoesNotExist:
        raise Refused(f"CVAT has no group {role}; did its first start end well?") from None


def remember(user):
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(user.pk),
        object_repr=user.username,
        action_flag=ADDITION,
        change_message=MADE_BY,
    )


def made_here():
    entries = LogEntry.objects.filter(action_flag=ADDITION, change_message=MADE_BY)
    return User.objects.filter(pk__in=[int(pk) for pk in entries.values_list("object_id", flat=True)])


def switch_off_others(names):
    lines = []
    for user in made_here().filter(is_active=True).exclude(username__in=names):
        user.is_active = False
        user.save()
        lines.append(f"switched off {user.username}")
    return lines


def hand_over(superuser):
    """An organization whose owner is switched off has nobody who owns it. It becomes the superuser's, as those of the stack are."""
    owner = User.objects.get(username=superuser)
    lines = []
    for organization in Organization.objects.filter(owner__in=made_here().filter(is_active=False)):
        # Past CVAT's signals: their webhooks and events show who asked, and here nobody asks over HTTP.
        members = Membership.objects.filter(organization=organization)
        members.filter(user=organization.owner).update(role=Membership.MAINTAINER)
        if not members.filter(user=owner).update(role=Membership.OWNER, is_active=True):
            own = {"role": Membership.OWNER, "is_active": True, "joined_date": timezone.now()}
            Membership.objects.bulk_create([Membership(user=owner, organization=organization, **own)])
        Organization.objects.filter(pk=organization.pk).update(owner=owner)
        lines.append(f"handed {organization.slug} over from {organization.owner.username} to {superuser}")
    return lines


def main(path):
    with open(path, encoding="utf-8") as file:
        users = json.load(file)["users"]
    try:
        lines = apply(users)
    except Refused as refusal:
        print(f"vision-platform:cvat: {refusal}", file=sys.stderr)
        return 1
    print("\n".join(lines) or "nothing to do")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
