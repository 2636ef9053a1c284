"""Which of the projects' backups somebody means."""

import runs
from index import ABOUT, Index


def entries_of(store, settings):
    """What each backup of a project says of itself, abridged, by its place."""
    return Index(store, settings["projects"]["to"]).load().entries


def newest(entries):
    """The newest backup of each project: [(place, entry)]."""
    found = {}
    for place, entry in sorted(entries.items(), key=lambda one: one[1]["stamp"]):
        found[thing_of(entry)] = (place, entry)
    return list(found.values())


def thing_of(entry):
    """One that was made anew under an old number, as in a new CVAT, is another project."""
    return entry["organization"], entry["project"]["id"], entry["project"]["created"]


def chosen(entries, request):
    """
    Those that `project` and `backup` of a request mean: of each project the newest, or that of a stamp.

    :raises runs.Refusal: where there is none
    """
    name, stamp = request.get("project"), request.get("backup")
    of_stamp = {place: one for place, one in entries.items() if stamp is None or one["stamp"] == stamp}
    if stamp is not None and not of_stamp:
        raise runs.Refusal(
            f"there is no backup of {stamp}. The newest are: {listed({one['stamp'] for one in entries.values()})}"
        )
    found = newest({place: one for place, one in of_stamp.items() if name is None or is_called(one, str(name))})
    if name is not None and not found:
        raise runs.Refusal(
            f"there is no backup of a project `{name}`{f' of {stamp}' if stamp else ''}. There are: {names_in(of_stamp)}"
        )
    return found


def is_called(entry, name):
    """By its name, its number, or `organization/name`."""
    project = entry["project"]
    return name in (project["name"], str(project["id"]), f"{entry['organization']}/{project['name']}")


def names_in(entries):
    return listed({f"`{one['organization']}/{one['project']['name']}`" for one in entries.values()}) or "none"


def listed(all_of_them):
    return ", ".join(sorted(all_of_them, reverse=True)[:20])


def title(entry):
    project = entry["project"]
    return f"project {project['id']} `{project['name']}` of {entry['organization']}"


def left_title(left):
    """Of what a backup has not."""
    return f"task {left['id']} `{left['name']}`" if "id" in left else left["name"]


def told_of(store, place):
    """All that a backup says of itself. None: it was thinned out just now."""
    return store.read_json(place + ABOUT)
