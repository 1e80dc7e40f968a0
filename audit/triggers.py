"""The database itself refuses to change or delete an audit entry, on SQLite and on PostgreSQL.

A row goes only when a checkpoint covers it. A checkpoint is never taken back, and audit_verify asks the anchors of it.
"""

from typing import Any

from django.db import connections

# Table -> what is refused. A detail may be erased (that is its purpose) but not rewritten.
REFUSED = {
    "audit_entry": ("UPDATE", "DELETE"),
    "audit_entrydetail": ("UPDATE",),
    "audit_readentry": ("UPDATE", "DELETE"),
    "audit_anchor": ("UPDATE", "DELETE"),
    "audit_checkpoint": ("UPDATE", "DELETE"),
}
# Where a row may go once a checkpoint covers it (pruning.py): what stands before its scope in the checkpoint's.
LET_GO = {"audit_entry": "", "audit_readentry": "reads:"}


def names() -> set[str]:
    """The triggers that must be there."""
    return {f"{table}_no_{act.lower()}" for table, acts in REFUSED.items() for act in acts}


def install(using: str = "default", **_: Any) -> None:
    """Makes the triggers, also if they exist. Tables that do not exist (an earlier migration) are left out."""
    connection = connections[using]
    with connection.cursor() as cursor:
        postgres = connection.vendor == "postgresql"
        if postgres:
            cursor.execute(_FUNCTIONS)
        there = connection.introspection.table_names(cursor)
        for table in REFUSED.keys() & there:
            for act in REFUSED[table]:
                name = f"{table}_no_{act.lower()}"
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{f' ON {table}' if postgres else ''}")
                covered = act == "DELETE" and table in LET_GO and "audit_checkpoint" in there
                body = _postgres(table, covered) if postgres else _sqlite(table, covered)
                cursor.execute(f"CREATE TRIGGER {name} BEFORE {act} ON {table} {body}")


_FUNCTIONS = """
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'audit entries are append-only'; END $$;
CREATE OR REPLACE FUNCTION audit_let_go() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  IF EXISTS (SELECT 1 FROM audit_checkpoint WHERE scope = TG_ARGV[0] || OLD.scope AND seq >= OLD.seq) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'audit entries are append-only';
END $$
"""


def _postgres(table: str, covered: bool) -> str:
    call = f"audit_let_go('{LET_GO[table]}')" if covered else "audit_refuse()"
    return f"FOR EACH ROW EXECUTE FUNCTION {call}"


def _sqlite(table: str, covered: bool) -> str:
    refuse = "BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END"
    if not covered:
        return refuse
    covering = "SELECT 1 FROM audit_checkpoint WHERE seq >= OLD.seq AND scope"
    return f"WHEN NOT EXISTS ({covering} = '{LET_GO[table]}' || OLD.scope) {refuse}"


def installed(using: str = "default") -> set[str]:
    """The triggers that are there now."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND pg_table_is_visible(tgrelid)")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        return {row[0] for row in cursor.fetchall()}
