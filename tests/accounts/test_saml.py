"""Signing in by SAML: a provider made by the test, with keys of its own, that answers rightly and in wrong ways."""

import base64
import random
import re
import zlib
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from lxml import etree

from accounts import own_provider, saml, saml_answers
from accounts.models import ProviderAnswer, ProviderIdentity
from accounts.rules import Refused
from audit import trail
from audit.models import Entry
from organisation.models import Membership, User
from tests.accounts.test_own_provider import roles, said
from tests.conftest import NOW, Cast, text_in
from tests.test_headers import EVERYWHERE, carried

ENTITY = "https://login.x.invalid/saml"
ACS = "http://testserver/konto/gennem/kommunen/svar/"
US = "http://testserver/konto/gennem/kommunen/metadata/"
LEVEL = "urn:x:niveau-2"
P, A, D = (f"{{{one}}}" for one in (saml.PROTOCOL, saml.ASSERTION, saml.SIGNATURE))


def made_key(kind: str = "rsa") -> tuple[bytes, bytes]:
    """(private key, certificate), both PEM."""
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "login.x.invalid")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dated = builder.serial_number(1).not_valid_before(datetime(2020, 1, 1)).not_valid_after(datetime(2021, 1, 1))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, dated.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


OWN, NEXT, FOREIGN, CURVED = made_key(), made_key(), made_key(), made_key("ec")

FILE = """
[[provider]]
kind = "saml"
id = "kommunen"
name = "Sundbæk Kommune"
entity_id = "{entity}"
sso_url = "https://login.x.invalid/sso?realm=a&b=c"
certificate = '''
{certificates}'''
organisations = [{organisation}]
mail_verified = true
{more}
[provider.claims]
email = "urn:oid:mail"
[[provider.role]]
claim = "tavlen-havtornen"
role = "staff"
home = "havtornen"
[[provider.role]]
claim = "tavlen-havtornen-ledere"
role = "leader"
home = "havtornen"
"""


def configured(cast: Cast, settings: Any, folder: Path, *, more: str = "", certificates: str = "") -> None:
    cache.clear()
    text = FILE.format(
        entity=ENTITY, certificates=certificates or (OWN[1] + NEXT[1]).decode(), more=more,
        organisation=cast.home.organisation_id,
    )  # fmt: skip
    path = folder / f"{abs(hash(text))}.toml"
    path.write_text(text)
    settings.PROVIDERS_FILE = str(path)
    settings.PUBLIC_URL = "http://testserver"


@pytest.fixture
def provider(cast: Cast, settings: Any, tmp_path: Path) -> None:
    configured(cast, settings, tmp_path, more=f'acr = ["{LEVEL}"]')


def at(minutes: float) -> str:
    moment = timezone.make_aware(NOW) + timedelta(minutes=minutes)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def sign(element: Any, pair: tuple[bytes, bytes] = OWN, method: Any = xmlsec.Transform.RSA_SHA256,
         digest: Any = xmlsec.Transform.SHA256) -> None:  # fmt: skip
    signature = xmlsec.template.create(element, xmlsec.Transform.EXCL_C14N, method, ns="ds")
    element.insert(1, signature)
    reference = xmlsec.template.add_reference(signature, digest, uri=f"#{element.get('ID')}")
    xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
    xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
    xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(signature))
    xmlsec.tree.add_ids(element, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(pair[0], xmlsec.KeyFormat.PEM)
    context.key.load_cert_from_memory(pair[1], xmlsec.KeyFormat.CERT_PEM)
    context.sign(signature)


@dataclass
class Answer:
    """What the provider answers; right unless a field is changed."""

    request: str
    name: str = "abc"
    format: str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
    mail: str = "mette@x.invalid"
    groups: tuple[str, ...] = ()
    issuer: str = ENTITY
    said_by: str = ENTITY
    destination: str = f'Destination="{ACS}"'
    answers: str = ""
    confirmation: str = ""
    method: str = saml.BEARER
    begins: float = -1
    ends: float = 5
    until: float = 5
    audience: str = f"<saml:AudienceRestriction><saml:Audience>{US}</saml:Audience></saml:AudienceRestriction>"
    level: str = LEVEL
    status: str = "urn:oasis:names:tc:SAML:2.0:status:Success"
    more: str = ""
    ident: str = "_svar"
    sign: Callable[[Any], None] | None = field(default=lambda response: sign(response.find(A + "Assertion")))

    def tree(self) -> Any:
        """The answer, signed."""
        confirmed = self.confirmation or (
            f'<saml:SubjectConfirmationData InResponseTo="{self.request}" Recipient="{ACS}" '
            f'NotOnOrAfter="{at(self.until)}"/>'
        )
        values = "".join(f"<saml:AttributeValue>{one}</saml:AttributeValue>" for one in self.groups)
        groups = f'<saml:Attribute Name="groups">{values}</saml:Attribute>' if values else ""
        answers = self.answers or f'InResponseTo="{self.request}"'
        response = etree.fromstring(
            f'<samlp:Response xmlns:samlp="{saml.PROTOCOL}" xmlns:saml="{saml.ASSERTION}" ID="_hele" Version="2.0" '
            f'IssueInstant="{at(0)}" {self.destination} {answers}><saml:Issuer>{self.issuer}</saml:Issuer>'
            f'<samlp:Status><samlp:StatusCode Value="{self.status}"/></samlp:Status>'
            f'<saml:Assertion ID="{self.ident}" Version="2.0" IssueInstant="{at(0)}">'
            f"<saml:Issuer>{self.said_by}</saml:Issuer>"
            f'<saml:Subject><saml:NameID Format="{self.format}">{self.name}</saml:NameID>'
            f'<saml:SubjectConfirmation Method="{self.method}">{confirmed}</saml:SubjectConfirmation></saml:Subject>'
            f'<saml:Conditions NotBefore="{at(self.begins)}" NotOnOrAfter="{at(self.ends)}">{self.audience}'
            f'</saml:Conditions><saml:AuthnStatement AuthnInstant="{at(0)}"><saml:AuthnContext>'
            f"<saml:AuthnContextClassRef>{self.level}</saml:AuthnContextClassRef></saml:AuthnContext>"
            f"</saml:AuthnStatement><saml:AttributeStatement>"
            f'<saml:Attribute Name="urn:oid:mail"><saml:AttributeValue>{self.mail}</saml:AttributeValue>'
            f'</saml:Attribute><saml:Attribute Name="name"><saml:AttributeValue>Mette Mikkelsen</saml:AttributeValue>'
            f"</saml:Attribute>{groups}{self.more}</saml:AttributeStatement></saml:Assertion></samlp:Response>"
        )
        if self.sign:
            self.sign(response)
        return response


def begin(client: Client, next_url: str = "") -> str:
    """The id of the request our sign-in page leads to."""
    answer = client.get("/konto/gennem/kommunen/", {"next": next_url} if next_url else {})
    assert answer.status_code == 302
    assert answer["Location"].startswith("https://login.x.invalid/sso?realm=a&b=c&SAMLRequest=")
    (packed,) = parse_qs(urlsplit(answer["Location"]).query)["SAMLRequest"]
    asked = etree.fromstring(zlib.decompress(base64.b64decode(packed), -15))
    assert (asked.get("AssertionConsumerServiceURL"), asked.find(A + "Issuer").text) == (ACS, US)
    return str(asked.get("ID"))


def post(answer: Any) -> Any:
    """The provider's page posts the answer: from its own site, so without our cookies, and without our token."""
    raw = answer if isinstance(answer, bytes) else etree.tostring(answer)
    elsewhere = Client(enforce_csrf_checks=True, headers={"Origin": "https://login.x.invalid"})
    told = elsewhere.post("/konto/gennem/kommunen/svar/", {"SAMLResponse": base64.b64encode(raw).decode()})
    assert not told.cookies, "the browser's own session stays what it was"
    return told


def on(client: Client, posted: Any) -> Any:
    assert posted.status_code == 303, posted.content.decode()
    return client.get(posted["Location"])


def through(client: Client | None = None, **changes: Any) -> tuple[Client, Any]:
    """All the way: our page, the provider, and back."""
    client = client or Client()
    return client, on(client, post(Answer(begin(client), **changes).tree()))


def refused(answer: Any, why: str) -> None:
    """Nobody came in, it was noted why, and nothing else was written."""
    sentence = said(answer, f"saml:{why}")
    assert "kunne ikke bekræftes" in sentence
    assert not ProviderAnswer.objects.exists()
    assert not ProviderIdentity.objects.exists()
    assert not Entry.objects.filter(action="sign_in.done").exists()


def test_person_is_met_gets_what_the_attributes_say_and_loses_it_again(
    cast: Cast, provider: None, django_capture_on_commit_callbacks: Any
) -> None:
    page = Client().get("/konto/login/").content.decode()
    assert "Log ind gennem Sundbæk Kommune" in page
    client, answer = through(mail="Mette@x.invalid", groups=("tavlen-havtornen", "tavlen-havtornen-ledere", "andet"))
    assert answer.status_code == 302
    assert client.get("/", follow=True).redirect_chain[-1][0] == "/havtornen/tavle/"
    assert roles(cast.mette) == {("staff", "Havtornen", ""), ("leader", "Havtornen", "kommunen")}
    assert ProviderIdentity.objects.get(user=cast.mette).subject == "abc"
    before = trail.version_of(cast.home.scope)
    with django_capture_on_commit_callbacks(execute=True):
        client, answer = through(ident="_svar2", groups=("tavlen-havtornen",))
    assert answer.status_code == 302
    assert trail.version_of(cast.home.scope) > before, "the board says who answers for what"
    assert roles(cast.mette) == {("staff", "Havtornen", "")}
    assert Entry.objects.filter(scope=cast.home.organisation.scope, action="provider.role_ended").count() == 1


def test_person_nobody_has_created_comes_to_by_a_role_and_not_without(cast: Cast, provider: None) -> None:
    count = User.objects.count()
    client, answer = through(name="ny", mail="ny@x.invalid", groups=("andet",))
    assert "ikke oprettet" in said(answer, "no role")
    assert User.objects.count() == count
    client, answer = through(name="ny", mail="ny@x.invalid", groups=("tavlen-havtornen",), ident="_svar2")
    assert answer.status_code == 302
    assert roles(User.objects.get(email="ny@x.invalid")) == {("staff", "Havtornen", "kommunen")}
    assert "Mette Mikkelsen · Havtornen" in text_in(client.get("/havtornen/tavle/"))


def test_one_comes_back_to_the_page_asked_for_and_to_no_other_site(cast: Cast, provider: None) -> None:
    for number, (asked, wanted) in enumerate([("/havtornen/beboere/", "/havtornen/beboere/"), ("//x.invalid/", "/")]):
        client = Client()
        answer = Answer(begin(client, asked), ident=f"_{number}").tree()
        assert on(client, post(answer))["Location"] == wanted


def by(pair: tuple[bytes, bytes], *more: Any) -> Callable[[Any], None]:
    return lambda response: sign(response.find(A + "Assertion"), pair, *more)


def both(response: Any) -> None:
    sign(response.find(A + "Assertion"))
    sign(response)


@pytest.mark.parametrize(
    "signing",
    [by(NEXT), both, by(OWN, xmlsec.Transform.RSA_SHA512, xmlsec.Transform.SHA512)],
    ids=["the next key", "the whole too", "sha512"],
)
def test_answer_signed_otherwise_but_well_is_let_in(cast: Cast, provider: None, signing: Callable[[Any], None]) -> None:
    assert through(sign=signing)[1].status_code == 302


def test_answer_signed_on_a_curve_is_let_in(cast: Cast, settings: Any, tmp_path: Path) -> None:
    configured(cast, settings, tmp_path, certificates=CURVED[1].decode())
    assert through(sign=by(CURVED, xmlsec.Transform.ECDSA_SHA256))[1].status_code == 302


ELSEWHERE = "<saml:AudienceRestriction><saml:Audience>https://x.invalid</saml:Audience></saml:AudienceRestriction>"
CONFIRMED = '<saml:SubjectConfirmationData {} NotOnOrAfter="{}"/>'
TWICE = '<saml:Attribute Name="urn:oid:mail"><saml:AttributeValue>lis@x.invalid</saml:AttributeValue></saml:Attribute>'


@pytest.mark.parametrize(
    ("lie", "why"),
    [
        ({"audience": ELSEWHERE}, "wrong_audience"),
        ({"audience": ""}, "audience"),
        ({"audience": ELSEWHERE.replace("</saml:AudienceRestriction>", f"<saml:Audience>{US}</saml:Audience>"
            "</saml:AudienceRestriction>") + ELSEWHERE}, "audience"),
        ({"audience": ELSEWHERE.replace("https://x.invalid", US + "mere/")}, "wrong_audience"),
        ({"destination": 'Destination="http://testserver/konto/gennem/andre/svar/"'}, "wrong_destination"),
        ({"destination": f'Destination="{ACS}mere/"'}, "recipient"),
        ({"destination": ""}, "recipient"),
        ({"confirmation": 'Recipient="https://x.invalid/" InResponseTo="{request}"'}, "wrong_subjectconfirmation"),
        ({"confirmation": f'Recipient="https://x.invalid/?{ACS}" InResponseTo="{{request}}"'}, "recipient"),
        ({"confirmation": 'InResponseTo="{request}"'}, "recipient"),
        ({"confirmation": f'Recipient="{ACS}"'}, "unsolicited"),
        ({"confirmation": f'Recipient="{ACS}" InResponseTo="_en_anden"'}, "wrong_subjectconfirmation"),
        ({"answers": 'Consent="urn:x"'}, "unsolicited"),
        ({"answers": 'InResponseTo="_en_anden"'}, "wrong_subjectconfirmation"),
        ({"method": "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"}, "wrong_subjectconfirmation"),
        ({"issuer": "https://en.anden.invalid"}, "wrong_issuer"),
        ({"said_by": "https://en.anden.invalid"}, "wrong_issuer"),
        ({"ends": -10}, "assertion_expired"),
        ({"ends": -2}, "conditions"),
        ({"begins": 10}, "assertion_too_early"),
        ({"begins": 2}, "conditions"),
        ({"until": -0.1}, "wrong_subjectconfirmation"),
        ({"until": 60 * 25}, "expired"),
        ({"format": saml.TRANSIENT}, "transient"),
        ({"name": ""}, "empty_nameid"),
        ({"more": TWICE}, "duplicated_attribute_name_found"),
        ({"status": "urn:oasis:names:tc:SAML:2.0:status:Requester"}, "status_code_is_not_success"),
        ({"sign": None}, "unsigned"),
        ({"sign": lambda response: sign(response)}, "unsigned"),
        ({"sign": by(FOREIGN)}, "invalid_signature"),
        ({"sign": by(OWN, xmlsec.Transform.RSA_SHA1)}, "algorithm"),
        ({"sign": by(OWN, xmlsec.Transform.RSA_SHA256, xmlsec.Transform.SHA1)}, "algorithm"),
    ],
)  # fmt: skip
def test_answer_that_lies_lets_nobody_in(cast: Cast, provider: None, lie: dict[str, Any], why: str) -> None:
    request = begin(Client())
    if "confirmation" in lie:
        lie = {"confirmation": CONFIRMED.format(lie["confirmation"].format(request=request), at(5))}
    refused(post(Answer(request, **lie).tree()), why)


def test_answer_that_is_too_weak_a_sign_in_is_told_so(cast: Cast, provider: None) -> None:
    _, answer = through(level="urn:x:niveau-1", more='<saml:Attribute Name="acr"><saml:AttributeValue>'
        f"{LEVEL}</saml:AttributeValue></saml:Attribute>")  # fmt: skip
    assert "sikrere log ind" in said(answer, "acr")
    assert not ProviderIdentity.objects.exists()


# --- documents that two readers read as two ---------------------------------------------------------------------------


def forged(assertion: Any) -> Any:
    """The assertion as an attacker would have it: Lis, and no signature."""
    evil = deepcopy(assertion)
    evil.set("ID", "_ond")
    evil.remove(evil.find(D + "Signature"))
    evil.find(f".//{A}NameID").text = "lis"
    evil.find(f".//{A}AttributeValue").text = "lis@x.invalid"
    return evil


def wrap_1(response: Any) -> Any:
    """The signed answer inside the signature of a forged one."""
    evil = deepcopy(response)
    evil.set("ID", "_ond")
    original = deepcopy(response)
    original.remove(original.find(D + "Signature"))
    evil.find(f".//{A}NameID").text = "lis"
    etree.SubElement(evil.find(D + "Signature"), D + "Object").append(original)
    return evil


def wrap_2(response: Any) -> Any:
    """The signed answer beside the signature of a forged one."""
    evil = deepcopy(response)
    evil.set("ID", "_ond")
    original = deepcopy(response)
    original.remove(original.find(D + "Signature"))
    evil.find(f".//{A}NameID").text = "lis"
    evil.insert(0, original)
    return evil


def wrap_3(response: Any) -> Any:
    """A forged assertion before the signed one."""
    assertion = response.find(A + "Assertion")
    assertion.addprevious(forged(assertion))
    return response


def wrap_4(response: Any) -> Any:
    """The signed assertion within a forged one."""
    assertion = response.find(A + "Assertion")
    evil = forged(assertion)
    response.replace(assertion, evil)
    evil.append(assertion)
    return response


def wrap_5(response: Any) -> Any:
    """A forged assertion that carries the signature, the signed one after it without."""
    assertion = response.find(A + "Assertion")
    evil = forged(assertion)
    evil.insert(1, assertion.find(D + "Signature"))
    assertion.addprevious(evil)
    return response


def wrap_6(response: Any) -> Any:
    """The signed assertion within the signature, which stands in a forged one."""
    assertion = response.find(A + "Assertion")
    evil, signature = forged(assertion), assertion.find(D + "Signature")
    response.replace(assertion, evil)
    evil.insert(1, signature)
    signature.append(assertion)
    return response


def wrap_7(response: Any) -> Any:
    """A forged assertion among the extensions."""
    extensions = etree.Element(P + "Extensions")
    extensions.append(forged(response.find(A + "Assertion")))
    response.insert(1, extensions)
    return response


def wrap_8(response: Any) -> Any:
    """The signed assertion in an object of the signature, which stands in a forged one."""
    assertion = response.find(A + "Assertion")
    evil, signature = forged(assertion), assertion.find(D + "Signature")
    response.replace(assertion, evil)
    evil.insert(1, signature)
    etree.SubElement(signature, D + "Object").append(assertion)
    return response


def same_ids(response: Any) -> Any:
    """A forged subject that has the id of the assertion."""
    extensions = etree.Element(P + "Extensions")
    etree.SubElement(extensions, "{urn:x}andet", {"ID": "_svar"})
    response.insert(1, extensions)
    return response


def of_the_whole(response: Any) -> Any:
    """A signature that names nothing, and so means the document it stands in."""
    response.find(f".//{D}Reference").set("URI", "")
    return response


def of_another(response: Any) -> Any:
    """A signature that names another element than its own."""
    response.find(f".//{D}Reference").set("URI", "#_hele")
    return response


def filtered(response: Any) -> Any:
    """A transform that picks what is signed."""
    response.find(f".//{D}Transform").set("Algorithm", "http://www.w3.org/TR/1999/REC-xpath-19991116")
    return response


def by_shared_secret(response: Any) -> Any:
    """A signature anybody can make who takes the public certificate for a secret."""
    response.find(f".//{D}SignatureMethod").set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
    return response


def two_signed(response: Any) -> Any:
    """Two assertions, each with a signature that holds."""
    more = Answer("_x", ident="_to").tree().find(A + "Assertion")
    response.append(more)
    return response


def tampered(response: Any) -> Any:
    response.find(f".//{A}AttributeValue").text = "lis@x.invalid"
    return response


def tampered_subject(response: Any) -> Any:
    response.find(f".//{A}NameID").text = "lis"
    return response


def encrypted(response: Any) -> Any:
    response.replace(response.find(A + "Assertion"), etree.Element(A + "EncryptedAssertion"))
    return response


WRAPPED: list[tuple[Callable[[Any], Any], str]] = [
    (wrap_1, "assertions"), (wrap_2, "assertions"), (wrap_3, "assertions"), (wrap_4, "assertions"),
    (wrap_5, "assertions"), (wrap_6, "assertions"), (wrap_7, "assertions"), (wrap_8, "assertions"),
    (same_ids, "ids"), (of_the_whole, "reference"), (of_another, "reference"), (filtered, "transforms"),
    (by_shared_secret, "algorithm"),
    (two_signed, "assertions"), (tampered, "invalid_signature"), (tampered_subject, "invalid_signature"),
    (encrypted, "encrypted"),
]  # fmt: skip


@pytest.mark.parametrize(("wrap", "why"), WRAPPED, ids=[wrap.__name__ for wrap, _ in WRAPPED])
def test_document_that_says_two_things_is_refused(
    cast: Cast, provider: None, wrap: Callable[[Any], Any], why: str
) -> None:
    response = Answer(begin(Client()), sign=both if wrap in (wrap_1, wrap_2) else by(OWN)).tree()
    refused(post(wrap(response)), why)


@pytest.mark.parametrize("where", ["abc", "mette@x.invalid"])
@pytest.mark.parametrize("mark", ["<!-- x -->", "<?x y?>"])
def test_comment_inside_a_name_is_refused_though_the_signature_holds(
    cast: Cast, provider: None, where: str, mark: str
) -> None:
    raw = etree.tostring(Answer(begin(Client())).tree()).decode()
    assert f">{where}<" in raw
    refused(post(raw.replace(f">{where}<", f">{where[:3]}{mark}{where[3:]}<").encode()), "markup")


def test_document_changed_anywhere_is_refused_or_says_the_same(cast: Cast, provider: None) -> None:
    """Two thousand changes, the same at each run. None may fail in a way that is not a refusal."""
    us, now = saml.OurAddresses(US, ACS), timezone.make_aware(NOW)
    kommunen = own_provider.provider_of("kommunen")
    raw = etree.tostring(Answer("_spurgt", groups=("tavlen-havtornen",)).tree())
    told = saml.read(kommunen, us, base64.b64encode(raw).decode(), now)
    assert told.claims["groups"] == "tavlen-havtornen"
    chance = random.Random(7)  # noqa: S311 - the same at each run
    pieces = [b"", b"<", b">", b"/", b'"', b" ", b"&", b"x", b"\x00", b"9", b"#", b"\xff"]
    seen = Counter[str]()
    for _ in range(2000):
        at_, long = chance.randrange(len(raw)), chance.choice([0, 1, 1, 2, 40])
        copied = chance.choice([*pieces, raw[(start := chance.randrange(len(raw))) : start + 60]])
        changed = raw[:at_] + copied + raw[at_ + long :]
        try:
            assert saml.read(kommunen, us, base64.b64encode(changed).decode(), now) == told
        except Refused as refusal:
            seen[refusal.why] += 1
    assert {"saml:unreadable", "saml:invalid_signature", "saml:reference"} <= set(seen), seen


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("dtd", [BOMB, OUTSIDE, "<!DOCTYPE a>", '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd">'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-7"])
def test_document_with_entities_is_refused(cast: Cast, provider: None, dtd: str, encoding: str) -> None:
    raw = etree.tostring(Answer(begin(Client())).tree()).decode()
    text = f'<?xml version="1.0" encoding="{encoding}"?>{dtd}' + raw.replace(">abc<", ">&c;<")
    if encoding == "utf-7":
        # "<!" in letters that look like no markup to whoever reads ASCII.
        text = text.replace("<!", "+ADwAIQ-")
    answer = post(text.encode("ascii" if encoding == "utf-7" else encoding))
    refused(answer, "markup" if encoding == "utf-8" else "")


def test_document_in_another_encoding_is_refused(cast: Cast, provider: None) -> None:
    tree = Answer(begin(Client())).tree()
    refused(post(etree.tostring(tree, encoding="iso-8859-1")), "encoding")
    assert post(etree.tostring(tree, encoding="utf-8", xml_declaration=True)).status_code == 303


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({}, "size"),
        ({"SAMLResponse": ""}, "size"),
        ({"SAMLResponse": "A" * 200_004}, "size"),
        ({"SAMLResponse": "****"}, "unreadable"),
        ({"SAMLResponse": "æøå"}, "unreadable"),
        ({"SAMLResponse": base64.b64encode(b"\xff\xfe\x00").decode()}, "unreadable"),
        ({"SAMLResponse": base64.b64encode(b"<a/>").decode()}, "assertions"),
        ({"SAMLResponse": base64.b64encode(b"<a>" * 50_000).decode()}, "unreadable"),
    ],
    ids=range(8),
)
def test_rubbish_is_refused(cast: Cast, provider: None, sent: dict[str, str], why: str) -> None:
    refused(Client().post("/konto/gennem/kommunen/svar/", sent), why)


@pytest.mark.parametrize("form", ["multipart", "plain"])
def test_body_that_is_huge_is_refused_unread(cast: Cast, provider: None, form: str) -> None:
    url, plain = "/konto/gennem/kommunen/svar/", "application/x-www-form-urlencoded"
    huge = "A" * 2_000_000
    answer = (
        Client().post(url, {"SAMLResponse": huge})
        if form == "multipart"
        else Client().post(url, f"SAMLResponse={huge}", plain)
    )
    assert answer.status_code == 413
    assert "for meget" in answer.content.decode()
    assert not ProviderAnswer.objects.exists()


# --- answers that hold, shown by somebody else, or again --------------------------------------------------------------


def test_answer_is_taken_once(cast: Cast, provider: None) -> None:
    client = Client()
    response = Answer(begin(client)).tree()
    posted = post(response)
    assert on(client, posted).status_code == 302
    assert "er brugt" in said(post(response), "saml:replay")
    assert "er brugt" in said(Client().get(posted["Location"]), "saml:code")
    assert Entry.objects.filter(action="sign_in.done").count() == 1


def test_answer_that_waits_is_taken_once_even_by_the_browser_that_asked(cast: Cast, provider: None) -> None:
    client = Client()
    request = begin(client)
    posted = post(Answer(request).tree())
    assert "er brugt" in said(post(Answer(request).tree()), "saml:replay")
    again = post(Answer(request, ident="_et_andet").tree())
    assert on(client, posted).status_code == 302
    client.logout()
    assert "begyndt i en anden" in said(on(client, again), "state")


def test_answer_to_another_browser_lets_nobody_in(cast: Cast, provider: None) -> None:
    """Whoever signs in as themselves and makes another's browser show the answer would own what is written there."""
    attacker, victim = Client(), Client()
    begin(victim)
    posted = post(Answer(begin(attacker)).tree())
    assert "begyndt i en anden" in said(on(victim, posted), "state")
    assert "er brugt" in said(on(attacker, posted), "saml:code")
    assert not ProviderIdentity.objects.exists()


def test_answer_nobody_asked_for_is_refused(cast: Cast, provider: None) -> None:
    assert "begyndt i en anden" in said(on(Client(), post(Answer("_ingen").tree())), "state")


def test_answer_waits_two_minutes_and_is_remembered_while_it_could_come_again(
    cast: Cast, provider: None, clock: Any
) -> None:
    client = Client()
    response = Answer(begin(client)).tree()
    posted = post(response)
    clock.move_to(timezone.make_aware(NOW) + timedelta(minutes=2))
    assert "er brugt" in said(on(client, posted), "saml:code")
    assert "er brugt" in said(post(response), "saml:replay")
    clock.move_to(timezone.make_aware(NOW) + timedelta(minutes=7))
    said(post(response), "saml:wrong_subjectconfirmation")
    clock.move_to(timezone.make_aware(NOW))
    clock.move_to(timezone.make_aware(NOW) + timedelta(minutes=8))
    post(Answer(begin(client), ident="_senere", begins=0, ends=15, until=15).tree())
    assert ProviderAnswer.objects.count() == 1, "the first is over"


def test_what_waits_is_read_by_nobody_without_the_code(cast: Cast, provider: None) -> None:
    client = Client()
    posted = post(Answer(begin(client), groups=("tavlen-havtornen",)).tree())
    row = ProviderAnswer.objects.get()
    kept = str(vars(row))
    for word in ("mette", "Mikkelsen", "tavlen-havtornen", posted["Location"].rpartition("=")[2]):
        assert word not in kept
    on(client, posted)
    row.refresh_from_db()
    assert (row.code, row.sealed) == ("", "")


def test_two_that_fetch_at_once_get_it_once(cast: Cast, provider: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    posted = post(Answer(begin(client)).tree())
    row = ProviderAnswer.objects.get()
    monkeypatch.setattr("django.db.models.query.QuerySet.first", lambda self: row)
    ProviderAnswer.objects.update(code="", sealed="")
    with pytest.raises(Refused):
        saml_answers.take(
            own_provider.provider_of("kommunen"),
            unquote(posted["Location"].rpartition("kode=")[2]),
            timezone.now(),
        )


# --- the pages --------------------------------------------------------------------------------------------------------


def test_metadata_tells_what_the_provider_needs(cast: Cast, provider: None) -> None:
    answer = Client().get("/konto/gennem/kommunen/metadata/")
    assert answer.status_code == 200
    assert carried(answer) == {**EVERYWHERE, "Content-Type": "application/samlmetadata+xml; charset=utf-8"}
    told = etree.fromstring(answer.content)
    assert told.get("entityID") == US
    (back,) = told.iter("{*}AssertionConsumerService")
    assert (back.get("Location"), back.get("Binding")) == (ACS, saml.POSTED)


def test_pages_take_the_method_they_should(cast: Cast, provider: None) -> None:
    assert Client().get("/konto/gennem/kommunen/svar/").status_code == 405
    for page in ("videre", "metadata"):
        assert Client().post(f"/konto/gennem/kommunen/{page}/").status_code == 405
    assert "er brugt" in said(Client().get("/konto/gennem/kommunen/videre/?kode=%ff"), "saml:code")
    assert "er brugt" in said(Client().get("/konto/gennem/kommunen/videre/"), "saml:code")
    signed_in = cast.client(cast.mette)
    for page in ("", "videre/"):
        assert signed_in.get(f"/konto/gennem/kommunen/{page}")["Location"] == "/"
    for page in ("svar", "videre", "metadata"):
        assert Client().get(f"/konto/gennem/ukendt/{page}/").status_code == 404


def test_provider_of_the_other_kind_has_none_of_these_pages(cast: Cast, settings: Any, tmp_path: Path) -> None:
    path = tmp_path / "oidc.toml"
    path.write_text(
        '[[provider]]\nid = "kommunen"\nname = "K"\nissuer = "https://x.invalid"\nclient_id = "a"\n'
        'client_secret = "b"\norganisations = [1]\n'
    )
    settings.PROVIDERS_FILE = str(path)
    for page in ("videre", "metadata"):
        assert Client().get(f"/konto/gennem/kommunen/{page}/").status_code == 404
    assert Client().post("/konto/gennem/kommunen/svar/", {"SAMLResponse": "x"}).status_code == 405


def test_address_counts_only_where_file_or_attribute_says_it_is_verified(
    cast: Cast, settings: Any, tmp_path: Path
) -> None:
    configured(cast, settings, tmp_path)
    path = Path(settings.PROVIDERS_FILE)
    other = tmp_path / "attribute.toml"
    text = path.read_text().replace("mail_verified = true\n", "")
    other.write_text(text.replace("[provider.claims]", '[provider.claims]\nverified = "bekraeftet"'))
    settings.PROVIDERS_FILE = str(other)
    word = '<saml:Attribute Name="bekraeftet"><saml:AttributeValue>{}</saml:AttributeValue></saml:Attribute>'
    for number, (more, sees) in enumerate([("", False), (word.format("false"), False), (word.format("true"), True)]):
        answer = through(more=more, ident=f"_{number}")[1]
        assert (answer.status_code == 302) is sees
        assert sees or "ikke bekræftet" in said(answer, "unverified")


def test_attribute_may_be_the_subject(cast: Cast, settings: Any, tmp_path: Path) -> None:
    configured(cast, settings, tmp_path)
    path = Path(settings.PROVIDERS_FILE)
    other = tmp_path / "subject.toml"
    other.write_text(path.read_text().replace("[provider.claims]", '[provider.claims]\nsubject = "nummer"'))
    settings.PROVIDERS_FILE = str(other)
    assert "hvem du er" in said(through()[1], "subject")
    number = '<saml:Attribute Name="nummer"><saml:AttributeValue>17</saml:AttributeValue></saml:Attribute>'
    assert through(ident="_to", more=number, format=saml.TRANSIENT)[1].status_code == 302
    assert ProviderIdentity.objects.get().subject == "17"


def test_demanded_second_factor_is_waived_for_an_accepted_level_and_for_no_other(
    cast: Cast, provider: None, settings: Any, tmp_path: Path
) -> None:
    settings.SECOND_FACTOR = "everybody"
    assert "Mette · Havtornen" in text_in(through()[0].get("/havtornen/tavle/"))
    configured(cast, settings, tmp_path)
    assert re.search("2fa", through(ident="_to")[0].get("/havtornen/tavle/")["Location"])


def test_role_of_another_organisation_is_not_its_to_sign_in_for(cast: Cast, provider: None) -> None:
    assert "står ikke for dit log ind" in said(through(mail="amina@x.invalid")[1], "foreign")
    assert not Membership.objects.filter(source="kommunen").exists()
