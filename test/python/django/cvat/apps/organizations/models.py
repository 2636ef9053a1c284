"""As much of cvat/apps/organizations/models.py (CVAT 2.64.0) as users need."""

from django.contrib.auth.models import User
from django.db import models


class Organization(models.Model):
    slug = models.SlugField(max_length=16, unique=True)
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")


class Membership(models.Model):
    WORKER = "worker"
    SUPERVISOR = "supervisor"
    MAINTAINER = "maintainer"
    OWNER = "owner"

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="members")
    is_active = models.BooleanField(default=False)
    joined_date = models.DateTimeField(null=True)
    role = models.CharField(max_length=16)

    class Meta:
        unique_together = ("user", "organization")


class Invitation(models.Model):
    key = models.CharField(max_length=64, primary_key=True)
    membership = models.OneToOneField(Membership, on_delete=models.CASCADE)
