import socket

import psycopg2
import pytest

import mongo
import postgresql
import reached

HOST = "127.0.0.1"


@pytest.fixture
def server(monkeypatch):
    """One that listens after the second pause."""
    with socket.socket() as one:
        one.bind((HOST, 0))
        pauses = []

        def pause(seconds):
            pauses.append(seconds)
            if len(pauses) == 2:
                one.listen()

        monkeypatch.setattr(reached.time, "sleep", pause)
        yield one.getsockname()[1], pauses


def test_mongodb_is_tried_for_some_seconds(server):
    port, pauses = server
    with mongo.connected({"MONGODB_HOST": HOST, "MONGODB_PORT": str(port)}) as found:
        assert found.place == f"{HOST}:{port}"
    assert pauses == [1, 2]


def test_postgresql_is_tried_for_some_seconds(server, monkeypatch):
    port, pauses = server
    for name, value in {"PGHOST": HOST, "PGPORT": str(port), "PGUSER": "cvat"}.items():
        monkeypatch.setenv(name, value)

    def connect(*_, **__):
        assert pauses == [1, 2]
        raise psycopg2.OperationalError("asked")

    monkeypatch.setattr(psycopg2, "connect", connect)
    with pytest.raises(postgresql.Refused, match="asked"), postgresql.connected():
        pass


def test_who_does_not_come_is_told_at_last(monkeypatch):
    monkeypatch.setattr(reached.time, "sleep", lambda _: None)
    with socket.socket() as closed:
        closed.bind((HOST, 0))
        port = closed.getsockname()[1]
        with pytest.raises(mongo.Refused, match=f"MongoDB at {HOST}:{port} is not reached: Connection refused"):
            mongo.Mongo(HOST, port)
