"""What must not be read on its way or where it lies: sealed with a key that stands outside the database."""

import base64
import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac


def seal(purpose: str, value: Any, secrets: Sequence[str] = ()) -> str:
    """The value as letters, digits, - and _: other letters each time, so that two seals say nothing of each other.

    Under the first of the secrets, or the server's own.
    """
    return _box(purpose, tuple(secrets)).encrypt(json.dumps(value).encode()).decode().rstrip("=")


def unseal(purpose: str, text: str, secrets: Sequence[str] = ()) -> Any:
    """The value that was sealed for the purpose, under any of the secrets. Raises LookupError for anything else."""
    try:
        return json.loads(_box(purpose, tuple(secrets)).decrypt(text + "=" * (-len(text) % 4)))
    except (InvalidToken, ValueError) as error:
        raise LookupError("not sealed here") from error


def _box(purpose: str, secrets: tuple[str, ...]) -> MultiFernet:
    return _made(purpose, secrets or (settings.SECRET_KEY,))


@lru_cache(maxsize=16)
def _made(purpose: str, secrets: tuple[str, ...]) -> MultiFernet:
    keys = (salted_hmac(f"{__name__}.{purpose}", "", secret=secret, algorithm="sha256").digest() for secret in secrets)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
