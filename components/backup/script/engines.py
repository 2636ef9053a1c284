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
    title = "CVAT's PostgreSQL"

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
    title = "ClearML's MongoDB"

    # Collections that are restored beside those of that name. MongoDB allows 255 bytes of a database's and a collection's name.
    prefix = "vision-platform-restore."

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
        about["counts"] = of_applications(archive.counts, self.prefix)

    def look(self, about):
        database, collection, field = self.dated
        since = moment_of(about["stamp"])
        with mongo.connected(self.environment) as server:
            rows = server.newer(database, collection, field, since)
            newest = server.newest(database, collection, field)
            told = {f"{database}.{collection}": {"rows": rows, "newest": newest.isoformat()}} if rows and newest else {}
            counts = of_applications(server.counts(), self.prefix)
            return {"server": server.version(), "counts": counts, "newer": told, "others": server.others()}

    def restore(self, other, about, pieces):
        other.version()
        with mongo.connected(self.environment) as server:
            if others := server.others():
                raise mongo.Refused(f"the database is in use: {', '.join(others)}")
            for database, name in self.beside(server):
                server.drop(database, name)
        other.feed(pieces, "restore", self.prefix)
        with mongo.connected(self.environment) as server:
            self.check(server, about)
            new = self.beside(server)
            for database, name in new:
                server.rename(database, name, name.removeprefix(self.prefix))
            wanted = {(database, name.removeprefix(self.prefix)) for database, name in new}
            for database, name in server.collections():
                if (database, name) not in wanted:
                    server.drop(database, name)
            return server.counts()

    def beside(self, server):
        return [(database, name) for database, name in server.collections() if name.startswith(self.prefix)]

    def check(self, server, about):
        """Before anything of the old goes: all that was dumped lies beside it."""
        came = {
            name.replace(f".{self.prefix}", ".", 1): count
            for name, count in server.counts().items()
            if f".{self.prefix}" in name
        }
        missing = sorted(name for name, count in about["counts"].items() if came.get(name, 0) != count)
        if missing:
            raise mongo.Refused(f"not all came back of {', '.join(missing[:5])}: nothing was put in its place")


def of_applications(counts, prefix):
    return {
        name: count
        for name, count in counts.items()
        if name.split(".")[0] not in mongo.OWN_DATABASES and f".{prefix}" not in name and ".system." not in name
    }


def moment_of(stamp):
    return datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)


ENGINES = {"postgresql": lambda _: Postgresql(), "mongodb": Mongodb}
