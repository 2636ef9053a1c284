"""Whose account in CVAT a person's is. By the issuer's name for him, which never changes, and by nothing that he can choose."""

import hashlib
import re
import unicodedata

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q

from . import configuration
from .credentials import end_credentials

# What another request may have made meanwhile is found when looked for again.
ATTEMPTS = 3
LONGEST_SUBJECT = SocialAccount._meta.get_field("uid").max_length


class Unknown(Exception):
    """A sentence for a person who gets no account."""


def account_of(claims):
    """His row in allauth's table, or none."""
    found = SocialAccount.objects.select_related("user")
    return found.filter(provider=configuration.current().issuer, uid=claims["sub"]).first()


def first_account(claims):
    """The row of somebody who comes for the first time, with the user it belongs to."""
    if not claims["sub"] or len(claims["sub"]) > LONGEST_SUBJECT:
        raise Unknown(f"The issuer's name for you has more than {LONGEST_SUBJECT} letters, or none.")
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                wait_for_others()
                return account_of(claims) or make_account(claims)
        except IntegrityError:
            if attempt + 1 == ATTEMPTS:
                raise


def wait_for_others():
    """First sign-ins come one after the other: two names that differ in case alone are one at login. Users may have the group meanwhile."""
    list(Group.objects.select_for_update(no_key=True).filter(name="user"))


def make_account(claims):
    expected = configuration.current()
    email = verified_email(claims)
    user = user_with(email) if email and expected.links_by_email else None
    if user is not None:
        # Whoever had it until now may have been somebody who only wrote the address into it.
        end_credentials(user)
    elif expected.creates_users:
        user = User(username=free_name(claims), email="" if not email or users_with(email).exists() else email)
        user.first_name, user.last_name = (name_of(claims, of) for of in ("given_name", "family_name"))
    else:
        raise Unknown("You have no account in CVAT. Ask whoever runs it for one.")
    user.set_unusable_password()
    user.save()
    if user.email:
        # Without a row there CVAT takes him for somebody invited, whom whoever registers with the address becomes. (cvat/apps/iam/utils.py)
        EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    return SocialAccount.objects.create(user=user, provider=expected.issuer, uid=claims["sub"], extra_data={})


def verified_email(claims):
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str) or len(email) > 254:
        return None
    try:
        validate_email(email)
    except ValidationError:
        return None
    return email


def users_with(email):
    return User.objects.filter(Q(email__iexact=email) | Q(emailaddress__email__iexact=email)).distinct()


def user_with(email):
    """Whom a person takes over by his address. Never one who may do more than others, and never one of two."""
    users = list(users_with(email))
    if not users:
        return None
    user = users[0]
    expected = configuration.current()
    if (
        len(users) > 1
        or user.email.lower() != email.lower()
        or user.is_superuser
        or user.is_staff
        or not user.is_active
        or user.username == expected.emergency_account
        or user.username in expected.program_accounts
        or user.groups.filter(name="admin").exists()
        or SocialAccount.objects.filter(user=user).exists()
    ):
        raise Unknown("CVAT has an account with your e-mail address that you may not take over. Ask whoever runs it.")
    return user


def free_name(claims):
    """His name at the issuer, in letters that CVAT takes; where another has it, with a mark that is his alone."""
    said = claims.get("preferred_username")
    mark = hashlib.sha256(f"{claims['iss']} {claims['sub']}".encode()).hexdigest()[:8]
    name = re.sub(r"[^\w.@+-]+", "-", unicodedata.normalize("NFKC", said if isinstance(said, str) else ""))[:120]
    name = name.strip("-") or "user"
    taken = (
        name.lower() in configuration.current().reserved_names or User.objects.filter(username__iexact=name).exists()
    )
    return f"{name}-{mark}" if taken or name == "user" else name


def name_of(claims, claim):
    said = claims.get(claim)
    return said.replace("\x00", "")[:150] if isinstance(said, str) else ""
