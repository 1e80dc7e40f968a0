"""Finds everything that hangs on a row, from the models themselves, and deletes it.

A new table is included as soon as it points here. tests/privacy/retention/test_stays.py fails until somebody has
looked at it.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db import models
from django.db.models import Q

from audit import trail
from meetings.models import Meeting, WallScreen
from organisation.door import HomeModel
from reminders import kinds
from reminders.models import Digest, Reminder

Model = type[models.Model]
CHUNK = 500
# Pointers that are set to null: the row that holds them is not about the row they point to.
LOOSE: frozenset[tuple[Model, str]] = frozenset({(Meeting, "spotlight"), (WallScreen, "meeting")})


@dataclass(frozen=True)
class Table:
    """A table, the ways from it to the root ('episode__stay'), and the loose pointers at it."""

    model: Model
    ways: tuple[str, ...]
    loose: tuple[tuple[Model, str], ...] = ()


@cache
def hanging(root: Model) -> tuple[Table, ...]:
    """Every table with rows that hang on the root's, those furthest out first, and the root itself last."""
    ways: dict[Model, list[str]] = {root: ["pk"]}
    loose: dict[Model, list[tuple[Model, str]]] = {}
    order: list[Model] = []

    def walk(model: Model, way: str) -> None:
        for child, name in _pointers(model):
            if (child, name) in LOOSE:
                if (child, name) not in loose.setdefault(model, []):
                    loose[model].append((child, name))
                continue
            path = f"{name}__{way}" if way else name
            ways.setdefault(child, []).append(path)
            walk(child, path)
        if model not in order:
            order.append(model)

    walk(root, "")
    return tuple(Table(model, tuple(ways[model]), tuple(loose.get(model, ()))) for model in order)


def _pointers(model: Model) -> Iterator[tuple[Model, str]]:
    """(table, field) of what points at the model. A row that takes back another of its own table is no child."""
    for relation in model._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel) and relation.related_model is not model:
            yield relation.related_model, relation.field.name


def every(model: Model) -> models.QuerySet[Any]:
    """All rows of a table, whichever home's."""
    if issubclass(model, HomeModel):
        return model.objects.system("retention")
    return models.QuerySet(model)


@dataclass
class Found:
    """The rows to go, by table, those furthest out first."""

    rows: list[tuple[Table, list[int]]] = field(default_factory=list)

    @property
    def subjects(self) -> list[str]:
        """What the log calls them."""
        return [f"{table.model._meta.label_lower}:{pk}" for table, pks in self.rows for pk in pks]

    @property
    def notices(self) -> list[str]:
        """What reminders call them ('intervention:5'), of every kind there is."""
        return [subject for table, pks in self.rows for subject in kinds.called(table.model, pks)]


def collect(root: Model, pks: Collection[int], *, itself: bool = True) -> Found:
    """The root's rows and everything that hangs on them. One query for each table and some hundred rows."""
    collected = Found()
    for table in hanging(root):
        if table.model is root:
            numbers = sorted(pks) if itself else []
        else:
            there: set[int] = set()
            for part in chunks(sorted(pks)):
                way = Q()
                for path in table.ways:
                    way |= Q(**{f"{path}__in": part})
                there |= set(every(table.model).filter(way).values_list("pk", flat=True))
            numbers = sorted(there)
        if numbers:
            collected.rows.append((table, numbers))
    return collected


def chunks(pks: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Parts small enough for one query."""
    for start in range(0, len(pks), CHUNK):
        yield pks[start : start + CHUNK]


def remove(collected: Found) -> dict[str, int]:
    """Takes the rows away with their reminders, their mails' rows and what the log keeps of them in words.

    Returns how many of each table. Within the caller's transaction.
    """
    gone: dict[str, int] = {}
    _add(gone, "audit.entrydetail", erase_details(collected.subjects))
    for part in chunks(collected.notices):
        _add(gone, Reminder._meta.label_lower, delete(every(Reminder).filter(subject__in=part)))
        _add(gone, Digest._meta.label_lower, delete(Digest.objects.filter(about__in=kinds.mails_about(part))))
    for table, pks in collected.rows:
        for part in chunks(pks):
            for model, name in table.loose:
                every(model).filter(**{f"{name}__in": part}).update(**{name: None})
            _add(gone, table.model._meta.label_lower, delete(every(table.model).filter(pk__in=part)))
    return gone


def delete(rows: models.QuerySet[Any]) -> int:
    """Deletes in one statement. Django's delete would fetch each row first and refuse rows others point at."""
    return rows._raw_delete(rows.db)


def erase_details(subjects: Iterable[str]) -> int:
    """Empties what the log keeps in words about the subjects. The chain still holds: it knows only the hash."""
    return sum(delete(details) for details in trail.details_of(subjects))


def left(collected: Found) -> int:
    """How many of the rows, and of the words about them, are still there."""
    standing = sum(
        every(table.model).filter(pk__in=part).count() for table, pks in collected.rows for part in chunks(pks)
    )
    return standing + sum(details.count() for details in trail.details_of(collected.subjects))


def _add(gone: dict[str, int], table: str, rows: int) -> None:
    if rows:
        gone[table] = gone.get(table, 0) + rows


def add(gone: dict[str, int], more: dict[str, int]) -> None:
    """Adds the counts of some tables to others."""
    for table, rows in more.items():
        _add(gone, table, rows)
