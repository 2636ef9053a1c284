"""Runs a command while nobody else initialises the same CVAT: once.py SECONDS COMMAND...

The pod of a Job that was replaced may still be ending when the next one begins, and two stacks may have been given one database. CVAT's own
commands do not bear each other: two of `migrate` make the same tables. So whoever works on a database holds a lock in it, which PostgreSQL
frees when its holder is gone, whatever became of him. SECONDS bound the wait for the server and for the lock, not the command: a migration
that was broken off because it takes long would never come to its end.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import psycopg2

# Any number, the same in every run. Locks are a database's own: two CVATs on one server do not wait for each other.
LOCK = 7_346_022

PAUSE_SECONDS = 1
# How often the holder looks whether the lock is still his.
LOOK_SECONDS = 2
CONNECT_SECONDS = 5
# A server that hangs, or a proxy that has lost it, keeps a connection open and says nothing; libpq would wait for it without an end. With the
# look before it and the ending after it, this is below the 50 s after which the server frees the lock of a holder that it hears nothing of.
ANSWER_SECONDS = 15
# The kubelet waits 30 s before it kills.
GRACE_SECONDS = 20
KILLED_SECONDS = 5

# Both sides notice within a minute that the other is gone without a word, such as with its node.
CLIENT_KEEPALIVES = {
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 50_000,
}
SERVER_KEEPALIVES = (("tcp_keepalives_idle", 20), ("tcp_keepalives_interval", 10), ("tcp_keepalives_count", 3))

HOLDER = """
    SELECT application_name, coalesce(host(client_addr), 'the server itself'), to_char(backend_start, 'HH24:MI:SS TZ')
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = %s AND objsubid = 1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class GaveUp(Exception):
    """A sentence for the person who waits. Has no password in it."""


class Silent(psycopg2.OperationalError):
    """No answer, on a connection that is open."""


def main(patience, command):
    server = locked(time.monotonic() + patience, patience)
    try:
        return run(command, server)
    finally:
        server.close()


def locked(until, patience):
    """A connection that holds the lock."""
    said = None
    server = None
    while True:
        try:
            server = server or connect()
            [(mine,)] = ask(server, "SELECT pg_try_advisory_lock(%s)", [LOCK])
            if mine:
                return server
            reason = held_by(ask(server, HOLDER, [LOCK]))
        except psycopg2.OperationalError as error:
            server = None
            reason = f"PostgreSQL at {place()} does not answer: {' '.join(str(error).split())}"
        if reason != said:
            print(f"waiting: {reason}", flush=True)
            said = reason
        if time.monotonic() + PAUSE_SECONDS > until:
            raise GaveUp(f"nothing was begun within {patience:g} s: {reason}")
        time.sleep(PAUSE_SECONDS)


def held_by(holders):
    if not holders:
        return "somebody else initialised this CVAT a moment ago"
    [(name, address, since)] = holders
    if since is None:
        # PostgreSQL tells more than the name to nobody but the same role. (pg_stat_activity)
        return f"{name}, which signs in by another role, initialises this CVAT"
    return f"{name} at {address} initialises this CVAT since {since}"


def connect():
    server = psycopg2.connect(
        host=os.environ["CVAT_POSTGRES_HOST"],
        port=os.environ.get("CVAT_POSTGRES_PORT", "5432"),
        user=os.environ["CVAT_POSTGRES_USER"],
        password=os.environ["CVAT_POSTGRES_PASSWORD"],
        dbname=os.environ["CVAT_POSTGRES_DBNAME"],
        application_name=os.environ.get("HOSTNAME", "vision-platform"),
        connect_timeout=CONNECT_SECONDS,
        **CLIENT_KEEPALIVES,
    )
    server.autocommit = True
    for name, value in SERVER_KEEPALIVES:
        ask(server, "SELECT set_config(%s, %s, false)", [name, str(value)])
    return server


def place():
    return f"{os.environ['CVAT_POSTGRES_HOST']}:{os.environ.get('CVAT_POSTGRES_PORT', '5432')}"


def ask(server, query, values=None):
    is_late = threading.Event()

    def cut():
        is_late.set()
        # Who waits on the connection hears that it has ended.
        with socket.socket(fileno=os.dup(server.fileno())) as same:
            same.shutdown(socket.SHUT_RDWR)

    limit = threading.Timer(ANSWER_SECONDS, cut)
    limit.start()
    try:
        with server.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()
    except psycopg2.OperationalError:
        if is_late.is_set():
            raise Silent(f"nothing for {ANSWER_SECONDS:g} s") from None
        raise
    finally:
        limit.cancel()


def run(command, server):
    """The command's exit code. It is in a group of its own, of which nothing goes on when this returns."""
    # The command is the pod's own.
    child = subprocess.Popen(command, start_new_session=True)  # noqa: S603
    try:
        while True:
            try:
                code = child.wait(LOOK_SECONDS)
                return code if code >= 0 else 128 - code
            except subprocess.TimeoutExpired:
                look(server)
    finally:
        end(child)


def look(server):
    try:
        ask(server, "SELECT 1")
    except psycopg2.Error as error:
        lost = "is silent on" if isinstance(error, Silent) else "has ended"
        raise GaveUp(
            f"PostgreSQL at {place()} {lost} the connection that kept others away, so this was broken off"
        ) from None


def end(child):
    """CVAT's entry point is a shell: told to end, it is gone at once, and leaves what it had started."""
    for number, seconds in ((signal.SIGTERM, GRACE_SECONDS), (signal.SIGKILL, KILLED_SECONDS)):
        until = time.monotonic() + seconds
        if goes_on(child):
            os.killpg(child.pid, number)
        while goes_on(child) and time.monotonic() < until:
            time.sleep(0.1)


def goes_on(child):
    if child.poll() is None:
        return True
    try:
        # A pod's first process is who its orphans come to.
        while os.waitpid(-child.pid, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
    try:
        os.killpg(child.pid, 0)
    except ProcessLookupError:
        return False
    return True


def stop(number, _frame):
    # Once is enough: the second would break off the ending.
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


if __name__ == "__main__":
    # A pod's first process gets no signal that it has not asked for.
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
    except GaveUp as gave_up:
        sys.exit(str(gave_up))
