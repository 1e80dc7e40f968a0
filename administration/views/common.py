"""What the pages of setting up share: a form, an act, and a redirect to where the result stands."""

from accounts.offices import Office
from organisation.models import User


def any_office(office: Office) -> bool:
    """Everybody who sets something up."""
    return office.any


def system_office(office: Office) -> bool:
    """System administrators."""
    return bool(office.system)


def staffing_office(office: Office) -> bool:
    """Those who decide who works somewhere: system administrators and leaders."""
    return bool(office.system or office.homes or office.teams)


def keeping_homes(office: Office) -> bool:
    """Those with a home to set up: system administrators and leaders of homes."""
    return bool(office.system or office.homes)


def label_of(user: User, among: list[User]) -> str:
    """The name, with title or mail where another has the same."""
    same = [other.name for other in among].count(user.name) > 1
    return f"{user.name} ({user.title or user.email})" if same else user.name
