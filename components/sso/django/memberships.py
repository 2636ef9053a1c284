"""
Memberships that a group gives, and takes along when it is gone.

Past CVAT's signals: its webhooks and events show who asked, who at this point is nobody yet, and fail at that. (cvat/apps/webhooks/signals.py)
"""

import logging

from cvat.apps.organizations.models import Invitation, Membership, Organization
from django.utils import timezone

log = logging.getLogger("cvat.vision_platform_sso")


def bring_to(user, wanted, given):
    """
    Makes somebody a member where his groups say so, and ends what they gave before. An organization's owner stays so.

    :param wanted: roles by organization
    :param given: organizations where a group made him a member before
    :returns: organizations where a group makes him a member now
    """
    of_user = Membership.objects.filter(user=user).exclude(role=Membership.OWNER)
    end(of_user.filter(organization__slug__in=set(given) - set(wanted)))
    owned = Membership.objects.filter(user=user, role=Membership.OWNER).values_list("organization__slug", flat=True)
    return [slug for slug, role in sorted(wanted.items()) if slug not in owned and make(user, slug, role)]


def make(user, slug, role):
    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        log.warning("sign-in: CVAT has no organization %s that %s could be a member of", slug, user.username)
        return False
    now = {"role": role, "is_active": True}
    if not Membership.objects.filter(user=user, organization=organization).update(**now):
        member = Membership(user=user, organization=organization, joined_date=timezone.now(), **now)
        Membership.objects.bulk_create([member], ignore_conflicts=True)
    return True


def end(memberships):
    # An invitation would let him in again.
    invitations = Invitation.objects.filter(membership__in=memberships.values("pk"))
    invitations._raw_delete(invitations.db)
    memberships._raw_delete(memberships.db)
