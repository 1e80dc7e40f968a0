from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from reminders.models import DemoMail


class DemoMailBackend(BaseEmailBackend):
    """Keeps the mails of the demo for the page 'Mails der ville være sendt' instead of sending them."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for mail in email_messages:
            for to in mail.to:
                DemoMail.objects.create(to=to, subject=str(mail.subject), body=str(mail.body))
        return len(email_messages)
