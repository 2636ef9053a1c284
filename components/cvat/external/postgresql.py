"""Makes CVAT's role and database in a PostgreSQL that is there already. Runs in the image of CVAT's server; may run any number of times.

With an administrator (ADMIN_USERNAME, ADMIN_PASSWORD) it makes what is missing, takes from the role what it needs not, and gives it the
password of CVAT_PASSWORD. Without one it only looks. Either way it ends by signing in as CVAT will. Texts come by the environment and go to
the server as parameters or quoted by psycopg2; a password goes as the verifier that the server keeps, so that no log of statements has it.

Where the server is, and what is asked of its TLS, stands in libpq's own variables: PGHOST, PGPORT, PGSSLMODE, PGSSLROOTCERT.
"""

import os
import socket
import sys
import time

import psycopg2
from psycopg2 import extensions, sql

# One Job at a time: the key is any number, the same in every run.
LOCK = 7_346_021

PAUSE = 1
CONNECT_SECONDS = 5
STATEMENT_SECONDS = 60

# A server that answers and refuses may be starting, or handing over to another; after this many times in a row it means it.
REFUSALS = 3

# What CVAT's role is not to have, in the order that they are asked for below. (postgresql.org: CREATE ROLE)
RIGHTS = ("SUPERUSER", "CREATEDB", "CREATEROLE", "REPLICATION", "BYPASSRLS")


class Refused(Exception):
    """A sentence for the person who wrote the stack. Has no password in it."""


class Denied(Exception):
    """What the server says to a sign-in."""


def main(environment):
    admin = environment.get("ADMIN_USERNAME")
    cvat = {"user": environment["CVAT_USERNAME"], "password": environment["CVAT_PASSWORD"]}
    database = environment["CVAT_DATABASE"]
    until = time.monotonic() + float(environment["PATIENCE"])
    minimum = int(environment["MINIMUM_VERSION"])
    if admin:
        sign_in = {"user": admin, "password": environment["ADMIN_PASSWORD"], "dbname": environment["ADMIN_DATABASE"]}
        who = "the administrator (cvat.postgresql.external.admin)"
        with connected(wait_for(sign_in, who, until)) as server:
            check_version(server, minimum)
            lines = make(server, cvat, database, environment["OWNER"])
    else:
        lines = []
    who = f"CVAT's role {cvat['user']} in database {database}"
    with connected(wait_for({**cvat, "dbname": database}, who, until)) as server:
        check_version(server, minimum)
        lines += close_to_others(server, database)
        check_rights(server, cvat["user"], database)
    return lines or [f"database {database} and role {cvat['user']} are as they should be"]


class connected:
    """A connection that commits each statement and is closed."""

    def __init__(self, connection):
        self.connection = connection

    def __enter__(self):
        self.connection.autocommit = True
        run(self.connection, "SELECT set_config('statement_timeout', %s, false)", [f"{STATEMENT_SECONDS}s"])
        return self.connection

    def __exit__(self, *_):
        self.connection.close()


def wait_for(sign_in, who, until):
    """A connection. A server that is not there is waited for; one that refuses is asked a few times, since it may be starting."""
    refusals = 0
    while True:
        unreached = why_unreached()
        if unreached is None:
            try:
                return connect(sign_in)
            except Denied as denied:
                refusals += 1
                if refusals == REFUSALS:
                    raise Refused(f"PostgreSQL at {place()} does not let in {who}: {denied}") from None
        else:
            refusals = 0
        if time.monotonic() + PAUSE > until:
            raise Refused(f"PostgreSQL at {place()} did not answer in time: {unreached or 'it refused sign-ins'}")
        time.sleep(PAUSE)


def why_unreached():
    """Why there is nobody at the address; None where somebody is. psycopg2 does not tell this apart from a refusal."""
    try:
        with socket.create_connection((os.environ["PGHOST"], int(os.environ["PGPORT"])), CONNECT_SECONDS):
            return None
    except OSError as error:
        return error.strerror or str(error)


def connect(sign_in):
    try:
        return psycopg2.connect(connect_timeout=CONNECT_SECONDS, application_name="vision-platform", **sign_in)
    except psycopg2.OperationalError as error:
        raise Denied("; ".join(line.strip() for line in str(error).splitlines() if line.strip())) from None


def place():
    return f"{os.environ['PGHOST']}:{os.environ['PGPORT']}"


def check_version(server, minimum):
    if server.server_version < minimum:
        raise Refused(
            f"PostgreSQL at {place()} is {server.server_version // 10000}, and CVAT needs {minimum // 10000} or later"
        )


def make(server, cvat, database, owner):
    """Brings role and database to what the stack has. Gives a line for each change."""
    run(server, "SELECT set_config('lock_timeout', %s, false)", [f"{STATEMENT_SECONDS}s"])
    run(server, "SELECT pg_advisory_lock(%s)", [LOCK])
    there = run(
        server,
        "SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding) FROM pg_database WHERE datname = %s",
        [database],
    )
    check_database(there, cvat["user"], database)
    lines = make_role(server, cvat, database if there else None, owner)
    return lines if there else [*lines, *make_database(server, cvat["user"], database)]


def check_database(there, role, database):
    for of, encoding in there:
        if of != role:
            raise Refused(
                f"database {database} is there already and belongs to {of}, not to {role}; "
                "name another (cvat.postgresql.external.database), or have an administrator give it away (ALTER DATABASE ... OWNER TO)"
            )
        if encoding != "UTF8":
            raise Refused(f"database {database} is in {encoding}, and CVAT writes UTF8; name another")


def make_role(server, cvat, database, owner):
    role = cvat["user"]
    mark = f"CVAT's role, made by vision-platform for {owner}"
    there = run(
        server,
        "SELECT rolcanlogin, shobj_description(oid, 'pg_authid'), rolsuper, rolcreatedb, rolcreaterole, rolreplication, "
        "rolbypassrls FROM pg_roles WHERE rolname = %s",
        [role],
    )
    if not there:
        statement(server, "CREATE ROLE {} LOGIN PASSWORD {}", role, verifier(server, cvat))
        statement(server, "COMMENT ON ROLE {} IS {}", role, mark)
        return [f"made role {role}"]
    [(may_sign_in, comment, *rights)] = there
    ours = comment == mark
    fits = opens(cvat, database or os.environ["ADMIN_DATABASE"])
    if not ours and not fits:
        raise Refused(
            f"role {role} is there already, was not made by this stack and has another password; give that password "
            "(cvat.secrets.postgresql), or name another role (cvat.postgresql.external.user)"
        )
    too_many = [name for name, has in zip(RIGHTS, rights, strict=True) if has]
    if too_many and not ours:
        raise Refused(
            f"role {role} is there already and has {', '.join(too_many)}, which CVAT needs not; name another role"
        )
    check_memberships(server, role)
    lines = []
    for name in too_many:
        statement(server, f"ALTER ROLE {{}} NO{name}", role)
        lines.append(f"took {name} from role {role}")
    if not may_sign_in:
        statement(server, "ALTER ROLE {} LOGIN", role)
        lines.append(f"let role {role} sign in")
    if not fits:
        statement(server, "ALTER ROLE {} PASSWORD {}", role, verifier(server, cvat))
        lines.append(f"changed the password of role {role}")
    if not ours:
        statement(server, "COMMENT ON ROLE {} IS {}", role, mark)
        lines.append(f"took over role {role}")
    return lines


def check_memberships(server, role):
    of = run(
        server,
        "SELECT of.rolname FROM pg_auth_members JOIN pg_roles of ON of.oid = roleid JOIN pg_roles one ON one.oid = member "
        "WHERE one.rolname = %s ORDER BY 1",
        [role],
    )
    if of:
        names = ", ".join(name for [name] in of)
        raise Refused(
            f"role {role} is a member of {names} and so has more rights than CVAT needs; take it out (REVOKE ... FROM)"
        )


def opens(cvat, database):
    """Whether the password is the role's."""
    try:
        connect({**cvat, "dbname": database}).close()
        return True
    except Denied:
        return False


def verifier(server, cvat):
    """What the server would make of the password, in the way that it is set up for."""
    return extensions.encrypt_password(cvat["password"], cvat["user"], scope=server)


def make_database(server, role, database):
    """An administrator who is no superuser must be a member of a role to give it something."""
    [(superuser,)] = run(server, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user", [])
    if not superuser:
        statement(server, "GRANT {} TO CURRENT_USER", role)
    try:
        make = "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'"
        server.cursor().execute(sql.SQL(make).format(sql.Identifier(database), sql.Identifier(role)))
    finally:
        if not superuser:
            statement(server, "REVOKE {} FROM CURRENT_USER", role)
    return [f"made database {database}"]


def close_to_others(server, database):
    """Everybody of a server may connect to a new database and make temporary tables there. Its owner may end that."""
    [(open_, owned)] = run(
        server,
        "SELECT has_database_privilege('public', oid, 'CONNECT') OR has_database_privilege('public', oid, 'TEMPORARY'), "
        "pg_get_userbyid(datdba) = current_user FROM pg_database WHERE datname = current_database()",
        [],
    )
    if not (open_ and owned):
        return []
    server.cursor().execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))
    return [f"closed database {database} to other roles"]


def check_rights(server, role, database):
    """CVAT's migrations make tables in schema public, and nobody is to sign in with more than that."""
    [(may_make, superuser, encoding)] = run(
        server,
        "SELECT has_schema_privilege('public', 'CREATE'), rolsuper, current_setting('server_encoding') "
        "FROM pg_roles WHERE rolname = current_user",
        [],
    )
    if superuser:
        raise Refused(f"role {role} is a superuser, of whom CVAT needs nothing; give it a role of its own")
    if encoding != "UTF8":
        raise Refused(f"database {database} is in {encoding}, and CVAT writes UTF8; name another")
    if not may_make:
        raise Refused(
            f"role {role} may make no tables in database {database}; as its owner: GRANT CREATE ON SCHEMA public TO {role}"
        )


def run(server, query, values):
    with server.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def statement(server, text, role, literal=None):
    """A statement about a role, which takes no parameters: names and texts are quoted by psycopg2."""
    parts = [sql.Identifier(role)] + ([] if literal is None else [sql.Literal(literal)])
    server.cursor().execute(sql.SQL(text).format(*parts))


if __name__ == "__main__":
    try:
        print("\n".join(main(os.environ)))
    except Refused as refused:
        sys.exit(str(refused))
    except psycopg2.Error as error:
        sys.exit(f"PostgreSQL at {place()} says: {'; '.join(str(error).split(chr(10))).strip('; ')}")
