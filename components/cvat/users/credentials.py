"""
What opens CVAT to a user beside his password, and how it ends. Deactivation in CVAT only suspends it, and a new password ends his sessions alone.
(cvat-real-third-look.md, 2.4)
"""

import json
import zlib

from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.core import signing


def end_credentials(user):
    """All of it. Gives a line where there was any."""
    return end(user, CREDENTIALS)


def end_login(user):
    """What a sign-in made. Access tokens stay: they are for programs, which go on when a person has gone home."""
    return end(user, [row for row in CREDENTIALS if row[0] != ACCESS_TOKENS])


def end(user, rows):
    ended = [what for what, model, take in rows if is_known(model) and take(apps.get_model(model).objects, user)]
    return [f"ended what {user.username} was signed in with: {', '.join(ended)}"] if ended else []


def is_known(model):
    """Access tokens came with CVAT 2.48."""
    return any(app.label == model.split(".")[0] for app in apps.get_app_configs())


def end_login_key(tokens, user):
    return tokens.filter(user=user).delete()[0]


def revoke_access_tokens(tokens, user):
    """As CVAT's own API does it: the row stays, for the history of what was done with it."""
    return tokens.filter(owner=user, revoked=False).update(revoked=True)


def end_sessions(sessions, user):
    keys = [session.pk for session in sessions.iterator() if user_of(session) == str(user.pk)]
    return sessions.filter(pk__in=keys).delete()[0]


def user_of(session):
    """
    Whose it is, without a look at its signature: the server signs with a key from its own volume, which a Job's pod has not. (cvat.md, section
    5; django.core.signing.dumps says how it is written)
    """
    text = session.session_data.rsplit(":", 2)[0]
    try:
        data = signing.b64_decode(text.lstrip(".").encode())
        return json.loads(zlib.decompress(data) if text.startswith(".") else data).get(SESSION_KEY)
    except (ValueError, AttributeError, zlib.error):
        return None


ACCESS_TOKENS = "access tokens"
CREDENTIALS = (
    ("login key", "authtoken.Token", end_login_key),
    (ACCESS_TOKENS, "access_tokens.AccessToken", revoke_access_tokens),
    ("sessions", "sessions.Session", end_sessions),
)
