"""The worker. It only ticks: what is due and what was sent lives in the database (reminders)."""

import logging.config
import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "botilbud.settings")
# The worker may take longer than a page (asgi.py), but waits for nobody for ever, nor anybody for it: what a tick
# did not reach is the next one's.
os.environ.setdefault("PGOPTIONS", "-c lock_timeout=60s -c idle_in_transaction_session_timeout=60s")


@setup_logging.connect  # type: ignore[untyped-decorator]
def _as_the_web_does(**_: Any) -> None:
    """Replaces Celery's own log lines, which would hold an error's message."""
    logging.config.dictConfig(settings.LOGGING)


app = Celery("botilbud")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# The file broker does not make its folders.
for _key, _folder in app.conf.broker_transport_options.items():
    if _key.startswith(("data_folder", "control_folder")):
        Path(_folder).mkdir(parents=True, exist_ok=True)
