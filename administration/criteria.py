"""What a change of a criterion touches, who said no and why, and how much 'Andet' is used. Counts only: no residents.

Counts of people under five are never told (domain § 8), not even whether it is nobody.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count

from audit.models import Entry
from boards.models import EpisodeCriterion
from criteria import rules
from criteria.models import Criterion, CriterionVersion
from criteria.rules import Wording
from criteria.selectors import SetLine, answering, homes_of_region, whole_set
from organisation.models import Organisation, Side, User

SMALL = 5
FIELDS = {
    "name": "Navn",
    "definition": "Hvad det betyder",
    "level": "Foreslår",
    "term": "Drøftes igen inden",
    "exit_question": "Går af tavlen, når",
    "awake": "Kan vælges",
}
LEVELS = {"akut": "Akut", "subakut": "Subakut"}


@dataclass(frozen=True)
class WordingDifference:
    """One line of old beside new. `mark` says in words whether they differ."""

    title: str
    old: str
    new: str
    mark: str

    @property
    def changed(self) -> bool:
        return self.mark != "Uændret"


@dataclass(frozen=True)
class Impact:
    """What a change touches."""

    homes: int
    people: str
    must: list[str]
    example: str


@dataclass(frozen=True)
class Refusal:
    """'Sundbæk Kommune sagde nej: …'."""

    who: str
    person: str
    reason: str


@dataclass(frozen=True)
class Use:
    """How much 'Andet' was used in a quarter."""

    quarter: str
    people: str
    homes: str


def shown(count: int) -> str:
    """A count of people as central roles may see it."""
    return f"under {SMALL}" if count < SMALL else str(count)


def differences(old: CriterionVersion | None, new: CriterionVersion | Wording) -> list[WordingDifference]:
    """Old and new, field by field; `old` None for a new criterion."""
    before, after = _said(old) if old else {}, _said(new)
    return [
        WordingDifference(
            title=title,
            old=before.get(key, ""),
            new=after[key],
            mark="Nyt" if not before else "Uændret" if before[key] == after[key] else "Ændret",
        )
        for key, title in FIELDS.items()
    ]


def _said(version: CriterionVersion | Wording) -> dict[str, str]:
    return {
        "name": version.name,
        "definition": version.definition,
        "level": LEVELS.get(version.level, version.level),
        "term": rules.term_label(version),
        "exit_question": version.exit_question,
        "awake": "Ja" if version.awake else "Nej",
    }


def impact(region_id: int, criterion: Criterion | None, new: CriterionVersion | Wording, today: date) -> Impact:
    """What one change will touch, told without any resident. Four queries."""
    return impacts(region_id, [(criterion, new)], today)[0]


def impacts(
    region_id: int, changes: Sequence[tuple[Criterion | None, CriterionVersion | Wording]], today: date
) -> list[Impact]:
    """The same for several changes of a region's set. Four queries, whatever their number."""
    homes = list(homes_of_region(region_id, today).filter(practice=False).values_list("pk", flat=True))
    links = EpisodeCriterion.objects.system("impact of changed criteria: counts").filter(
        version__criterion__in=[criterion.pk for criterion, _ in changes if criterion],
        to_day=None,
        episode__closed_on=None,
        episode__stay__home__in=homes,
    )
    counts = links.values("version__criterion").annotate(people=Count("episode__stay", distinct=True))
    people = dict(counts.values_list("version__criterion", "people"))
    must = [f"{who.name} ({_for(side)})" for who, side in answering(region_id, today)]
    return [
        Impact(
            homes=len(homes),
            people=shown(people.get(criterion.pk, 0) if criterion else 0),
            must=must,
            example=rules.example(new, today),
        )
        for criterion, new in changes
    ]


def refusals(region: Organisation, lines: Iterable[SetLine]) -> dict[int, list[Refusal]]:
    """Who said no to each waiting version, and why. A later yes cancels the no. At most three queries."""
    waiting = {line.waiting.pk: line for line in lines if line.waiting}
    if not waiting:
        return {}
    subjects = {f"{CriterionVersion._meta.label_lower}:{pk}": pk for pk in waiting}
    entries = list(
        Entry.objects.filter(scope=region.scope, action="criterion.rejected", subject__in=subjects)
        .select_related("detail")
        .order_by("seq")
    )
    people = dict(User.objects.filter(pk__in={e.actor for e in entries if e.actor}).values_list("pk", "name"))
    names = dict(
        Organisation.objects.filter(pk__in={e.data["organisation"] for e in entries}).values_list("pk", "name")
    )
    newest: dict[int, dict[tuple[int, str], Refusal]] = defaultdict(dict)
    for entry in entries:
        pk, organisation, side = subjects[entry.subject], entry.data["organisation"], entry.data["side"]
        if (organisation, side) not in {(who.pk, side_) for who, side_ in waiting[pk].missing}:
            continue
        detail = getattr(entry, "detail", None)
        newest[pk][organisation, side] = Refusal(
            who=names.get(organisation, ""),
            person=people.get(entry.actor or 0, ""),
            reason=detail.data.get("reason", "") if detail else "",
        )
    return {pk: list(by_side.values()) for pk, by_side in newest.items()}


def waiting_for(region: Organisation, approves: Iterable[int], today: date) -> list[tuple[SetLine, Organisation, Side]]:
    """The proposals of a region that wait for the organisations, with the side each answers for. Four queries."""
    mine = set(approves)
    return [
        (line, who, side)
        for line in whole_set(region.pk, today)
        if line.waiting
        for who, side in line.missing
        if who.pk in mine
    ]


def use_of_other(region_id: int, today: date, quarters: int = 4) -> list[Use]:
    """How many residents stood on the board for 'Andet' and in how many homes, quarter by quarter. Two queries.

    The count does not show whether it is one home or none: in a small region one home would point at somebody.
    """
    homes = list(homes_of_region(region_id, today).filter(practice=False).values_list("pk", flat=True))
    starts = _quarters(today, quarters)
    links = (
        EpisodeCriterion.objects.system("use of 'Andet': counts")
        .filter(
            version__criterion__organisation=region_id,
            version__criterion__needs_text=True,
            episode__stay__home__in=homes,
            from_day__gte=starts[-1],
        )
        .values_list("from_day", "episode__stay", "episode__stay__home")
    )
    stays: dict[date, set[int]] = defaultdict(set)
    places: dict[date, set[int]] = defaultdict(set)
    for day, stay, home in links:
        start = next(start for start in starts if start <= day)
        stays[start].add(stay)
        places[start].add(home)
    return [
        Use(
            quarter=f"{(start.month + 2) // 3}. kvartal {start.year}",
            people=shown(len(stays[start])),
            homes=str(len(places[start])) if len(stays[start]) >= SMALL else "vises ikke",
        )
        for start in starts
    ]


def _quarters(today: date, count: int) -> list[date]:
    """The first days of the quarters, this one first."""
    start = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    starts = []
    for _ in range(count):
        starts.append(start)
        start = date(start.year - (start.month == 1), (start.month - 4) % 12 + 1, 1)
    return starts


def _for(side: Side) -> str:
    return "for sine botilbud" if side == Side.HOME else "for sine team"
