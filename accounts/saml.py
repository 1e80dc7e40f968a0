"""An organisation's own provider asked who somebody is, by SAML 2.0: our request in an address, its answer in a form.

The library verifies the signature and the answer. What it leaves open is closed here (docs/decisions/0018): before
the library is asked, that the document can be read in one way only; afterwards, that the answer was meant for us, for
this moment, and comes once.
"""

import base64
import secrets
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from lxml import etree
from onelogin.saml2.errors import OneLogin_Saml2_ValidationError
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from accounts.providers import NAME_ID, Provider
from accounts.rules import Refused

PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"
POSTED = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
REDIRECTED = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
ANY_NAME = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
ENVELOPED = f"{SIGNATURE}enveloped-signature"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
SIGNED_BY = {f"{_MORE}{kind}-sha{bits}" for kind in ("rsa", "ecdsa") for bits in (256, 384, 512)}
DIGESTED_BY = {"http://www.w3.org/2001/04/xmlenc#sha256", f"{_MORE}sha384", "http://www.w3.org/2001/04/xmlenc#sha512"}
# In letters of the form. An answer with some hundred groups is a tenth of it.
MOST = 200_000
LEEWAY = timedelta(seconds=60)
# We keep a note of each answer as long as it is valid, and refuse one that is valid for longer than this.
LONGEST = timedelta(days=1)
_CODES = {code: name.lower() for name, code in vars(OneLogin_Saml2_ValidationError).items() if isinstance(code, int)}


@dataclass(frozen=True)
class OurAddresses:
    """What we are called at the provider, and where it sends its answers."""

    entity: str
    callback: str


@dataclass(frozen=True)
class Assertion:
    """What an answer says, of whom, to which request of ours, and when it is no longer worth anything."""

    request: str
    assertion: str
    until: datetime
    claims: dict[str, Any]


def request(provider: Provider, here: OurAddresses, now: datetime) -> tuple[str, str]:
    """(the request's id, the address at the provider to go to with it)."""
    ident = f"_{secrets.token_hex(20)}"
    asked = etree.Element(
        _in(PROTOCOL, "AuthnRequest"),
        {
            "ID": ident,
            "Version": "2.0",
            "IssueInstant": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Destination": provider.sso_url,
            "ProtocolBinding": POSTED,
            "AssertionConsumerServiceURL": here.callback,
        },
        nsmap={"samlp": PROTOCOL, "saml": ASSERTION},
    )
    etree.SubElement(asked, _in(ASSERTION, "Issuer")).text = here.entity
    etree.SubElement(asked, _in(PROTOCOL, "NameIDPolicy"), {"Format": ANY_NAME, "AllowCreate": "true"})
    if provider.acr:
        wanted = etree.SubElement(asked, _in(PROTOCOL, "RequestedAuthnContext"), {"Comparison": "exact"})
        for level in provider.acr:
            etree.SubElement(wanted, _in(ASSERTION, "AuthnContextClassRef")).text = level
    packed = zlib.compress(etree.tostring(asked), wbits=-zlib.MAX_WBITS)
    query = urlencode({"SAMLRequest": base64.b64encode(packed).decode()})
    return ident, f"{provider.sso_url}{'&' if '?' in provider.sso_url else '?'}{query}"


def metadata(here: OurAddresses) -> bytes:
    """What the provider's administrator needs to know of us."""
    us = etree.Element(_in(METADATA, "EntityDescriptor"), {"entityID": here.entity}, nsmap={None: METADATA})
    role = {
        "AuthnRequestsSigned": "false",
        "WantAssertionsSigned": "true",
        "protocolSupportEnumeration": PROTOCOL,
    }
    service = etree.SubElement(us, _in(METADATA, "SPSSODescriptor"), role)
    etree.SubElement(service, _in(METADATA, "NameIDFormat")).text = ANY_NAME
    back = {"Binding": POSTED, "Location": here.callback, "index": "0", "isDefault": "true"}
    etree.SubElement(service, _in(METADATA, "AssertionConsumerService"), back)
    written: bytes = etree.tostring(us, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def read(provider: Provider, here: OurAddresses, text: str, now: datetime) -> Assertion:
    """What the answer says, once it is seen to hold. Raises Refused.

    The caller checks that it answers the browser that brings it, and that it has not been here before.
    """
    root = _document(provider, text)
    said = _only_assertion(provider, root)
    try:
        # We write the document anew from what we checked, so that the library reads exactly that.
        verified = OneLogin_Saml2_Response(_settings(provider, here), base64.b64encode(etree.tostring(root)).decode())
        verified.is_valid(_where(here), raise_exceptions=True)
        named, attributes = verified.get_nameid_data(), verified.get_attributes()
        levels = verified.get_authn_contexts()
    except OneLogin_Saml2_ValidationError as error:
        raise _refused(provider, _CODES.get(error.code, "invalid")) from None
    except Exception as error:
        # A strange document can raise any error in the library's parts. Every error is a refusal.
        raise _refused(provider, type(error).__name__) from None
    answered, until = _meant_for_us(provider, here, root, said, now)
    if provider.subject == NAME_ID and named.get("Format") == TRANSIENT:
        raise _refused(provider, "transient")
    claims: dict[str, Any] = {name: values[0] if len(values) == 1 else values for name, values in attributes.items()}
    claims[NAME_ID] = named["Value"]
    claims["acr"] = levels[0] if len(levels) == 1 else ""
    claims[provider.verified] = provider.mail_verified or claims.get(provider.verified) == "true"
    wanted = (provider.subject, provider.email, provider.verified, provider.person, provider.roles, "acr")
    return Assertion(answered, said.get("ID"), until, {name: claims[name] for name in wanted if name in claims})


def _document(provider: Provider, text: str) -> Any:
    """The parsed answer. Refuses a DTD, entities, comments, and what else two parsers could read differently."""
    if not 0 < len(text) <= MOST:
        raise _refused(provider, "size")
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
        if "<!" in raw.decode():
            raise _refused(provider, "markup")
        root = etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except (ValueError, etree.XMLSyntaxError):
        raise _refused(provider, "unreadable") from None
    # Another encoding can spell "<!" in other bytes.
    info = root.getroottree().docinfo
    if (info.encoding or "UTF-8").upper() not in ("UTF-8", "US-ASCII") or info.doctype:
        raise _refused(provider, "encoding")
    if any(not isinstance(node.tag, str) for node in root.getroottree().xpath("//node()[not(self::text())]")):
        raise _refused(provider, "markup")
    return root


def _only_assertion(provider: Provider, root: Any) -> Any:
    """The answer's only assertion, signed where it stands, so that nothing else can be taken for it."""
    assertions = list(root.iter(_in(ASSERTION, "Assertion"), _in(ASSERTION, "EncryptedAssertion")))
    if root.tag != _in(PROTOCOL, "Response") or len(assertions) != 1 or assertions[0].getparent() is not root:
        raise _refused(provider, "assertions")
    said = assertions[0]
    if said.tag != _in(ASSERTION, "Assertion"):
        raise _refused(provider, "encrypted")
    signatures = list(root.iter(_in(SIGNATURE, "Signature")))
    signed = [element.getparent() for element in signatures]
    if said not in signed:
        raise _refused(provider, "unsigned")
    if any(element not in (root, said) for element in signed) or len(set(signed)) < len(signed):
        raise _refused(provider, "signatures")
    idents = [
        value
        for node in root.iter()
        for name, value in node.attrib.items()
        if etree.QName(name).localname.lower() == "id"
    ]
    if len(set(idents)) < len(idents):
        raise _refused(provider, "ids")
    for signature, element in zip(signatures, signed, strict=True):
        _check_signature(provider, signature, element.get("ID"))
    return said


def _check_signature(provider: Provider, signature: Any, ident: str | None) -> None:
    """Checks that the signature covers that one element, all of it, with safe methods. The library verifies it."""
    parts = [etree.QName(part).localname for part in signature]
    references = list(signature.iter(_in(SIGNATURE, "Reference")))
    if parts not in (["SignedInfo", "SignatureValue"], ["SignedInfo", "SignatureValue", "KeyInfo"]):
        raise _refused(provider, "signature parts")
    if not ident or [element.get("URI") for element in references] != [f"#{ident}"]:
        raise _refused(provider, "reference")
    used = {
        name: [element.get("Algorithm") for element in signature.iter(_in(SIGNATURE, name))]
        for name in ("Transform", "CanonicalizationMethod", "SignatureMethod", "DigestMethod")
    }
    if used["Transform"] != [ENVELOPED, EXCLUSIVE] or used["CanonicalizationMethod"] != [EXCLUSIVE]:
        raise _refused(provider, "transforms")
    if not (_one_of(used["SignatureMethod"], SIGNED_BY) and _one_of(used["DigestMethod"], DIGESTED_BY)):
        raise _refused(provider, "algorithm")


def _meant_for_us(provider: Provider, here: OurAddresses, root: Any, said: Any, now: datetime) -> tuple[str, datetime]:
    """(the request it answers, when it expires), from the signed part. The library does not demand them."""
    confirmations = said.findall(f"{_in(ASSERTION, 'Subject')}/{_in(ASSERTION, 'SubjectConfirmation')}")
    datas = [element.find(_in(ASSERTION, "SubjectConfirmationData")) for element in confirmations]
    if len(datas) != 1 or datas[0] is None or confirmations[0].get("Method") != BEARER:
        raise _refused(provider, "confirmation")
    data, conditions = datas[0], said.find(_in(ASSERTION, "Conditions"))
    if data.get("Recipient") != here.callback or root.get("Destination") != here.callback:
        raise _refused(provider, "recipient")
    audiences = [
        [(element.text or "").strip() for element in restriction.findall(_in(ASSERTION, "Audience"))]
        for restriction in conditions.findall(_in(ASSERTION, "AudienceRestriction"))
    ]
    if not audiences or any(here.entity not in named for named in audiences):
        raise _refused(provider, "audience")
    answered = data.get("InResponseTo")
    if not answered or root.get("InResponseTo") != answered:
        raise _refused(provider, "unsolicited")
    until = _moment(provider, data.get("NotOnOrAfter"))
    if not now - LEEWAY < until <= now + LONGEST:
        raise _refused(provider, "expired")
    for key in ("NotBefore", "NotOnOrAfter"):
        if key in conditions.attrib:
            moment = _moment(provider, conditions.get(key))
            if moment > now + LEEWAY if key == "NotBefore" else moment <= now - LEEWAY:
                raise _refused(provider, "conditions")
    return answered, until + LEEWAY


def _moment(provider: Provider, text: str | None) -> datetime:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        raise _refused(provider, "time") from None
    # A moment without a zone is one of UTC in SAML.
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _settings(provider: Provider, here: OurAddresses) -> OneLogin_Saml2_Settings:
    return OneLogin_Saml2_Settings(
        {
            "strict": True,
            "debug": False,
            "sp": {
                "entityId": here.entity,
                "assertionConsumerService": {"url": here.callback, "binding": POSTED},
                "NameIDFormat": ANY_NAME,
            },
            "idp": {
                "entityId": provider.issuer,
                "singleSignOnService": {"url": provider.sso_url, "binding": REDIRECTED},
                "x509certMulti": {"signing": list(provider.certificates)},
            },
            "security": {
                "wantAssertionsSigned": True,
                "wantNameId": True,
                "wantXMLValidation": True,
                # Who has no role has no attribute either; the rules say so in a sentence.
                "wantAttributeStatement": False,
                # The rules hold the level against the file, for both kinds.
                "requestedAuthnContext": False,
                "rejectDeprecatedAlgorithm": True,
                "allowRepeatAttributeName": False,
                "allowSingleLabelDomains": True,
            },
        }
    )


def _where(here: OurAddresses) -> dict[str, Any]:
    """The address the answer was sent to, for the library: the one we are known by, never one from the request."""
    parts = urlsplit(here.callback)
    return {
        "https": "on" if parts.scheme == "https" else "off",
        "http_host": parts.netloc,
        "script_name": parts.path,
        "get_data": {},
        "post_data": {},
    }


def _in(space: str, name: str) -> str:
    return f"{{{space}}}{name}"


def _one_of(values: list[str | None], allowed: set[str]) -> bool:
    return len(values) == 1 and values[0] in allowed


def _refused(provider: Provider, why: str) -> Refused:
    return Refused(
        f"saml:{why}",
        f"Svaret fra {provider.name} kunne ikke bekræftes. Prøv igen, og spørg dem, der står for jeres log ind.",
    )
