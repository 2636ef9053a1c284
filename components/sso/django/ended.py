"""Sessions at the issuer that have ended, while their tokens would still be good. In CVAT's cache, so that all its processes know."""

import hashlib

from django.core.cache import cache

from . import configuration
from .tokens import LEEWAY

A_DAY = 24 * 60 * 60
PREFIX = "vision-platform-sso"


def end(claims, issued):
    """
    Tokens of this session, or of this person where the issuer names no session, are refused that were issued up to then.

    :param issued: seconds since 1970. Whoever signs in anew has a later token, give or take the two clocks.
    """
    for key in keys_of(claims):
        cache.set(key, max(issued, cache.get(key) or 0), life())


def has_ended(claims):
    found = cache.get_many([key for kind in ("sid", "sub") for key in keys_of({kind: claims.get(kind)})])
    return any(claims["iat"] <= issued for issued in found.values())


def is_new(jti):
    """Whether this is the first time that a logout token comes. It is taken once."""
    return cache.add(key_of("jti", jti), 1, life())


def forget(jti):
    """What came with it was not done, so it may come again."""
    cache.delete(key_of("jti", jti))


def keys_of(claims):
    kind = "sid" if isinstance(claims.get("sid"), str) else "sub"
    return [key_of(kind, claims[kind])] if isinstance(claims.get(kind), str) else []


def key_of(kind, value):
    return f"{PREFIX}:{kind}:{hashlib.sha256(f'{configuration.current().issuer} {value}'.encode()).hexdigest()}"


def life():
    """Longer than any token of a session that ended: an issuer's tokens may live longer than the stack file says."""
    return max(configuration.current().token_lifetime, A_DAY) + 2 * LEEWAY
