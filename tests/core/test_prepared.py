"""What is kept of a statement answers as the statement built anew does."""

import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.test.utils import CaptureQueriesContext

from accounts.sessions import Backend
from audit import trail
from audit.models import Clock, Entry
from boards.models import Cell
from core.period import holds
from core.prepared import LONGEST, Prepared, prepared, prepared_update
from organisation.models import Home, Membership, User
from residents.models import Stay
from tests.conftest import TODAY, Cast

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def _held(user: int, day: date) -> QuerySet[Membership]:
    return Membership.objects.filter(holds(day), user=user).select_related("home", "team")


def _named(names: list[str], missing: int | None) -> QuerySet[User, tuple[str, str]]:
    return User.objects.filter(Q(name__in=names) & ~Q(pk=missing)).order_by("pk").values_list("name", "email")


def _acts(scope: str, since: datetime) -> QuerySet[Entry, str]:
    return Entry.objects.filter(scope=scope, at__gte=since).order_by("seq").values_list("action", flat=True)[:3]


def _flats(homes: list[int], day: date, only: int | None) -> QuerySet[Stay]:
    about = Q() if only is None else Q(pk=only)
    stays: QuerySet[Stay] = Stay.objects.for_homes(homes).filter(about, from_day__lte=day)
    return stays.select_related("resident").order_by("pk")


@prepared_update
def _renamed(home: int, name: str) -> tuple[QuerySet[Home], dict[str, Any]]:
    return Home.objects.filter(pk=home), {"name": name}


def same(build: Any, *arguments: Any) -> list[Any]:
    """The rows, as they are asked for anew and twice as they are kept."""
    kept: Prepared[Any, Any] = prepared(build)
    anew = list(build(*arguments))
    first, again = kept(*arguments), kept(*arguments)
    assert first == anew == again
    for one, other in zip(anew, again, strict=True):
        if hasattr(one, "__dict__"):
            assert _plain(one) == _plain(other)
            assert one is not other
    return anew


def _plain(row: Any) -> dict[str, Any]:
    return {key: value for key, value in row.__dict__.items() if key != "_state"}


def test_rows_are_those_of_the_query_with_what_belongs_to_them(cast: Cast) -> None:
    found = same(_held, cast.mette.pk, TODAY)
    assert [membership.home for membership in found] == [cast.home]
    with CaptureQueriesContext(connection) as asked:
        assert prepared(_held)(cast.amina.pk, TODAY)[0].team == cast.team
    assert len(asked) == 1, "the team came with the row"


def test_each_call_has_its_own_values_and_shapes_do_not_mix(cast: Cast) -> None:
    kept = prepared(_held)
    for user in (cast.mette, cast.amina, cast.mette):
        for day in (TODAY, TODAY - timedelta(days=4000), TODAY):
            assert kept(user.pk, day) == list(_held(user.pk, day))
    names = prepared(_named)
    for wanted in (["Mette"], ["Mette", "Amina"], [], ["Mette"], ["Amina", "Mette", "Ingen"]):
        for missing in (None, cast.mette.pk, None):
            assert names(wanted, missing) == list(_named(wanted, missing))


def test_moments_days_and_limits(cast: Cast) -> None:
    scope = cast.home.scope
    began = Entry.objects.filter(scope=scope).order_by("seq")[0].at
    with trail.as_of(began + timedelta(days=1)), trail.change(scope, by=cast.mette.pk) as log:
        log("screen.locked", cast.home)
    assert len(same(_acts, scope, began)) == 3
    assert same(_acts, scope, began + timedelta(days=1)) == ["screen.locked"]
    assert same(_acts, scope, began + timedelta(days=1, microseconds=1)) == []
    assert len(same(_flats, [cast.home.pk], TODAY, None)) > 1
    assert same(_flats, [cast.home.pk], TODAY, cast.rune.pk) == [cast.rune]
    assert same(_flats, [cast.home.pk, 0], TODAY - timedelta(days=9000), None) == []


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
def test_number_no_column_holds_finds_nothing(cast: Cast, number: int) -> None:
    assert prepared(_flats)([cast.home.pk], TODAY, number) == list(_flats([cast.home.pk], TODAY, number)) == []
    assert _renamed(number, "Andet") == 0


def test_what_is_asked_for_is_never_part_of_the_statement(cast: Cast) -> None:
    kept = prepared(_named)
    kept(["Mette"], None)
    with CaptureQueriesContext(connection) as asked:
        assert kept(["Mette' OR '1'='1"], None) == []
    assert len(asked) == 1


def test_list_too_long_to_keep_is_asked_for_anew(cast: Cast) -> None:
    kept = prepared(_named)
    names = ["Mette", *(f"Ingen {number}" for number in range(LONGEST))]
    assert kept(names, None) == list(_named(names, None)) != []
    assert not [shape for shape in connection._prepared if shape[0] is kept]  # type: ignore[attr-defined]


def test_update_sets_what_it_says_and_counts(cast: Cast) -> None:
    assert _renamed(cast.home.pk, "Nyt navn") == 1
    assert _renamed(cast.home.pk, "Nyere navn") == 1
    assert _renamed(0, "Ingens navn") == 0
    assert list(Home.objects.filter(name__endswith="navn").values_list("pk", "name")) == [(cast.home.pk, "Nyere navn")]


def test_update_through_another_table_and_with_an_expression(cast: Cast) -> None:
    @prepared_update
    def again(home: int, by: int) -> tuple[QuerySet[Cell], dict[str, Any]]:
        return Cell.objects.for_home(home), {"version": F("version") + by}

    cast.write(text="Sover igen.")
    before = dict(Cell.objects.for_home(cast.home).values_list("pk", "version"))
    assert before
    assert again(cast.home.pk, 3) == len(before)
    assert again(0, 3) == 0
    assert dict(Cell.objects.for_home(cast.home).values_list("pk", "version")) == {
        pk: version + 3 for pk, version in before.items()
    }


@pytest.mark.django_db(transaction=True)
def test_each_thread_keeps_its_own() -> None:
    Clock.objects.bulk_create([Clock(scope=f"prøve:{number}", version=number) for number in range(8)])

    @prepared
    def version(scope: str) -> QuerySet[Clock, int]:
        return Clock.objects.filter(scope=scope).values_list("version", flat=True)

    wrong: list[Any] = []

    def ask(number: int) -> None:
        try:
            wrong.extend(found for _ in range(50) if (found := version(f"prøve:{number}")) != [number])
        except BaseException as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_somebody_who_may_no_longer_sign_in_has_no_session(cast: Cast) -> None:
    backend = Backend()
    assert backend.get_user(str(cast.mette.pk)) == cast.mette
    assert backend.get_user("0") is None
    User.objects.filter(pk=cast.mette.pk).update(is_active=False)
    assert backend.get_user(str(cast.mette.pk)) is None
