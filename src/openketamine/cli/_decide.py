"""Decide: evaluate, propose, score, and what we know."""

import argparse
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from openketamine.cli._common import (
    CLINICAL_NO,
    DONE,
    a_day,
    add_verb,
    parse_json,
    plain_text,
    read_bytes,
    read_json,
    show,
)
from openketamine.core.findings import BadInput


def add_decide(verbs: Any) -> None:
    """The verbs of this group."""
    today = datetime.now(UTC).astimezone().date()
    for name, run, says in (
        ("evaluate", _evaluate, "one person's FHIR R4 Bundle against a treatment protocol"),
        ("propose", _propose, "the next dose, or why there is none"),
    ):
        example = (
            f"openketamine {name} docs/tutorials/fit-person.json --protocol iv-depression --json"
        )
        verb = add_verb(verbs, name, run, says, example)
        verb.add_argument("file", metavar="BUNDLE.json")
        verb.add_argument(
            "--protocol", required=True, help="an id of `openketamine knowledge list`"
        )
        verb.add_argument(
            "--on", type=a_day, default=today, help="date of the evaluation, default today"
        )
        verb.add_argument(
            "--locale",
            choices=["us", "eu", "strictest"],
            default="strictest",
            help="whose label text counts where they differ; by default the stricter",
        )
        verb.add_argument(
            "--programme",
            action="append",
            default=[],
            help="what this clinic has switched on, such as paediatric; may be repeated",
        )
        if name == "propose":
            verb.add_argument(
                "--history",
                metavar="HISTORY.json",
                help="earlier sessions: a list of {on, dose_ug_per_kg or dose_ug (micrograms), "
                "improvement_percent, lowest_moaas, lowest_spo2, peak_systolic, peak_diastolic, …}",
            )
    example = "openketamine score phq-9 --answers '[1,2,0,1,1,2,0,1,0]' --json"
    verb = add_verb(verbs, "score", _score, "answers to a score, its band and its flags", example)
    verb.add_argument("instrument")
    verb.add_argument(
        "--answers",
        help="a list in item order, or an object by item; null = not answered",
    )
    verb.add_argument(
        "--sex", choices=["female", "male"], help="where a cut-off depends on it; else the stricter"
    )
    verb.add_argument(
        "--baseline", metavar="JSON", help="the score or the answers before: adds what changed"
    )
    verb.add_argument(
        "--of", default="total", help="the score whose change is asked, such as interference"
    )
    verb.add_argument("--questions", action="store_true", help="what is asked, instead of a score")
    verb.add_argument("--language", default="en", help="of the questions, default en")
    verb.add_argument(
        "--pack",
        metavar="FOLDER",
        help="the words of licensed instruments, as YAML; default OPENKETAMINE_INSTRUMENT_PACK",
    )
    verb = add_verb(
        verbs, "knowledge", _knowledge, "list what we know", "openketamine knowledge list --json"
    )
    verb.add_argument("what", choices=["list"])


def _evaluate(options: argparse.Namespace) -> int:
    from openketamine.core.history import read_bundle
    from openketamine.core.screening import evaluate

    record = read_bundle(read_bytes(options.file), options.on)
    evaluation = evaluate(
        record,
        options.protocol,
        options.on,
        locale=options.locale,
        programmes=frozenset(options.programme),
    ).as_json()
    show(options, evaluation, _evaluation_text)
    return DONE if evaluation["decision"] in ("proceed", "caution") else CLINICAL_NO


def _propose(options: argparse.Namespace) -> int:
    from openketamine.core.dosing import as_json, propose
    from openketamine.core.history import read_bundle
    from openketamine.core.screening import evaluate

    record = read_bundle(read_bytes(options.file), options.on)
    programmes = frozenset(options.programme)
    evaluation = evaluate(
        record, options.protocol, options.on, locale=options.locale, programmes=programmes
    )
    history = _history(options)
    offered = propose(
        record, options.protocol, options.on, history, evaluation, locale=options.locale
    )
    answer = {**as_json(offered), "unknown": [one.text for one in evaluation.unknown]}
    show(options, answer, _proposal_text)
    return DONE if answer["proposal"] else CLINICAL_NO


def _history(options: argparse.Namespace) -> tuple[Any, ...]:
    """The sessions before; what is wrong with them is said of their own file."""
    from openketamine.core.dosing import read_history

    if not options.history:
        return ()
    bundle, options.file = options.file, options.history
    past = read_history(read_json(options.history))
    late = next((one.on for one in past if one.on > options.on), None)
    if late is not None:
        raise BadInput("history", f"sessions up to {options.on}", f"one on {late}")
    options.file = bundle
    return past


def _score(options: argparse.Namespace) -> int:
    from openketamine.core.scoring import change, instrument, pack, questions, score, with_words

    known = instrument(options.instrument)
    folder = options.pack or os.environ.get("OPENKETAMINE_INSTRUMENT_PACK")
    words = pack(Path(folder)) if folder else {}
    if options.questions:
        worded = with_words(known, {**_published(options.language), **words}, options.language)
        show(options, questions(worded), plain_text)
        return DONE
    if options.answers is None:
        raise BadInput("--answers", "answers as JSON, or --questions to see what is asked")
    given = parse_json(options.answers, "--answers")
    found = score(known.id, given, sex=options.sex)
    answer = found.as_json()
    if options.baseline is not None:
        before = _baseline(known.id, parse_json(options.baseline, "--baseline"), options.sex)
        answer["change"] = change(known.id, before, found, of=options.of).as_json()
    show(options, answer, plain_text)
    return DONE


def _published(language: str) -> Any:
    """What we ship in other languages; the files are not read for English."""
    from openketamine.core.scoring import published

    return {} if language == "en" else published()


def _baseline(name: str, given: Any, sex: str | None) -> Any:
    """The score before: a number as it stands, or answers to be scored."""
    from openketamine.core.scoring import score

    if isinstance(given, int | float) and not isinstance(given, bool):
        number = Decimal(str(given))
        if not number.is_finite():
            raise BadInput("--baseline", "a score, or answers", given)
        return number
    try:
        return None if given is None else score(name, given, sex=sex)
    except BadInput as error:
        raise BadInput(f"--baseline: {error.field}", error.expected, error.got) from None


def _knowledge(options: argparse.Namespace) -> int:
    from openketamine.knowledge import digest, documents, kinds

    listed = {
        kind: [
            {"id": d.id, "title": d.title, "since": d.since.isoformat()} for d in documents(kind)
        ]
        for kind in kinds()
    }
    show(options, {"knowledge": digest(), **listed}, _knowledge_text)
    return DONE


def _evaluation_text(answer: Mapping[str, Any]) -> str:
    lines = [f"{answer['decision'].upper()}  {answer['protocol']}, {answer['evaluated_on']}"]
    lines += [_finding_text(finding) for finding in answer["findings"]]
    lines += [f"  not known: {question}" for question in answer["unknown"]]
    return "\n".join(lines)


def _finding_text(finding: Mapping[str, Any]) -> str:
    facts = "; ".join(fact["text"] for fact in finding["because"])
    cited = ", ".join(f"{s['id']} {s['where']}".strip() for s in finding["sources"])
    rests = f"[{facts}] ({cited}; {finding['evidence']})"
    return f"  {finding['action']:<9}{finding['rule']}  {finding['summary']} {rests}"


def _proposal_text(answer: Mapping[str, Any]) -> str:
    proposal = answer["proposal"]
    if proposal is None:
        return "NO DOSE\n" + "\n".join(_finding_text(f) for f in answer["refusal"]["findings"])
    lines = [f"{proposal['dose_mg']:g} mg of {proposal['drug']}, {proposal['route']}"]
    lines += [f"  {c['label']}: {c['value']} {c['unit']}".rstrip() for c in proposal["pump_card"]]
    lines += [f"  {step}" for step in proposal["steps"]]
    lines += [f"  next in {proposal['next_in_days']} days"]
    lines += [_finding_text(finding) for finding in answer["findings"]]
    lines += [f"  not known: {question}" for question in answer["unknown"]]
    return "\n".join(lines)


def _knowledge_text(answer: Mapping[str, Any]) -> str:
    lines = [answer["knowledge"]]
    for kind, files in answer.items():
        if kind != "knowledge":
            lines += [f"{kind}/{file['id']}  {file['title']}" for file in files]
    return "\n".join(lines)
