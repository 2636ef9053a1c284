"""How each database is dumped, looked at and restored: what differs between PostgreSQL and MongoDB."""

import datetime
import re

import beside
import mongo
import mongo_archive
import postgresql

# Errors whose text is a sentence for the operator.
TOLD = (beside.Failed, mongo.Refused, mongo_archive.Broken, postgresql.Refused)


class Postgresql:
    name = "postgresql"
    file = "dump.pgc"
    system = "cvat"
    title = "CVAT's PostgreSQL"

    # Where the system writes down each change that a release of it has made to the database. (docs.djangoproject.com: Migrations)
    changes = "django_migrations"

    def dump(self, other, about):
        """The dump, as pieces. Fills in what it is of: rows are counted at the very moment that the dump shows."""
        program = other.version()
        with postgresql.connected() as server:
            about["server"], major = postgresql.version(server)
            about["program"] = program
            check_program(program, major, about["server"])
            snapshot = postgresql.snapshot(server)
            about["counts"] = postgresql.counts(server)
            yield from other.output("dump", snapshot)

    def look(self, about):
        """What a restore would take away, and who would be in its way."""
        with postgresql.connected() as server:
            return {
                "server": postgresql.version(server)[0],
                "counts": postgresql.counts(server),
                "newer": postgresql.newer(server, moment_of(about["stamp"])),
                "others": postgresql.others(server),
            }

    def restore(self, other, about, pieces):
        other.version()
        (other.folder / "begin.sql").write_text(postgresql.BEGIN)
        other.feed(pieces, "restore")
        with postgresql.connected() as server:
            return postgresql.counts(server)


def check_program(program, major, server):
    """
    An older program refuses a newer server, with other words.

    :param program: pg_dump (PostgreSQL) 15.2
    """
    found = re.search(r"\) (\d+)", program)
    if found is None or int(found[1]) < major:
        raise beside.Failed(
            f"the server is PostgreSQL {server}, and `{program}` is older, which dumps no newer server: "
            "name an image of that release in vision-platform:backup.databases.postgresqlImage"
        )


class Mongodb:
    name = "mongodb"
    file = "dump.archive.gz"
    system = "clearml"
    title = "ClearML's MongoDB"

    # (clearml-server: apiserver/mongo/initialize/migration.py)
    changes = "backend.versions"

    # Begin of the names of collections that are restored beside the old ones, and of the old ones while the new take their names.
    new = "vision_platform_new_"
    old = "vision_platform_old_"

    # Where ClearML writes down the last change of a task. (clearml-server v2.0.0: apiserver/database/model/task/task.py)
    dated = ("backend", "task", "last_update")

    def __init__(self, environment):
        self.environment = environment

    def dump(self, other, about):
        """The same of MongoDB. Documents are counted in the archive as it passes by: a server by itself has no moment to hold on to."""
        about["program"] = other.version()
        with mongo.connected(self.environment) as server:
            about["server"] = server.version()
        archive = mongo_archive.Archive()
        for piece in other.output("dump"):
            archive.feed(piece)
            yield piece
        archive.check_whole()
        about["counts"] = of_applications(archive.counts)

    def look(self, about):
        database, collection, field = self.dated
        since = moment_of(about["stamp"])
        with mongo.connected(self.environment) as server:
            rows = server.newer(database, collection, field, since)
            newest = server.newest(database, collection, field)
            told = {f"{database}.{collection}": {"rows": rows, "newest": newest.isoformat()}} if rows and newest else {}
            counts = of_applications(server.counts())
            return {"server": server.version(), "counts": counts, "newer": told, "others": server.others()}

    def restore(self, other, about, pieces):
        other.version()
        with mongo.connected(self.environment) as server:
            if others := server.others():
                raise mongo.Refused(f"the database is in use: {', '.join(others)}")
            self.take_back(server)
            self.drop(server, self.new)
        other.feed(pieces, "restore", self.new)
        with mongo.connected(self.environment) as server:
            self.check(server, about)
            try:
                self.switch(server)
            except mongo.Refused:
                self.take_back(server)
                raise
            self.drop(server, self.old)
            return server.counts()

    def check(self, server, about):
        """Before anything of the old is touched: all that was dumped lies beside it."""
        came = {f"{database}.{name.removeprefix(self.new)}": count for database, name, count in self.counted(server)}
        missing = sorted(name for name, count in about["counts"].items() if came.get(name, 0) != count)
        if missing:
            raise mongo.Refused(f"not all came back of {', '.join(missing[:5])}: nothing was put in its place")

    def counted(self, server):
        return [(*pair, server.count(*pair)) for pair in server.collections() if pair[1].startswith(self.new)]

    def switch(self, server):
        """Names alone change, in a moment; until the last has, each old collection is there to be taken back."""
        for database, name in server.collections():
            if not name.startswith(self.new):
                server.rename(database, name, self.old + name)
        for database, name in server.collections():
            if name.startswith(self.new):
                server.rename(database, name, name.removeprefix(self.new))

    def take_back(self, server):
        """What a switch that broke off has set aside, this run's or a killed one's."""
        there = server.collections()
        # With its last collection the new has its names: what is set aside beside one is only still to go.
        is_over = not any(name.startswith(self.new) for _, name in there)
        for database, name in there:
            if name.startswith(self.old):
                own = name.removeprefix(self.old)
                if is_over and (database, own) in there:
                    server.drop(database, name)
                    continue
                if (database, own) in there:
                    server.drop(database, own)
                server.rename(database, name, own)

    def drop(self, server, prefix):
        for database, name in server.collections():
            if name.startswith(prefix):
                server.drop(database, name)


def of_applications(counts):
    """Without MongoDB's own, and without what a restore that broke off left."""
    return {
        name: count
        for name, count in counts.items()
        if name.split(".")[0] not in mongo.OWN_DATABASES
        and not name.split(".", 1)[1].startswith(("system.", Mongodb.new, Mongodb.old))
    }


def moment_of(stamp):
    return datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)


ENGINES = {"postgresql": lambda _: Postgresql(), "mongodb": Mongodb}
