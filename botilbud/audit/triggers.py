"""The database itself refuses to change or delete an audit entry, on SQLite and on PostgreSQL."""

from typing import Any

from django.db import connections

# Table -> what is refused. A detail may be erased (that is its purpose) but not rewritten.
REFUSED = {
    "audit_entry": ("UPDATE", "DELETE"),
    "audit_entrydetail": ("UPDATE",),
    "audit_readentry": ("UPDATE", "DELETE"),
    "audit_anchor": ("UPDATE", "DELETE"),
}


def names() -> set[str]:
    """The triggers that must be there."""
    return {f"{table}_no_{act.lower()}" for table, acts in REFUSED.items() for act in acts}


def install(using: str = "default", **_: Any) -> None:
    """Lays the triggers, whether or not they are there; a migration to before a table leaves it out."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'audit entries are append-only'; END $$"
            )
        there = connection.introspection.table_names(cursor)
        for table in REFUSED.keys() & there:
            for act in REFUSED[table]:
                name = f"{table}_no_{act.lower()}"
                if connection.vendor == "postgresql":
                    cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
                    cursor.execute(
                        f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
                    )
                else:
                    cursor.execute(
                        f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {act} ON {table} "
                        "BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END"
                    )


def installed(using: str = "default") -> set[str]:
    """The triggers that are there now."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        return {row[0] for row in cursor.fetchall()}
