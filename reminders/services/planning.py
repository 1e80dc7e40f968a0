"""Which reminders there are, and which of them are still to be done."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from botilbud.organisation.models import Home, Side
from reminders import facts, rules
from reminders.models import Reminder
from reminders.people import Deputies, Sees, away_on, escalated_to, recipients


def homes_reminded(day: date) -> list[Home]:
    """The homes in the cooperation on the day; a home for training sends nothing."""
    return list(Home.objects.filter(Q(left_on=None) | Q(left_on__gte=day), practice=False).order_by("pk"))


def plan(day: date, now: datetime | None = None) -> int:
    """Creates the reminders of the day that are not there yet. Returns how many are new. Safe to run twice."""
    away = away_on(day)
    made = 0
    for home in homes_reminded(day):
        found = _due_at(home, day, now or timezone.now(), away)
        rows = Reminder.objects.for_home(home).filter(recipient__in={who for who, _ in found})
        standing = {(row.recipient_id, row.kind, row.subject, row.due): row for row in rows}
        for who, due in found:
            known = standing.get((who, *due.key))
            if known is None:
                made += _insert(home, who, due)
                standing[who, *due.key] = Reminder()
            elif known.state == Reminder.State.GONE:
                # To be done after all: sharing was given again, a tick was taken back.
                rows.filter(pk=known.pk, state=Reminder.State.GONE).update(state=Reminder.State.WAITING)
    return made


def _insert(home: Home, who: int, due: rules.Due) -> int:
    try:
        with transaction.atomic():
            Reminder(home=home, recipient_id=who, kind=due.kind, subject=due.subject, due=due.due, on=due.on).save(
                force_insert=True
            )
    except IntegrityError:
        # Another worker was first.
        return 0
    return 1


def _due_at(home: Home, day: date, now: datetime, away: dict[int, list[int]]) -> list[tuple[int, rules.Due]]:
    sees, deputies, open_now = Sees.everyone(home, day), Deputies.at(home), facts.gather([home], day)
    owed = rules.due_of(day, open_now)
    found = [(who, due) for due in owed for who in recipients(due, sees, deputies, away)]
    for due in owed:
        if due.kind == rules.NEED:
            leaders = {*sees.leaders(Side.HOME), *sees.leaders(Side.TEAM)}
            found += [(who, due) for who in sorted(leaders) if sees.may(who, due.stay) and (who, due) not in found]
    unseen = [alarm for alarm in open_now.alarms if rules.escalates(alarm, now)]
    told = _told(home) if unseen else {}
    for alarm in unseen:
        late = rules.Due(0, rules.AKUT_LATE, f"change:{alarm.change}", alarm.day, day, alarm.stay)
        if (late.kind, late.subject) not in told:
            already = told.get((rules.AKUT, late.subject), set())
            found += [(who, late) for who in escalated_to(alarm, sees, deputies, away, already)]
    return found


def _told(home: Home) -> dict[tuple[str, str], set[int]]:
    """Who at the home has been told of which akut."""
    found: dict[tuple[str, str], set[int]] = {}
    rows = Reminder.objects.for_home(home).filter(kind__in=rules.URGENT)
    for kind, subject, who in rows.values_list("kind", "subject", "recipient_id"):
        found.setdefault((kind, subject), set()).add(who)
    return found


Keys = dict[tuple[str, str, date], list[rules.Due]]


def open_keys(day: date, open_now: rules.Facts) -> Keys:
    """What is still to be done, by (kind, subject, due); a reminder of anything else is no longer due."""
    found: Keys = {}
    for due in rules.moments(day, open_now):
        found.setdefault(due.key, []).append(due)
    for alarm in open_now.alarms:
        if not alarm.answered:
            late = rules.Due(0, rules.AKUT_LATE, f"change:{alarm.change}", alarm.day, alarm.day, alarm.stay)
            found[late.key] = [late]
    return found


def still_open(row: Reminder, keys: Keys, sees: Sees, away: dict[int, list[int]]) -> list[rules.Due]:
    """The things behind a reminder that are still its recipient's to do, and that they may still see.

    They are the recipient's own, or those of somebody who is away today; an akut that went on is its recipient's.
    """
    who = row.recipient_id
    found = [
        due
        for due in keys.get((row.kind, row.subject, row.due), [])
        if (due.recipient == who or due.recipient in away or row.kind in (rules.AKUT_LATE, rules.NEED))
        and who not in due.not_for
        and sees.may(who, due.stay, due.side)
    ]
    # Where several are away, those who named this person come before those it may have fallen to.
    named = [due for due in found if due.recipient == who or who in away.get(due.recipient, ())]
    return named or found
