"""Signing out, and the issuer's word that somebody did."""

import time
from urllib.parse import urlencode

from dj_rest_auth.views import LogoutView
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpResponseRedirect, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from rest_framework.permissions import BasePermission
from rest_framework.response import Response
from rest_framework.views import APIView

from . import configuration, ended, lifetime, people, tokens
from .authentication import SignIn
from .credentials import end_login
from .keys import Unreachable

LONGEST_FORM = 64 * 1024


class SignOut(LogoutView):
    """
    CVAT's own logout. Of somebody who is signed in by the proxy it ends what CVAT holds, and leads on to the proxy, which ends its session and the
    issuer's. CVAT's pages follow, and get the answer of the page below at the end.
    """

    def post(self, request, *args, **kwargs):
        if not isinstance(request.auth, SignIn):
            return super().post(request, *args, **kwargs)
        claims = request.auth.claims
        end_login(request.user)
        logout(request._request)
        ended.end(claims, max(claims["iat"], int(time.time())))
        back = urlencode({"rd": f"/{settings.VISION_PLATFORM_SSO_PATH}signed-out"})
        response = HttpResponseRedirect(f"{configuration.current().sign_out}?{back}")
        # The browser asks for the next page by GET, whatever it asked here by.
        response.status_code = 303
        return response


@method_decorator(never_cache, name="dispatch")
class SignedOut(View):
    """For everybody: where signing out ends."""

    def get(self, request):
        return JsonResponse({"detail": "Successfully logged out."})


@method_decorator([csrf_exempt, never_cache], name="dispatch")
class BackchannelLogout(View):
    """The issuer says by itself that a session ended. (OpenID Connect Back-Channel Logout 1.0, 2.5 to 2.8)"""

    def post(self, request):
        if int(request.META.get("CONTENT_LENGTH") or 0) > LONGEST_FORM:
            return refused("it is too long")
        try:
            claims = tokens.logout_token(request.POST.get("logout_token", ""))
        except Unreachable:
            return JsonResponse({"error": "temporarily_unavailable"}, status=503)
        except tokens.Refused as refusal:
            return refused(str(refusal))
        if not isinstance(claims["jti"], str) or not ended.is_new(claims["jti"]):
            return refused("it came before")
        try:
            ended.end(claims, claims["iat"])
            account = people.account_of(claims) if isinstance(claims.get("sub"), str) else None
            if account is not None:
                end_login(account.user)
        except Exception:
            ended.forget(claims["jti"])
            raise
        return JsonResponse({})


class IsEmergencyAccount(BasePermission):
    """By CVAT's own ways: nobody gets that name by signing in."""

    def has_permission(self, request, view):
        return request.user.is_active and request.user.get_username() == configuration.current().emergency_account


@method_decorator(never_cache, name="dispatch")
class TokenLifetime(APIView):
    """What `smoke` compares with the stack file."""

    # CVAT's own permission asks its policy agent, which knows nothing of this.
    permission_classes = (IsEmergencyAccount,)
    # No part of CVAT's description of its API.
    schema = None

    def get(self, request):
        return Response({"seconds": lifetime.longest()})


def refused(reason):
    return JsonResponse({"error": "invalid_request", "error_description": reason}, status=400)
