"""Decisions of signing in. Pure: what is asked for is an argument."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.providers import GivenRole, Provider
from organisation.models import Role


def demands_second_factor(demand: str, roles: Collection[str]) -> bool:
    """Whether somebody with these roles must have a second factor. `demand` is nobody, all but staff, or everybody."""
    if demand == "everybody":
        return bool(roles)
    return demand == "leaders" and any(role != Role.STAFF for role in roles)


def browser_words(agent: str) -> str:
    """'Chrome på Windows': enough for a person to know their own browser by, and no more than that."""
    # The order matters: each browser also names those after it.
    names = {"Edg": "Edge", "OPR/": "Opera", "SamsungBrowser": "Samsung Internet", "Firefox": "Firefox",
             "FxiOS": "Firefox", "CriOS": "Chrome", "Chrome": "Chrome", "Safari": "Safari"}  # fmt: skip
    systems = {"iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "CrOS": "ChromeOS",
               "Mac OS X": "Mac", "Linux": "Linux"}  # fmt: skip
    name = next((word for sign, word in names.items() if sign in agent), "En ukendt browser")
    system = next((word for sign, word in systems.items() if sign in agent), "")
    return f"{name} på {system}" if system else name


class Refused(Exception):
    """An organisation's provider lets nobody in this time. `why` is for the log, the message for the person."""

    def __init__(self, why: str, message: str) -> None:
        super().__init__(message)
        self.why = why
        self.message = message


@dataclass(frozen=True)
class RolePlace:
    """A role in one home, team or organisation, by its id."""

    role: str
    kind: str
    pk: int


@dataclass(frozen=True)
class Held:
    """A role the person has now. `source` is the provider that gave it, '' for an administrator."""

    pk: int
    place: RolePlace
    source: str


@dataclass(frozen=True)
class ProviderPerson:
    """What a provider says of somebody."""

    subject: str
    email: str
    name: str
    values: frozenset[str]


def arrival(provider: Provider, claims: Mapping[str, Any]) -> ProviderPerson:
    """What the claims say. Raises Refused for no subject, or a sign-in weaker than asked for.

    The address is '' unless the provider says outright that it is verified.
    """
    subject = claims.get(provider.subject)
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise Refused("subject", f"{provider.name} sagde ikke, hvem du er. Spørg dem, der står for jeres log ind.")
    if provider.acr and claims.get("acr") not in provider.acr:
        raise Refused(
            "acr", f"Tavlen kræver et sikrere log ind hos {provider.name} end det, du brugte. Brug fx jeres kode-app."
        )
    email = claims.get(provider.email)
    verified = claims.get(provider.verified) is True and isinstance(email, str)
    name = claims.get(provider.person)
    values = claims.get(provider.roles)
    listed = [values] if isinstance(values, str) else values if isinstance(values, list) else []
    return ProviderPerson(
        subject,
        str(email).strip().lower() if verified else "",
        name.strip() if isinstance(name, str) else "",
        frozenset(value for value in listed if isinstance(value, str)),
    )


def given(provider: Provider, values: Collection[str]) -> list[GivenRole]:
    """What the provider gives somebody with these values of its roles claim."""
    return [role for role in provider.given if role.claim in values]


def foreign(provider: Provider, organisations: Collection[int]) -> bool:
    """Whether an organisation the provider does not speak for employs somebody. It may not sign them in."""
    return not provider.organisations.issuperset(organisations)


def changes(
    provider: Provider, wanted: Collection[RolePlace], held: Collection[Held]
) -> tuple[list[RolePlace], list[Held]]:
    """Roles to start and roles to end. What an administrator gave is never ended, and never given twice."""
    start = [place for place in dict.fromkeys(wanted) if place not in {standing.place for standing in held}]
    end = [standing for standing in held if standing.source == provider.id and standing.place not in wanted]
    return start, end
