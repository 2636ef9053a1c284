"""The organization that a drill restores into, and takes away again. (facts/cvat-real-third-look.md 3.7)"""

import importing

# By this it is known, whatever it is called: nobody else's is taken away, and none of these is backed up.
DESCRIPTION = "vision-platform: a drill of backups is at work here, and takes this away with all that is in it"


def is_scratch(organization):
    return organization.get("description") == DESCRIPTION


def made(cvat, stamp):
    """@returns it, by a slug of 16 characters at most"""
    slug = f"drill-{stamp[4:8]}{stamp[9:15]}"
    return cvat.post("organizations", {"slug": slug, "name": "Drill of backups", "description": DESCRIPTION})


def clear_dead(cvat, within_s):
    """Those of drills that were killed. @returns their slugs"""
    me = cvat.get("users/self")["username"]
    dead = [
        one for one in cvat.all("organizations") if is_scratch(one) and (one.get("owner") or {}).get("username") == me
    ]
    for organization in dead:
        take_away(cvat, organization, within_s)
    return [one["slug"] for one in dead]


def take_away(cvat, organization, within_s):
    """Projects and storages first: those of an organization that goes would stay, as the account's own."""
    inside = cvat.within(organization["slug"])
    for request in importing.under_way(inside):
        inside.wait(request, within_s)
    for kind in ("projects", "tasks", "cloudstorages"):
        for one in inside.all(kind):
            inside.delete(f"{kind}/{one['id']}")
    cvat.delete(f"organizations/{organization['id']}")
