"""CVAT's addresses, with those of sign-in before them."""

from cvat.urls import urlpatterns as of_cvat
from django.conf import settings
from django.urls import path

# The schema is found by being loaded.
from . import schema, views  # noqa: F401

own = settings.VISION_PLATFORM_SSO_PATH

urlpatterns = [
    # In the place of CVAT's own. (cvat/apps/iam/urls.py)
    path("api/auth/logout", views.SignOut.as_view(), name="rest_logout"),
    path(f"{own}signed-out", views.SignedOut.as_view(), name="vision_platform_signed_out"),
    path(f"{own}token-lifetime", views.TokenLifetime.as_view(), name="vision_platform_token_lifetime"),
]
if settings.VISION_PLATFORM_SSO.backchannel_logout:
    urlpatterns.append(
        path(f"{own}backchannel-logout", views.BackchannelLogout.as_view(), name="vision_platform_logout")
    )
urlpatterns += of_cvat
