"""Settings of the clinic, all from the environment and the data folder.

Importing this module writes nothing: `operations` makes the secrets and the database, and what is
missing here is replaced by something safe (a secret that lasts as long as the process).
"""

import os
from pathlib import Path
from typing import Any

from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

from openketamine.clinic.site._database import database_from_url
from openketamine.clinic.site._mail import mail_from_url
from openketamine.clinic.site._zone import machine_zone
from openketamine.knowledge import names

SITE = Path(__file__).resolve().parent
PROJECT = SITE.parents[3]


def _data_file(name: str) -> str:
    """A one-line secret or address that `operations` left in the data folder, or nothing."""
    path = OPENKETAMINE_DATA / name
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


OPENKETAMINE_DATA = Path(os.environ.get("OPENKETAMINE_DATA", "data/clinic")).absolute()
OPENKETAMINE_DEMO = os.environ.get("OPENKETAMINE_DEMO") == "1"
OPENKETAMINE_PORT = int(os.environ.get("OPENKETAMINE_PORT", "8700"))
OPENKETAMINE_GATEWAY_TOKEN = (
    os.environ.get("OPENKETAMINE_GATEWAY_TOKEN")
    or _data_file("gateway-token")
    or get_random_secret_key()
)
# Sign-off after this many seconds without a person's own action (staff/presence.py).
OPENKETAMINE_IDLE_SECONDS = int(os.environ.get("OPENKETAMINE_IDLE_SECONDS", "900"))
# Whose label text counts (us, eu; else the stricter), and programmes that this clinic runs.
OPENKETAMINE_LOCALE = os.environ.get("OPENKETAMINE_LOCALE", "").strip().lower()
OPENKETAMINE_PROGRAMMES = tuple(
    one.strip() for one in os.environ.get("OPENKETAMINE_PROGRAMMES", "").split(",") if one.strip()
)
# A folder with the words of licensed instruments; without it their labels stand in.
OPENKETAMINE_INSTRUMENT_PACK = os.environ.get("OPENKETAMINE_INSTRUMENT_PACK", "")
# Certificates that were never handed in: only said ("recorded"), or refused ("required").
OPENKETAMINE_CREDENTIALS = os.environ.get("OPENKETAMINE_CREDENTIALS", "recorded").strip().lower()
if OPENKETAMINE_CREDENTIALS not in ("recorded", "required"):
    raise ImproperlyConfigured("OPENKETAMINE_CREDENTIALS: expected recorded or required")
# Whether everybody must have a second factor ("required") or may ("offered").
OPENKETAMINE_SECOND_FACTOR = os.environ.get("OPENKETAMINE_SECOND_FACTOR", "offered").strip().lower()
if OPENKETAMINE_SECOND_FACTOR not in ("offered", "required"):
    raise ImproperlyConfigured("OPENKETAMINE_SECOND_FACTOR: expected offered or required")
# A file of passwords that leaked somewhere: SHA-1, one a line, in order (staff/passwords.py).
OPENKETAMINE_BREACHED_PASSWORDS = os.environ.get("OPENKETAMINE_BREACHED_PASSWORDS", "")
# More people than this, whose records one person opens within an hour, are told to the director. A
# proposed number: more than a clinic of our size treats in a day.
OPENKETAMINE_MANY_RECORDS = int(os.environ.get("OPENKETAMINE_MANY_RECORDS", "60"))
# The state whose nursing rules count, such as US-AZ; empty outside of the United States.
OPENKETAMINE_STATE = os.environ.get("OPENKETAMINE_STATE", "").strip().upper()
# Keys of the notes that are kept apart, the newest first; they lie outside of the database.
OPENKETAMINE_NOTE_KEYS = tuple(
    (os.environ.get("OPENKETAMINE_NOTE_KEYS") or _data_file("note-keys")).replace(",", " ").split()
)
# The address under which a person at home reaches the clinic: links in messages begin with it.
OPENKETAMINE_PUBLIC_URL = (
    os.environ.get("OPENKETAMINE_PUBLIC_URL") or f"http://127.0.0.1:{OPENKETAMINE_PORT}"
).rstrip("/")
# The clinic as letters and sheets name it.
OPENKETAMINE_CLINIC_NAME = os.environ.get("OPENKETAMINE_CLINIC_NAME", "").strip()
# The clinic's own telephone, as a person at home dials it.
OPENKETAMINE_CLINIC_PHONE = os.environ.get("OPENKETAMINE_CLINIC_PHONE", "").strip()
# Mail: `smtp://user:password@host:587` (STARTTLS), `smtps://…` (TLS from the first byte),
# `smtp+plain://host:25` (no encryption: inside the house only). In a demonstration, files.
OPENKETAMINE_MAIL = os.environ.get("OPENKETAMINE_MAIL", "").strip()
DEFAULT_FROM_EMAIL = os.environ.get("OPENKETAMINE_MAIL_FROM", "").strip() or "clinic@localhost"
globals().update(mail_from_url(OPENKETAMINE_MAIL))
# The mailbox that bounces go to, read every five minutes (checkins/mailbox.py).
OPENKETAMINE_BOUNCES = os.environ.get("OPENKETAMINE_BOUNCES", "").strip()
if OPENKETAMINE_DEMO and not OPENKETAMINE_MAIL:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = OPENKETAMINE_DATA / "mail"
# Text: the address of a gateway (clinic/checkins/carriers.py), or `file:`.
OPENKETAMINE_TEXT_GATEWAY = os.environ.get("OPENKETAMINE_TEXT_GATEWAY", "").strip() or (
    "file:" if OPENKETAMINE_DEMO else ""
)
OPENKETAMINE_TEXT_TOKEN = os.environ.get("OPENKETAMINE_TEXT_TOKEN", "").strip()
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
# Encryption in transit is expected everywhere but on the machine itself.
OPENKETAMINE_HTTPS = os.environ.get("OPENKETAMINE_HTTPS") == "1"

DEBUG = False
SECRET_KEY = (
    os.environ.get("OPENKETAMINE_SECRET_KEY") or _data_file("secret-key") or get_random_secret_key()
)
ALLOWED_HOSTS = os.environ.get("OPENKETAMINE_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [
    origin for origin in os.environ.get("OPENKETAMINE_ORIGINS", "").split(",") if origin
]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "procrastinate.contrib.django",
    "openketamine.clinic.journal",
    "openketamine.clinic.staff",
    "openketamine.clinic.patients",
    "openketamine.clinic.notes",
    "openketamine.clinic.pharmacy",
    "openketamine.clinic.sessions",
    "openketamine.clinic.plans",
    "openketamine.clinic.library",
    "openketamine.clinic.rulebook",
    "openketamine.clinic.reports",
    "openketamine.clinic.outcomes",
    "openketamine.clinic.checkins",
    "openketamine.clinic.papers",
    "openketamine.clinic.results",
    "openketamine.clinic.calls",
    "openketamine.clinic.console",
]

MIDDLEWARE = [
    "openketamine.clinic.site.middleware.programs_speak_tls",
    "django.middleware.security.SecurityMiddleware",
    "openketamine.clinic.site.middleware.security_headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "openketamine.clinic.staff.presence.sign_off_when_idle",
    "openketamine.clinic.staff.sites.confine",
    "openketamine.clinic.staff.first_password.ask_for_own_password",
    "openketamine.clinic.staff.second_factor.ask_for_second_factor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "openketamine.clinic.site.urls"
WSGI_APPLICATION = "openketamine.clinic.site.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [SITE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "openketamine.clinic.site.context.house",
            ],
        },
    }
]

DATABASES = {
    "default": database_from_url(os.environ.get("DATABASE_URL") or _data_file("database-url"))
}

AUTH_USER_MODEL = "staff.Staff"
AUTHENTICATION_BACKENDS = ["openketamine.clinic.staff.backend.ClinicBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "openketamine.clinic.staff.passwords.NoWordOfTheClinic"},
    {"NAME": "openketamine.clinic.staff.passwords.NotInABreach"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "openketamine.clinic.staff.adapter.ClinicAccounts"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "/account/login/"
ACCOUNT_SESSION_REMEMBER = False
# Wrong passwords: staff/attempts.py, by name and source together, so that a stranger who tries them
# elsewhere never locks a nurse out. What stands here counts codes, asked after the password only.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "5/5m/key", "reauthenticate": "10/m/user"}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 120
MFA_RATE_LIMITS = {"webauthn_login": None}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# A passkey stands for two factors: what you have, and the finger or PIN that unlocks it.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_RECOVERY_CODES_SHOW_ONCE = True
# 39 bits each; staff/recovery_codes.py keeps their hashes.
MFA_RECOVERY_CODE_DIGITS = 12
MFA_TOTP_ISSUER = "OpenKetamine"
MFA_TOTP_TOLERANCE = 1

# A browser takes a name that begins so only over TLS, for this host and for no other.
COOKIES_BEGIN_WITH = "__Host-" if OPENKETAMINE_HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIES_BEGIN_WITH}openketamine_session"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = OPENKETAMINE_HTTPS
CSRF_COOKIE_NAME = f"{COOKIES_BEGIN_WITH}openketamine_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = OPENKETAMINE_HTTPS
CSRF_FAILURE_VIEW = "openketamine.clinic.checkins.unserved.no_cookie"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if OPENKETAMINE_HTTPS else None
SECURE_SSL_REDIRECT = OPENKETAMINE_HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if OPENKETAMINE_HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024

LANGUAGE_CODE = "en-us"
# Those who are treated read their own language (checkins/speech.py); who works here reads English.
LANGUAGES = [(one, LANG_INFO[one]["name_local"]) for one in ("en", *names("translations"))]
LOCALE_PATHS = [SITE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = os.environ.get("OPENKETAMINE_TIME_ZONE") or machine_zone()

STATIC_URL = "/static/"
_UPLOT = PROJECT / "node_modules" / "uplot" / "dist"
STATICFILES_DIRS: list[Any] = [SITE / "static", *([("uplot", _UPLOT)] if _UPLOT.is_dir() else [])]
# Served from where they lie: no collect step between an edit and the screen.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"quiet": {"()": "openketamine.clinic.site._logging.WithoutPersonalData"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "quiet"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "openketamine": {"handlers": ["console"], "level": "INFO", "propagate": False},
        # The server that carries the pages has a log of its own, with the words of exceptions.
        "uvicorn": {"handlers": ["console"], "level": "WARNING", "propagate": False},
    },
}
