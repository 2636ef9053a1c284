"""What CVAT does by itself when a user is saved (cvat/apps/iam/signals.py, cvat/apps/engine/signals.py, 2.64.0)."""

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import m2m_changed, post_migrate, post_save


def register_groups(sender, **kwargs):
    from django.contrib.auth.models import Group

    for role in settings.IAM_ROLES:
        Group.objects.get_or_create(name=role)


def groups_of_a_new_user(sender, instance, created, raw, **kwargs):
    from django.contrib.auth.models import Group

    if instance.is_superuser and instance.is_staff:
        instance.groups.add(Group.objects.get(name="admin"))
    elif created:
        instance.groups.add(Group.objects.get(name="user"))


def access_to_analytics(sender, instance, **kwargs):
    from cvat.apps.engine.models import Profile

    if kwargs.get("action", "post_add") != "post_add" or not hasattr(instance, "is_superuser"):
        return
    access = instance.is_superuser or instance.groups.filter(name="admin").exists()
    profile, _ = Profile.objects.get_or_create(user=instance, defaults={"has_analytics_access": access})
    if access and not profile.has_analytics_access:
        profile.has_analytics_access = True
        profile.save()


class IAMConfig(AppConfig):
    name = "cvat.apps.iam"

    def ready(self):
        from django.contrib.auth.models import User

        post_migrate.connect(register_groups, self)
        post_save.connect(groups_of_a_new_user, sender=User)
        post_save.connect(access_to_analytics, sender=User)
        m2m_changed.connect(access_to_analytics, sender=User.groups.through)
