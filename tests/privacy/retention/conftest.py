"""Helpers of the tests of retention."""

import json
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from privacy.models import Cause, Erasure
from privacy.retention.stays import stay_erase


def dump() -> dict[str, str]:
    """Every table of the database as text, as a backup of it would hold it: {table: all its rows}."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - the database's own names
            found[table] = "\n".join("\t".join(map(str, row)) for row in cursor.fetchall())
    return found


def hits(word: str) -> dict[str, int]:
    """In how many places of which tables a word stands, as written and as JSON escapes it."""
    tables = dump()
    ways = {word.casefold(), json.dumps(word)[1:-1].casefold()}
    counts = {name: sum(text.casefold().count(way) for way in ways) for name, text in tables.items()}
    return {name: count for name, count in counts.items() if count}


def erase(stay: Any, **more: Any) -> Erasure:
    values: dict[str, Any] = {"cause": Cause.TERM, "why": "", "by": None, "now": timezone.now(), **more}
    return stay_erase(stay=stay, **values)


def whole() -> None:
    """The log's chains and anchors hold."""
    call_command("audit_verify", verbosity=0)
