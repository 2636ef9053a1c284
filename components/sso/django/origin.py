"""
Whether a call comes from CVAT's own pages. A page on a sibling host (notebooks beside CVAT) can make a browser send forms here with the cookie
that signs in, for the cookie's SameSite goes by the domain. (sign-in-parts.md, section 5)
"""

from . import configuration

SAFE = ("GET", "HEAD", "OPTIONS")


def is_own(request):
    """By what browsers say, and pages cannot change. Whoever says nothing is no browser, and has no business with a browser's session."""
    if request.method in SAFE:
        return True
    origin = request.META.get("HTTP_ORIGIN")
    if origin is not None:
        return origin in configuration.current().origins
    return request.META.get("HTTP_SEC_FETCH_SITE") in ("same-origin", "none")
