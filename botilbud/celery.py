"""The worker. It only ticks: what is due and what was sent lives in the database (reminders)."""

import os
from pathlib import Path

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "botilbud.settings")

app = Celery("botilbud")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# The file broker does not make its folders.
for _key, _folder in app.conf.broker_transport_options.items():
    if _key.startswith(("data_folder", "control_folder")):
        Path(_folder).mkdir(parents=True, exist_ok=True)
