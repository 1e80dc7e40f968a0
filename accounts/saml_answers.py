"""Answers by SAML between the form that brings them and the browser that asked.

The form comes from the provider's site, so the browser sends no session with it. The answer waits under a code. The
next request has the session and fetches the answer once. The code seals what it says, and we do not keep the code.
"""

import hashlib
import json
from datetime import datetime, timedelta

from cryptography.fernet import Fernet
from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.models import ProviderAnswer
from accounts.providers import Provider
from accounts.rules import Refused
from accounts.saml import Assertion

WAITS = timedelta(minutes=2)
AGAIN = "Svaret fra {name} er brugt. Begynd forfra her."


def keep(provider: Provider, told: Assertion, now: datetime) -> str:
    """The code to fetch the answer by. Raises Refused for an assertion that has been here before."""
    code = Fernet.generate_key()
    sealed = Fernet(code).encrypt(json.dumps({"request": told.request, "claims": told.claims}).encode())
    ProviderAnswer.objects.filter(until__lte=now).delete()
    try:
        with transaction.atomic():
            ProviderAnswer.objects.create(
                provider=provider.id,
                assertion=_hash(told.assertion.encode()),
                at=now,
                until=max(told.until, now + WAITS),
                code=_hash(code),
                sealed=sealed.decode(),
            )
    except IntegrityError:
        raise Refused("saml:replay", AGAIN.format(name=provider.name)) from None
    return code.decode()


def take(provider: Provider, code: str, now: datetime) -> tuple[str, dict[str, object]]:
    """(the request it answers, what it says), once. Raises Refused."""
    key = code.encode()
    waiting = ProviderAnswer.objects.filter(~Q(code=""), provider=provider.id, code=_hash(key), at__gt=now - WAITS)
    kept = waiting.first()
    # Whoever empties the row gets the answer. Of two requests at the same time, only one can.
    if kept is None or not waiting.filter(pk=kept.pk).update(code="", sealed=""):
        raise Refused("saml:code", AGAIN.format(name=provider.name))
    opened = json.loads(Fernet(key).decrypt(kept.sealed))
    return opened["request"], opened["claims"]


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
