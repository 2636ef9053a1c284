"""Brings somebody in CVAT to what his groups say, and remembers what they gave, so that it can be taken away."""

from django.contrib.auth.models import Group
from django.db import transaction

from . import memberships
from .credentials import end_credentials
from .groups import NONE
from .roles import ROLES, set_role, take_analytics


def bring_to(account, rights, issued):
    """
    :param account: row of allauth's table, which keeps what was given
    :param issued: when the token was issued. An older one gives nothing back that a newer one took.
    :returns: the row as it is now, with the user as he is now
    """
    if is_done(account.extra_data, rights, issued):
        return account
    with transaction.atomic():
        account = type(account).objects.select_for_update().get(pk=account.pk)
        if not is_done(account.extra_data, rights, issued):
            remember(account, {"given": apply(account, rights), "rights": rights.as_json(), "issued": issued})
    return account


def is_done(state, rights, issued):
    before = state.get("issued", 0)
    return issued < before or (issued == before and state.get("rights") == rights.as_json())


def put_out(account, issued):
    """Ends all that opens CVAT to him, and all that groups gave. Tokens issued up to now do not bring it back."""
    if is_known(account.extra_data, issued):
        return []
    with transaction.atomic():
        account = type(account).objects.select_for_update().get(pk=account.pk)
        if is_known(account.extra_data, issued):
            return []
        lines = end_credentials(account.user)
        given = apply(account, NONE)
        remember(account, {"given": given, "rights": NONE.as_json(), "issued": issued, "out": issued})
        return lines


def is_known(state, issued):
    """Whether he was put out by such a token, or a newer one has said since what he may."""
    return state.get("out", -1) >= issued or state.get("issued", 0) > issued


def remember(account, state):
    account.extra_data = {**account.extra_data, **state}
    # allauth's own date of the last sign-in is set by each save; here it is when he was seen last.
    account.save(update_fields=["extra_data", "last_login"])


def apply(account, rights):
    user = account.user
    was_admin = user.is_superuser or user.groups.filter(name="admin").exists()
    if (user.is_superuser, user.is_staff) != (rights.superuser, rights.superuser):
        user.is_superuser = user.is_staff = rights.superuser
        user.save(update_fields=["is_superuser", "is_staff"])
    if rights.role is None:
        user.groups.remove(*Group.objects.filter(name__in=ROLES))
    else:
        set_role(user, rights.role)
    if was_admin and rights.role != "admin":
        take_analytics(user)
    return memberships.bring_to(user, rights.organizations, account.extra_data.get("given", []))
