"""What is kept beside a recorded evaluation, so that it can be printed as it was read."""

from datetime import date
from typing import Any

from django.utils import timezone

from openketamine.clinic.patients.asking import answered_lines
from openketamine.clinic.patients.banner import allergy_line, clinic_date
from openketamine.clinic.patients.fact_lines import FactLines, amount, imported_words
from openketamine.clinic.patients.queries import Known
from openketamine.core.dosing import protocol
from openketamine.core.history import latest
from openketamine.core.screening import Evaluation, reason_in_words, unasked


def as_read(known: Known, evaluation: Evaluation) -> dict[str, Any]:
    """The person, the facts as lines, and the signatures, in words that stay what they were."""
    person, lines = known.person, FactLines(known)
    return {
        "title": protocol(evaluation.protocol).title,
        "person": {
            "family": person.family,
            "given": person.given,
            "born": clinic_date(person.birth_date),
            "gender": person.sex,
            "id": person.mrn,
            **_banner(known, evaluation.evaluated_on),
        },
        "still_to_ask": len(unasked(known.record, evaluation)),
        "zone": timezone.get_current_timezone_name(),
        "record": imported_words(known.versions[0]),
        "rests_on": [
            [lines.line(fact).as_json() for fact in finding.because]
            for finding in evaluation.findings
        ],
        "answered": [
            {"ask": one.ask, "value": one.value, "said": one.said}
            for one in answered_lines(known, evaluation, evaluation.evaluated_on)
        ],
        "signed": [
            {
                "rule": one.rule,
                "code": reason_in_words(one.reason_code),
                "reason": one.reason,
                "by": one.by,
                "at": one.at.isoformat(),
                "meaning": one.meaning,
            }
            for one in known.signed_on(evaluation.evaluated_on).values()
        ],
    }


def _banner(known: Known, on: date) -> dict[str, str]:
    """Allergies and weight as the banner had them."""
    allergies, weight = allergy_line(known.record.allergies), latest(known.record, "weight", on)
    return {
        "allergies": allergies.heading,
        "allergy_names": allergies.names,
        "weight": f"{amount(weight)} {clinic_date(weight.taken)}" if weight else "Not known",
    }
