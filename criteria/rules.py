"""When a resident is to be discussed again, and what a criterion must say. Pure: today is an argument."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from core import weeks
from core.errors import Denied
from core.text import blank
from criteria.models import CriterionVersion, Level

# A home's own criteria: how many may be awake at a time, and how long one may last.
OWN_AT_MOST = 3
OWN_DAYS = 365
LONGEST_TERM = 365
EXAMPLE_DEADLINE_DAYS = 60


@dataclass(frozen=True)
class Term:
    """A criterion's term in days: the first time, and from then on.

    With `lead_days` the first discussion is that many days before the deadline.
    """

    level: str
    first_days: int
    then_days: int
    lead_days: int | None = None
    deadline: date | None = None


@dataclass(frozen=True)
class Wording:
    """What a version says."""

    name: str
    definition: str
    level: str
    first_days: int
    then_days: int
    lead_days: int | None
    exit_question: str
    awake: bool = True

    def values(self) -> dict[str, object]:
        """The version's fields, ready to be stored."""
        return dict(vars(self))


def term_of(version: CriterionVersion, deadline: date | None = None) -> Term:
    """A version's term; with `deadline` for those that count back from one."""
    return Term(version.level, version.first_days, version.then_days, version.lead_days, deadline)


def wording_of(version: CriterionVersion) -> Wording:
    """What a stored version says."""
    return Wording(**{name: getattr(version, name) for name in Wording.__dataclass_fields__})


def due(term: Term, from_day: date, *, first: bool) -> date | None:
    """The day a term runs out. Akut counts calendar days, subakut working days (domain § 5).

    A term with lead time runs out its calendar days before the deadline. Once that day is here it counts forward as
    others do, though never past a deadline still ahead. None where no deadline is known.
    """
    if term.lead_days is None:
        return _forward(term, from_day, first=first)
    if term.deadline is None:
        return None
    lead_day = term.deadline - timedelta(days=term.lead_days)
    if lead_day > from_day:
        return lead_day
    ahead = _forward(term, from_day, first=first)
    return min(ahead, term.deadline) if term.deadline > from_day else ahead


def _forward(term: Term, from_day: date, *, first: bool) -> date:
    days = term.first_days if first else term.then_days
    if term.level == Level.AKUT:
        return from_day + timedelta(days=days)
    # A subakut week is seven days on the calendar of everyday speech, so 7 is five working days, and so on.
    whole, rest = divmod(days, 7)
    return weeks.add_working_days(from_day, whole * 5 + rest)


def review_by(terms: Iterable[Term], from_day: date, *, first: bool) -> date | None:
    """The earliest of the terms' days; None without terms."""
    days = (due(term, from_day, first=first) for term in terms)
    return min((day for day in days if day is not None), default=None)


def term_label(version: CriterionVersion | Wording) -> str:
    """'3 dage, siden 14', '14 dage før udløb'."""
    if version.lead_days:
        return f"{weeks.days_label(version.lead_days)} før udløb"
    later = f", siden {version.then_days}" if version.then_days != version.first_days else ""
    return f"{weeks.days_label(version.first_days)}{later}"


def example(version: CriterionVersion | Wording, today: date) -> str:
    """How the review day is found, with days one can look up."""
    deadline = today + timedelta(days=EXAMPLE_DEADLINE_DAYS)
    lead = version.lead_days
    term = Term(version.level, version.first_days, version.then_days, lead, deadline if lead else None)
    first = due(term, today, first=True)
    assert first is not None
    if lead:
        return (
            f"Er fristen {weeks.long_day(deadline)} {deadline.year}, drøftes beboeren igen senest "
            f"{weeks.long_day(first)} {first.year}."
        )
    later = due(term, first, first=False)
    assert later is not None
    return (
        f"Sættes en beboer på i dag, drøftes beboeren igen senest {weeks.long_day(first)} "
        f"og derefter senest {weeks.long_day(later)}."
    )


def check_wording(wording: Wording) -> None:
    """Raises Denied for an empty text, a text too long, a level that is none, and days outside 1–365."""
    for name, limit, what in (
        ("name", 100, "kriteriets navn"),
        ("definition", 300, "hvad kriteriet betyder"),
        ("exit_question", 200, "hvornår beboeren går af tavlen"),
    ):
        text = getattr(wording, name)
        if blank(text):
            raise Denied(f"Skriv {what}.", name)
        if len(text) > limit:
            raise Denied(f"Teksten fylder {len(text)} tegn. Der er plads til {limit}.", name)
    if wording.level not in (Level.AKUT, Level.SUBAKUT):
        raise Denied("Vælg akut eller subakut.", "level")
    for name in ("first_days", "then_days", "lead_days"):
        days = getattr(wording, name)
        if days is not None and not 1 <= days <= LONGEST_TERM:
            raise Denied(f"Skriv et tal fra 1 til {LONGEST_TERM}.", name)


def check_end(ends_on: date, today: date) -> None:
    """Raises Denied for an own criterion's last day that has come already or lies more than a year ahead."""
    if ends_on <= today:
        raise Denied("Vælg en dag efter i dag.", "ends_on")
    if ends_on > today + timedelta(days=OWN_DAYS):
        raise Denied("Et kriterium kun her gælder højst et år. Vælg en tidligere dag.", "ends_on")


def check_approval(version: CriterionVersion, taken: dict[int, str], person: int) -> None:
    """Raises Denied for the proposer and for one who already approved for the other side.

    `taken` are the version's approvals: the person's id and for whom.
    """
    if version.proposed_by_id == person:
        raise Denied("Du har selv stillet forslaget. En anden skal godkende det.")
    if person in taken:
        raise Denied(f"Du har allerede godkendt forslaget for {taken[person]}. De to sider godkender hver for sig.")
