"""Which criteria hold for a home, and how a region's set stands: the last version of each that both sides approved."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Prefetch, Q, QuerySet

from core.period import holds as in_force
from core.prepared import prepared
from criteria.models import Approval, Criterion, CriterionVersion
from organisation.models import Home, Organisation, Side, TeamHome

BOTH = frozenset({Side.HOME, Side.TEAM})


@dataclass
class Standing:
    """A criterion as it stands for one home: what holds, and what waits for approval."""

    criterion: Criterion
    holds: CriterionVersion | None = None
    waiting: CriterionVersion | None = None
    approvals: dict[int, dict[str, Approval]] = field(default_factory=dict)

    def awake(self, today: date) -> bool:
        """Whether it can be chosen today; one that cannot is 'udgået' where it still stands."""
        ends = self.criterion.ends_on
        return self.holds is not None and self.holds.awake and (ends is None or ends >= today)


def standings(home: Home, region_id: int) -> list[Standing]:
    """Every criterion known to the home, in order: the region's, then its own. Two queries.

    A version of the example set holds from the start; any other once the home's organisation and the region have each
    approved it.
    """
    approvals: dict[int, dict[str, Approval]] = defaultdict(dict)
    for approval in _answers(home.organisation_id, region_id):
        approvals[approval.version_id][approval.side] = approval
    by_criterion: dict[int, Standing] = {}
    shared: list[Standing] = []
    own: list[Standing] = []
    for version in _versions(home.pk, region_id):
        criterion = version.criterion
        if criterion.pk not in by_criterion:
            by_criterion[criterion.pk] = Standing(criterion)
            (shared if criterion.home_id is None else own).append(by_criterion[criterion.pk])
        standing = by_criterion[criterion.pk]
        standing.approvals[version.pk] = approvals.get(version.pk, {})
        if version.proposed_by_id is None or set(approvals.get(version.pk, {})) == BOTH:
            standing.holds, standing.waiting = version, None
        else:
            standing.waiting = version
    return [*shared, *own]


@prepared
def _versions(home: int, region: int) -> QuerySet[CriterionVersion]:
    return (
        CriterionVersion.objects.filter(criterion__organisation=region, withdrawn_on=None)
        .filter(Q(criterion__home=None) | Q(criterion__home=home))
        .select_related("criterion", "proposed_by")
        .order_by("criterion__home_id", "criterion__order", "criterion_id", "number")
    )


@prepared
def _answers(organisation: int, region: int) -> QuerySet[Approval]:
    answers = (Q(organisation=organisation) & Q(side=Side.HOME)) | (Q(organisation=region) & Q(side=Side.TEAM))
    of_region = Q(version__criterion__organisation=region, version__withdrawn_on=None)
    return Approval.objects.filter(answers, of_region).select_related("person")


def offered(home: Home, region_id: int, today: date) -> list[CriterionVersion]:
    """The criteria a home can choose today, in order. Two queries."""
    return [s.holds for s in standings(home, region_id) if s.holds and s.awake(today)]


def retired(home: Home, region_id: int, today: date) -> set[int]:
    """The ids of criteria that can no longer be chosen, though they may still stand on the board. Two queries."""
    return {s.criterion.pk for s in standings(home, region_id) if not s.awake(today)}


def newest(criterion: Criterion) -> CriterionVersion | None:
    """The criterion's latest version that nobody withdrew. One query."""
    return criterion.versions.filter(withdrawn_on=None).order_by("-number").first()


def holding(version: CriterionVersion) -> bool:
    """Whether the version holds for anybody's homes. One query."""
    return version.proposed_by_id is None or {Side(a.side) for a in version.approvals.all()} == BOTH


def homes_of_region(region_id: int, today: date) -> QuerySet[Home]:
    """The homes the region's teams serve on the day, in the order of their ids."""
    serving = Q(teamhome__team__organisation=region_id) & in_force(today, "teamhome__")
    return Home.objects.filter(serving).distinct().order_by("pk")


def answering(region_id: int, today: date) -> list[tuple[Organisation, Side]]:
    """Who must approve a proposal of the region: itself for its teams, and each owner of a home. Two queries."""
    owners = Organisation.objects.filter(pk__in=homes_of_region(region_id, today).values("organisation"))
    return [
        *((owner, Side.HOME) for owner in owners.order_by("name")),
        (Organisation.objects.get(pk=region_id), Side.TEAM),
    ]


def regions_for(organisations: Collection[int], today: date) -> set[int]:
    """The regions whose proposals the organisations answer: those that serve their homes, and themselves if regions."""
    homes = Home.objects.filter(organisation__in=organisations)
    serving = TeamHome.objects.filter(in_force(today), home__in=homes)
    own = Organisation.objects.filter(pk__in=organisations, region=None)
    return {*serving.values_list("team__organisation", flat=True), *own.values_list("pk", flat=True)}


@dataclass
class SetLine:
    """A criterion of a region's set: what holds, what waits, and who has said what to that."""

    criterion: Criterion
    # The newest version that holds in at least one organisation's homes.
    holds: CriterionVersion | None = None
    # A version that is not yet approved by all who must.
    waiting: CriterionVersion | None = None
    approved: list[Approval] = field(default_factory=list)
    missing: list[tuple[Organisation, Side]] = field(default_factory=list)

    @property
    def newest(self) -> CriterionVersion:
        """The version a change starts from."""
        version = self.waiting or self.holds
        assert version is not None
        return version

    @property
    def state(self) -> str:
        """'venter', 'bruges', 'hviler' or 'udgaaet'."""
        if self.waiting is not None:
            return "venter"
        if self.newest.awake:
            return "bruges"
        return "hviler" if self.newest.proposed_by_id is None else "udgaaet"


def whole_set(region_id: int, today: date) -> list[SetLine]:
    """The region's own set, in order, without withdrawn proposals. Four queries."""
    must = answering(region_id, today)
    lines: dict[int, SetLine] = {}
    versions = (
        CriterionVersion.objects.filter(criterion__organisation=region_id, criterion__home=None, withdrawn_on=None)
        .select_related("criterion__organisation", "proposed_by")
        .prefetch_related(Prefetch("approvals", Approval.objects.select_related("organisation", "person")))
        .order_by("criterion__order", "criterion_id", "number")
    )
    for version in versions:
        line = lines.setdefault(version.criterion_id, SetLine(version.criterion))
        given = {(a.organisation_id, Side(a.side)) for a in version.approvals.all()}
        line.approved, line.missing, line.waiting = [], [], None
        if version.proposed_by_id is None:
            line.holds = version
            continue
        if {side for _, side in given} == BOTH:
            line.holds = version
        line.approved = list(version.approvals.all())
        line.missing = [(who, side) for who, side in must if (who.pk, side) not in given]
        if line.missing or line.holds is not version:
            line.waiting = version
    return list(lines.values())
