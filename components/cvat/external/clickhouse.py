"""Makes CVAT's user and database in a ClickHouse that is there already. Runs in the image of CVAT's server; may run any number of times.

With an administrator (ADMIN_USERNAME, ADMIN_PASSWORD) it makes what is missing and gives the user the password of CVAT_PASSWORD. What CVAT
may do hangs on a role of this stack, by which the user is known again. Without an administrator it only looks. Either way it ends by signing
in as CVAT will. The table of events is made by CVAT's own start-up, as its own user.

Values go as parameters of the request; names are checked and quoted; of a password only the SHA-256 is sent in a statement.
"""

import base64
import hashlib
import http.client
import os
import re
import sys
import time
import urllib.parse

PAUSE = 1
ANSWER_SECONDS = 30

# What CVAT's start-up (components/analytics/clickhouse/init.py), its server, Vector and Grafana do.
RIGHTS = "SELECT, INSERT, CREATE DATABASE, CREATE TABLE, ALTER ADD COLUMN"


class Refused(Exception):
    """A sentence for the person who wrote the stack. Has no password in it."""


def main(environment):
    user, database = environment["CVAT_USERNAME"], environment["CVAT_DATABASE"]
    cvat = Server(user, environment["CVAT_PASSWORD"])
    until = time.monotonic() + float(environment["PATIENCE"])
    lines = []
    if environment.get("ADMIN_USERNAME"):
        admin = Server(environment["ADMIN_USERNAME"], environment["ADMIN_PASSWORD"])
        wait_for(admin, "the administrator (cvat.analytics.clickhouse.external.admin)", until)
        lines = make(admin, cvat, database, f"cvat_{environment['OWNER']}")
    wait_for(cvat, f"CVAT's user {user}", until)
    # What CVAT's start-up begins with; it needs the right even where the database is there.
    cvat.run(f"CREATE DATABASE IF NOT EXISTS {quoted(database)}")
    return lines or [f"database {database} and user {user} are as they should be"]


class Server:
    """ClickHouse as one user."""

    def __init__(self, user, password):
        self.user = user
        self.password_hash = hashlib.sha256(password.encode()).hexdigest()
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        self.headers = {"Authorization": f"Basic {pair}"}

    def run(self, statement, **values):
        """Rows of texts."""
        parameters = {"default_format": "TabSeparated", **{f"param_{name}": value for name, value in values.items()}}
        host, port = os.environ["CLICKHOUSE_HOST"], int(os.environ["CLICKHOUSE_PORT"])
        connection = http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)
        try:
            path = f"/?{urllib.parse.urlencode(parameters)}"
            connection.request("POST", path, statement.encode(), self.headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        finally:
            connection.close()
        if answer.status != 200:
            raise Refused(f"ClickHouse at {place()} says to {self.user}: {first_line(text) or answer.reason}")
        return [line.split("\t") for line in text.splitlines()]

    def opens(self):
        """Whether the password is the user's."""
        try:
            self.run("SELECT 1")
            return True
        except Refused:
            return False


def place():
    return f"{os.environ['CLICKHOUSE_HOST']}:{os.environ['CLICKHOUSE_PORT']}"


def first_line(text):
    """What was wrong, without the server's version and its stack."""
    return re.sub(r"\s*\(version .*", "", text.strip().split("\n")[0])[:300]


def quoted(name):
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,62}", name):
        raise Refused(f"`{name}` is no name of a user or database")
    return f"`{name}`"


def wait_for(server, who, until):
    """A server that is not there is waited for; one that refuses means it."""
    while True:
        try:
            server.run("SELECT 1")
            return
        except Refused as refused:
            raise Refused(f"{who} is not let in: {refused}") from None
        except (OSError, http.client.HTTPException) as error:
            why = error
        if time.monotonic() + PAUSE > until:
            raise Refused(f"ClickHouse at {place()} did not answer in time: {why}")
        time.sleep(PAUSE)


def make(admin, cvat, database, role):
    """Brings user and database to what the stack has. Gives a line for each change."""
    lines = []
    if not admin.run("SELECT 1 FROM system.databases WHERE name = {name:String}", name=database):
        lines.append(f"made database {database}")
    admin.run(f"CREATE DATABASE IF NOT EXISTS {quoted(database)}")
    admin.run(f"CREATE ROLE IF NOT EXISTS {quoted(role)}")
    admin.run(f"GRANT {RIGHTS} ON {quoted(database)}.* TO {quoted(role)}")
    lines += make_user(admin, cvat, role)
    return lines


def make_user(admin, cvat, role):
    name = cvat.user
    password = f"IDENTIFIED WITH sha256_hash BY '{cvat.password_hash}'"
    if not admin.run("SELECT 1 FROM system.users WHERE name = {name:String}", name=name):
        admin.run(f"CREATE USER {quoted(name)} {password}")
        admin.run(f"GRANT {quoted(role)} TO {quoted(name)}")
        return [f"made user {name}"]
    ours = admin.run(
        "SELECT 1 FROM system.role_grants WHERE user_name = {name:String} AND granted_role_name = {role:String}",
        name=name,
        role=role,
    )
    fits = cvat.opens()
    if not ours and not fits:
        raise Refused(
            f"user {name} is there already, was not made by this stack and has another password; give that password "
            "(cvat.secrets.clickhouse), or name another user (cvat.analytics.clickhouse.external.user)"
        )
    lines = []
    if not fits:
        admin.run(f"ALTER USER {quoted(name)} {password}")
        lines.append(f"changed the password of user {name}")
    if not ours:
        admin.run(f"GRANT {quoted(role)} TO {quoted(name)}")
        lines.append(f"took over user {name}")
    return lines


if __name__ == "__main__":
    try:
        print("\n".join(main(os.environ)))
    except (Refused, OSError, http.client.HTTPException) as error:
        sys.exit(str(error))
