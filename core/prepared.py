"""Statements of every request: built once, and from then on only given their values.

Django builds and translates a query anew each time it is asked, which takes longer than the database needs to answer.

What it gives: median processor time of a request with it and without, by turns in one process on PostgreSQL, a board of
40 rows (29 November 2026; docs/decisions/0023-statements-kept.md says how it was measured):

    a text saved                     8.1 ms   22.2 ms
    the board page, nothing new      4.9 ms   11.3 ms
    the same after a change          8.5 ms   17.2 ms
    "anything new?" answered 204     3.3 ms    8.5 ms
    Min dag                         34.1 ms   43.2 ms
    the whole board drawn anew       230 ms    255 ms

The price is three things of Django that are not promised (the same decision); tests/core/test_prepared.py fails when
they change.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any, Generic, ParamSpec, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, Model, QuerySet
from django.db.models.constants import OnConflict
from django.db.models.sql import InsertQuery, UpdateQuery

P = ParamSpec("P")
Row = TypeVar("Row")
Built = TypeVar("Built")
LARGEST = 2**63
# A longer list is rare, and each length is kept for as long as the connection. A home has fewer residents.
LONGEST = 64


class Slot(Expression):
    """Where a value goes: of the argument `number`, in a list the one at `at`."""

    def __init__(self, number: int, at: int | None = None) -> None:
        super().__init__()
        self.number, self.at = number, at

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """One parameter, which stands for itself until a value is put there."""
        return "%s", [self]

    def value(self, arguments: tuple[Any, ...]) -> Any:
        """What goes there."""
        argument = arguments[self.number]
        return argument if self.at is None else argument[self.at]


class _Statement(ABC, Generic[P, Built]):
    """A function of values that builds a statement, and what the database is asked by it.

    An argument is a value to compare with or to set (no row, no expression), None, or a list or tuple for `__in` (of
    rows: `__pk__in`). What the function does with it must not depend on what it is: it is called once for each
    connection and shape of arguments, with places for the values.
    """

    def __init__(self, build: Callable[P, Built]) -> None:
        self.build = build
        self.__doc__ = build.__doc__

    @abstractmethod
    def translate(self, built: Built, connection: Any) -> Any:
        """(what is kept, SQL, parameters)"""

    def ready(self, arguments: tuple[Any, ...], connection: Any) -> Any:
        """(what is kept, SQL, parameters with their values); None where no row can be meant."""
        # A connection is one thread's, and so is what is kept on it.
        known: dict[Any, Any] = connection.__dict__.setdefault("_prepared", {})
        shape = (self, *map(_shape, arguments))
        if shape not in known:
            try:
                places: Any = tuple(map(_place, range(len(arguments)), arguments))
                known[shape] = self.translate(self.build(*places), connection)  # type: ignore[call-arg]
            except EmptyResultSet:
                known[shape] = None
        if known[shape] is None:
            return None
        kept, sql, parameters = known[shape]
        values = [each.value(arguments) if isinstance(each, Slot) else each for each in parameters]
        if any(isinstance(each, int) and not -LARGEST <= each < LARGEST for each in values):
            # No column holds it, so no row has it.
            return None
        return kept, sql, tuple(_adapted(each, connection.ops) for each in values)


def _shape(argument: Any) -> Any:
    if isinstance(argument, list | tuple):
        return len(argument)
    return argument is None


def _place(number: int, argument: Any) -> Any:
    if isinstance(argument, list | tuple):
        return [Slot(number, at) for at in range(len(argument))]
    return None if argument is None else Slot(number)


def _adapted(value: Any, ops: Any) -> Any:
    if isinstance(value, datetime):
        return ops.adapt_datetimefield_value(value)
    if isinstance(value, time):
        return ops.adapt_timefield_value(value)
    return ops.adapt_datefield_value(value) if isinstance(value, date) else value


class Prepared(_Statement[P, QuerySet[Any, Row]], Generic[P, Row]):
    """Called with the function's arguments, by position: the rows of its queryset, as a list."""

    def translate(self, built: QuerySet[Any, Row], connection: Any) -> Any:
        """The rows' own iterable is kept, with a translator that has done its work."""
        rows: Any = built
        query: Any = built.query
        compiler = query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        converters = compiler.get_converters([expression for expression, *_ in compiler.select])
        compiler.get_converters = lambda *_: converters
        query.get_compiler = lambda *_, **__: compiler
        return (rows._iterable_class(rows), compiler), sql, parameters

    def __call__(self, *arguments: P.args, **named: P.kwargs) -> list[Row]:
        assert not named
        if any(isinstance(each, list | tuple) and len(each) > LONGEST for each in arguments):
            return list(self.build(*arguments))  # type: ignore[call-arg]
        ready = self.ready(arguments, connections[DEFAULT_DB_ALIAS])
        if ready is None:
            return []
        (rows, compiler), sql, values = ready
        compiler.as_sql = lambda *_, **__: (sql, values)
        return list(rows)

    def first(self, *arguments: P.args, **named: P.kwargs) -> Row | None:
        """The first of them, or None; for a queryset of a row or few, since all are read."""
        return next(iter(self(*arguments, **named)), None)


class PreparedUpdate(_Statement[P, tuple[QuerySet[Any], dict[str, Any]]], Generic[P]):
    """Called with the function's arguments, by position: how many rows were set."""

    def translate(self, built: tuple[QuerySet[Any], dict[str, Any]], connection: Any) -> Any:
        """Nothing else is kept."""
        queryset, values = built
        query: Any = queryset.query.chain(UpdateQuery)
        query.add_update_values(values)
        return None, *query.get_compiler(connection=connection).as_sql()

    def __call__(self, *arguments: P.args, **named: P.kwargs) -> int:
        assert not named
        connection = connections[DEFAULT_DB_ALIAS]
        ready = self.ready(arguments, connection)
        if ready is None:
            return 0
        _, sql, values = ready
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return int(cursor.rowcount)


def prepared(build: Callable[P, QuerySet[Any, Row]]) -> Prepared[P, Row]:
    """Makes a function that builds a queryset of values one that returns its rows, for what is asked all the time."""
    return Prepared(build)


def prepared_update(build: Callable[P, tuple[QuerySet[Any], dict[str, Any]]]) -> PreparedUpdate[P]:
    """The same for (the rows, what to set in them); it returns how many there were."""
    return PreparedUpdate(build)


def insert(row: Model, *, unless_there: bool = False) -> bool:
    """Inserts a new row, which gets its id, by a statement kept for its model.

    With `unless_there`, False where a row with the same unique key stands already; the transaction goes on.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    known: dict[Any, Any] = connection.__dict__.setdefault("_prepared", {})
    key = (type(row), unless_there)
    if key not in known:
        known[key] = _translated_insert(row, unless_there, connection)
    fields, sql = known[key]
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        made = cursor.fetchone()
    if made is None:
        return False
    row.pk = made[0]
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    return True


def _translated_insert(row: Model, unless_there: bool, connection: Any) -> tuple[list[Any], str]:
    fields = [field for field in row._meta.concrete_fields if not field.primary_key]
    query: Any = InsertQuery(type(row), on_conflict=OnConflict.IGNORE if unless_there else None)
    query.insert_values(fields, [row])
    compiler: Any = query.get_compiler(connection=connection)
    compiler.returning_fields = [row._meta.pk]
    [(sql, _)] = compiler.as_sql()
    return fields, sql
