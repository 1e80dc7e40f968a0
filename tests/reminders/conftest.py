"""Helpers of the tests of reminders."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from boards import services as board_services
from boards.models import Told, Urgency
from core.period import wall_clock
from criteria.models import Level
from meetings import services as meeting_services
from organisation.models import Membership, Side
from reminders.kinds import KINDS
from reminders.models import Reminder
from reminders.rules import Due
from reminders.services import tick
from residents import services as resident_services
from residents.models import Situation
from tests.conftest import TODAY, Cast, seen_of


def owed(day: date, fact: object, *codes: str) -> list[Due]:
    """What the kinds make of the open thing on the day, at noon."""
    now = timezone.make_aware(datetime.combine(day, time(12)))
    return [due for code in codes for _, due in KINDS[code].owed([fact], day, now)]


def every_kind(cast: Cast, clock: Any) -> Iterator[date]:
    """Lays a reminder of every kind, all about Rune, through what people do. Yields the day after each planning."""

    def planned(text: str) -> date:
        clock.move_to(timezone.make_aware(datetime.fromisoformat(text)))
        tick(timezone.now())
        return timezone.localdate()

    tomorrow = TODAY + timedelta(days=1)
    # No basis of the others ends, so that nothing is to be remembered of them.
    for stay, side, by in (
        (cast.tove, Side.HOME, cast.mette), (cast.tove, Side.TEAM, cast.amina), (cast.aksel, Side.TEAM, cast.amina),
    ):  # fmt: skip
        resident_services.basis_withdraw(home=cast.home, stay_id=stay.pk, acting_side=side, by=by)
    resident_services.contact_set(stay=cast.rune, side=Side.TEAM, person=cast.amina, deputy=cast.soeren, by=cast.amina)
    meeting = cast.meeting()
    meeting_services.meeting_move(
        access=cast.access(cast.mette), number=meeting.number, day=tomorrow, at=meeting.time, why="Teamdag",
        seen=seen_of(meeting), key="", now=wall_clock(),
    )  # fmt: skip
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise", review_by=tomorrow)
    for situation in (Situation.ADMITTED, Situation.DISCHARGED):
        resident_services.situation_change(stay=cast.rune, situation=situation, since=TODAY, by=cast.mette)
    for due_on, tells in ((TODAY, False), (TODAY, True), (tomorrow, False)):
        cast.agree(owner=cast.mette, due_on=due_on, tells=tells)
    cast.agree(track="coordination", with_whom="Naboen", unagreed="Kommunen skal have svar i dag.")
    for urgency in (Urgency.TODAY, Urgency.MEETING):
        board_services.sign_note(
            access=cast.access(cast.mette), stay_id=cast.rune.pk, text="Går om natten", urgency=urgency, key="",
            today=TODAY,
        )  # fmt: skip
    yield planned("2026-11-17T10:00")
    yield planned("2026-11-17T11:30")
    yield planned("2026-11-18T08:00")
    clock.move_to(timezone.make_aware(datetime(2026, 11, 18, 20)))
    off = board_services.OffBoard(reason="Det går", told=Told.YES, crisis_plan_seen=True)
    board_services.level_close(
        access=cast.access(cast.mette), stay_id=cast.rune.pk, off=off, seen=1, key="", today=tomorrow
    )
    yield planned("2026-11-19T08:00")
    yield planned("2026-12-01T08:00")
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    resident_services.basis_open(
        stay=cast.rune, side=Side.HOME, acting_side=Side.HOME, reason="Fundet på gaden", key="", by=cast.mette,
        now=timezone.now(),
    )  # fmt: skip
    yield planned("2026-12-01T08:30")
    resident_services.contact_set(stay=cast.rune, side=Side.HOME, person=cast.jonas, deputy=None, by=cast.mette)
    cast.agree(owner=cast.jonas, due_on=date(2026, 12, 8))
    Membership.objects.filter(user=cast.jonas).update(to_day=timezone.localdate())
    yield planned("2026-12-02T08:00")
    # Nothing is shared any more: an akut nobody else sees.
    resident_services.contact_set(stay=cast.rune, side=Side.HOME, person=cast.mette, deputy=None, by=cast.mette)
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise", today=timezone.localdate())
    yield planned("2026-12-02T08:30")
    laid = set(Reminder.objects.for_home(cast.home).values_list("kind", flat=True))
    assert laid == set(KINDS), "lay a reminder of each kind here, about Rune"
