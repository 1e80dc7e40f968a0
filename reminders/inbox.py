"""What waits for one person: the list beside the mail, which shows every kind and nothing they may not see."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.urls import reverse

from accounts.access import Access
from boards.models import Intervention
from core import weeks
from core.text import listing
from criteria.models import Level
from meetings.models import Meeting
from organisation.models import Side, User
from organisation.region import Rules, rules_of
from reminders import facts, rules
from reminders.models import Reminder
from reminders.people import Sees, away_on
from reminders.services import open_keys, still_open

OTHER_SIDE = {Side.HOME: "teamet", Side.TEAM: "botilbuddet"}


@dataclass(frozen=True)
class Open:
    """A stored reminder that is still to be done, and the things behind it as its recipient may see them."""

    row: Reminder
    access: Access
    sees: Sees
    things: list[rules.Due]

    @property
    def kind_of(self) -> str:
        return self.row.subject.partition(":")[0]

    @property
    def pk(self) -> int:
        return int(self.row.subject.partition(":")[2])


@dataclass(frozen=True)
class Item:
    """One line. `what` is why, `text` the intervention's own words; the days are those one may put it off to."""

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
    # The region's word for the highest level.
    akut: str
    days: list[tuple[date, str]]
    first: date
    limit: date


def seen_by(accesses: list[Access], day: date) -> dict[int, Sees]:
    """What the person may see in each home, by its id; read when first asked for."""
    return {access.home.pk: Sees.one(access, day) for access in accesses}


def open_now(accesses: list[Access], day: date, seen: dict[int, Sees]) -> list[Open]:
    """The person's reminders in view, one for each thing, by day. One query where there are none.

    Else at most sixteen over all homes, and three for each home not in `seen` yet.
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
    keys = open_keys(day, facts.gather(homes, day, facts.Only.of(rows)))
    away = away_on(day)
    still = {row.pk: things for row in rows if (things := still_open(row, keys, seen[row.home_id], away))}
    # The latest reminder speaks for its thing; an akut speaks for itself.
    latest = {(row.subject, row.kind in rules.URGENT): row for row in rules.awake(_only(rows, still), day)}
    found = [Open(row, here[row.home_id], seen[row.home_id], still[row.pk]) for row in latest.values()]
    return sorted(found, key=lambda one: (one.row.due, one.row.kind not in rules.URGENT, one.row.pk))


def _only(rows: Iterable[Reminder], still: dict[int, list[rules.Due]]) -> list[Reminder]:
    return [row for row in rows if row.pk in still]


def _reminded(access: Access, day: date) -> bool:
    left = access.home.left_on
    return not access.home.practice and (left is None or left >= day)


def waiting(accesses: list[Access], day: date) -> list[tuple[str, list[Item]]]:
    """What waits, by the day it is for, earliest first. Three queries more than `open_now`, and one for each home."""
    found = open_now(accesses, day, seen_by(accesses, day))
    if not found:
        return []
    homes = [access.home for access in accesses]
    tasks = [one.pk for one in found if one.kind_of == "intervention"]
    words = dict(Intervention.objects.for_homes(homes).filter(pk__in=tasks).values_list("pk", "what"))
    meetings = Meeting.objects.for_homes(homes).in_bulk([one.pk for one in found if one.kind_of == "meeting"])
    user = accesses[0].user
    names = dict(
        User.objects.filter(pk__in={thing.recipient for one in found for thing in one.things} - {user.pk}).values_list(
            "pk", "name"
        )
    )
    settled = {home.pk: rules_of(home, day) for home in {one.access.home for one in found}}
    groups: dict[str, list[Item]] = {}
    for one in found:
        item = _item(one, day, words.get(one.pk, ""), meetings.get(one.pk), names, settled[one.access.home.pk])
        groups.setdefault(_day_title(one.row.due, day), []).append(item)
    return list(groups.items())


def _day_title(due: date, day: date) -> str:
    return f"I dag, {weeks.long_day(due)}" if due == day else weeks.long_day(due).capitalize()


def _item(one: Open, day: date, words: str, meeting: Meeting | None, names: dict[int, str], settled: Rules) -> Item:
    user, row, home = one.access.user.pk, one.row, one.access.home
    stay = one.sees.stay(user, one.things[0].stay) if one.kind_of != "meeting" else None
    mine = any(thing.recipient == user for thing in one.things)
    others = sorted({names[thing.recipient] for thing in one.things if thing.recipient in names})
    limit = rules.snooze_limit(row.due, day)
    return Item(
        id=row.pk,
        home=home.name,
        slug=home.slug,
        stay=stay.id if stay else None,
        label=stay.label if stay else f"Mødet på {home.name}",
        what=_what(one, day, settled),
        text=words if one.kind_of == "intervention" else "",
        instead_of="" if mine else listing(others),
        url=_url(one, meeting),
        urgent=row.kind in rules.URGENT,
        kept=row.kind == rules.UNAGREED,
        akut=settled.level(Level.AKUT),
        days=[] if row.kind in rules.URGENT else _days(limit, day),
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


def _what(one: Open, day: date, settled: Rules) -> str:
    """Why the reminder is there, in a few words."""
    kind, due, akut = one.row.kind, one.row.due, settled.level(Level.AKUT)
    if one.kind_of == "intervention":
        if due < day:
            return f"Skulle være gjort {weeks.long_day(due)}"
        title = "Sig det til beboeren" if kind == "told" else "Indsats"
        return f"{title} {weeks.due_label(due, day)}"
    if kind == "prepare":
        count = len({thing.stay for thing in one.things})
        return f"{count} {'række mangler' if count == 1 else 'rækker mangler'} status"
    if kind == "review":
        return f"{'Skulle være drøftet' if due < day else 'Drøftes igen senest'} {weeks.long_day(due)}"
    return {
        "follow-up": f"Opfølgning efter {settled.follow_up}",
        "raise": f"Sat på tavlen af {OTHER_SIDE[one.access.side]}. Ingen hos jer har svaret endnu",
        rules.SIGN: f"Nyt tidligt tegn fra {OTHER_SIDE[one.access.side]}. Du har ikke set det endnu",
        rules.SIGN_NOW: f"Tidligt tegn fra {OTHER_SIDE[one.access.side]}, der skal ses i dag",
        "akut-off": f"Ikke længere {akut.lower()}. Ændret uden for teamets tid",
        "consent": f"»Hvad må deles?« udløber {weeks.long_day(due)}",
        rules.NEED: "Oplysninger åbnet i nød i 60 minutter",
        rules.UNAGREED: "Koordination uden beboerens ja. Begrundelsen står ved indsatsen",
        rules.AKUT: f"{akut}. Du har ikke set det endnu",
        rules.AKUT_LATE: f"{akut}. Ingen hos jer har set det",
    }[kind]


def _url(one: Open, meeting: Meeting | None) -> str:
    slug = one.access.home.slug
    if one.kind_of == "intervention":
        return f"{reverse('my-day')}?hjem={slug}#i{one.pk}"
    if meeting is not None and one.kind_of == "meeting":
        return reverse("meeting", args=[slug, meeting.number])
    return f"{reverse('board', args=[slug])}#r{one.things[0].stay}"
