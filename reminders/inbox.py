"""What waits for one person: the list in the app. It shows every kind, and nothing the person may not see."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from accounts.access import Access
from core import weeks
from core.text import listing
from criteria.models import Level
from organisation.models import Home, User
from organisation.region import Rules, rules_of
from reminders import rules
from reminders.kinds import KINDS, Kind, Listed, urgent
from reminders.models import Reminder
from reminders.people import Sees, away_on
from reminders.services import open_keys, still_open

# What a kind looks up of the rows its reminders are about.
Rows = Callable[[list[Home], Collection[int]], Mapping[int, Any]]


@dataclass(frozen=True)
class Open:
    """A stored reminder that is still to be done, and the things behind it as its recipient may see them."""

    row: Reminder
    access: Access
    sees: Sees
    things: list[rules.Due]

    @property
    def kind(self) -> Kind[Any]:
        return KINDS[self.row.kind]

    @property
    def pk(self) -> int:
        return int(self.row.subject.partition(":")[2])


@dataclass(frozen=True)
class WaitingItem:
    """One line. `what` is why, `text` the thing's own words; the days are those one may put it off to."""

    id: int
    home: str
    slug: str
    stay: int | None
    label: str
    what: str
    text: str
    instead_of: str
    url: str
    urgent: bool
    # It goes from the list when it has been seen, and in no other way.
    kept: bool
    # The region's word for the highest level, where the resident stands so; else ''.
    akut: str
    days: list[tuple[date, str]]
    first: date
    limit: date


def sees_of_homes(accesses: list[Access], day: date) -> dict[int, Sees]:
    """What the person may see in each home, by its id; read when first asked for."""
    return {access.home.pk: Sees.of_person(access, day) for access in accesses}


def open_now(accesses: list[Access], day: date, sees_by_home: dict[int, Sees]) -> list[Open]:
    """The person's reminders in view, one for each thing, by day. One query where there are none.

    Else at most sixteen over all homes, and three for each home not in `sees_by_home` yet.
    """
    here = {access.home.pk: access for access in accesses if _reminded(access, day)}
    if not here:
        return []
    in_view = Reminder.objects.for_homes([access.home for access in here.values()]).filter(
        recipient=accesses[0].user, state__in=[Reminder.State.WAITING, Reminder.State.SENT], on__lte=day
    )
    rows = list(in_view.order_by("on", "pk"))
    if not rows:
        return []
    homes = [here[pk].home for pk in sorted({row.home_id for row in rows})]
    keys = open_keys(homes, day, rows)
    away = away_on(day)
    still = {row.pk: things for row in rows if (things := still_open(row, keys, sees_by_home[row.home_id], away))}
    # Of several reminders of one thing only the latest is shown. An urgent one is always shown.
    shown = rules.awake(_only(rows, still), day, urgent())
    latest = {(row.subject, KINDS[row.kind].urgent): row for row in shown}
    in_order = [Open(row, here[row.home_id], sees_by_home[row.home_id], still[row.pk]) for row in latest.values()]
    return sorted(in_order, key=lambda reminder: (reminder.row.due, not reminder.kind.urgent, reminder.row.pk))


def _only(rows: Iterable[Reminder], still: dict[int, list[rules.Due]]) -> list[Reminder]:
    return [row for row in rows if row.pk in still]


def _reminded(access: Access, day: date) -> bool:
    left = access.home.left_on
    return not access.home.practice and (left is None or left >= day)


def waiting(accesses: list[Access], day: date) -> list[tuple[str, list[WaitingItem]]]:
    """What waits, by the day it is for, earliest first.

    A query for the names of those who are away, one for each sort of row a kind looks up, and one for each home more
    than `open_now`.
    """
    open_reminders = open_now(accesses, day, sees_of_homes(accesses, day))
    if not open_reminders:
        return []
    asked: dict[Rows, set[int]] = defaultdict(set)
    for reminder in open_reminders:
        asked[reminder.kind.rows].add(reminder.pk)
    homes = [access.home for access in accesses]
    rows = {question: question(homes, pks) for question, pks in asked.items()}
    user = accesses[0].user
    names = dict(
        User.objects.filter(
            pk__in={thing.recipient for reminder in open_reminders for thing in reminder.things} - {user.pk}
        ).values_list("pk", "name")
    )
    region_rules = {home.pk: rules_of(home, day) for home in {reminder.access.home for reminder in open_reminders}}
    groups: dict[str, list[WaitingItem]] = {}
    for reminder in open_reminders:
        item = _item(
            reminder, day, rows[reminder.kind.rows].get(reminder.pk), names, region_rules[reminder.access.home.pk]
        )
        groups.setdefault(_day_title(reminder.row.due, day), []).append(item)
    return list(groups.items())


def _day_title(due: date, day: date) -> str:
    return f"I dag, {weeks.long_day(due)}" if due == day else weeks.long_day(due).capitalize()


def _item(reminder: Open, day: date, about: Any, names: dict[int, str], region_rules: Rules) -> WaitingItem:
    user, row, home, kind = reminder.access.user.pk, reminder.row, reminder.access.home, reminder.kind
    stay = reminder.sees.stay(user, reminder.things[0].stay)
    listed = Listed(
        pk=reminder.pk,
        row=about,
        due=row.due,
        today=day,
        home=home.name,
        slug=home.slug,
        side=reminder.access.side,
        words=region_rules,
        stays=tuple(dict.fromkeys(thing.stay for thing in reminder.things)),
        label=stay.label if stay else "",
    )
    mine = any(thing.recipient == user for thing in reminder.things)
    others = sorted({names[thing.recipient] for thing in reminder.things if thing.recipient in names})
    limit = rules.snooze_limit(row.due, day)
    return WaitingItem(
        id=row.pk,
        home=home.name,
        slug=home.slug,
        stay=stay.id if stay and kind.names_resident else None,
        label=kind.label(listed),
        what=kind.says(listed),
        text=kind.text(listed),
        instead_of="" if mine else listing(others),
        url=kind.address(listed),
        urgent=kind.urgent,
        kept=bool(kind.never_hidden),
        akut=region_rules.level(Level.AKUT) if kind.says_akut else "",
        days=[] if kind.urgent else _days(limit, day),
        first=day + timedelta(days=1),
        limit=limit,
    )


def _days(limit: date, day: date) -> list[tuple[date, str]]:
    """Tomorrow and next Monday, where the thing can be put off so far."""
    tomorrow, monday = day + timedelta(days=1), day + timedelta(days=7 - day.weekday())
    offered = [(tomorrow, "I morgen")]
    if monday != tomorrow:
        offered.append((monday, "Mandag"))
    return [(when, label) for when, label in offered if when <= limit]
