"""
Serves CVAT's addresses beside it in uvicorn, with the settings that the server has, on a database of its own: `python serve.py PORT`. Ends with
the program that started it.
"""

import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "vision_platform_sso.settings"

import django
from django.test.runner import DiscoverRunner

if __name__ == "__main__":
    django.setup()
    runner = DiscoverRunner(verbosity=0, interactive=False)
    runner.setup_test_environment()
    databases = runner.setup_databases()

    import uvicorn
    from cvat.apps.organizations.models import Membership, Organization
    from django.contrib.auth.models import User
    from django.core.asgi import get_asgi_application

    owner = User.objects.create_superuser("boss", "boss@example.test", os.environ["SSO_TEST_PASSWORD"])
    lab = Organization.objects.create(slug="lab", owner=owner)
    Membership.objects.create(user=owner, organization=lab, role="owner", is_active=True)
    uvicorn.run(get_asgi_application(), port=int(sys.argv[1]), lifespan="off", http="h11", loop="asyncio")
