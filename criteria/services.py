"""Changes of a region's criteria. Each is one transaction with an audit entry in the region's scope.

Nothing is rewritten: a change is a new version, which holds for a home once its organisation and the region have each
approved it. Where that happens, the homes' own clocks move too, so that open boards follow.
"""

from collections.abc import Collection
from datetime import date

from django.db.models import Max
from django.utils.text import slugify

from audit import trail
from core.errors import Conflict, Denied
from core.text import blank
from criteria import rules
from criteria.models import Approval, Criterion, CriterionVersion
from criteria.rules import Wording
from criteria.selectors import BOTH, holding, homes_of_region, newest
from organisation.models import Organisation, Side, User
from organisation.services import once

trail.register("criterion.proposed", "foreslog en ny udgave af et kriterium")
trail.register("criterion.created", "foreslog et nyt kriterium")
trail.register("criterion.withdrawn", "fortrød et forslag til et kriterium")
trail.register("criterion.replaced", "afløste et forslag, der ventede, med et nyt")
trail.register("criterion.approved", "godkendte et kriterium")
trail.register("criterion.rejected", "sagde nej til et forslag til et kriterium", personal=("reason",))
trail.register("criterion.moved", "ændrede rækkefølgen af kriterierne")
trail.register("criteria.reordered", "ændrede rækkefølgen af de kriterier, der gælder her")
trail.register("criteria.applied", "ændrede de kriterier, der gælder her")

REASON_LENGTH = 300
_LETTERS = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})


def criterion_create(*, region: Organisation, wording: Wording, key: str, by: User, today: date) -> Criterion:
    """A new criterion at the end of the region's set, waiting for approval. Raises Denied, Repeated."""
    rules.check_wording(wording)
    with trail.change(region.scope, by=by.pk) as log:
        once(by, key, "new", wording)
        standing = Criterion.objects.filter(organisation=region, home=None)
        last = standing.aggregate(last=Max("order"))["last"] or 0
        criterion = Criterion(
            organisation=region,
            key=free_key(wording.name, standing.values_list("key", flat=True)),
            order=last + 1,
        )
        criterion.full_clean()
        criterion.save()
        version = add_version(criterion, 1, wording, by, today)
        log("criterion.created", version, name=wording.name)
    return criterion


def criterion_propose(
    *, criterion: Criterion, wording: Wording, seen: int, key: str, by: User, today: date
) -> CriterionVersion:
    """A new version of a criterion in the region's set. The proposal that waited, if any, is withdrawn.

    `seen` is the number of the version the person changed. Raises Conflict (another version came since), Denied
    (nothing changed, wrong words or days, "Andet" put to sleep), Repeated.
    """
    rules.check_wording(wording)
    with trail.change(criterion.organisation.scope, by=by.pk) as log:
        once(by, key, criterion.pk, seen, wording)
        latest = newest(criterion)
        if latest is None or latest.number != seen:
            raise Conflict(latest)
        if criterion.needs_text and not wording.awake:
            raise Denied("»Andet« skal altid kunne vælges. Det kan ikke lægges til hvile.")
        if rules.wording_of(latest) == wording:
            raise Denied("Forslaget siger det samme som den seneste udgave. Ret noget først.")
        if latest.proposed_by_id is not None and not holding(latest):
            CriterionVersion.objects.filter(pk=latest.pk).update(withdrawn_on=today)
            log("criterion.replaced", latest)
        # Withdrawn versions keep their numbers.
        number = criterion.versions.aggregate(last=Max("number"))["last"] or 0
        version = add_version(criterion, number + 1, wording, by, today)
        log("criterion.proposed", version, awake=wording.awake)
    return version


def criterion_withdraw(*, version: CriterionVersion, by: User, today: date) -> None:
    """'Fortryd forslag'. Raises Denied for one that already holds somewhere or is withdrawn."""
    with trail.change(version.criterion.organisation.scope, by=by.pk) as log:
        check_waits(version)
        if holding(version):
            raise Denied("Udgaven gælder allerede et sted og kan ikke fortrydes. Lav en ny udgave i stedet.")
        CriterionVersion.objects.filter(pk=version.pk).update(withdrawn_on=today)
        log("criterion.withdrawn", version)


def criterion_approve(
    *, version: CriterionVersion, organisation: Organisation, side: Side, by: User, today: date
) -> None:
    """The organisation's named approver says yes for its homes or, for the region, its teams.

    Raises Denied for the proposer, for one who approved for the other side, for a proposal that is withdrawn or
    replaced, and where somebody was first.
    """
    region = version.criterion.organisation
    with trail.change(region.scope, by=by.pk) as log:
        check_waits(version)
        given = {a.person_id: a.organisation.name for a in version.approvals.select_related("organisation")}
        rules.check_approval(version, given, by.pk)
        if version.approvals.filter(organisation=organisation, side=side).exists():
            raise Denied(f"{organisation.name} har allerede godkendt forslaget.")
        approval = Approval(version=version, organisation=organisation, side=side, person=by)
        approval.full_clean()
        approval.save(force_insert=True)
        log("criterion.approved", version, organisation=organisation.pk, side=side)
        _apply(version, region, by, today, _reached(version, organisation, side))


def criterion_reject(
    *, version: CriterionVersion, organisation: Organisation, side: Side, reason: str, by: User
) -> None:
    """The approver says no, and why. The proposal stays, and the criteria administrator reads the reason.

    Raises Denied without a reason, for a proposal that no longer waits, and where the organisation has approved.
    """
    if blank(reason):
        raise Denied("Skriv kort, hvorfor I siger nej.", "reason")
    if len(reason.strip()) > REASON_LENGTH:
        raise Denied(f"Grunden fylder {len(reason.strip())} tegn. Der er plads til {REASON_LENGTH}.", "reason")
    with trail.change(version.criterion.organisation.scope, by=by.pk) as log:
        check_waits(version)
        if version.approvals.filter(organisation=organisation, side=side).exists():
            raise Denied(f"{organisation.name} har allerede godkendt forslaget.")
        log("criterion.rejected", version, organisation=organisation.pk, side=side, reason=reason.strip())


def criterion_move(*, criterion: Criterion, to: int, by: User, today: date) -> None:
    """Moves a criterion to a place in the region's set, counted from 1. Raises Denied for a place that is none.

    A resident's criteria stand on the board in this order, so the homes' clocks move too.
    """
    with trail.change(criterion.organisation.scope, by=by.pk) as log:
        others = Criterion.objects.filter(
            organisation=criterion.organisation_id, home=None, versions__withdrawn_on=None
        )
        line = list(others.distinct().order_by("order", "pk"))
        if not 1 <= to <= len(line):
            raise Denied(f"Skriv et tal fra 1 til {len(line)}.", "order")
        line.remove(criterion)
        line.insert(to - 1, criterion)
        for order, each in enumerate(line, start=1):
            Criterion.objects.filter(pk=each.pk).update(order=order)
        log("criterion.moved", criterion, to=to)
        for home in homes_of_region(criterion.organisation_id, today):
            with trail.change(home.scope, by=by.pk) as home_log:
                home_log("criteria.reordered", criterion)


def check_waits(version: CriterionVersion) -> None:
    """Raises Denied unless the version is a proposal nobody has withdrawn or replaced."""
    latest = newest(version.criterion)
    if version.proposed_by_id is None or latest is None or latest.pk != version.pk:
        raise Denied("Forslaget er trukket tilbage eller afløst af et nyere. Se listen igen.")


def add_version(criterion: Criterion, number: int, wording: Wording, by: User, today: date) -> CriterionVersion:
    """Stores the next version of a criterion as somebody's proposal."""
    version = CriterionVersion(criterion=criterion, number=number, from_day=today, proposed_by=by, **wording.values())
    version.full_clean()
    version.save(force_insert=True)
    return version


def free_key(name: str, taken: Collection[str]) -> str:
    """A key from the name that no other criterion has."""
    base = slugify(name.casefold().translate(_LETTERS))[:50] or "kriterium"
    known = set(taken)
    return next(key for key in [base, *(f"{base}-{n}" for n in range(2, len(known) + 3))] if key not in known)


def _reached(version: CriterionVersion, organisation: Organisation, side: Side) -> set[int]:
    """The organisations for whose homes the approval just given made the version hold."""
    given: dict[Side, set[int]] = {side_: set() for side_ in BOTH}
    for approval in version.approvals.all():
        given[Side(approval.side)].add(approval.organisation_id)
    if not given[Side.TEAM]:
        return set()
    return given[Side.HOME] if side == Side.TEAM else {organisation.pk}


def _apply(version: CriterionVersion, region: Organisation, by: User, today: date, reached: set[int]) -> None:
    """Moves the clocks of the homes the version now holds for, in the order of their ids."""
    for home in homes_of_region(region.pk, today).filter(organisation__in=reached):
        with trail.change(home.scope, by=by.pk) as log:
            log("criteria.applied", version, number=version.number)
