"""What the groups of a token mean in CVAT. Of many groups only those count that the stack gives a meaning."""

from dataclasses import dataclass, field

from .roles import ROLES

# The strongest first. (cvat/apps/organizations/models.py)
MEMBER_ROLES = ("maintainer", "supervisor", "worker")

# CVAT lets somebody in none of its groups do nothing at all, his own jobs included. (cvat/apps/iam/rules/utils.rego)
LEAST = "worker"


@dataclass(frozen=True)
class Rights:
    """What somebody is in CVAT."""

    superuser: bool = False
    role: str | None = None
    # Roles by organization.
    organizations: dict[str, str] = field(default_factory=dict)

    def as_json(self):
        return {"superuser": self.superuser, "role": self.role, "organizations": self.organizations}


NONE = Rights()


def groups_of(claims, configuration):
    """Those of the token that mean something."""
    said = claims.get(configuration.groups_claim)
    # Some issuers write one group as a word.
    said = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    known = configuration.allowed_groups.union(configuration.groups)
    return known.intersection(name for name in said if isinstance(name, str))


def rights_of(groups, configuration):
    """The strongest of what each group gives."""
    meanings = [configuration.groups[name] for name in groups if name in configuration.groups]
    superuser = any(meaning.superuser for meaning in meanings)
    given = {meaning.role for meaning in meanings}
    organizations = {}
    for meaning in meanings:
        for slug, role in meaning.organizations.items():
            organizations[slug] = strongest({role, organizations.get(slug)}, MEMBER_ROLES)
    return Rights(superuser, "admin" if superuser else strongest(given, ROLES) or LEAST, organizations)


def strongest(given, order):
    return next((role for role in order if role in given), None)
