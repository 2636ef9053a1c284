"""cvat/apps/access_tokens/authentication.py (CVAT 2.64.0), without the date of last use."""

from rest_framework import exceptions
from rest_framework.authentication import TokenAuthentication

from . import models


class AccessTokenAuthentication(TokenAuthentication):
    keyword = "Bearer"

    def authenticate_credentials(self, key):
        model = models.AccessToken
        try:
            token = model.objects.get_from_key(key)
        except model.DoesNotExist:
            raise exceptions.AuthenticationFailed("Invalid token.") from None
        if not token.owner.is_active:
            raise exceptions.AuthenticationFailed("User inactive or deleted.")
        return (token.owner, token)
