"""CVAT's own settings with registration closed, and with sign-in by an issuer's token before CVAT's own ways."""

from cvat.settings.vision_platform import *  # noqa: F403
from cvat.settings.vision_platform import INSTALLED_APPS, REST_FRAMEWORK
from django.core.exceptions import ImproperlyConfigured

from . import configuration

# Keeps whose account is whose. In each CVAT from 2.39 on. (cvat/settings/base.py)
if "allauth.socialaccount" not in INSTALLED_APPS:
    raise ImproperlyConfigured("CVAT has no app allauth.socialaccount, in which sign-in keeps whose account is whose")

VISION_PLATFORM_SSO = configuration.read()
# Path of the pages of ours.
VISION_PLATFORM_SSO_PATH = "api/sso/"

REST_FRAMEWORK = {
    **REST_FRAMEWORK,
    "DEFAULT_AUTHENTICATION_CLASSES": [
        f"{__package__}.authentication.SsoAuthentication",
        *REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"],
    ],
}
ROOT_URLCONF = f"{__package__}.urls"

if not VISION_PLATFORM_SSO.password_login:
    AUTHENTICATION_BACKENDS = [f"{__package__}.passwords.EmergencyAccount"]
