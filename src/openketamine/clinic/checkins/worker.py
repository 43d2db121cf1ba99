"""`python -m openketamine.clinic.checkins.worker`: the process that sends what is due.

A child of the supervisor. Killed at any moment it loses nothing and sends nothing twice.
"""

import logging

import django
from procrastinate.contrib.django.django_connector import DjangoConnector


def main() -> None:
    """Work until a signal."""
    django.setup()
    from procrastinate.contrib.django import app

    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    with app.replace_connector(DjangoConnector().get_worker_connector()) as working:
        working.run_worker(concurrency=4, delete_jobs="successful", fetch_job_polling_interval=5.0)


if __name__ == "__main__":
    main()
