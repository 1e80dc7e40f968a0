"""The resident and the stay: who, where, who knows them, and who else there is around them."""

from dataclasses import dataclass
from datetime import date

from organisation.models import Side
from privacy.insight.source import Source, name_of
from residents.models import Admission, Contact, Partner, TeamLink, Visit


@dataclass(frozen=True)
class Whom:
    """Whom it is about. Only the flat, where the other side does not share the rest."""

    flat: str
    name: str = ""
    from_day: date | None = None
    to_day: date | None = None
    end: str = ""
    moved_to: str = ""
    situation: str = ""
    situation_since: date | None = None
    situation_place: str = ""
    situation_until: date | None = None
    discharge_to_be_answered: bool = False
    last_discussed: date | None = None


@dataclass(frozen=True)
class Linked:
    """A team that treats or treated the resident."""

    team: str
    from_day: date
    to_day: date | None


@dataclass(frozen=True)
class ContactPerson:
    """The side's contact person, and who stands in."""

    person: str
    deputy: str


@dataclass(frozen=True)
class InHospital:
    """A stay in hospital."""

    place: str
    from_day: date
    to_day: date | None
    # Where the resident was when it was written, kept while the admission lasts.
    before: str


@dataclass(frozen=True)
class Visited:
    """A visit on the ward, told by the side."""

    on: date
    by: str
    text: str
    admission_from: date | None


@dataclass(frozen=True)
class OtherParty:
    """Somebody outside the two teams."""

    name: str
    kind: str
    without_resident: str
    agreed_how: str
    agreed_on: date | None
    recorded_by: str
    recorded_on: date
    ended_on: date | None


def whom(source: Source) -> Whom:
    """Whom the account is about. No query."""
    stay = source.stay_account.stay
    if not source.joint:
        return Whom(stay.flat)
    where = source.sight.covers(Side.JOINT, "situation")
    return Whom(
        flat=stay.flat,
        name=stay.resident.name,
        from_day=stay.from_day,
        to_day=stay.to_day,
        end=stay.get_end_display() if stay.end else "",
        moved_to=stay.moved_to.name if stay.moved_to else "",
        situation=stay.get_situation_display(),
        situation_since=stay.situation_since,
        situation_place=stay.situation_place if where else "",
        situation_until=stay.situation_until if where else None,
        discharge_to_be_answered=stay.discharge_open,
        last_discussed=stay.last_discussed,
    )


def team_links(source: Source) -> list[TeamLink]:
    """The stay's teams with their regions, the first first. One query."""
    return list(source.rows(TeamLink).select_related("team__organisation").order_by("from_day", "pk"))


def contacts(source: Source) -> list[ContactPerson]:
    """The side's own. One query."""
    rows = source.rows(Contact, side=source.side).select_related("person", "deputy")
    return [ContactPerson(name_of(contact.person), name_of(contact.deputy)) for contact in rows]


def admissions(source: Source) -> list[InHospital]:
    """One query, none where the situation is not shared."""
    if not source.sight.covers(Side.JOINT, "situation"):
        return []
    return [
        InHospital(admission.place, admission.from_day, admission.to_day, (admission.stood or {}).get("place", ""))
        for admission in source.rows(Admission).order_by("from_day", "pk")
    ]


def visits(source: Source) -> list[Visited]:
    """The side's own; during which admission only where the situation is shared. One query."""
    there = source.sight.covers(Side.JOINT, "situation")
    made = source.rows(Visit, "admission__stay", side=source.side).select_related("by", "admission")
    return [
        Visited(visit.on, name_of(visit.by), visit.text, visit.admission.from_day if there else None)
        for visit in made.order_by("on", "pk")
    ]


def partners(source: Source) -> list[OtherParty]:
    """One query, none where they are not shared."""
    if not source.sight.covers(Side.JOINT, "partners"):
        return []
    return [
        OtherParty(
            name=partner.name,
            kind=partner.get_kind_display(),
            without_resident=partner.get_without_resident_display(),
            agreed_how=partner.get_agreed_how_display() if partner.agreed_how else "",
            agreed_on=partner.agreed_on,
            recorded_by=name_of(partner.recorded_by),
            recorded_on=partner.recorded_on,
            ended_on=partner.ended_on,
        )
        for partner in source.rows(Partner).select_related("recorded_by").order_by("pk")
    ]
