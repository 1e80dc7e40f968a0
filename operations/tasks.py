"""What the worker does by the clock. Each is safe to run twice, and after a crash."""

from celery import shared_task
from django.utils import timezone

from operations import runs


@shared_task(name="operations.minute", ignore_result=True)  # type: ignore[untyped-decorator]
def minute() -> None:
    """Everything that is done once a minute."""
    runs.minute(timezone.now())


@shared_task(name="operations.nightly", ignore_result=True)  # type: ignore[untyped-decorator]
def nightly() -> None:
    """Erases what is past its term."""
    runs.nightly(timezone.now())
