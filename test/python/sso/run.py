"""Runs the tests beside it with the settings that the server has. Prints what unittest prints."""

import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "vision_platform_sso.settings"

import django
from django.test.runner import DiscoverRunner

if __name__ == "__main__":
    django.setup()
    sys.exit(bool(DiscoverRunner(verbosity=1, interactive=False).run_tests(sys.argv[1:])))
