"""What is kept beside a recorded evaluation, so that it can be printed as it was read."""

from typing import Any

from openketamine.clinic.patients.banner import clinic_date
from openketamine.clinic.patients.fact_lines import FactLines, imported_words
from openketamine.clinic.patients.queries import Known
from openketamine.core.dosing import protocol
from openketamine.core.screening import Evaluation, reason_in_words


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
        },
        "record": imported_words(known.versions[0]),
        "rests_on": [
            [lines.line(fact).as_json() for fact in finding.because]
            for finding in evaluation.findings
        ],
        "signed": [
            {
                "rule": one.rule,
                "code": reason_in_words(one.reason_code),
                "reason": one.reason,
                "by": one.by,
                "at": one.at.isoformat(),
            }
            for one in known.signed_on(evaluation.evaluated_on).values()
        ],
    }
