"""Changes of who lives here, who knows them and what may be shared."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Self

from django.db.models import F, Q
from django.utils import timezone

from audit import trail
from core.errors import Denied
from core.seen import Seen, check_seen
from core.text import blank, search_form
from organisation.models import Home, Side, Team, User
from organisation.services import once
from residents.models import (
    Admission,
    BasisKind,
    Contact,
    Given,
    Giver,
    Resident,
    SharingBasis,
    Situation,
    Stay,
    StayEnd,
    TeamLink,
    Visit,
)
from residents.selectors import VisibleStay, bases_in_force, no_later_stay
from residents.sharing import NEED_MINUTES, check_basis
from residents.texts import agreed_at_discharge, covered, everything, optional, stored

trail.register("stay.began", "registrerede, at en beboer flyttede ind", personal=("name",))
trail.register("team.linked", "knyttede beboeren til teamet", sight=True)
trail.register("contact.set", "satte kontaktperson")
trail.register("basis.recorded", "registrerede et delingsgrundlag", personal=("covers", "reason"), sight=True)
trail.register("basis.opened", "åbnede for oplysningerne i nød i 60 minutter", personal=("reason",), sight=True)
trail.register("basis.closed", "lukkede for oplysningerne, da de 60 minutter var gået", sight=True)
trail.register("basis.withdrawn", "registrerede, at delingen er trukket tilbage", sight=True)
trail.register("situation.changed", "ændrede beboerens situation", personal=("place",))
trail.register("situation.mistaken", "slettede en indlæggelse, der var skrevet ved en fejl")
trail.register("discharge.answered", "svarede på, om beboeren skal på tavlen efter udskrivelsen")
trail.register("visit.noted", "noterede et besøg under indlæggelsen", personal=("text",))
trail.register("stay.ended", "registrerede, at et ophold er slut", sight=True)
trail.register("move.corrected", "rettede, hvor en beboer er flyttet hen")
trail.register("team.unlinked", "registrerede, at teamet ikke længere behandler beboeren", sight=True)
trail.register("contact.removed", "fjernede kontaktperson")
trail.register("home.left", "registrerede, at botilbuddet ikke længere er med", sight=True)


def stay_begin(*, home: Home, name: str, flat: str, from_day: date, by: User) -> Stay:
    """A resident moves in. Raises ValidationError when the flat is taken, Denied when the name is."""
    with trail.change(home.scope, by=by.pk) as log:
        _check_name(home, name)
        resident = Resident(name=name, search=search_form(name))
        resident.insert()
        stay = Stay(resident=resident, home=home, flat=flat, from_day=from_day)
        stay.insert()
        log("stay.began", stay, name=name)
    return stay


def _check_name(home: Home, name: str) -> None:
    """Raises Denied for a name somebody in the home has: they would be mixed up on the board and at the meeting."""
    same = Stay.objects.for_home(home).filter(to_day=None, resident__search=search_form(name))
    if same.exists():
        raise Denied(f"Der bor allerede en {name} her. Skriv et navn, der skiller dem ad, fx »{name} K.«.", "name")


def _check_addition(home: Home, resident: Resident, name: str) -> None:
    """Raises Denied unless the arrival's name is only added to, because somebody of that name already lives here."""
    shared = Stay.objects.for_home(home).filter(to_day=None, resident__search=resident.search)
    if not shared.exists():
        raise Denied(f"Beboeren hedder {resident.name} og beholder navnet. Lad feltet stå tomt.", "name")
    if not search_form(name).startswith(f"{resident.search} "):
        raise Denied(f"Føj noget til navnet, der skiller dem ad, fx »{resident.name} K.«.", "name")


@dataclass(frozen=True)
class Mover:
    """What a person fills in when somebody moves in. `arrival` is the resident on the way from another home."""

    name: str
    arrival: int | None
    flat: str
    from_day: date
    team: Team | None


def move_in(*, home: Home, mover: Mover, key: str, by: User, today: date) -> Stay:
    """Somebody has come to live here: new, or on the way from another home; and the team that treats them.

    Raises ValidationError when the flat is taken, Denied, LookupError (nobody on the way), Repeated.
    """
    with trail.change(home.scope, by=by.pk):
        once(by, key, mover)
        if Home.objects.filter(pk=home.pk, left_on__isnull=False).exists():
            raise Denied("Botilbuddet har forladt samarbejdet.")
        flat, day = mover.flat.strip(), mover.from_day
        if mover.arrival is not None:
            stay = stay_arrive(home=home, resident_id=mover.arrival, name=mover.name, flat=flat, from_day=day, by=by)
        else:
            stay = stay_begin(home=home, name=mover.name.strip(), flat=flat, from_day=day, by=by)
        if mover.team is not None:
            team_link(stay=stay, team=mover.team, from_day=today, by=by)
    return stay


def team_link(*, stay: Stay, team: Team, from_day: date, by: User) -> TeamLink:
    """The team begins to treat the resident, or does so again.

    Raises Denied when another team treats or treated the resident during the stay. A new team must not see what was
    shared with the old one, so it gets a new stay (care.services.team_change).
    """
    with trail.change(stay.home.scope, by=by.pk) as log:
        if TeamLink.objects.for_home(stay.home).filter(stay=stay).exclude(team=team).exists():
            raise Denied("Et andet team har behandlet beboeren. Vælg »Skift team«.")
        link = TeamLink(stay=stay, team=team, from_day=from_day)
        link.insert()
        log("team.linked", stay, team=team.pk)
    return link


def contact_set(*, stay: Stay, side: Side, person: User, deputy: User | None, by: User) -> Contact:
    """Names the side's contact person and their deputy."""
    with trail.change(stay.home.scope, by=by.pk) as log:
        contact = Contact.objects.for_home(stay.home).filter(stay=stay, side=side).first() or Contact(
            stay=stay, side=side
        )
        contact.person, contact.deputy = person, deputy
        contact.full_clean()
        contact.save()
        log("contact.set", stay, side=side, person=person.pk, deputy=deputy.pk if deputy else None)
    return contact


@dataclass(frozen=True)
class NewBasis:
    """What a person fills in about why a side may pass on what it knows, and what of it.

    `what` holds the keys of what is shared (residents.texts.stored); None is all the side can share today, which is
    written out, so that what is added to the table later is not covered.
    """

    kind: BasisKind
    covers: str
    given_by: Giver
    from_day: date
    to_day: date | None
    given_how: Given | str = Given.WRITTEN
    # The day it was given; None is the first day it holds.
    given_on: date | None = None
    reason: str = ""
    what: str | None = None


def basis_record(
    *, stay: Stay, side: Side, acting_side: Side, new: NewBasis, by: User, instead: bool = False
) -> SharingBasis:
    """Records a basis of the side's: the home's towards the stay's team, or that team's towards the home.

    Bases of one side add up; with `instead` those in force are withdrawn in the same step, which is how sharing is
    narrowed. Raises Denied when the other side tries, no team treats the resident, or the kind asks for what is missing
    (residents.sharing.check_basis).
    """
    if side != acting_side:
        raise Denied("Kun den side, der deler, kan registrere grundlaget.")
    basis = _basis(stay, side, new, by)
    with trail.change(stay.home.scope, by=by.pk) as log:
        if not TeamLink.objects.for_home(stay.home).filter(stay=stay, to_day=None).exists():
            raise Denied("Knyt først beboeren til et team. Det er teamet, I deler med.")
        if instead:
            _withdraw(stay.home, stay.pk, side, log)
        basis.insert()
        log(
            "basis.recorded", basis, side=side, kind=new.kind, what=basis.what, covers=new.covers, reason=new.reason
        )  # fmt: skip
    return basis


def _basis(stay: Stay, side: Side, new: NewBasis, by: User) -> SharingBasis:
    """The basis, not yet stored. Raises Denied where its kind lacks what it asks for."""
    if new.to_day is not None and new.to_day < new.from_day:
        raise Denied("Slutdatoen ligger før startdatoen.", "to_day")
    given_on = new.given_on or new.from_day
    if new.kind == BasisKind.DISCHARGE:
        what = agreed_at_discharge(side)
    else:
        what = everything(side) if new.what is None else stored(side, new.what.split())
    check_basis(
        new.kind,
        what=what,
        given_by=new.given_by,
        given_how=new.given_how,
        given_on=given_on,
        to_day=new.to_day,
        reason=new.reason,
    )
    return SharingBasis(
        stay=stay,
        from_side=side,
        kind=new.kind,
        covers=new.covers,
        what=what,
        reason=new.reason.strip(),
        given_by=new.given_by,
        given_how="" if new.given_by == Giver.LAW else new.given_how,
        given_on=given_on,
        recorded_by=by,
        from_day=new.from_day,
        to_day=new.to_day,
    )


def basis_open(
    *, stay: Stay, side: Side, acting_side: Side, reason: str, key: str, by: User, now: datetime
) -> SharingBasis:
    """In need the owning side opens the resident to the other for 60 minutes, with a typed reason.

    Raises Denied when the receiving side tries to help itself, no team treats the resident, it is shared already or no
    reason is given; Repeated for a double click.
    """
    if side != acting_side:
        raise Denied("Kun den side, der ejer oplysningerne, kan åbne for dem.")
    if blank(reason):
        raise Denied("Skriv, hvorfor det er nødvendigt nu.", "reason")
    today = timezone.localdate(now)
    with trail.change(stay.home.scope, by=by.pk) as log:
        once(by, key, stay.pk, reason)
        if not TeamLink.objects.for_home(stay.home).filter(stay=stay, to_day=None).exists():
            raise Denied("Knyt først beboeren til et team. Det er teamet, I åbner for.")
        given = bases_in_force(stay.home, today, now).filter(stay=stay, from_side=side).values_list("kind", "what")
        shared = {key for kind, what in given for key in covered(side, kind, what)}
        if shared >= {part.key for part in optional(side)}:
            raise Denied("Oplysningerne deles allerede.")
        basis = SharingBasis(
            stay=stay,
            from_side=side,
            kind=BasisKind.NEED,
            covers="Alt på tavlen",
            what=everything(side),
            reason=reason.strip(),
            given_by=Giver.LAW,
            given_on=today,
            recorded_by=by,
            from_day=today,
            open_until=now + timedelta(minutes=NEED_MINUTES),
        )
        basis.insert()
        log("basis.opened", basis, side=side, reason=reason)
    return basis


def openings_end(now: datetime) -> int:
    """Ends what was opened in need and whose hour is over. Returns how many. One query when none is."""
    over = SharingBasis.objects.system("openings whose hour is over").filter(open_until__lte=now, withdrawn_at=None)
    ended = 0
    for basis in over.select_related("stay__home"):
        home = basis.stay.home
        with trail.change(home.scope, by=None) as log:
            open_still = SharingBasis.objects.for_home(home).filter(pk=basis.pk, withdrawn_at=None)
            ended += open_still.update(withdrawn_at=basis.open_until)
            log("basis.closed", basis, side=basis.from_side)
    return ended


def basis_withdraw(*, home: Home, stay_id: int, acting_side: Side, by: User) -> int:
    """Ends the side's bases for the stay at once. Returns how many. Raises Denied where there was none."""
    with trail.change(home.scope, by=by.pk) as log:
        ended = _withdraw(home, stay_id, acting_side, log)
        if not ended:
            raise Denied("Der er intet delingsgrundlag at trække tilbage.")
    return ended


def _withdraw(home: Home, stay_id: int, side: Side, log: trail.Change) -> int:
    active = SharingBasis.objects.for_home(home).filter(stay_id=stay_id, from_side=side, withdrawn_at=None)
    bases = list(active)
    active.update(withdrawn_at=log.at)
    for basis in bases:
        log("basis.withdrawn", basis, side=side)
    return len(bases)


@dataclass(frozen=True)
class Whereabouts:
    """Where a resident is."""

    situation: str
    since: date | None
    place: str
    until: date | None

    @classmethod
    def of(cls, stay: Stay | VisibleStay) -> Self:
        """As it stands."""
        return cls(str(stay.situation), stay.situation_since, stay.situation_place, stay.situation_until)


def situation_change(
    *,
    stay: Stay,
    situation: Situation,
    since: date,
    by: User,
    place: str = "",
    until: date | None = None,
    asks: bool = True,
) -> None:
    """Hjemme, indlagt, netop udskrevet, flytter, på ferie. An admission keeps a row of its own, from–to.

    Coming home from hospital leaves the question open whether the resident goes on the board, unless the caller knows
    that the resident is there already (`asks`). Raises Denied when
    `until` lies before `since`, `since` before the resident came to live here, or an admission would end before it
    began.
    """
    if until is not None and until < since:
        raise Denied("Den forventede dag ligger før »siden«.", "until")
    with trail.change(stay.home.scope, by=by.pk) as log:
        stay.refresh_from_db(from_queryset=Stay.objects.for_home(stay.home))
        before = stay.situation
        _check_lived_here(stay, since)
        _admission(stay, situation, since, place)
        log("situation.changed", stay, before=before, after=situation, place=place)
        stay.situation, stay.situation_since = situation, since
        stay.situation_place = place.strip() if situation != Situation.HOME else ""
        stay.situation_until = until if situation != Situation.HOME else None
        if before == Situation.ADMITTED and situation != Situation.ADMITTED:
            stay.discharge_open = asks
        elif situation == Situation.ADMITTED:
            stay.discharge_open = False
        stay.full_clean()
        stay.save()


def _check_lived_here(stay: Stay, since: date) -> None:
    """A situation begins no earlier than the resident's time in the home, of which another team may have had a part."""
    if since >= stay.from_day or since == stay.situation_since:
        return
    before = Stay.objects.for_home(stay.home).filter(resident=stay.resident_id, end=StayEnd.OTHER_TEAM)
    if not before.filter(from_day__lte=since).exists():
        raise Denied("Dagen ligger før indflytningen.", "since")


def _stood(stay: Stay) -> dict[str, Any]:
    since, until = stay.situation_since, stay.situation_until
    return {
        "situation": stay.situation,
        "since": since.isoformat() if since else None,
        "until": until.isoformat() if until else None,
        "place": stay.situation_place,
        "asks": stay.discharge_open,
    }


def _admission(stay: Stay, situation: Situation, since: date, place: str) -> None:
    current: Admission | None = Admission.objects.for_home(stay.home).filter(stay=stay, to_day=None).first()
    if situation == Situation.ADMITTED:
        admission = current or Admission(stay=stay, stood=_stood(stay))
        admission.place, admission.from_day = place.strip(), since
        admission.full_clean()
        admission.save()
    elif current is not None:
        if since < current.from_day:
            raise Denied("Dagen ligger før indlæggelsen.", "since")
        # A mistake is put right while it stands; afterwards nobody needs what was before it.
        current.to_day, current.stood = since, None
        current.save(update_fields=["to_day", "stood"])


def situation_mistaken(*, stay: Stay, by: User) -> None:
    """The resident was never in hospital: the admission is deleted, and what stood before it stands again, with the
    question after a discharge where it was open. Raises Denied.
    """
    with trail.change(stay.home.scope, by=by.pk) as log:
        stay.refresh_from_db(from_queryset=Stay.objects.for_home(stay.home))
        mistaken: Admission | None = Admission.objects.for_home(stay.home).filter(stay=stay, to_day=None).first()
        if stay.situation != Situation.ADMITTED or mistaken is None:
            raise Denied("Situationen er ændret imens. Se, hvad der står nu.")
        if Visit.objects.for_home(stay.home).filter(admission=mistaken).exists():
            raise Denied("Der er skrevet besøg under indlæggelsen. Vælg »Hjemme« i stedet.")
        stood = mistaken.stood or {"situation": Situation.HOME}
        mistaken.delete()
        log("situation.mistaken", stay)
        stay.situation, stay.situation_place = stood["situation"], stood.get("place", "")
        stay.situation_since, stay.situation_until = _day(stood.get("since")), _day(stood.get("until"))
        stay.discharge_open = stood.get("asks", False)
        stay.full_clean()
        stay.save()


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def discharge_answer(*, home: Home, stay_id: int, by: User) -> None:
    """'Ikke på tavlen nu': the question after a discharge has been answered. Raises Denied when it was already."""
    with trail.change(home.scope, by=by.pk) as log:
        stay = Stay.objects.for_home(home).filter(pk=stay_id, discharge_open=True).first()
        if stay is None:
            raise Denied("Der er allerede svaret.")
        Stay.objects.for_home(home).filter(pk=stay_id).update(discharge_open=False)
        log("discharge.answered", stay)


def visit_note(*, home: Home, stay_id: int, on: date, text: str, side: Side, key: str, by: User, today: date) -> Visit:
    """Somebody visited the resident on the ward. Raises Denied when not admitted then, or a day ahead; Repeated."""
    with trail.change(home.scope, by=by.pk) as log:
        once(by, key, stay_id, on, text)
        admission = Admission.objects.for_home(home).filter(stay=stay_id, to_day=None).first()
        if admission is None:
            raise Denied("Beboeren er ikke indlagt.", "on")
        if not admission.from_day <= on <= today:
            raise Denied("Vælg en dag under indlæggelsen, senest i dag.", "on")
        visit = Visit(admission=admission, on=on, by=by, side=side, text=text.strip())
        visit.insert()
        log("visit.noted", visit, text=text)
    return visit


def stay_end(*, stay: Stay, end: StayEnd, on: date, by: User, moved_to: Home | None = None) -> Stay:
    """The resident no longer lives here: sharing and team links end the same day, and both sides lose sight at once.

    Raises Denied for a day ahead of today (as the caller knows it: `on` is checked by the form), before the stay
    began, or a stay that has ended.
    """
    with trail.change(stay.home.scope, by=by.pk) as log:
        row: Stay = Stay.objects.for_home(stay.home).get(pk=stay.pk)
        if row.to_day is not None:
            raise Denied("Opholdet er allerede afsluttet.")
        if on < row.from_day:
            raise Denied("Dagen ligger før indflytningen.", "on")
        row.to_day, row.end, row.moved_to, row.discharge_open = on, end, moved_to, False
        row.full_clean()
        row.save()
        # One that began after the last day ends on its own first day.
        open_still = Admission.objects.for_home(stay.home).filter(stay=row, to_day=None)
        open_still.filter(from_day__gt=on).update(to_day=F("from_day"), stood=None)
        open_still.update(to_day=on, stood=None)
        TeamLink.objects.for_home(stay.home).filter(stay=row, to_day=None).update(to_day=on)
        # One that ended before keeps its own last day.
        bases = SharingBasis.objects.for_home(stay.home).filter(stay=row, withdrawn_at=None)
        bases.filter(Q(to_day=None) | Q(to_day__gt=on)).update(to_day=on)
        log("stay.ended", row, end=end, on=str(on), moved_to=moved_to.pk if moved_to else None)
    return row


def move_correct(*, home: Home, stay_id: int, moved_to: Home | None, seen: Seen, key: str, by: User) -> Stay:
    """The resident moved to another home than was said, or to none of the cooperation's.

    Only while nobody has taken the resident in. Raises LookupError for a stay that did not end with a move, Conflict,
    Denied, Repeated.
    """
    with trail.change(home.scope, by=by.pk) as log:
        once(by, key, stay_id, moved_to)
        moved = Stay.objects.for_home(home).filter(pk=stay_id, end__in=[StayEnd.MOVED, StayEnd.OTHER_HOME])
        # Locked, because the new home takes the resident in under its own clock.
        stay: Stay | None = moved.select_for_update().first()
        if stay is None:
            raise LookupError("move")
        check_seen(seen, stay.moved_to_id, stay)
        if not moved.filter(no_later_stay()).exists():
            raise Denied("Beboeren er flyttet ind et andet sted. Det kan ikke rettes her mere.")
        if (moved_to.pk if moved_to else None) == stay.moved_to_id:
            raise Denied("Sådan står det allerede. Vælg et andet.", "moved_to")
        stay.end, stay.moved_to = StayEnd.OTHER_HOME if moved_to else StayEnd.MOVED, moved_to
        stay.full_clean()
        stay.save(update_fields=["end", "moved_to"])
        log("move.corrected", stay, end=stay.end, moved_to=moved_to.pk if moved_to else None)
    return stay


def stay_arrive(*, home: Home, resident_id: int, name: str, flat: str, from_day: date, by: User) -> Stay:
    """Takes in a resident another home said moves here: a new stay, with nothing of what was written there.

    Only that the resident is in hospital follows, without where, so that nobody waits for them at the door.

    The name stays, because the old home's list of former stays shows it too. If somebody here has the same name, `name`
    adds something to it. Raises LookupError for somebody who is not on the way here, ValidationError when the flat is
    taken, Denied when the name is taken or would be another one.
    """
    with trail.change(home.scope, by=by.pk) as log:
        last = (
            Stay.objects.system("take in a resident on the way")
            .filter(no_later_stay(), resident=resident_id, moved_to=home, end=StayEnd.OTHER_HOME)
            .select_related("resident")
            .select_for_update(of=("self",))
            .first()
        )
        if last is None:
            raise LookupError("arrival")
        if from_day < last.to_day:
            raise Denied("Dagen ligger før fraflytningen.", "from_day")
        resident = last.resident
        if search_form(name) not in ("", resident.search):
            _check_addition(home, resident, name)
            _check_name(home, name.strip())
            resident.name, resident.search = name.strip(), search_form(name)
            resident.save(update_fields=["name", "search"])
        else:
            _check_name(home, resident.name)
        stay = Stay(resident=resident, home=home, flat=flat, from_day=from_day)
        stay.insert()
        log("stay.began", stay, name=resident.name)
        if last.situation == Situation.ADMITTED:
            situation_change(stay=stay, situation=Situation.ADMITTED, since=from_day, by=by)
    return stay


def team_unlink(*, stay: Stay, team: Team, on: date, by: User) -> None:
    """The team no longer treats the resident: what was shared both ways ends, and so does its contact person.

    Raises Denied when it does not treat them.
    """
    with trail.change(stay.home.scope, by=by.pk) as log:
        link = TeamLink.objects.for_home(stay.home).filter(stay=stay, team=team, to_day=None).first()
        if link is None:
            raise Denied("Teamet er ikke knyttet til beboeren.")
        # Both days of a link count. It ends the day before, so that the team loses sight now.
        link.to_day = on - timedelta(days=1)
        link.save(update_fields=["to_day"])
        log("team.unlinked", stay, team=team.pk)
        bases = SharingBasis.objects.for_home(stay.home).filter(stay=stay, withdrawn_at=None)
        for basis in bases:
            log("basis.withdrawn", basis, side=basis.from_side)
        bases.update(withdrawn_at=log.at)
        contact = Contact.objects.for_home(stay.home).filter(stay=stay, side=Side.TEAM).first()
        if contact is not None:
            log("contact.removed", stay, side=Side.TEAM, person=contact.person_id)
            contact.delete()


def stay_renew(*, stay: Stay, team: Team, on: date, by: User) -> Stay:
    """A new stay in the same flat with another team: the resident, where they are, and the home's contact go along.

    Nothing is shared on it yet. Raises Denied when the stay has ended.
    """
    with trail.change(stay.home.scope, by=by.pk) as log:
        old = stay_end(stay=stay, end=StayEnd.OTHER_TEAM, on=on, by=by)
        new = Stay(resident_id=old.resident_id, home=stay.home, flat=old.flat, from_day=on)
        for name in ("situation", "situation_since", "situation_place", "situation_until"):
            setattr(new, name, getattr(old, name))
        new.discharge_open = stay.discharge_open
        new.insert()
        log("stay.began", new, name=old.resident.name)
        if new.situation == Situation.ADMITTED:
            Admission(stay=new, place=new.situation_place, from_day=new.situation_since or on).insert()
        contact = Contact.objects.for_home(stay.home).filter(stay=old, side=Side.HOME).first()
        if contact is not None:
            contact_set(stay=new, side=Side.HOME, person=contact.person, deputy=contact.deputy, by=by)
        team_link(stay=new, team=team, from_day=on, by=by)
    return new


def home_leaves(*, home: Home, on: date, by: User) -> int:
    """The home leaves the cooperation: every open stay and link ends. Returns how many stays."""
    with trail.change(home.scope, by=by.pk) as log:
        log("home.left", home, on=str(on))
        stays = list(Stay.objects.for_home(home).filter(to_day=None))
        for stay in stays:
            stay_end(stay=stay, end=StayEnd.HOME_LEFT, on=max(on, stay.from_day), by=by)
    return len(stays)
