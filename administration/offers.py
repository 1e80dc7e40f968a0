"""Roles that wait for a yes, and those that have lately begun, as the one who looks is shown them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.access import roles_of
from accounts.offices import Office, office_of
from administration import rules
from administration.services.roles import (
    Part,
    Unit,
    employer_of,
    may_withdraw,
    offers_of,
    organisation_of,
    parts_of,
    unit_of,
)  # fmt: skip
from core.text import listing
from organisation.models import Role, RoleOffer, User
from reminders.waiting import Question

# So long it is said that a role has begun.
TOLD_DAYS = 7


@dataclass(frozen=True)
class OfferLine:
    """One offer as it is shown: whom it is about, what the role is, and what the viewer may do."""

    offer: RoleOffer
    # 'Jonas', or the address where the name is another organisation's to tell.
    who: str
    # 'medarbejder i Team Nord fra 1.12.2026'
    role: str
    # 'Peter fra Region Sundbæk'
    by: str
    # What the viewer is asked: the part, and what a yes says.
    parts: list[tuple[Part, str]]
    waits: str
    may_withdraw: bool
    begun: bool

    @property
    def new(self) -> bool:
        """Whether the unit's own person has never signed in, and those who asked must tell them how."""
        person = self.offer.user
        return _own(self.offer) and self.may_withdraw and person.last_login is None and not person.has_usable_password()


def offer_lines(office: Office, now: datetime) -> list[OfferLine]:
    """What the person may answer first, then what waits for others, then what has begun in the last week.

    Two queries, and at most four for each that waits.
    """
    lines = [_line(office, offer, timezone.localdate(now)) for offer in _shown(office, now)]
    return sorted(lines, key=lambda line: (line.begun, not line.parts, line.offer.at))


def _shown(office: Office, now: datetime) -> list[RoleOffer]:
    lately = Q(member__isnull=False, ended_at__gt=now - timedelta(days=TOLD_DAYS))
    live = RoleOffer.objects.waiting(now) | RoleOffer.objects.filter(lately)
    rows = offers_of(office, live, timezone.localdate(now)).prefetch_related("yeses")
    return list(
        rows.select_related(
            "user__organisation",
            "by__organisation",
            "home__organisation",
            "team__organisation",
            "organisation",
            "member",
        ).order_by("at", "pk")
    )


def _line(office: Office, offer: RoleOffer, today: date) -> OfferLine:
    unit, begun = unit_of(offer), offer.member is not None
    parts = [] if begun else parts_of(office, offer, today)
    agreed = {row.part for row in offer.yeses.all() if row.at}
    named = begun or Part.PERSON in agreed or offer.user == office.user or Part.EMPLOYER in parts
    own = _own(offer)
    by = f"{offer.by.name} fra {offer.by.organisation}" if offer.by.organisation else offer.by.name
    others = [
        _whom(Part(row.part), offer.user == office.user)
        for row in offer.yeses.all()
        if not row.at and row.part not in parts
    ]
    return OfferLine(
        offer,
        offer.user.name if named or own else offer.user.email,
        _role(offer, unit, offer.member.from_day if offer.member else offer.from_day),
        by,
        [(part, _asks(part, offer, unit)) for part in parts],
        listing(others),
        not begun and may_withdraw(office, offer),
        begun,
    )


def _own(offer: RoleOffer) -> bool:
    """Whether the person is of the unit's organisation, or of none yet."""
    return employer_of(offer.user) in (None, organisation_of(unit_of(offer)))


def _role(offer: RoleOffer, unit: Unit, first: date) -> str:
    begins = rules.full_day(first) + rules.hour_label(offer.from_time)
    ends = f" til og med {rules.full_day(offer.to_day)}{rules.hour_label(offer.to_time)}" if offer.to_day else ""
    return f"{Role(offer.role).label.lower()} i {unit.name} fra {begins}{ends}"


def _whom(part: Part, oneself: bool) -> str:
    return "din egen organisation" if oneself and part == Part.EMPLOYER else part.label


def _asks(part: Part, offer: RoleOffer, unit: Unit) -> str:
    if part == Part.PERSON:
        return "Vil du det?"
    if part == Part.EMPLOYER:
        return f"{offer.user.name} arbejder hos jer. Er det i orden?"
    return f"Er det aftalt i {organisation_of(unit).name}?"


def role_questions(user: User, day: date) -> list[Question]:
    """For Min dag: what waits for the person's yes, and what has begun of theirs and of their people. Two queries, one
    more where there is something, and those of an office for who has one.
    """
    office = office_of(user) if any(role.role != Role.STAFF for role in roles_of(user, day)[0]) else _nobody(user)
    return [_question(line, user) for line in offer_lines(office, timezone.now()) if line.parts or line.begun]


def _question(line: OfferLine, user: User) -> Question:
    who = "Du" if line.offer.user == user else line.who
    more = "Rollen er givet" if line.begun else f"{line.by} spørger"
    address = f"{reverse('administration-role-offers')}#o{line.offer.pk}"
    return Question(f"{who}: {line.role}", more, address, button="Se" if line.begun else "Svar")


def _nobody(user: User) -> Office:
    none: frozenset[int] = frozenset()
    return Office(user, none, none, none, none, none, none)
