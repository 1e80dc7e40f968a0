from celery import shared_task
from django.utils import timezone

from meetings.services import close_forgotten
from reminders import services


@shared_task(name="reminders.tick", ignore_result=True)  # type: ignore[untyped-decorator]
def tick() -> None:
    """Plans and sends what is due, and closes meetings left running. Safe to run twice, and after a crash."""
    now = timezone.now()
    services.tick(now)
    close_forgotten(now)
