"""As much of cvat/apps/access_tokens/models.py (CVAT 2.64.0) as users need."""

from django.contrib.auth.models import User
from django.db import models
from rest_framework_api_key.models import AbstractAPIKey, BaseAPIKeyManager


class AccessTokenManager(BaseAPIKeyManager):
    def assign_key(self, obj):
        result = super().assign_key(obj)
        obj.id = None
        return result


class AccessToken(AbstractAPIKey):
    objects = AccessTokenManager()

    id = models.AutoField(primary_key=True)
    read_only = models.BooleanField(default=True)
    owner = models.ForeignKey(User, related_name="access_tokens", on_delete=models.CASCADE)
