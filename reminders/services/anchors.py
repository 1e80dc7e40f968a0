"""The day's anchor goes to each organisation that has named an address, once (docs/decisions/0017).

An anchor helps only if the other party keeps it. If it had to be fetched by hand, it would be forgotten.
"""

import logging
import smtplib
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from audit.models import Anchor
from core import weeks
from organisation.models import Organisation
from reminders.models import AnchorMail
from reminders.services.outbox import AWAY, REFUSED

logger = logging.getLogger(__name__)
# After the server refuses, we wait a while before the next try.
AGAIN = timedelta(minutes=10)
# If nothing ran for some days, we send the anchors of so many days back, and no more.
BACK = timedelta(days=7)
CLAIM_MINUTES = 10


def anchors_out(now: datetime) -> int:
    """Sends what is to be sent. Returns how many left. Safe to run every minute and by several workers.

    One that was claimed and never marked (the worker died) is 'skal ses på' and not sent again blindly.
    """
    _line_up(now)
    stuck = now - timedelta(minutes=CLAIM_MINUTES)
    rows = AnchorMail.objects.all()
    lost = rows.filter(state=AnchorMail.State.SENDING, claimed_at__lt=stuck).update(state=AnchorMail.State.LOOK)
    if lost:
        logger.warning("%s anchors were claimed and never marked as sent; they need a look", lost)
    due = Q(claimed_at=None) | Q(claimed_at__lte=now - AGAIN)
    waiting = rows.filter(due, state=AnchorMail.State.WAITING).exclude(organisation__anchor_mail="")
    return sum(_send(pk, now) for pk in waiting.order_by("anchor__day", "pk").values_list("pk", flat=True))


@dataclass(frozen=True)
class AnchorSending:
    """What became of an anchor's mail to an organisation. `address` is '' where the reader is not of it."""

    organisation: str
    words: str
    address: str
    look: bool


def told(days: Collection[date], own: Collection[int]) -> dict[date, list[AnchorSending]]:
    """To whom each day's anchor was sent, and when. One query. `own` are the organisations of the reader."""
    sendings: dict[date, list[AnchorSending]] = defaultdict(list)
    rows = AnchorMail.objects.filter(anchor__day__in=days).select_related("anchor", "organisation")
    for row in rows.order_by("organisation__name"):
        address = row.address if row.organisation_id in own else ""
        look = row.state == AnchorMail.State.LOOK
        sendings[row.anchor.day].append(AnchorSending(row.organisation.name, _words(row), address, look))
    return sendings


def _words(row: AnchorMail) -> str:
    if row.sent_at is not None:
        return f"sendt {_moment(row.sent_at)}"
    if row.state == AnchorMail.State.LOOK:
        return "skal ses på: mailen kan være sendt, eller den kan være gået tabt"
    if row.claimed_at is not None:
        return f"venter, senest forsøgt {_moment(row.claimed_at)}"
    return "venter"


def _moment(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local.day}.{local.month}.{local.year} {weeks.clock(at)}"


def _line_up(now: datetime) -> None:
    """A row for each organisation and anchor not lined up yet: the newest, and those since the last it was sent."""
    recent = list(Anchor.objects.filter(day__gt=timezone.localdate(now) - BACK).order_by("pk"))
    named = list(Organisation.objects.exclude(anchor_mail="").values_list("pk", flat=True)) if recent else []
    last = last_lined_up(named)
    for organisation in named:
        since = last.get(organisation)
        for anchor in [anchor for anchor in recent if anchor.pk > since] if since else recent[-1:]:
            try:
                with transaction.atomic():
                    AnchorMail(anchor=anchor, organisation_id=organisation).save(force_insert=True)
            except IntegrityError:
                # Another worker was first.
                continue


def last_lined_up(organisations: list[int]) -> dict[int, int]:
    """The id of the newest anchor lined up for each organisation. By number, since its day may be a wrong clock's."""
    rows = AnchorMail.objects.filter(organisation__in=organisations).order_by("anchor")
    return dict(rows.values_list("organisation_id", "anchor_id"))


def _send(pk: int, now: datetime) -> bool:
    row = AnchorMail.objects.filter(pk=pk)
    if not row.filter(state=AnchorMail.State.WAITING).update(state=AnchorMail.State.SENDING, claimed_at=now):
        return False
    mail = _mail(row.select_related("anchor", "organisation").get())
    row.update(address=mail.to[0])
    try:
        mail.send()
    except (*AWAY, *REFUSED):
        row.update(state=AnchorMail.State.WAITING)
        logger.warning("the mail server cannot be reached or says no; anchor %s waits", pk)
        return False
    except (OSError, smtplib.SMTPException):
        # Nobody knows whether it was sent. A person must look; we do not send it again.
        row.update(state=AnchorMail.State.LOOK)
        logger.exception("anchor %s needs a look", pk)
        return False
    row.update(state=AnchorMail.State.SENT, sent_at=now)
    return True


def _mail(row: AnchorMail) -> EmailMessage:
    """Numbers and hashes, and what they are for: no name and no text is in an anchor."""
    day = row.anchor.day
    words = (
        f"Her er ankeret for loggen i {settings.PUBLIC_URL}: det viser, hvor langt loggens kæder var nået den "
        f"{day.day}.{day.month}.{day.year}, og rummer kun numre og fingeraftryk.\n"
        "Gem filen et sted, som den anden part ikke råder over; så kan det ses, hvis nogen siden ændrer i loggen."
    )
    mail = EmailMessage(
        subject=f"Loggens anker {day.day}.{day.month}.{day.year}",
        body=f"{words}\n",
        to=[row.organisation.anchor_mail],
        # The same anchor to the same organisation always has the same id, so that a mail sent twice is shown once.
        headers={"Message-ID": f"<anchor-{day.isoformat()}-{row.organisation_id}@botilbud.invalid>"},
    )
    mail.attach(f"anker-{day.isoformat()}.txt", row.anchor.text, "text/plain")
    return mail
