"""What waits in Styring, for Min dag."""

from datetime import date

from django.urls import reverse

from accounts.access import roles_of
from accounts.offices import Office, office_of
from administration.criteria import waiting_for
from core.text import counted
from criteria.selectors import regions_for
from organisation.models import Organisation, Role, User
from privacy import selectors
from privacy.views.samples import leading, leads_of
from reminders.waiting import Question


def in_administration(user: User, day: date) -> list[Question]:
    """Look-ups to answer, and criteria to approve. No query for somebody with no office."""
    offices = {Role.LEADER, Role.APPROVER}
    if not any(role.role in offices for role in roles_of(user, day)[0]):
        return []
    office = office_of(user)
    return [*_samples(office, day), *_approvals(office, day)]


def _samples(office: Office, day: date) -> list[Question]:
    waiting = selectors.waiting(leads_of(office), day) if leading(office) else None
    if waiting is None or not waiting.open:
        return []
    late = f"{waiting.late} over fristen" if waiting.late else ""
    return [Question(f"{waiting.open} opslag i ugens stikprøve", late, reverse("administration-samples"))]


def _approvals(office: Office, day: date) -> list[Question]:
    if not office.approves:
        return []
    regions = Organisation.objects.filter(pk__in=regions_for(office.approves, day))
    count = sum(len(waiting_for(region, office.approves, day)) for region in regions)
    words = counted(count, "kriterium", "kriterier")
    return [Question(f"{words} til godkendelse", "", reverse("administration-approvals"))] if count else []
