"""Users and storages by their names, of the place that a project comes into."""


class Place:
    """
    :param cvat: within an organization, or as the administrator for what is outside of any
    :param is_organization: only its members can be given anything there
    """

    def __init__(self, cvat, is_organization):
        self.cvat = cvat
        self.is_organization = is_organization
        self.known = None
        self.storages = None

    def user(self, name):
        """Number of a user; None: there is none who could have it."""
        if self.known is None:
            found = (
                [one["user"] for one in self.cvat.all("memberships")]
                if self.is_organization
                else self.cvat.all("users")
            )
            self.known = {one["username"]: one["id"] for one in found if one}
        return self.known.get(name)

    def storage(self, wanted):
        """Number of a storage of the same bucket, that of the same name where there are more; None: there is none."""
        if self.storages is None:
            self.storages = self.cvat.all("cloudstorages")
        same = [one for one in self.storages if one["resource"] == wanted["bucket"]]
        named = [one for one in same if one["display_name"] == wanted["name"]]
        return (named or same or [{"id": None}])[0]["id"]
