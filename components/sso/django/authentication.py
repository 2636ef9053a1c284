"""Who calls, by the ID token that the proxy puts into a header of its own. `Authorization` is CVAT's: there Bearer is its own access tokens."""

import logging
from dataclasses import dataclass

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed, PermissionDenied

from . import configuration, ended, lifetime, origin, people, rights, tokens, unseen
from .groups import groups_of, rights_of
from .keys import Unreachable

log = logging.getLogger("cvat.vision_platform_sso")


class CannotTell(APIException):
    status_code = 503
    default_detail = "Sign-in cannot be checked at present: the issuer does not answer. Try again in half a minute."
    default_code = "sign_in_unavailable"


@dataclass(frozen=True)
class SignIn:
    """What Django REST keeps as `request.auth`."""

    claims: dict


class SsoAuthentication(BaseAuthentication):
    """First of CVAT's classes. Says nothing where the header is not there."""

    def authenticate(self, request):
        unseen.end_if_due()
        token = request.META.get(configuration.current().header)
        if not token:
            return None
        claims = self.claims_of(token)
        if not origin.is_own(request):
            raise PermissionDenied("Refused: this call does not come from CVAT's own pages.")
        return user_of(claims), SignIn(claims)

    def authenticate_header(self, request):
        """CVAT's own word, which its programs know; of a token that is not believed the word of RFC 6750."""
        has_token = request.META.get(configuration.current().header)
        return 'Bearer realm="sign-in", error="invalid_token"' if has_token else "Token"

    @staticmethod
    def claims_of(token):
        try:
            claims = tokens.id_token(token)
        except Unreachable as error:
            log.warning("sign-in: %s", error)
            raise CannotTell from None
        except tokens.Refused as refusal:
            log.info("sign-in: a token is refused: %s", refusal)
            raise AuthenticationFailed(f"Your sign-in is not believed: {refusal}. Sign in again.") from None
        if has_ended(claims):
            raise AuthenticationFailed("You have signed out. Sign in again.")
        lifetime.seen.note(claims)
        return claims


def has_ended(claims):
    try:
        return ended.has_ended(claims)
    except Exception as error:
        log.error("sign-in: not known who has signed out: CVAT's cache does not answer (%s)", error)
        raise CannotTell("Sign-in cannot be checked at present: CVAT's cache (Redis) does not answer.") from None


def user_of(claims):
    """The user in CVAT, with what his groups give him now. Refuses, and puts out, who may not be here."""
    expected = configuration.current()
    groups = groups_of(claims, expected)
    account = people.account_of(claims)
    if not groups & expected.allowed_groups:
        refuse(account, claims, "You are in none of the groups that may sign in to CVAT.")
    if account is None:
        try:
            account = people.first_account(claims)
        except people.Unknown as reason:
            raise PermissionDenied(str(reason)) from None
    if not account.user.is_active:
        refuse(account, claims, "Your account in CVAT is switched off.")
    if claims["iat"] <= account.extra_data.get("out", -1):
        raise PermissionDenied("You were put out of CVAT since. Sign in again.")
    return rights.bring_to(account, rights_of(groups, expected), claims["iat"]).user


def refuse(account, claims, reason):
    for line in rights.put_out(account, claims["iat"]) if account else []:
        log.info("sign-in: %s", line)
    raise PermissionDenied(reason)
