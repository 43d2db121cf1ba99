"""Short errands over an existing clinic, with Django set up already."""

from typing import Any

from django.db import transaction

from openketamine.clinic.journal import clock
from openketamine.clinic.patients.commands import import_bundle
from openketamine.clinic.staff.commands import system_account
from openketamine.core.findings import BadInput


def import_all(contents: list[tuple[str, bytes]]) -> dict[str, Any]:
    """Import these bundles; one that cannot be read leaves none behind, and is named."""
    now, answer = clock.now(), []
    with transaction.atomic():
        by = system_account(now)
        for path, raw in contents:
            try:
                imported = import_bundle(raw, by, now)
            except BadInput as error:
                raise BadInput(f"{path}: {error.field}", error.expected, error.got) from None
            report = imported.report
            answer.append(
                {
                    "file": path,
                    "person": str(imported.person.pk),
                    "new": imported.is_new,
                    "understood": report.understood,
                    "irrelevant": report.irrelevant,
                    "not_understood": [list(one) for one in report.not_understood],
                }
            )
    return {"imported": answer}
