from celery import shared_task
from django.utils import timezone

from retention.services import nightly as run


@shared_task(name="retention.nightly", ignore_result=True)  # type: ignore[untyped-decorator]
def nightly() -> None:
    """Erases what is past its term. Safe to run twice, and after a crash."""
    run(timezone.now())
