"""The app's own settings, hurried: a tick each second, a short lease, and ten in the morning of a working day.

Every process of a stack that has FAULTS_SHIFT in its environment lives so many seconds from now.
"""

import os
import time

import time_machine

from botilbud.settings import *  # noqa: F403
from botilbud.settings import CELERY_BEAT_SCHEDULE as _SCHEDULE

CELERY_BEAT_SCHEDULE = {**_SCHEDULE, "minute": {**_SCHEDULE["minute"], "schedule": 1.0}}
MAIL_LEASE_SECONDS = int(os.environ.get("FAULTS_LEASE", "5"))

if os.environ.get("FAULTS_SMTP"):
    # The demo keeps its mails in the database; these go out.
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"

if _shift := os.environ.get("FAULTS_SHIFT"):
    time_machine.travel(time.time() + float(_shift), tick=True).start()
