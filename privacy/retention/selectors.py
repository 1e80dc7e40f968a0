"""What the pages of retention show: terms and what went, in figures; ended stays by flat and day."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Max, Q, Sum
from django.utils import timezone

from core import weeks
from core.period import holds
from organisation.models import Home, RegionSettings, TeamHome
from organisation.region import Rules, of_values, rules_of
from privacy.models import Receipt, Run
from privacy.retention.kinds import KINDS, DataKind
from residents.models import Stay, StayEnd

# A failure is shown until this many nights have passed without another.
TOLD_DAYS = 7


@dataclass(frozen=True)
class KindLine:
    """A kind: its term in words, and how many rows went. `failures` are sentences."""

    kind: DataKind
    term: str
    last_at: datetime | None
    last: int
    total: int
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Overview:
    """All kinds, and the last run. `late` where none has ended for two nights."""

    lines: list[KindLine]
    run: Run | None
    late: bool


def overview(homes: Collection[int], now: datetime, today: date) -> Overview:
    """The kinds with what went of them at the homes, and of what belongs to none. Six queries."""
    mine = Q(home__in=homes) | Q(home=None)
    receipts = Receipt.objects.filter(mine)
    totals = {
        kind: (total, last)
        for kind, total, last in receipts.filter(failed=False)
        .values("kind")
        .annotate(total=Sum("rows"), last=Max("at"))
        .values_list("kind", "total", "last")
    }
    ended = Run.objects.filter(ended_at__isnull=False).order_by("-day").first()
    # What a run erased is stored with the moment the run began.
    last = (
        dict(
            receipts.filter(failed=False, at=ended.started_at)
            .values("kind")
            .annotate(count=Sum("rows"))
            .values_list("kind", "count")
        )
        if ended
        else {}
    )
    failed: dict[str, list[str]] = {}
    recent = receipts.filter(failed=True, at__gte=now - timedelta(days=TOLD_DAYS)).select_related("home")
    for row in recent.order_by("-at", "pk"):
        failed.setdefault(row.kind, []).append(_failure(row))
    terms = _terms(homes, today)
    lines = [
        KindLine(
            kind,
            _span(region_rules.keeps(key) for region_rules in terms),
            totals.get(key, (0, None))[1],
            last.get(key, 0),
            totals.get(key, (0, None))[0],
            failed.get(key, []),
        )
        for key, kind in KINDS.items()
    ]
    return Overview(lines, ended, ended is None or ended.day < today - timedelta(days=1))


def _failure(row: Receipt) -> str:
    where = row.home.name if row.home else "Uden for botilbuddene"
    count = "1 række" if row.left == 1 else f"{row.left} rækker"
    what = f"{count} stod der endnu" if row.left else "det gik i stå undervejs"
    return f"{where}: {what} ({weeks.short_day(timezone.localdate(row.at))})"


def _terms(homes: Collection[int], day: date) -> list[Rules]:
    """The different settings that hold at the homes. Two queries."""
    links = TeamHome.objects.filter(holds(day), home__in=homes).values_list("home_id", "team__organisation")
    region = dict(links.order_by("from_day", "pk"))
    chosen = dict(
        RegionSettings.objects.filter(organisation__in=region.values()).values_list("organisation_id", "values")
    )
    chosen_rules = [of_values(chosen.get(number, {})) for number in sorted(set(region.values()))]
    return chosen_rules if chosen_rules and len(region) == len(set(homes)) else [*chosen_rules, Rules()]


def _span(days: Iterable[int]) -> str:
    """'30 dage', '30 til 60 dage' where the regions differ."""
    numbers = sorted(set(days))
    if len(numbers) == 1:
        return weeks.days_label(numbers[0])
    return f"{numbers[0]} til {numbers[-1]} dage"


@dataclass(frozen=True)
class Ended:
    """A stay that ended. `goes` is the day it is erased by itself."""

    id: int
    flat: str
    to_day: date
    why: str
    goes: date


def ended(home: Home, today: date) -> list[Ended]:
    """The home's ended stays, the latest first, without names. Two queries."""
    days = rules_of(home, today).keeps("left")
    rows = Stay.objects.for_home(home).filter(to_day__lte=today).order_by("-to_day", "-pk")
    return [
        Ended(row.pk, row.flat, row.to_day, StayEnd(row.end).label if row.end else "", _night(row.to_day, days, today))
        for row in rows
    ]


def _night(to_day: date, days: int, today: date) -> date:
    """The night the stay is erased: tonight if its term is already over."""
    return max(to_day + timedelta(days=days), today + timedelta(days=1))
