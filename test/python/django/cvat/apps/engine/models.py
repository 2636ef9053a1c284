"""As much of cvat/apps/engine/models.py (CVAT 2.64.0) as users need."""

from django.contrib.auth.models import User
from django.db import models


class Profile(models.Model):
    user = models.OneToOneField(User, on_delete=models.CASCADE)
    has_analytics_access = models.BooleanField(default=False)
