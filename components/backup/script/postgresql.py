"""
CVAT's database in PostgreSQL, as CVAT's own role reaches it: how it is, what is in it, and what a restore does before anything else.

Where the server is, as whom it is asked and what of its TLS, stands in libpq's own variables, for the programs beside as for this.
"""

import contextlib
import os

import psycopg2
from psycopg2 import sql

import reached

CONNECTS_WITHIN_S = 10

# Column by which CVAT says when a row was changed last.
CHANGED_AT = "updated_date"


class Refused(Exception):
    """A sentence of what the server did not do. Has no password in it."""


@contextlib.contextmanager
def connected():
    """A transaction that changes nothing and sees the database as it is at one moment."""
    # Who is away after that is told in libpq's words.
    with contextlib.suppress(OSError):
        reached.connection(os.environ["PGHOST"], os.environ["PGPORT"]).close()
    try:
        server = psycopg2.connect("", connect_timeout=CONNECTS_WITHIN_S, application_name="vision-platform-backup")
    except psycopg2.Error as error:
        raise Refused(f"PostgreSQL at {place()} does not let in {os.environ['PGUSER']}: {one_line(error)}") from None
    try:
        server.set_session(isolation_level="REPEATABLE READ", readonly=True)
        yield server
    except psycopg2.Error as error:
        raise Refused(f"PostgreSQL at {place()} says: {one_line(error)}") from None
    finally:
        server.close()


def place():
    return f"{os.environ['PGHOST']}:{os.environ['PGPORT']}"


def one_line(error):
    return "; ".join(line.strip() for line in str(error).splitlines() if line.strip())


def version(server):
    """Such as 15.2, and 15."""
    [(number,)] = run(server, "SHOW server_version")
    return number.split()[0], server.server_version // 10_000


def snapshot(server):
    """The name under which a program sees the same moment, as long as this transaction lasts."""
    [(name,)] = run(server, "SELECT pg_export_snapshot()")
    return name


def tables(server):
    """Schema and name of each table that has rows of its own."""
    return run(
        server,
        "SELECT nspname, relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r' "
        "AND nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1, 2",
    )


def counts(server):
    """Rows of each table, by its name, and with its schema where that is not `public`."""
    return {name_of(*table): count(server, table) for table in tables(server)}


def count(server, table):
    [(rows,)] = run(server, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*table)))
    return rows


def name_of(schema, table):
    return table if schema == "public" else f"{schema}.{table}"


def newer(server, than):
    """Of each table that tells when a row was changed, how many were changed since, and when the newest was. Only those with any."""
    dated = run(
        server,
        "SELECT nspname, relname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE attname = %s AND atttypid = 'timestamptz'::regtype AND relkind = 'r' AND nspname !~ '^pg_' ORDER BY 1, 2",
        [CHANGED_AT],
    )
    found = {}
    for table in dated:
        query = sql.SQL("SELECT count(*), max({at}) FROM {table} WHERE {at} > %s").format(
            at=sql.Identifier(CHANGED_AT), table=sql.Identifier(*table)
        )
        [(rows, newest)] = run(server, query, [than])
        if rows:
            found[name_of(*table)] = {"rows": rows, "newest": newest.isoformat()}
    return found


def others(server):
    """Who else is signed in to the database, as lines."""
    rows = run(
        server,
        "SELECT usename, application_name, host(client_addr), count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' "
        "GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    )
    return [
        f"{user}{f' ({name})' if name else ''} from {address or 'the server itself'}: {number}"
        for user, name, address, number in rows
    ]


def run(server, query, values=None):
    with server.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


# What a restore begins with: nobody else may be signed in, and all that the role made goes, in the transaction that brings the dump. So what a
# newer release of CVAT added is gone after an older dump, and an error anywhere leaves all as it was. Extensions and what is theirs stay.
BEGIN = r"""
BEGIN;
SET LOCAL lock_timeout = '60s';
SET LOCAL client_min_messages = warning;
DO $restore$
DECLARE
  others integer;
  dropped text;
BEGIN
  SELECT count(*) INTO others FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
      AND application_name <> 'vision-platform-backup';
  IF others > 0 THEN
    RAISE EXCEPTION 'the database is in use: % others are signed in to it', others;
  END IF;
  FOR dropped IN
    SELECT format('DROP SCHEMA IF EXISTS %I CASCADE', nspname) FROM pg_namespace n
      WHERE nspowner = current_user::regrole AND nspname !~ '^pg_' AND nspname NOT IN ('public', 'information_schema')
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
    UNION ALL
    SELECT format('DROP %s IF EXISTS %I.%I CASCADE',
        CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
        nspname, relname)
      FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
      WHERE nspname = 'public' AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('e', 'i'))
    UNION ALL
    SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', p.oid::regprocedure) FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
      WHERE nspname = 'public'
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
    UNION ALL
    SELECT format('DROP %s IF EXISTS %I.%I CASCADE', CASE typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, nspname, typname)
      FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
      WHERE nspname = 'public' AND (typtype IN ('d', 'e', 'r') OR typtype = 'c' AND EXISTS (SELECT FROM pg_class WHERE oid = typrelid AND relkind = 'c'))
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype IN ('e', 'i'))
    UNION ALL
    SELECT format('SELECT lo_unlink(%s)', oid) FROM pg_largeobject_metadata WHERE lomowner = current_user::regrole
  LOOP
    EXECUTE dropped;
  END LOOP;
END
$restore$;
"""
