"""What a token of the issuer must be, to be believed."""

import functools
import time

import jwt

from . import configuration
from .keys import ALGORITHMS, IssuerKeys

# Seconds that the clocks of issuer and CVAT may differ.
LEEWAY = 30
LONGEST = 32 * 1024
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
# A logout token is not older than this, in seconds. (OpenID Connect Back-Channel Logout 1.0, 2.6)
LOGOUT_LIFE = 300

ALLOWED = frozenset().union(*ALGORITHMS.values())
REASONS = {
    jwt.ExpiredSignatureError: "it has run out",
    jwt.ImmatureSignatureError: "it is of a later time than CVAT's clock says",
    jwt.InvalidAudienceError: "it is for another client",
    jwt.InvalidIssuerError: "it is of another issuer",
    jwt.MissingRequiredClaimError: "it lacks what a token must say",
}


class Refused(Exception):
    """Why a token is not believed. The text has nothing of the token in it."""


@functools.cache
def keys_of(issuer, issuer_for_pods, issuer_ca):
    return IssuerKeys(issuer, issuer_for_pods, issuer_ca)


def id_token(text):
    """
    The claims of an ID token that is for CVAT.

    Keycloak signs ID tokens, access tokens and logout tokens alike: claim `typ` tells which it is. (sign-in-parts.md, section 2)
    """
    _, claims = verified(text, ("JWT",))
    expected = configuration.current()
    typ = claims.get("typ")
    if typ != "ID" if expected.is_keycloak else typ not in (None, "ID"):
        raise Refused("it is no ID token")
    if "events" in claims:
        raise Refused("it is no ID token")
    check_audience(claims, expected.client_id)
    return claims


def logout_token(text):
    """The claims of a token by which the issuer says that a session ended. (OpenID Connect Back-Channel Logout 1.0, 2.4 and 2.6)"""
    header, claims = verified(text, ("JWT", "LOGOUT+JWT"), required=("exp", "iat", "iss", "aud", "jti"))
    expected = configuration.current()
    if expected.is_keycloak and (kind_of(header) != "LOGOUT+JWT" or claims.get("typ") != "Logout"):
        raise Refused("it is no logout token")
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict) or "nonce" in claims:
        raise Refused("it is no logout token")
    if not any(isinstance(claims.get(name), str) and claims[name] for name in ("sid", "sub")):
        raise Refused("it names neither a session nor a person")
    if claims["iat"] < time.time() - LOGOUT_LIFE - LEEWAY:
        raise Refused("it is too old")
    return claims


def check_audience(claims, client_id):
    """Of several audiences the token must say for whom it was made. (OpenID Connect Core 1.0, 3.1.3.7)"""
    audience = claims["aud"]
    if isinstance(audience, list) and audience != [client_id] and "azp" not in claims:
        raise Refused("it is for several and does not say by whom it was asked for")
    if claims.get("azp", client_id) != client_id:
        raise Refused("it was made for another client")


def verified(text, kinds, required=("exp", "iat", "sub", "iss", "aud")):
    """Header and claims of a token that the issuer signed, for CVAT, in force now."""
    try:
        if len(text) > LONGEST:
            raise Refused("it is too long")
        header = jwt.get_unverified_header(text)
        if kind_of(header) not in kinds or "crit" in header:
            raise Refused("it is of another kind")
        claims = claims_of(text, header, required)
        return header, {**claims, "iat": int(claims["iat"]), "exp": int(claims["exp"])}
    except (jwt.PyJWTError, ValueError, TypeError, ArithmeticError, RecursionError) as error:
        # What a stranger sends may break a parser in many ways.
        raise Refused(REASONS.get(type(error), "it is not sound")) from None


def kind_of(header):
    return str(header.get("typ", "JWT")).upper()


def claims_of(text, header, required):
    expected = configuration.current()
    keys = keys_of(expected.issuer, expected.issuer_for_pods, expected.issuer_ca)
    known = keys.known()
    claims = signed_by(known, text, header, required)
    # A key that is known and did not sign this is a forgery; only for one that is not known the issuer is asked.
    if (
        claims is None
        and header.get("alg") in ALLOWED
        and not any(key.kid == header.get("kid") for key in known if key.kid)
    ):
        claims = signed_by(keys.newer_than(known), text, header, required)
    if claims is None:
        raise Refused("it is not signed by the issuer")
    return claims


def signed_by(keys, text, header, required):
    """The claims, where one of these keys signed them."""
    expected = configuration.current()
    for key in keys:
        if header.get("kid") not in (None, key.kid) or header.get("alg") not in key.algorithms:
            continue
        try:
            return jwt.decode(
                text,
                key.public,
                algorithms=[header["alg"]],
                audience=expected.client_id,
                issuer=expected.issuer,
                leeway=LEEWAY,
                options={"require": list(required)},
            )
        except jwt.InvalidSignatureError:
            continue
    return None
