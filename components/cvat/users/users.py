"""Makes CVAT's users as the stack has them. Runs in the image of CVAT's server; may run any number of times.

Users it made and that the stack no longer has are switched off, never deleted: their work hangs on them. Others are left alone.
"""

import json
import os
import sys

# CVAT's code lies in the folder that its image starts in.
sys.path.insert(0, os.getcwd())

import django

if __name__ == "__main__":
    django.setup()

from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction

# How CVAT's own history shows whom this program made.
MADE_BY = "made by vision-platform"

# The groups that mean something to CVAT. A user's others are not ours.
ROLES = ("admin", "user", "worker")


class Refused(Exception):
    """A sentence for the person who wrote the stack. Has no password in it."""


def apply(users):
    """Brings all users to what the stack has, or none of them. Gives a line for each that changed."""
    with transaction.atomic():
        lines = [line for user in users for line in apply_user(user)]
        return lines + switch_off_others({user["username"] for user in users})


def apply_user(wanted):
    name = wanted["username"]
    user = User.objects.filter(username=name).first()
    made = user is None
    if made:
        user = User(username=name)
    changed = [field for field, value in fields_of(wanted).items() if set_field(user, field, value)]
    refuse_taken_email(user)
    if not user.check_password(wanted["password"]):
        set_password(user, wanted["password"])
        changed.append("password")
    if changed:
        # One save: what CVAT does when a user appears depends on the flags it appears with.
        user.save()
    if made:
        remember(user)
    if set_role(user, wanted["role"]):
        changed.append("role")
    if made:
        return [f"made {name}"]
    return [f"changed {name}: {', '.join(changed)}"] if changed else []


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


def refuse_taken_email(user):
    """Members are invited by their address, and CVAT fails on two users of one."""
    other = User.objects.filter(email__iexact=user.email).exclude(pk=user.pk).first()
    if other is not None:
        raise Refused(f"the e-mail address of {user.username} is that of CVAT's user {other.username} already")


def set_password(user, password):
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused(f"the password of {user.username} is refused: {' '.join(error.messages)}") from None
    user.set_password(password)


def set_role(user, role):
    try:
        group = Group.objects.get(name=role)
    except Group.DoesNotExist:
        raise Refused(f"CVAT has no group {role}; did its first start end well?") from None
    before = set(user.groups.filter(name__in=ROLES))
    if before == {group}:
        return False
    user.groups.remove(*before - {group})
    user.groups.add(group)
    return True


def remember(user):
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(user.pk),
        object_repr=user.username,
        action_flag=ADDITION,
        change_message=MADE_BY,
    )


def switch_off_others(names):
    entries = LogEntry.objects.filter(action_flag=ADDITION, change_message=MADE_BY)
    made = [int(pk) for pk in entries.values_list("object_id", flat=True)]
    lines = []
    for user in User.objects.filter(pk__in=made, is_active=True).exclude(username__in=names):
        user.is_active = False
        user.save()
        lines.append(f"switched off {user.username}")
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
