"""The providers' file: what stands in it is what counts, and a fault in it stops the start with a sentence."""

import re
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from django.core.exceptions import ImproperlyConfigured

from accounts import rules
from accounts.providers import GivenRole, load
from accounts.rules import Held, RolePlace

GOOD = """
[[provider]]
id = "kommunen"
name = "Kommunen"
issuer = "https://login.x.invalid"
client_id = "tavlen"
client_secret = "hemmelig"
organisations = [1, 2]
central = ["approver"]
[provider.claims]
email = "upn"
[[provider.role]]
claim = "a"
role = "leader"
home = "havtornen"
[[provider.role]]
claim = "b"
role = "approver"
organisation = "Kommunen"
"""


SAML = """
[[provider]]
kind = "saml"
id = "regionen"
name = "Regionen"
entity_id = "urn:region:login"
sso_url = "https://login.x.invalid/sso"
certificate = '''
{certificate}'''
organisations = [3]
mail_verified = true
[provider.claims]
email = "urn:oid:mail"
"""


def certificate(key: Any) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "login.x.invalid")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, datetime(2020, 1, 1), datetime(2021, 1, 1))
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


RSA, EC = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())


def read(folder: Path, text: str) -> Any:
    path = folder / f"{abs(hash(text))}.toml"
    path.write_text(text, encoding="utf-8")
    return load(str(path))


def test_file_says_who_speaks_for_whom(tmp_path: Path) -> None:
    (provider,) = read(tmp_path, GOOD)
    assert provider.organisations == {1, 2}
    assert (provider.subject, provider.email, provider.roles) == ("sub", "upn", "groups")
    assert provider.given == (
        GivenRole("a", "leader", "home", "havtornen"),
        GivenRole("b", "approver", "organisation", "Kommunen"),
    )
    assert provider.password
    assert "hemmelig" not in repr(provider)
    assert load("") == ()


def test_secret_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("fra en fil\n")
    line = f'client_secret_file = "{secret}"'
    (provider,) = read(tmp_path, GOOD.replace('client_secret = "hemmelig"', line))
    assert provider.client_secret == "fra en fil"
    secret.unlink()
    with pytest.raises(ImproperlyConfigured, match="ikke findes"):
        read(tmp_path, GOOD.replace('client_secret = "hemmelig"', line) + "# igen")


@pytest.mark.parametrize(
    ("was", "now", "sentence"),
    [
        ("[[provider]]", "[[provider", "TOML"),
        ('id = "kommunen"', 'id = "Kommunen!"', "id af små bogstaver"),
        ('id = "kommunen"', "", "mangler id|skal have et id"),
        ('name = "Kommunen"', "", "mangler name"),
        ("https://", "http://", "https"),
        ('client_secret = "hemmelig"', "", "enten client_secret eller"),
        ("organisations = [1, 2]", "organisations = []", "mangler organisations"),
        ("organisations = [1, 2]", "organisations = [true]", "mangler organisations"),
        ("organisations = [1, 2]", "organisationer = [1]", "organisationer, som ikke kendes"),
        ('email = "upn"', 'mail = "upn"', "mail, som ikke kendes"),
        ('role = "leader"', 'role = "system"', "'system' findes ikke i home"),
        ('role = "leader"', 'role = "chef"', "'chef' findes ikke"),
        ('role = "approver"', 'role = "leader"', "'leader' findes ikke i organisation"),
        ('central = ["approver"]', "", "skal stå i central"),
        ('home = "havtornen"', "", "ét sted"),
        ('home = "havtornen"', 'home = "havtornen"\nteam = "Nord"', "ét sted"),
    ],
)
def test_fault_is_told_in_a_sentence(tmp_path: Path, was: str, now: str, sentence: str) -> None:
    assert was in GOOD
    with pytest.raises(ImproperlyConfigured, match=sentence):
        read(tmp_path, GOOD.replace(was, now, 1))


def test_file_says_how_a_provider_is_asked_by_saml(tmp_path: Path) -> None:
    pair = certificate(RSA) + certificate(EC)
    oidc, provider = read(tmp_path, GOOD + SAML.format(certificate=pair))
    assert (oidc.kind, provider.kind) == ("oidc", "saml")
    assert (provider.issuer, provider.sso_url) == ("urn:region:login", "https://login.x.invalid/sso")
    assert "".join(provider.certificates) == pair
    assert (provider.subject, provider.email, provider.mail_verified) == ("NameID", "urn:oid:mail", True)
    path = tmp_path / "certificate.pem"
    path.write_text(pair)
    beside = re.sub(r"certificate = .*?'''\n.*?'''", f'certificate_file = "{path}"', SAML, flags=re.S)
    assert read(tmp_path, beside)[0].certificates == provider.certificates


@pytest.mark.parametrize(
    ("was", "now", "sentence"),
    [
        ('kind = "saml"', 'kind = "wsfed"', "'wsfed'. Skriv oidc eller saml"),
        ('entity_id = "urn:region:login"', "", "mangler entity_id"),
        ('sso_url = "https://login.x.invalid/sso"', "", "mangler sso_url"),
        ("https://login", "http://login", "sso_url, der begynder med https"),
        ("mail_verified = true", "", "mail_verified = true"),
        ("mail_verified = true", "mail_verified = 1", "mail_verified = true"),
        ("email =", 'verified = "a"\nemail =', "mail_verified = true"),
        ("mail_verified", 'client_id = "a"\nmail_verified', "client_id, som ikke kendes"),
        ("mail_verified", 'certificate_file = "a"\nmail_verified', "enten certificate eller certificate_file"),
    ],
)
def test_fault_of_saml_is_told_in_a_sentence(tmp_path: Path, was: str, now: str, sentence: str) -> None:
    assert was in SAML
    with pytest.raises(ImproperlyConfigured, match=sentence):
        read(tmp_path, SAML.format(certificate=certificate(RSA)).replace(was, now, 1))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("rubbish", "PEM"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "PEM"),
        (certificate(RSA) * 3, "har 3 certifikater"),
        (certificate(rsa.generate_private_key(65537, 1024)), "for svag"),  # noqa: S505 - it is refused
        (certificate(RSA) + certificate(ec.generate_private_key(ec.SECP192R1())), "for svag"),
    ],
    ids=range(5),
)
def test_certificate_that_is_none_or_too_weak_stops_the_start(tmp_path: Path, given: str, sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=sentence):
        read(tmp_path, SAML.format(certificate=given))


def test_two_of_the_same_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="samme id"):
        read(tmp_path, GOOD + GOOD)


def test_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="ikke findes eller ikke kan læses"):
        load(str(tmp_path / "ingen.toml"))


def test_changes_start_what_is_wanted_and_end_only_what_the_provider_gave() -> None:
    provider: Any = SimpleNamespace(id="kommunen")
    home, team, other = (RolePlace("staff", "home", 1), RolePlace("staff", "team", 1), RolePlace("leader", "home", 1))
    held = [Held(1, home, ""), Held(2, other, "kommunen"), Held(3, team, "regionen")]
    assert rules.changes(provider, [home, home, RolePlace("staff", "home", 2)], held) == (
        [RolePlace("staff", "home", 2)], [Held(2, other, "kommunen")],
    )  # fmt: skip
    assert rules.changes(provider, [], held) == ([], [Held(2, other, "kommunen")])
    assert rules.changes(provider, [home, other], held) == ([], [])
