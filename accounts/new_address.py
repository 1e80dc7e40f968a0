"""Another mail address: asked for by one's own organisation, confirmed from the new one, told to the old one."""

import logging

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit import trail
from core.sealed import seal, unseal
from organisation.models import User

logger = logging.getLogger(__name__)
trail.register("person.address_changed", "bekræftede en ny mailadresse", personal=("email", "was"))
PURPOSE, HOLDS = "new-address", 7 * 24 * 60 * 60
ASK = (
    "Bekræft din nye mailadresse",
    "Din mailadresse på tavlen skal skiftes til denne. Bekræft det her inden syv dage:\n{link}\n\n"
    "Venter du ikke på det, skal du ikke gøre noget.\n",
)
ASKED = (
    "Din mailadresse på tavlen bliver skiftet",
    "Din arbejdsplads har bedt om at skifte din mailadresse på tavlen. Når den nye er bekræftet, kan du ikke længere "
    "logge ind med denne.\n\nHar du ikke bedt om det, så sig det til din leder.\n",
)
CHANGED = (
    "Din mailadresse på tavlen er skiftet",
    "Fra nu af logger du ind med den nye adresse.\n\nHar du ikke bedt om det, så sig det straks til din leder.\n",
)


def ask(person: User, new: str) -> None:
    """Mails the link to the new address, and tells the old one. Raises what the mail server does."""
    until = timezone.now().timestamp() + HOLDS
    token = seal(PURPOSE, {"user": person.pk, "old": person.email, "new": new, "until": until})
    subject, body = ASK
    send_mail(subject, body.format(link=settings.PUBLIC_URL + reverse("new-address", args=[token])), None, [new])
    _tell(person.email, ASKED)


def _tell(to: str, letter: tuple[str, str]) -> None:
    try:
        send_mail(*letter, None, [to])
    except Exception as error:
        # It may be the very address that is wrong. The server's answer may hold it, so it is not logged.
        logger.error("a mail about a new address was not sent: %s", type(error).__name__)


@require_http_methods(["GET", "HEAD", "POST"])
def new_address(request: HttpRequest, token: str) -> HttpResponse:
    """The link from the mail: what will be changed, and by POST the change. It works once."""
    try:
        asked = unseal(PURPOSE, token)
        person = User.objects.get(pk=asked["user"], email=asked["old"], is_active=True)
        held = timezone.now().timestamp() < asked["until"]
    except (LookupError, User.DoesNotExist):
        held = False
    if not held:
        return render(request, "accounts/new_address.html", {"new": ""}, status=410)
    if request.method != "POST":
        return render(request, "accounts/new_address.html", {"new": asked["new"]})
    if not _changed(person, asked["new"]):
        return render(request, "accounts/new_address.html", {"new": ""}, status=410)
    _tell(asked["old"], CHANGED)
    return redirect("account_login")


def _changed(person: User, new: str) -> bool:
    """Changes it, once. False where somebody else has it by now, or another request was first."""
    assert person.organisation is not None
    was = person.email
    try:
        with trail.change(person.organisation.scope, by=person.pk) as log:
            if not User.objects.filter(pk=person.pk, email=was).update(email=new):
                return False
            # The sign-in library's own copy; it is made anew from the person's.
            EmailAddress.objects.filter(user=person).delete()
            log("person.address_changed", person, email=new, was=was)
    except IntegrityError:
        return False
    return True
