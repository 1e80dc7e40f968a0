"""What a page carries for the server and must not be read on the way: sealed with a key of the server's secret."""

import base64
import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.utils.crypto import salted_hmac


def seal(purpose: str, value: Any) -> str:
    """The value as letters, digits, - and _: other letters each time, so that two seals say nothing of each other."""
    return _box(purpose, settings.SECRET_KEY).encrypt(json.dumps(value).encode()).decode().rstrip("=")


def unseal(purpose: str, text: str) -> Any:
    """The value that was sealed for the purpose. Raises LookupError for anything else, and under another secret."""
    try:
        return json.loads(_box(purpose, settings.SECRET_KEY).decrypt(text + "=" * (-len(text) % 4)))
    except (InvalidToken, ValueError) as error:
        raise LookupError("not sealed here") from error


@lru_cache(maxsize=16)
def _box(purpose: str, secret: str) -> Fernet:
    key = salted_hmac(f"{__name__}.{purpose}", "", secret=secret, algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))
