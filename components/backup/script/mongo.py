"""A MongoDB that asks for no password, as ClearML's chart has it, asked by its own protocol. CVAT's image has no client of it."""

import contextlib
import struct

import bson
import reached

OP_MSG = 2013
ANSWERS_WITHIN_S = 600

# MongoDB's own, which are no part of an application's data.
OWN_DATABASES = ("admin", "config", "local")


class Refused(Exception):
    """A sentence of what the server, or the way to it, did not do."""


class Mongo:
    def __init__(self, host, port):
        self.place = f"{host}:{port}"
        self.number = 0
        try:
            self.socket = reached.connection(host, port)
        except OSError as error:
            raise Refused(f"MongoDB at {self.place} is not reached: {error.strerror or error}") from None
        self.socket.settimeout(ANSWERS_WITHIN_S)

    def close(self):
        self.socket.close()

    def command(self, database, document):
        """What the server answers to a command, whose name is the document's first key."""
        self.number += 1
        body = struct.pack("<iB", 0, 0) + bson.encode({**document, "$db": database})
        try:
            self.socket.sendall(struct.pack("<iiii", 16 + len(body), self.number, 0, OP_MSG) + body)
            (length, _, _, _) = struct.unpack("<iiii", self.receive(16))
            answer = bson.decode(self.receive(length - 16)[5:])
        except OSError as error:
            raise Refused(f"MongoDB at {self.place} gave no answer: {error.strerror or error}") from None
        if answer.get("ok") != 1:
            raise Refused(
                f"MongoDB at {self.place} does not {next(iter(document))}: {answer.get('errmsg', 'it says no more')}"
            )
        return answer

    def receive(self, count):
        received = bytearray()
        while len(received) < count:
            piece = self.socket.recv(count - len(received))
            if not piece:
                raise OSError("the connection was closed")
            received += piece
        return bytes(received)

    def version(self):
        return self.command("admin", {"buildInfo": 1})["version"]

    def collections(self):
        """Of all databases but MongoDB's own, as pairs."""
        databases = self.command("admin", {"listDatabases": 1, "nameOnly": True})["databases"]
        names = sorted(one["name"] for one in databases if one["name"] not in OWN_DATABASES)
        return [(database, collection) for database in names for collection in self.collections_of(database)]

    def collections_of(self, database):
        listed = self.all(database, {"listCollections": 1, "nameOnly": True, "cursor": {}})
        return sorted(
            one["name"]
            for one in listed
            if one.get("type", "collection") == "collection" and not one["name"].startswith("system.")
        )

    def all(self, database, command):
        cursor = self.command(database, command)["cursor"]
        yield from cursor["firstBatch"]
        while cursor["id"] != 0:
            collection = cursor["ns"].split(".", 1)[1]
            cursor = self.command(database, {"getMore": cursor["id"], "collection": collection})["cursor"]
            yield from cursor["nextBatch"]

    def counts(self):
        """How many documents each collection has, by `database.collection`."""
        return {f"{database}.{name}": self.count(database, name) for database, name in self.collections()}

    def count(self, database, collection):
        return self.command(database, {"count": collection, "query": {}})["n"]

    def newest(self, database, collection, field):
        """The newest moment of a field; None where there is none."""
        find = {
            "find": collection,
            "filter": {field: {"$type": "date"}},
            "sort": {field: -1},
            "limit": 1,
            "projection": {field: 1},
        }
        return next((one.get(field) for one in self.all(database, find)), None)

    def newer(self, database, collection, field, than):
        """How many documents have a later moment in a field."""
        return self.command(database, {"count": collection, "query": {field: {"$gt": than}}})["n"]

    def others(self):
        """Addresses of clients other than this one and what runs beside the server, such as probes."""
        own = self.socket.getsockname()
        mine = f"{own[0]}:{own[1]}"
        listed = self.command("admin", {"currentOp": 1, "$all": True})["inprog"]
        clients = {one["client"] for one in listed if one.get("client")}
        return sorted(one for one in clients if one != mine and not one.startswith("127.0.0.1:"))

    def drop(self, database, collection):
        self.command(database, {"drop": collection})

    def rename(self, database, collection, to):
        self.command("admin", {"renameCollection": f"{database}.{collection}", "to": f"{database}.{to}"})


def connected(environment):
    return contextlib.closing(Mongo(environment["MONGODB_HOST"], environment["MONGODB_PORT"]))
