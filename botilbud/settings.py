"""Settings of the project, read from the environment. docs/operations.md lists the variables."""

import logging
import secrets
from pathlib import Path
from typing import Any

from celery.schedules import crontab
from csp.constants import NONE, SELF

from core import env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("BOTILBUD_VAR", str(BASE_DIR / "var")))

DEMO = env.flag("BOTILBUD_DEMO")
DEBUG = env.flag("BOTILBUD_DEBUG")
# Behind TLS: secure cookies, HSTS and the __Host- prefix. The demo on 127.0.0.1 has no certificate.
TLS = env.flag("BOTILBUD_TLS", default=not (DEMO or DEBUG))


def _secret_key() -> str:
    """The key from the environment, or one kept beside the embedded database."""
    if key := env.text("BOTILBUD_SECRET_KEY"):
        return key
    path = VAR_DIR / "secret-key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = env.words("BOTILBUD_HOSTS", ["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = env.words("BOTILBUD_ORIGINS", [])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "audit",
    "organisation",
    "accounts",
    "criteria",
    "residents",
    "boards",
    "care",
    "meetings",
    "reminders",
    "privacy",
    "operations",
    "administration",
    "demo",
]

# First what every answer needs, also answers given by a later line: a file, a redirect, a refused token.
MIDDLEWARE = [
    "core.middleware.numbered",
    "core.middleware.no_store",
    # Before anything that may refuse: error pages ask whether a fragment is wanted.
    "django_htmx.middleware.HtmxMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.readable",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "accounts.middleware.CsrfTokens",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.whole_pages",
    "accounts.middleware.LockedScreen",
    "accounts.middleware.shown_only_when_logged",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "botilbud.urls"
ASGI_APPLICATION = "botilbud.asgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            # As with APP_DIRS, but our own templates are read without their indents.
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["core.templates.Unindented", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "builtins": ["core.tags"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.shell",
            ],
        },
    },
]

# How many requests a web process answers at a time, each with a database connection it keeps.
WEB_THREADS = env.number("BOTILBUD_THREADS", 8, 1, 64)
DATABASES = {"default": env.database("DATABASE_URL", VAR_DIR / "botilbud.sqlite3")}
# What all web processes must agree on (a code used once, tries counted) is kept in the database (accounts.Remembered).
# What only saves a process from asking again is kept in the process.
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "organisation.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.sessions.Backend",
]
# The first makes new hashes, and replaces old ones at their next use. The second only reads.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "accounts.adapter.ClosedSignup"
ACCOUNT_LOGOUT_ON_GET = False
# An address that nobody here has gets no mail: it may be anybody's.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_FORMS = {"reset_password": "accounts.forms.ForgottenPassword"}
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
MFA_ADAPTER = "accounts.adapter.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Whoever chose their password by a link has an address the library calls unverified, and it would let none of them take
# a factor in use. An administrator writes the address, and a code by mail comes before the first one (first_factor.py).
MFA_ALLOW_UNVERIFIED_EMAIL = True
# What second factors are sealed with in the database, the newest first; older ones still open what they sealed.
FACTOR_KEYS = [key.strip() for key in env.text("BOTILBUD_FACTOR_KEYS").split(",") if key.strip()] or [SECRET_KEY]
# Who must sign in with a passkey or a code beside the password.
SECOND_FACTOR = env.choice(
    "BOTILBUD_SECOND_FACTOR",
    ("nobody", "leaders", "everybody"),
    "everybody" if TLS and not (DEMO or DEBUG) else "nobody",
)
# The organisations' own providers (OpenID Connect or SAML); docs/operations.md tells what the file says.
PROVIDERS_FILE = env.text("BOTILBUD_PROVIDERS")
PROVIDER_COOKIE_NAME = "__Host-provider" if TLS else "provider"
BROWSER_COOKIE_NAME = "__Host-browser" if TLS else "browser"
# The key of a wrong password is not the account alone, which would let anybody keep it shut (accounts.adapter). That of
# a wrong code is the person, who has shown their password.
ACCOUNT_RATE_LIMITS = {"login_failed": "60/m/ip,5/300s/key"}
AXES_USERNAME_CALLABLE = "accounts.browsers.tried_as"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "429.html"

LANGUAGE_CODE = "da"
LANGUAGES = [("da", "Dansk")]
TIME_ZONE = "Europe/Copenhagen"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = env.text("BOTILBUD_STATIC_ROOT", str(VAR_DIR / "static"))
Path(STATIC_ROOT).mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = DEMO or DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEMO or DEBUG
        else "core.static_files.HashedFiles"
    },
}

# A screen left alone locks, and after a while ends; a session ends whatever happens (docs/decisions/0014).
LOCK_SHARED_SECONDS = env.number("BOTILBUD_LOCK_SHARED", 120, 5, 300)
LOCK_OWN_SECONDS = env.number("BOTILBUD_LOCK_OWN", 10 * 60, 5, 15 * 60)
IDLE_END_SECONDS = 15 * 60
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60
PIN_HOURS = 12
PIN_TRIES = 5
SESSION_COOKIE_NAME = "__Host-session" if TLS else "session"
SESSION_COOKIE_SECURE = TLS
SESSION_COOKIE_SAMESITE = "Lax"
# In the session; without one, in a cookie (accounts.middleware.CsrfTokens).
CSRF_USE_SESSIONS = True
CSRF_COOKIE_NAME = "__Host-csrf" if TLS else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "accounts.access.csrf_failed"
CSRF_COOKIE_SECURE = TLS
SECURE_SSL_REDIRECT = TLS
SECURE_HSTS_SECONDS = 31_536_000 if TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = TLS
# W021: browsers' own lists hold a whole domain and drop it only after months, so only its owner should ask for it.
# W003 looks for Django's class by its name, and ours is a child of it (accounts.middleware.CsrfTokens).
SILENCED_SYSTEM_CHECKS = ["security.W003", "security.W021"]
# We believe what proxies say about the caller only for the number of proxies there are. Anybody can send these headers,
# and could otherwise look like a new caller after every fifth wrong password.
PROXIES = env.number("BOTILBUD_PROXIES", 1) if env.flag("BOTILBUD_PROXY") else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES
AXES_CLIENT_IP_CALLABLE = "accounts.adapter.caller"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# The largest thing a page sends is a list of people, 200 kB. It is the only upload.
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_NUMBER_FILES = 1

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

EMAIL_BACKEND = (
    "reminders.outbox.DemoMailBackend"
    if DEMO
    else env.text("BOTILBUD_EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
)
EMAIL_HOST = env.text("BOTILBUD_SMTP_HOST", "localhost")
EMAIL_PORT = env.number("BOTILBUD_SMTP_PORT", 25, 1, 65535)
EMAIL_HOST_USER = env.text("BOTILBUD_SMTP_USER")
EMAIL_HOST_PASSWORD = env.text("BOTILBUD_SMTP_PASSWORD")
EMAIL_USE_TLS = env.flag("BOTILBUD_SMTP_TLS", default=True)
# A sign-in waits for the mail about a new browser. It must not wait long when the mail server is gone.
EMAIL_TIMEOUT = 10
# A digest that was claimed this long ago and not marked as sent is sent again with the same Message-ID. It is longer
# than a slow server takes to accept one mail.
MAIL_LEASE_SECONDS = 180
DEFAULT_FROM_EMAIL = env.text("BOTILBUD_MAIL_FROM", "tavlen@botilbud.invalid")
PUBLIC_URL = env.text("BOTILBUD_URL", "http://127.0.0.1:8000")
# Whoever shows this token at /helbred/ gets the figures; '' gives them to nobody.
HEALTH_TOKEN = env.text("BOTILBUD_HEALTH_TOKEN")

REDIS_URL = env.text("REDIS_URL")
CELERY_BROKER_URL = REDIS_URL or "filesystem://"
# A tick carries no data and another one comes, so none is kept to be done again. When Redis goes away twice in a row,
# kept ticks would end the worker (kombu 5.7 gives them back through a connection it has closed).
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {"socket_connect_timeout": 2, "socket_timeout": 5, "ack_emulation": False}
    if REDIS_URL
    else {
        "data_folder_in": str(VAR_DIR / "broker"),
        "data_folder_out": str(VAR_DIR / "broker"),
        "control_folder": str(VAR_DIR / "broker-control"),
    }
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
# One that nobody took in time is not taken at all: the next one does what it would have done.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "minute": {"task": "operations.minute", "schedule": 60.0, "options": {"expires": 120}},
    "nightly": {
        "task": "operations.nightly",
        "schedule": crontab(hour=2, minute=30),
        "options": {"expires": 12 * 3600},
    },
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        # One form for people at a desk, one for machines, which holds nothing people wrote.
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
        if DEMO or DEBUG
        else {"()": "core.logs.JsonLine"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # Paths hold opaque ids only, but a line for each request is noise at the desk. The debug lines of templates hold
    # all the data of a page, with names: they stay off even when somebody turns debug lines on.
    "loggers": {
        "axes": {"level": "ERROR"},
        "kombu": {"level": "ERROR"},
        "django.request": {"level": "ERROR"},
        "django.template": {"level": "INFO"},
        # Says why rows were read without a person. At the desk one can read it in the code.
        "organisation.door": {"level": "WARNING" if DEMO or DEBUG else "INFO"},
    },
}

# Warnings of libraries become lines like the others.
logging.captureWarnings(not (DEMO or DEBUG))

# How much one person can look up and take out: far more than work needs, far less than emptying a board by hand.
SEARCHES_A_MINUTE = env.number("BOTILBUD_SEARCHES_A_MINUTE", 60)
EXPORTS_AN_HOUR = env.number("BOTILBUD_EXPORTS_AN_HOUR", 60)

# Rules the domain calls settings (docs/operations.md gives the source of each).
STALE_DAYS = 7
STALE_DAYS_SLOW = 90
ROTATION_WEEKS = 8
FOLLOW_UP_DAYS = 14
ITEM_MINUTES = {"akut": 10, "subakut": 4, "other": 1}
