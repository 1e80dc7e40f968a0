"""Fravær: who is away, from–to, and who stands in meanwhile."""

from datetime import date, timedelta

from accounts.offices import Office
from administration import rules
from administration.reach import entry_periods, stand_ins
from administration.services.roles import organisation_of, unit_of
from audit import trail
from core import weeks
from core.errors import Conflict, Denied
from core.seen import check_seen
from organisation.models import Absence, Membership, User
from organisation.services import once

trail.register("absence.recorded", "registrerede et fravær med en stedfortræder")
trail.register("absence.changed", "ændrede, hvor længe et fravær varer")
trail.register("absence.cancelled", "slettede et fravær, der ikke var begyndt")
# An absence can concern several organisations, so everybody who records one takes this clock.
ABSENCES = "absences"


def may_decide(*, office: Office | None, actor: User, person: User, today: date) -> bool:
    """Whether the actor decides on the person's absence: the person, or the leader of a unit they work in."""
    if actor.pk == person.pk:
        return True
    if office is None:
        return False
    roles = Membership.objects.filter(user=person).exclude(to_day__lt=today)
    return any(m.home_id in office.homes or m.team_id in office.teams for m in roles)


def scope_of(person: User, today: date) -> str:
    """The organisation's audit scope a person's absence is recorded in: that of the first place they work."""
    roles = Membership.objects.filter(user=person).exclude(to_day__lt=today)
    first = roles.select_related("home__organisation", "team__organisation", "organisation").order_by("pk").first()
    if first is None:
        raise Denied("Personen har ingen rolle for tiden.")
    return organisation_of(unit_of(first)).scope


def absence_record(
    *, actor: User, person: User, deputy: User, from_day: date, to_day: date, key: str, today: date
) -> Absence:
    """Records that the person is away. The deputy gets what would have come to them.

    Raises Denied: a day past, an overlap, a deputy who cannot enter, is away or is the same person; Repeated.
    """
    _check_days(from_day, to_day, today)
    with trail.change(scope_of(person, today), by=actor.pk) as log:
        once(actor, key, person.pk, deputy.pk, from_day, to_day)
        trail.touch(ABSENCES)
        own = Absence.objects.filter(user=person, from_day__lte=to_day, to_day__gte=from_day).first()
        if own is not None:
            raise Denied(f"Der er allerede registreret fravær {span(own)}.", "from_day")
        _check_deputy(person, deputy, from_day, to_day)
        absence = Absence(user=person, deputy=deputy, from_day=from_day, to_day=to_day)
        absence.full_clean()
        absence.save()
        log("absence.recorded", absence, person=person.pk, deputy=deputy.pk, to_day=str(to_day))
    return absence


def absence_shorten(*, actor: User, absence: Absence, to_day: date, seen: str, today: date) -> Absence | None:
    """Sets an earlier last day. An absence that would end before it begins is deleted; None is returned.

    Raises Denied for a later day (record another instead) or one that has passed, Conflict when changed since.
    """
    with trail.change(scope_of(absence.user, today), by=actor.pk) as log:
        trail.touch(ABSENCES)
        current = Absence.objects.filter(pk=absence.pk).first()
        if current is None:
            raise Conflict(current)
        check_seen(seen, current.to_day, current)
        if current.to_day < today:
            raise Denied("Fraværet er forbi.", "to_day")
        if current.from_day > today and to_day < current.from_day:
            log("absence.cancelled", current, person=current.user_id)
            current.delete()
            return None
        if to_day > current.to_day:
            raise Denied("Registrér et nyt fravær for de ekstra dage.", "to_day")
        if to_day < max(current.from_day, today - timedelta(days=1)):
            raise Denied("Vælg i går, i dag eller en senere dag i fraværet.", "to_day")
        current.to_day = to_day
        current.full_clean()
        current.save(update_fields=["to_day"])
        log("absence.changed", current, person=current.user_id, to_day=str(to_day))
    return current


def span(absence: Absence) -> str:
    """'17.11.2026–20.11.2026'."""
    return f"{rules.full_day(absence.from_day)}–{rules.full_day(absence.to_day)}"


def _check_days(from_day: date, to_day: date, today: date) -> None:
    if to_day < from_day:
        raise Denied("Sidste dag ligger før første dag.", "to_day")
    if to_day < today:
        raise Denied("Dagene er gået. Vælg i dag eller senere.", "to_day")
    if from_day < today - timedelta(days=31):
        raise Denied("Første dag ligger mere end en måned tilbage.", "from_day")
    if to_day > today + timedelta(days=366):
        raise Denied("Sidste dag ligger mere end et år frem. Er årstallet rigtigt?", "to_day")


def _check_deputy(person: User, deputy: User, from_day: date, to_day: date) -> None:
    if deputy.pk == person.pk:
        raise Denied("Vælg en anden end personen selv.", "deputy")
    if not entry_periods(person, from_day, to_day):
        raise Denied("Personen arbejder ikke på et botilbud i de dage.", "from_day")
    if deputy.pk not in stand_ins(person, from_day, to_day):
        raise Denied(f"{deputy.name} har ikke adgang til de samme botilbud i hele perioden. Vælg en anden.", "deputy")
    in_time = Absence.objects.filter(from_day__lte=to_day, to_day__gte=from_day)
    away = in_time.filter(user=deputy).first()
    if away is not None:
        raise Denied(f"{deputy.name} er selv væk {_days(away)}. Vælg en anden.", "deputy")
    stands_in = in_time.filter(deputy=person).select_related("user").first()
    if stands_in is not None:
        name = stands_in.user.name
        raise Denied(
            f"{person.name} er stedfortræder for {name} {_days(stands_in)}. Find en anden til {name} først.", "from_day"
        )


def _days(absence: Absence) -> str:
    if absence.from_day == absence.to_day:
        return weeks.long_day(absence.from_day)
    return f"fra {weeks.long_day(absence.from_day)} til {weeks.long_day(absence.to_day)}"
