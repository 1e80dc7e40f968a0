"""Which reminders there are, and which of them are still to be done."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import cache, partial

from django.db.models import Q
from django.utils import timezone

from core.period import holds
from organisation.models import Absence, Home
from reminders import rules
from reminders.facts import Only, Round
from reminders.kinds import KINDS, urgent
from reminders.models import Reminder
from reminders.people import AlreadyTold, Deputies, Recipients, Sees, away_on
from residents.models import Stay

# So many homes are asked about together.
TOGETHER = 50


def homes_reminded(day: date) -> list[Home]:
    """The homes in the cooperation on the day; a home for training sends nothing."""
    return list(Home.objects.filter(Q(left_on=None) | Q(left_on__gte=day), practice=False).order_by("pk"))


def batches(homes: list[Home]) -> Iterator[list[Home]]:
    """Takes some homes at a time. Each question is asked once for all of them, and no list gets too long."""
    for start in range(0, len(homes), TOGETHER):
        yield homes[start : start + TOGETHER]


def plan(day: date, now: datetime | None = None) -> int:
    """Creates the reminders of the day that are not there yet. Returns how many are new. Safe to run twice.

    Some forty queries for each fifty homes. Two runs at the same time make each reminder once, but both may count it.
    """
    away = away_on(day)
    return sum(_plan(homes, day, now or timezone.now(), away) for homes in batches(homes_reminded(day)))


def _plan(homes: list[Home], day: date, now: datetime, away: dict[int, list[int]]) -> int:
    everyone, deputies = Sees.at(homes, day), Deputies.at(homes, day)
    told = cache(partial(_told, homes))
    whom = {home: Recipients(sees, deputies, away, told) for home, sees in everyone.items()}
    owed = [*_due_at(homes, day, now, whom), *_taken_over(homes, day, whom)]
    rows = Reminder.objects.for_homes(homes).filter(recipient__in={who for _, who, _ in owed})
    standing = {(row.recipient_id, row.kind, row.subject, row.due): row for row in rows}
    new: list[Reminder] = []
    for home, who, due in owed:
        known = standing.get((who, *due.key))
        if known is None:
            reminder = Reminder(
                home_id=home,
                recipient_id=who,
                kind=due.kind,
                subject=due.subject,
                due=due.due,
                on=due.on,
                edition=due.edition,
            )
            standing[who, *due.key] = reminder
            new.append(reminder)
        elif known.edition is not None and known.edition < due.edition:
            # It says something new, also to who took it off their list or put it off.
            again = {"state": Reminder.State.WAITING, "edition": due.edition, "snoozed_to": None}
            rows.filter(pk=known.pk, edition=known.edition).update(**again)
            known.edition = due.edition
        elif known.state == Reminder.State.GONE:
            # These must be done after all: sharing was given again, or a tick was taken back.
            rows.filter(pk=known.pk, state=Reminder.State.GONE).update(state=Reminder.State.WAITING)
    # Another worker may have been first with some.
    Reminder.objects.for_homes(homes).bulk_create(new, ignore_conflicts=True)
    return len(new)


Owed = list[tuple[int, int, rules.Due]]
# So many days after an absence began, what was told before it is looked through for whoever stands in.
LOOKED_THROUGH = timedelta(days=3)


def _taken_over(homes: list[Home], day: date, whom: dict[int, Recipients]) -> Owed:
    """What was told before somebody went away, and is still to be done: it is whoever's who stands in. One query, and
    those of `open_keys` where there is any.
    """
    began = Absence.objects.filter(holds(day), from_day__gt=day - LOOKED_THROUGH).values("user")
    waits = [Reminder.State.WAITING, Reminder.State.SENT]
    rows = list(Reminder.objects.for_homes(homes).filter(recipient__in=began, state__in=waits, on__lt=day))
    keys = open_keys(homes, day, rows) if rows else {}
    return [
        (row.home_id, who, due)
        for row in rows
        for due in keys.get((row.kind, row.subject, row.due), [])
        if due.recipient == row.recipient_id
        for who in whom[row.home_id].named(due, at_once=KINDS[row.kind].urgent)
        if who != row.recipient_id
    ]


def _due_at(homes: list[Home], day: date, now: datetime, whom: dict[int, Recipients]) -> Owed:
    """(home, who, what) for all that is due at the homes."""
    here = Round(homes, day)
    owed = [(kind, fact, due) for kind in KINDS.values() for fact, due in kind.owed(kind.facts(here), day, now)]
    home_of = _homes_of(homes, {due.stay for _, _, due in owed})
    return [
        (home_of[due.stay], who, due)
        for kind, fact, due in owed
        for who in kind.recipients(fact, due, whom[home_of[due.stay]])
    ]


def _homes_of(homes: list[Home], stays: set[int]) -> dict[int, int]:
    """{stay: home}"""
    return dict(Stay.objects.for_homes(homes).filter(pk__in=stays).values_list("pk", "home_id"))


def _told(homes: list[Home]) -> AlreadyTold:
    """Who at the homes has been told of what is urgent."""
    told: AlreadyTold = {}
    rows = Reminder.objects.for_homes(homes).filter(kind__in=urgent())
    for kind, subject, who in rows.values_list("kind", "subject", "recipient_id"):
        told.setdefault((kind, subject), set()).add(who)
    return told


Keys = dict[tuple[str, str, date], list[rules.Due]]


def open_keys(homes: list[Home], day: date, rows: Iterable[Reminder]) -> Keys:
    """What is still to be done of what the reminders are about, by (kind, subject, due). The rest is no longer due."""
    here = Round(homes, day, Only.of(rows))
    keys: Keys = {}
    for kind in KINDS.values():
        for fact in kind.facts(here) if here.wants(kind.code) else ():
            for due in kind.due(fact, day):
                keys.setdefault(due.key, []).append(due)
    return keys


def still_open(row: Reminder, keys: Keys, sees: Sees, away: dict[int, list[int]]) -> list[rules.Due]:
    """The things behind a reminder that are still its recipient's to do, and that they may still see.

    They are the recipient's own, or those of somebody who is away today, or everyone's who was told.
    """
    who = row.recipient_id
    standing = [
        due
        for due in keys.get((row.kind, row.subject, row.due), [])
        if (due.recipient == who or due.recipient in away or KINDS[row.kind].stays_with_told)
        and who not in due.not_for
        and sees.may(who, due.stay, due.side, due.part)
    ]
    # Where several are away, those who named this person come before those it may have fallen to.
    named = [due for due in standing if due.recipient == who or who in away.get(due.recipient, ())]
    return named or standing
