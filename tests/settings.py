"""The project's settings as tests use them: the demo's pages are there, and passwords are hashed quickly."""

import os

os.environ.setdefault("BOTILBUD_DEMO", "1")
os.environ.setdefault("BOTILBUD_SECRET_KEY", "only-for-tests-" + "x" * 40)

from botilbud.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "reminders.outbox.DemoMailBackend"
