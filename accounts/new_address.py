"""Another mail address: asked for by one's own organisation, confirmed from the new one, told to the old one."""

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.views.decorators.http import require_http_methods

from accounts.letters import tell
from audit import trail
from audit.models import Entry
from core.sealed import seal, unseal
from organisation.models import User

trail.register("person.address_changed", "fik en ny mailadresse, bekræftet derfra", personal=("email", "was"))
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
    """Mails the link to the new address. Raises what the mail server does.

    A later request, another password or a closing of the account makes the link void.
    """
    until = timezone.now().timestamp() + HOLDS
    token = seal(PURPOSE, {"user": person.pk, "new": new, "until": until, "mark": _mark(person)})
    subject, body = ASK
    send_mail(subject, body.format(link=settings.PUBLIC_URL + reverse("new-address", args=[token])), None, [new])


def _mark(person: User) -> str:
    """What must stand as it stood: the address, the password and the newest request. One query."""
    asked = Entry.objects.filter(action="person.address_asked", subject=trail.subject_key(person))
    newest = asked.order_by("-pk").values_list("pk", flat=True).first()
    return salted_hmac(PURPOSE, f"{person.email} {person.password} {newest}").hexdigest()


@require_http_methods(["GET", "HEAD", "POST"])
def new_address(request: HttpRequest, token: str) -> HttpResponse:
    """The link from the mail: what will be changed, and by POST the change. It works once."""
    try:
        asked = unseal(PURPOSE, token)
        person = User.objects.get(pk=asked["user"], is_active=True)
        held = timezone.now().timestamp() < asked["until"] and constant_time_compare(asked["mark"], _mark(person))
    except (LookupError, User.DoesNotExist):
        held = False
    if not held:
        return render(request, "accounts/new_address.html", {"new": ""}, status=410)
    if request.method != "POST":
        return render(request, "accounts/new_address.html", {"new": asked["new"]})
    was = person.email
    if not _changed(person, asked["new"]):
        return render(request, "accounts/new_address.html", {"new": ""}, status=410)
    tell(was, *CHANGED)
    return redirect("account_login")


def _changed(person: User, new: str) -> bool:
    """Changes it, once. False where somebody else has it by now, or another request was first."""
    assert person.organisation is not None
    was = person.email
    try:
        # Whoever reads the mail, signed in or not.
        with trail.change(person.organisation.scope, by=None) as log:
            if not User.objects.filter(pk=person.pk, email=was).update(email=new):
                return False
            # The sign-in library's own copy; it is made anew from the person's.
            EmailAddress.objects.filter(user=person).delete()
            log("person.address_changed", person, email=new, was=was)
    except IntegrityError:
        return False
    return True
