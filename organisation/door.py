"""The one door to a home's data: `Model.objects.for_home(home)`. Any other query on such a model raises."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, ClassVar, TypeVar

from django.db import models

logger = logging.getLogger(__name__)
_validating: ContextVar[bool] = ContextVar("validating", default=False)
M = TypeVar("M", bound=models.Model)


class UnscopedQuery(RuntimeError):
    """A query on a home's data that did not come through the door."""


class HomeManager(models.Manager[M]):
    """Gives only rows of a named home."""

    def get_queryset(self) -> models.QuerySet[M]:
        """Raises UnscopedQuery, except while the model validates itself (its uniqueness must see all rows)."""
        if _validating.get():
            return super().get_queryset()
        raise UnscopedQuery(f"{self.model.__name__}: brug for_home(home)")

    def for_home(self, home: models.Model | int) -> models.QuerySet[M]:
        """The rows of one home, or of the home with the id."""
        return super().get_queryset().filter(**{self._path: home})

    def for_homes(self, homes: list[Any]) -> models.QuerySet[M]:
        """The rows of the homes a person may see (Min dag, overview)."""
        return super().get_queryset().filter(**{f"{self._path}__pk__in": [getattr(home, "pk", home) for home in homes]})

    def system(self, reason: str) -> models.QuerySet[M]:
        """All rows, for a task without a person. The reason is logged once."""
        _say_once(self.model.__name__, reason)
        return super().get_queryset()

    @property
    def _path(self) -> str:
        return str(self.model.home_path)  # type: ignore[attr-defined]


class HomeModel(models.Model):
    """A row that belongs to one home. `home_path` is the way to it in a query."""

    home_path: ClassVar[str] = "home"
    objects: ClassVar[HomeManager[Any]] = HomeManager()

    class Meta:
        abstract = True

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        """Django's own checks, which look at other rows for uniqueness."""
        with _looking_at_all_rows():
            super().full_clean(*args, **kwargs)

    def insert(self) -> None:
        """Checks and adds the row."""
        self.full_clean()
        self.save(force_insert=True)


@cache
def _say_once(model: str, reason: str) -> None:
    """A wall screen asks every other second: a line each time would drown the others."""
    logger.info("system door to %s: %s", model, reason)


@contextmanager
def _looking_at_all_rows() -> Iterator[None]:
    token = _validating.set(True)
    try:
        yield
    finally:
        _validating.reset(token)
