"""A year of check-ins, run: the carriers opened, the clock put in, and all closed again."""

import random

from tests.clinic.a_year import Year, install
from tests.clinic.a_year_post import MailServer, Office, text_gateway

STAFF = ("nora", "wes", "priya", "miriam")


def run(people, seed, start, days, cast, settings, monkeypatch, **life):
    """So many people, from `start` for so many days; the year that was.
    `life`: as `Year` takes it."""
    office = Office(random.Random(seed + 1), start, days)  # noqa: S311
    mail, gateway = MailServer(office).open(), text_gateway(office)
    try:
        _settings(settings, mail, gateway)
        staff = [cast.people[name] for name in STAFF]
        for one in staff:
            one.email = f"{one.username}@clinic.example"
            one.save()
        year = Year(people, seed, start, days, staff, office, **life)
        install(year, monkeypatch)
        year.live()
        return year
    finally:
        gateway.shutdown()
        gateway.server_close()
        mail.close()


def _settings(settings, mail, gateway):
    settings.OPENKETAMINE_MAIL = "smtp+plain://127.0.0.1"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mail.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.OPENKETAMINE_TEXT_GATEWAY = f"{gateway.address}/send"
    settings.OPENKETAMINE_PUBLIC_URL = "http://testserver"
    settings.TIME_ZONE = "America/Phoenix"
