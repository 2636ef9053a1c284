"""What a user may do in CVAT as a whole: in which of its own groups he is."""

from django.contrib.auth.models import Group

# The groups that mean something to CVAT, the strongest first. A user's others are not ours. (cvat/settings/base.py: IAM_ROLES)
ROLES = ("admin", "user", "worker")


def set_role(user, role):
    """
    Whether it was another.

    :raises Group.DoesNotExist: where CVAT's first start did not end well
    """
    group = Group.objects.get(name=role)
    before = set(user.groups.filter(name__in=ROLES))
    if before == {group}:
        return False
    user.groups.remove(*before - {group})
    user.groups.add(group)
    return True


def take_analytics(user):
    """CVAT gives it to whoever becomes an administrator, and never takes it back (cvat/apps/engine/signals.py)."""
    profile = getattr(user, "profile", None)
    if not getattr(profile, "has_analytics_access", False):
        return False
    profile.has_analytics_access = False
    profile.save()
    return True
