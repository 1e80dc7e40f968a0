"""The project's settings as tests use them: the demo's pages are there, and passwords are hashed quickly."""

import os

os.environ.setdefault("BOTILBUD_DEMO", "1")
os.environ.setdefault("BOTILBUD_SECRET_KEY", "only-for-tests-" + "x" * 40)

from botilbud.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "reminders.outbox.DemoMailBackend"
# Many tests move the clock by hours; those of the locked screen set the real times (tests/accounts/test_lock.py).
LOCK_OWN_SECONDS = LOCK_SHARED_SECONDS = IDLE_END_SECONDS = 12 * 60 * 60
# Emptied between tests without a database; tests/accounts/test_second_factor.py tries the real one.
CACHES = {name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": name} for name in CACHES}  # noqa: F405
