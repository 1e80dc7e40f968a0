"""The code by mail that stands before the first second factor, as a person gets and types it."""

import re

from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import first_factor


def sent() -> str:
    """The code of the newest mail."""
    newest = mail.outbox[-1]
    assert newest.subject == first_factor.SUBJECT
    found = re.match(r"Koden er (\w{4} \w{4})\n", str(newest.body))
    assert found, newest.body
    return found[1]


def prove(client: Client) -> None:
    """Has the code sent and types it."""
    client.post(reverse("first-factor"), {"send": "1"})
    assert client.post(reverse("first-factor"), {"code": sent()}).status_code == 302
