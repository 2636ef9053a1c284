"""What a CVAT with the settings named by DJANGO_SETTINGS_MODULE answers, as JSON. Run by test/unit/cvat-registration.test.ts."""

import json
import sys

import django
from django.core.management import call_command

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core import mail  # noqa: E402
from django.test import Client  # noqa: E402

PASSWORD = "correct-horse-battery"
NEW_USER = {"username": "stranger", "password1": PASSWORD, "password2": PASSWORD}


def post(path, body=None, **headers):
    """By the spelling as it comes: the client decodes it once, as uvicorn does."""
    sent = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
    answer = Client().generic("POST", path, **sent, **headers)
    return {"status": answer.status_code, "text": answer.content.decode()}


mail.outbox = []
call_command("migrate", verbosity=0)
User.objects.create_superuser("admin", "admin@example.test", PASSWORD)
key = json.loads(post("/api/auth/login", {"username": "admin", "password": PASSWORD})["text"])["key"]
signed_in = {"HTTP_AUTHORIZATION": f"Token {key}"}
asked = {path: post(path) for path in json.load(sys.stdin)}
by_strangers = {path: post(path, NEW_USER)["status"] for path in asked if "register" in path or "%72" in path}
accounts = User.objects.count() - 1
reset = post("/api/auth/password/reset", {"email": "admin@example.test"})["status"]
by_admin = post("/api/auth/register", {**NEW_USER, "username": "invited"}, **signed_in)["status"]
new = {"old_password": PASSWORD, "new_password1": "battery-staple-1", "new_password2": "battery-staple-1"}
json.dump(
    {
        "asked": asked,
        "byStrangers": by_strangers,
        "accounts": accounts,
        "reset": reset,
        "mails": len(mail.outbox),
        "byAdministrator": by_admin,
        "change": post("/api/auth/password/change", new, **signed_in)["status"],
        "changeByStrangers": post("/api/auth/password/change", new)["status"],
    },
    sys.stdout,
)
