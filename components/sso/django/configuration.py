"""What the stack says of sign-in, from the one JSON file that it is mounted as (components/sso/sign-in-settings.ts)."""

import json
import os
import pathlib
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

# Names the file; without it, the file lies beside this one.
VARIABLE = "VISION_PLATFORM_SSO"
FILE = "sign-in.json"

# Width of allauth's column for the provider, which keeps the issuer's address.
LONGEST_ISSUER = 200


@dataclass(frozen=True)
class Meaning:
    """What a group means in CVAT."""

    superuser: bool
    role: str | None
    organizations: dict[str, str]


@dataclass(frozen=True)
class Configuration:
    issuer: str
    # The issuer by the name that pods reach it by.
    issuer_for_pods: str
    # Certificates of the issuer's private authority in PEM; empty where public ones are enough.
    issuer_ca: str
    is_keycloak: bool
    client_id: str
    # Key of the header in Django's META.
    header: str
    groups_claim: str
    allowed_groups: frozenset[str]
    groups: dict[str, Meaning]
    creates_users: bool
    links_by_email: bool
    # Names of the stack's own users, which nobody gets by signing in. In lower case.
    reserved_names: frozenset[str]
    emergency_account: str
    # Users that programs have, whose passwords nobody chose.
    program_accounts: frozenset[str]
    password_login: bool
    origins: frozenset[str]
    sign_out: str
    token_lifetime: int
    # Seconds after which who was not seen loses what opens CVAT beside sign-in. 0: never.
    unseen: int
    backchannel_logout: bool


def current() -> Configuration:
    return settings.VISION_PLATFORM_SSO


def read() -> Configuration:
    path = pathlib.Path(os.environ.get(VARIABLE) or pathlib.Path(__file__).with_name(FILE))
    try:
        return of(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ImproperlyConfigured(f"{path} is not what sign-in needs: {error!r}") from None


def of(said: dict) -> Configuration:
    if len(said["issuer"]) > LONGEST_ISSUER:
        raise ImproperlyConfigured(f"the issuer's address has more than {LONGEST_ISSUER} letters, which CVAT can keep")
    return Configuration(
        issuer=said["issuer"],
        issuer_for_pods=said["issuerForPods"],
        issuer_ca=said["issuerCa"],
        is_keycloak=said["provider"] == "keycloak",
        client_id=said["clientId"],
        header="HTTP_" + said["header"].upper().replace("-", "_"),
        groups_claim=said["groupsClaim"],
        allowed_groups=frozenset(said["allowedGroups"]),
        groups={
            name: Meaning(bool(group["superuser"]), group.get("role"), dict(group["organizations"]))
            for name, group in said["groups"].items()
        },
        creates_users=said["createUsers"],
        links_by_email=said["linkByEmail"],
        reserved_names=frozenset(name.lower() for name in said["reservedNames"]),
        emergency_account=said["emergencyAccount"],
        program_accounts=frozenset(said["programAccounts"]),
        password_login=said["passwordLogin"],
        origins=frozenset(said["origins"]),
        sign_out=said["signOut"],
        token_lifetime=said["tokenLifetimeSeconds"],
        unseen=said["unseenSeconds"],
        backchannel_logout=said["backchannelLogout"],
    )
