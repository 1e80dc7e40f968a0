"""What one who holds the whole database can do, and ought not to."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from audit import triggers

REFUSE = "refuse_insert"


@contextmanager
def unlocked() -> Iterator[None]:
    """The triggers are away for a while."""
    with connection.cursor() as cursor:
        for table, acts in triggers.REFUSED.items():
            for act in acts:
                on = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER {table}_no_{act.lower()}{on}")
    yield
    triggers.install()


@contextmanager
def unwritable(table: str) -> Iterator[None]:
    """Every insert into the table fails, as on a full disk."""
    postgres = connection.vendor == "postgresql"
    body = "EXECUTE FUNCTION audit_refuse()" if postgres else "BEGIN SELECT RAISE(ABORT, 'no room'); END"
    rows = "FOR EACH ROW " if postgres else ""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TRIGGER {REFUSE} BEFORE INSERT ON {table} {rows}{body}")
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {REFUSE}{f' ON {table}' if postgres else ''}")
