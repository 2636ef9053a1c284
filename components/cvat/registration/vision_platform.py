"""CVAT's own settings, but nobody makes himself an account or has a password reset.

CVAT has no switch for either: while people sign in by password, both pages are there for everybody (cvat/apps/iam/urls.py). They are
closed here, behind every way to them: a route at the edge goes by how a path is spelt, and CVAT takes spellings that Traefik does not.
"""

from cvat.settings.production import *  # noqa: F403
from cvat.settings.production import MIDDLEWARE, REST_AUTH
from django.http import JsonResponse
from django.utils.deprecation import MiddlewareMixin

# dj-rest-auth's own setting: anybody else is answered 401. An administrator still makes accounts here.
REST_AUTH = {**REST_AUTH, "REGISTER_PERMISSION_CLASSES": ("rest_framework.permissions.IsAdminUser",)}

# dj-rest-auth lets anybody call these two and has no setting for it. Names of cvat/apps/iam/urls.py.
CLOSED_ROUTES = ("rest_password_reset", "rest_password_reset_confirm")


class PasswordResetClosed(MiddlewareMixin):
    """Answers in the place of a closed route. By the route that Django found, so no spelling of the path gets around it."""

    def process_view(self, request, view_func, view_args, view_kwargs):
        if request.resolver_match.url_name in CLOSED_ROUTES:
            return JsonResponse({"detail": "Passwords are reset by whoever runs this CVAT."}, status=403)
        return None


MIDDLEWARE = [*MIDDLEWARE, f"{__name__}.PasswordResetClosed"]
