"""Short mails to somebody about their own account, which stop nothing when they cannot be sent."""

import logging

from django.core.mail import send_mail

logger = logging.getLogger(__name__)


def tell(to: str, subject: str, body: str) -> None:
    """Sends it. A failure is logged by its kind alone: the mail server's answer may hold the address."""
    try:
        send_mail(subject, body, None, [to])
    except Exception as error:
        logger.error("a mail about an account was not sent: %s", type(error).__name__)
