from celery import shared_task
from django.utils import timezone

from control.services import daily
from meetings.services import close_forgotten
from reminders import services
from residents.services import openings_end


@shared_task(name="reminders.tick", ignore_result=True)  # type: ignore[untyped-decorator]
def tick() -> None:
    """Plans and sends what is due, closes meetings left running, anchors the log, sends the anchor and draws samples.

    Safe to run twice, and after a crash.
    """
    now = timezone.now()
    openings_end(now)
    services.tick(now)
    close_forgotten(now)
    daily(now)
    services.anchors_out(now)
    services.ticked()
