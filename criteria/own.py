"""A home's own criteria: at most three at a time, each with an end, agreed by the leaders of both sides.

Recorded in the home's scope, since they concern nobody else.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from audit import trail
from core.errors import Denied
from criteria import rules
from criteria.models import Approval, Criterion, CriterionVersion
from criteria.rules import Wording
from criteria.selectors import Standing, standings
from criteria.services import add_version, free_key
from organisation.models import Home, Organisation, Side, User
from organisation.services import once

trail.register("own_criterion.proposed", "foreslog et kriterium, der kun gælder her", personal=("name",))
trail.register("own_criterion.approved", "godkendte et kriterium, der kun gælder her")
trail.register("own_criterion.withdrawn", "trak forslaget om et kriterium kun her tilbage")
trail.register("own_criterion.ended", "afsluttede et kriterium, der kun gjaldt her")


def own_standings(home: Home, region_id: int, today: date) -> list[Standing]:
    """The home's own criteria that hold or wait today. Two queries."""
    own = [s for s in standings(home, region_id) if s.criterion.home_id is not None]
    return [s for s in own if s.criterion.ends_on is not None and s.criterion.ends_on >= today]


def waiting_for(sides: Mapping[int, Side], today: date) -> list[int]:
    """The homes, by id, with a proposal that waits for the side named for the home, one for each. Two queries."""
    proposed = CriterionVersion.objects.filter(
        criterion__home__in=sides, criterion__ends_on__gte=today, withdrawn_on=None
    ).select_related("criterion")
    found = []
    for version in proposed.prefetch_related("approvals").order_by("criterion__home", "pk"):
        given = {approval.side for approval in version.approvals.all()}
        home = version.criterion.home_id
        if home is not None and len(given) < 2 and sides[home] not in given:
            found.append(home)
    return found


def own_criterion_propose(
    *, home: Home, region_id: int, side: Side, wording: Wording, ends_on: date, key: str, by: User, today: date
) -> Criterion:
    """A leader proposes a criterion for this home alone, which is that side's approval.

    Raises Denied (three stand already, an end that has come or lies more than a year ahead, wrong words), Repeated.
    """
    rules.check_wording(wording)
    rules.check_end(ends_on, today)
    with trail.change(home.scope, by=by.pk) as log:
        once(by, key, "own", wording, ends_on)
        if len(own_standings(home, region_id, today)) >= rules.OWN_AT_MOST:
            raise Denied(f"Her er allerede {rules.OWN_AT_MOST} kriterier, der kun gælder her. Afslut et af dem først.")
        standing = Criterion.objects.filter(home=home)
        criterion = Criterion(
            organisation_id=region_id,
            home=home,
            key=free_key(wording.name, standing.values_list("key", flat=True)),
            order=standing.count() + 1,
            ends_on=ends_on,
        )
        criterion.full_clean()
        criterion.save()
        version = add_version(criterion, 1, wording, by, today)
        _approve(version, _organisation(home, region_id, side), side, by)
        log("own_criterion.proposed", criterion, name=wording.name, ends_on=str(ends_on))
    return criterion


def own_criterion_approve(*, home: Home, region_id: int, pk: int, side: Side, by: User, today: date) -> None:
    """The other side's leader says yes, and the criterion can be chosen here from now.

    Raises LookupError, Denied (nothing waits, the own side has said yes, the same person twice).
    """
    with trail.change(home.scope, by=by.pk) as log:
        standing = _standing(home, region_id, pk, today)
        version = standing.waiting
        if version is None:
            raise Denied("Kriteriet er allerede godkendt af begge sider.")
        rules.check_approval(version, {}, by.pk)
        if side in standing.approvals[version.pk]:
            raise Denied(f"{side.label} har allerede godkendt. Nu mangler den anden side.")
        _approve(version, _organisation(home, region_id, side), side, by)
        log("own_criterion.approved", standing.criterion)


def own_criterion_end(*, home: Home, region_id: int, pk: int, by: User, today: date) -> None:
    """Ends an own criterion before its time; a proposal is withdrawn. Raises LookupError."""
    with trail.change(home.scope, by=by.pk) as log:
        standing = _standing(home, region_id, pk, today)
        if standing.holds is None:
            standing.criterion.versions.filter(withdrawn_on=None).update(withdrawn_on=today)
            log("own_criterion.withdrawn", standing.criterion)
            return
        # The last day counts in, so a criterion ended today had its last day yesterday.
        Criterion.objects.filter(pk=pk).update(ends_on=today - timedelta(days=1))
        log("own_criterion.ended", standing.criterion, ends_on=str(standing.criterion.ends_on))


def _standing(home: Home, region_id: int, pk: int, today: date) -> Standing:
    standing = next((s for s in own_standings(home, region_id, today) if s.criterion.pk == pk), None)
    if standing is None:
        raise LookupError("criterion")
    return standing


def _organisation(home: Home, region_id: int, side: Side) -> Organisation:
    return Organisation.objects.get(pk=region_id if side == Side.TEAM else home.organisation_id)


def _approve(version: CriterionVersion, organisation: Organisation, side: Side, by: User) -> None:
    approval = Approval(version=version, organisation=organisation, side=side, person=by)
    approval.full_clean()
    approval.save(force_insert=True)
