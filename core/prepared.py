"""Statements that every request needs: built once, and later only filled with values.

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
# A statement is kept for each length of list, as long as the connection lives. Longer lists are rare: a home has
# fewer residents.
LONGEST = 64


class Slot(Expression):
    """Where a value goes: that of argument `number`, or its element `at` when it is a list."""

    def __init__(self, number: int, at: int | None = None) -> None:
        super().__init__()
        self.number, self.at = number, at

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """One parameter. It stands for itself until its value is put in."""
        return "%s", [self]

    def value(self, arguments: tuple[Any, ...]) -> Any:
        """The value that goes here."""
        argument = arguments[self.number]
        return argument if self.at is None else argument[self.at]


class _Statement(ABC, Generic[P, Built]):
    """A function that builds a statement from values, and the SQL it became.

    An argument is a value to compare with or to set (no row, no expression), None, or a list or tuple for `__in` (for
    rows: `__pk__in`). The function must not decide anything by an argument's value: it is called once for each
    connection and shape of arguments, with slots in place of the values.
    """

    def __init__(self, build: Callable[P, Built]) -> None:
        self.build = build
        self.__doc__ = build.__doc__

    @abstractmethod
    def translate(self, built: Built, connection: Any) -> Any:
        """(what is kept, SQL, parameters)"""

    def ready(self, arguments: tuple[Any, ...], connection: Any) -> Any:
        """(what is kept, SQL, parameters with their values); None when no row can match."""
        # A connection belongs to one thread, and so does what is kept on it.
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
            # No column can hold this value, so no row has it.
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
        """Keeps the queryset's way of making rows, with a compiler that has done its work."""
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
        """The first row, or None. All rows are read, so this is for a queryset with few."""
        return next(iter(self(*arguments, **named)), None)


class PreparedUpdate(_Statement[P, tuple[QuerySet[Any], dict[str, Any]]], Generic[P]):
    """Called with the function's arguments, by position: how many rows were set."""

    def translate(self, built: tuple[QuerySet[Any], dict[str, Any]], connection: Any) -> Any:
        """Only the statement is kept."""
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
    """Decorates a function that builds a queryset: it then returns the rows. For what is asked all the time."""
    return Prepared(build)


def prepared_update(build: Callable[P, tuple[QuerySet[Any], dict[str, Any]]]) -> PreparedUpdate[P]:
    """The same for a function that gives (the rows, what to set in them). Returns how many rows were set."""
    return PreparedUpdate(build)


def insert(row: Model, *, unless_there: bool = False) -> bool:
    """Inserts a new row with a statement kept for its model. The row gets its id.

    With `unless_there`, returns False if a row with the same unique key exists; the transaction goes on.
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
