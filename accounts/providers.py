"""The organisations' own providers, from the TOML file BOTILBUD_PROVIDERS names. Read once, before anything is served.

Pure: what the file says, checked as far as can be without the database. A fault stops the start with a sentence.
"""

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.core.exceptions import ImproperlyConfigured

from core import env

NAME = "BOTILBUD_PROVIDERS"
UNIT_ROLES = ("staff", "leader")
CENTRAL_ROLES = ("criteria", "approver", "support", "system")
KINDS = ("oidc", "saml")
# What the subject of an answer by SAML is called among the claims.
NAME_ID = "NameID"
PLACES = ("home", "team", "organisation")


@dataclass(frozen=True)
class GivenRole:
    """What a value of the roles claim gives: a role in a home (its slug), a team or an organisation (their names)."""

    claim: str
    role: str
    kind: str
    place: str


@dataclass(frozen=True)
class Provider:
    """A provider, and what it may say. `organisations` are the ids of those it speaks for."""

    id: str
    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    organisations: frozenset[int]
    # The names of accepted ways to sign in. With none given, any is accepted, and we still ask for a second factor.
    acr: tuple[str, ...]
    # Whether those of its organisations may sign in by other ways too.
    password: bool
    scopes: tuple[str, ...]
    subject: str
    email: str
    verified: str
    person: str
    roles: str
    given: tuple[GivenRole, ...]
    # "oidc", or "saml": then `issuer` is its entity id, and there is no client.
    kind: str = "oidc"
    sso_url: str = ""
    # One, or two while it changes from one to the other.
    certificates: tuple[str, ...] = ()
    # SAML does not say whether an address is verified. The file says it for all addresses of the organisation.
    mail_verified: bool = False


@cache
def load(path: str) -> tuple[Provider, ...]:
    """The providers of the file; none where no file is named. Raises ImproperlyConfigured."""
    if not path:
        return ()
    try:
        file = tomllib.loads(env.read(path, NAME))
    except tomllib.TOMLDecodeError as error:
        raise ImproperlyConfigured(f"{NAME}: {path} kan ikke læses som TOML ({error}).") from None
    _known(file, {"provider"}, "filen")
    made = tuple(_provider(table) for table in file.get("provider", []))
    if len({table.id for table in made}) < len(made):
        raise ImproperlyConfigured(f"{NAME}: to udbydere har samme id.")
    return made


def _provider(table: dict[str, Any]) -> Provider:
    where = f"udbyderen {table.get('id', '?')}"
    kind = table.get("kind", "oidc")
    if kind not in KINDS:
        raise ImproperlyConfigured(f"{NAME}: {where} har kind {kind!r}. Skriv oidc eller saml.")
    _known(
        table,
        {
            "id", "name", "issuer", "client_id", "client_secret", "client_secret_file", "organisations", "acr",
            "password", "scopes", "claims", "role", "central", "kind",
        } if kind == "oidc" else {
            "id", "name", "entity_id", "sso_url", "certificate", "certificate_file", "organisations", "acr", "password",
            "mail_verified", "claims", "role", "central", "kind",
        },
        where,
    )  # fmt: skip
    claims = table.get("claims", {})
    _known(claims, {"subject", "email", "verified", "name", "roles"}, f"{where}, claims")
    ident = _text(table, "id", where)
    if not re.fullmatch(r"[a-z0-9-]{1,40}", ident):
        raise ImproperlyConfigured(f"{NAME}: {where} skal have et id af små bogstaver, tal og bindestreg.")
    organisations = table.get("organisations", [])
    if not organisations or not all(type(number) is int for number in organisations):
        raise ImproperlyConfigured(f"{NAME}: {where} mangler organisations, en liste af numre.")
    central = table.get("central", [])
    return Provider(
        id=ident,
        name=_text(table, "name", where),
        **(_saml(table, claims, where) if kind == "saml" else _oidc(table, where)),
        organisations=frozenset(organisations),
        acr=tuple(map(str, table.get("acr", []))),
        password=bool(table.get("password", True)),
        scopes=tuple(map(str, table.get("scopes", ["openid", "profile", "email"]))),
        subject=str(claims.get("subject", NAME_ID if kind == "saml" else "sub")),
        email=str(claims.get("email", "email")),
        verified=str(claims.get("verified", "email_verified")),
        person=str(claims.get("name", "name")),
        roles=str(claims.get("roles", "groups")),
        given=tuple(_given(role, central, where) for role in table.get("role", [])),
    )


def _oidc(table: dict[str, Any], where: str) -> dict[str, Any]:
    return {
        "issuer": _https(table, "issuer", where),
        "client_id": _text(table, "client_id", where),
        "client_secret": _either(table, "client_secret", where),
    }


def _saml(table: dict[str, Any], claims: dict[str, Any], where: str) -> dict[str, Any]:
    verified = table.get("mail_verified", False)
    if type(verified) is not bool or verified == ("verified" in claims):
        raise ImproperlyConfigured(
            f"{NAME}: {where} skal sige enten mail_verified = true (det er organisationen, der fører listen over "
            "mailadresser, og ikke den enkelte) eller i claims.verified, hvilken attribut der er true, når adressen er "
            "bekræftet."
        )
    return {
        "kind": "saml",
        "issuer": _text(table, "entity_id", where),
        "client_id": "",
        "client_secret": "",
        "sso_url": _https(table, "sso_url", where),
        "certificates": _certificates(table, where),
        "mail_verified": verified,
    }


def _certificates(table: dict[str, Any], where: str) -> tuple[str, ...]:
    """One or two, as PEM: what the provider signs by now, and what it will sign by next."""
    text = _either(table, "certificate", where)
    try:
        read = x509.load_pem_x509_certificates(text.encode())
        keys = [certificate.public_key() for certificate in read]
    except (ValueError, UnsupportedAlgorithm):
        raise ImproperlyConfigured(f"{NAME}: {where}: certificate er ikke et certifikat i PEM-format.") from None
    if len(read) > 2:
        raise ImproperlyConfigured(f"{NAME}: {where} har {len(read)} certifikater. Behold ét eller to.")
    for key in keys:
        strong = isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048
        if not strong and not (isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= 256):
            raise ImproperlyConfigured(
                f"{NAME}: {where}: certifikatets nøgle er for svag. Brug RSA fra 2048 bit eller EC."
            )
    return tuple(certificate.public_bytes(serialization.Encoding.PEM).decode() for certificate in read)


def _given(table: dict[str, Any], central: list[str], where: str) -> GivenRole:
    _known(table, {"claim", "role", *PLACES}, f"{where}, role")
    kinds = [kind for kind in PLACES if kind in table]
    if len(kinds) != 1:
        raise ImproperlyConfigured(f"{NAME}: {where}: en rolle gives ét sted: home, team eller organisation.")
    role, kind = _text(table, "role", where), kinds[0]
    if role not in (CENTRAL_ROLES if kind == "organisation" else UNIT_ROLES):
        raise ImproperlyConfigured(f"{NAME}: {where}: rollen {role!r} findes ikke i {kind}.")
    if kind == "organisation" and role not in central:
        raise ImproperlyConfigured(f"{NAME}: {where}: {role!r} skal stå i central, før udbyderen kan give den.")
    return GivenRole(_text(table, "claim", where), role, kind, _text(table, kind, where))


def _https(table: dict[str, Any], key: str, where: str) -> str:
    address = _text(table, key, where)
    parts = urlsplit(address)
    here = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        raise ImproperlyConfigured(f"{NAME}: {where} skal have {key}, der begynder med https://.")
    return address


def _either(table: dict[str, Any], key: str, where: str) -> str:
    """What stands under the key, or in the file KEY_file names."""
    file_key = f"{key}_file"
    if (key in table) == (file_key in table):
        raise ImproperlyConfigured(f"{NAME}: {where} skal have enten {key} eller {file_key}.")
    if key in table:
        return _text(table, key, where)
    return env.read(str(Path(_text(table, file_key, where))), f"{NAME}: {file_key}")


def _text(table: dict[str, Any], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ImproperlyConfigured(f"{NAME}: {where} mangler {key}.")
    return value.strip()


def _known(table: dict[str, Any], keys: set[str], where: str) -> None:
    if unknown := sorted(set(table) - keys):
        raise ImproperlyConfigured(f"{NAME}: {where} har {', '.join(unknown)}, som ikke kendes. Er det stavet rigtigt?")
