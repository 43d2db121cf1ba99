"""One verb a capability; JSON in, JSON out. The contract is what stands in `docs/reference/cli.md`.

Exit status: 0 done · 2 the input or the words are wrong · 3 a clinical no · 1 the program failed.
Rooms are imported inside the verbs, so that `score` does not wait for a web framework.
"""

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from openketamine import __version__
from openketamine.core.findings import BadInput
from openketamine.core.quantities import QuantityError
from openketamine.knowledge import KnowledgeError

DONE, FAILED, WRONG_INPUT, CLINICAL_NO = 0, 1, 2, 3
Run = Callable[[argparse.Namespace], int]


class _OneLineParser(argparse.ArgumentParser):
    """Says what is wrong in one line, as the contract asks."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_INPUT, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; the exit status is returned (and used by the `openketamine` command)."""
    options = parser().parse_args(arguments)
    run: Run = options.run
    try:
        return run(options)
    except (BadInput, QuantityError, KnowledgeError) as error:
        return _say(f"{_where(options)}{error}", WRONG_INPUT)
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123  nothing is left to close it
        return DONE
    except OSError as error:
        if error.filename is None:
            return _say(f"failed: {error}", FAILED)
        return _say(f"{error.filename}: {error.strerror}", WRONG_INPUT)
    except ModuleNotFoundError as error:
        return _say(
            f"{options.verb} needs {error.name}, which is not here: "
            "pip install 'openketamine[clinic,devices,simulator]'",
            FAILED,
        )
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # the promise is one line and status 1, never a traceback
        if os.environ.get("OPENKETAMINE_TRACE"):
            raise
        return _say(f"failed: {type(error).__name__}: {error}", FAILED)


def _say(sentence: str, status: int) -> int:
    print(f"openketamine: {' '.join(sentence.split())}", file=sys.stderr)
    return status


def _where(options: argparse.Namespace) -> str:
    """The file that a sentence is about, if the verb read one."""
    path = getattr(options, "file", None)
    return f"{Path(path).name}: " if path else ""


# --- decide ---------------------------------------------------------------------------------


def _evaluate(options: argparse.Namespace) -> int:
    from openketamine.core.history import read_bundle
    from openketamine.core.screening import evaluate

    record = read_bundle(_bytes(options.file), options.on)
    evaluation = evaluate(
        record,
        options.protocol,
        options.on,
        locale=options.locale,
        programmes=frozenset(options.programme),
    ).as_json()
    _print(options, evaluation, _evaluation_text)
    return DONE if evaluation["decision"] in ("proceed", "caution") else CLINICAL_NO


def _propose(options: argparse.Namespace) -> int:
    from openketamine.core.dosing import as_json, propose
    from openketamine.core.history import read_bundle
    from openketamine.core.screening import evaluate

    record = read_bundle(_bytes(options.file), options.on)
    programmes = frozenset(options.programme)
    evaluation = evaluate(
        record, options.protocol, options.on, locale=options.locale, programmes=programmes
    )
    history = _history(options)
    offered = propose(
        record, options.protocol, options.on, history, evaluation, locale=options.locale
    )
    answer = {**as_json(offered), "unknown": [one.text for one in evaluation.unknown]}
    _print(options, answer, _proposal_text)
    return DONE if answer["proposal"] else CLINICAL_NO


def _history(options: argparse.Namespace) -> tuple[Any, ...]:
    """The sessions before; what is wrong with them is said of their own file."""
    from openketamine.core.dosing import read_history

    if not options.history:
        return ()
    bundle, options.file = options.file, options.history
    past = read_history(_json(options.history))
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
        _print(options, questions(with_words(known, words, options.language)), _plain_text)
        return DONE
    if options.answers is None:
        raise BadInput("--answers", "answers as JSON, or --questions to see what is asked")
    given = _parse_json(options.answers, "--answers")
    found = score(known.id, given, sex=options.sex)
    answer = found.as_json()
    if options.baseline is not None:
        before = _baseline(known.id, _parse_json(options.baseline, "--baseline"), options.sex)
        answer["change"] = change(known.id, before, found, of=options.of).as_json()
    _print(options, answer, _plain_text)
    return DONE


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
    _print(options, {"knowledge": digest(), **listed}, _knowledge_text)
    return DONE


# --- foresee --------------------------------------------------------------------------------


def _forecast(options: argparse.Namespace) -> int:
    from openketamine.core.pharmacology import ForecastRequest, foresee

    files = {"plot": options.plot, "csv": options.csv, "arrow": options.arrow}
    _check_files({f"--{name}": path for name, path in files.items() if path})
    if options.arrow:
        from openketamine.pharmacology import need_arrow

        need_arrow()
    answer = foresee(
        ForecastRequest(
            drug=options.drug,
            route=options.route,
            dose=tuple(options.dose),
            weight=options.weight,
            over=tuple(options.over),
            at=tuple(options.at),
            models=tuple(options.model),
            every=options.every,
            until=options.until,
            people=options.people,
            seed=options.seed,
            age=options.age,
            sex=options.sex,
            height=options.height,
            with_inhibitor=options.with_inhibitor,
            ancestry=options.ancestry,
            simulator=options.simulator,
            measured=options.measured,
        )
    )
    # Everything is made before anything is written: a refusal leaves no half of an answer.
    texts = {
        path: make()
        for path, make in ((options.plot, answer.as_svg), (options.csv, answer.as_csv))
        if path
    }
    for path, text in texts.items():
        Path(path).write_text(text, encoding="utf-8")
    if options.arrow:
        from openketamine.pharmacology import write_arrow

        write_arrow(answer, options.arrow)
    if options.json or not any(files.values()):
        print(json.dumps(answer.as_json(), ensure_ascii=False, allow_nan=False))
    return DONE


def _check_files(files: Mapping[str, str]) -> None:
    """Each file can be made, and no two are one, before a long answer is worked out."""
    for option, path in files.items():
        if "\0" in path or Path(path).is_dir() or not Path(path).resolve().parent.is_dir():
            raise BadInput(option, "a file in a folder that exists", path)
    if len({Path(path).resolve() for path in files.values()}) < len(files):
        raise BadInput(" and ".join(files), "a file each", next(iter(files.values())))


# --- record ---------------------------------------------------------------------------------


def _replay(options: argparse.Namespace) -> int:
    from openketamine.core.treatment import replay

    _print(options, replay(_lines(options.file), protocol_id=options.protocol), _plain_text)
    return DONE


def _ledger_check(options: argparse.Namespace) -> int:
    from openketamine.core.ledger import check_lines

    answer = check_lines(_lines(options.file)).as_json()
    _print(options, answer, _plain_text)
    return DONE if answer["balances_ok"] else CLINICAL_NO


def _audit_verify(options: argparse.Namespace) -> int:
    if not options.file:
        return _operate("audit_verify")(options)
    from openketamine.clinic.journal.offline_verify import NotAnExport, verify_export

    try:
        answer = verify_export(Path(options.file), Path(options.since) if options.since else None)
    except (NotAnExport, UnicodeDecodeError) as error:
        raise BadInput("FILE", "an export of the journal", f"{options.file}: {error}") from None
    _print(options, answer, _plain_text)
    return DONE if answer["ok"] else CLINICAL_NO


# --- run ------------------------------------------------------------------------------------


def _operate(verb: str) -> Run:
    """A verb of the operations room: `run(options) -> exit status`, loaded when it is needed."""

    def run(options: argparse.Namespace) -> int:
        from openketamine import operations

        chosen: Run = getattr(operations, verb)
        return chosen(options)

    return run


def _replay_recording(options: argparse.Namespace) -> int:
    from openketamine.simulator import replay_csv

    host, _, port = options.to.rpartition(":")
    if not port.isdigit():
        raise BadInput("--to", "HOST:PORT such as 127.0.0.1:2575", options.to)
    sent = replay_csv(
        Path(options.file),
        host=host,
        port=int(port),
        mrn=options.mrn,
        device_id=options.device,
        speed=options.speed,
    )
    _print(options, dataclasses.asdict(sent), _plain_text)
    return DONE


# --- words ----------------------------------------------------------------------------------


def parser() -> argparse.ArgumentParser:
    """Every verb and its words; docs/reference/cli.md is made from it."""
    parser = _OneLineParser(
        prog="openketamine", description="Ketamine treatment, from referral to remission."
    )
    parser.add_argument("--version", action="version", version=f"openketamine {__version__}")
    verbs = parser.add_subparsers(
        dest="verb", required=True, metavar="VERB", parser_class=_OneLineParser
    )
    _add_decide(verbs)
    _add_forecast(verbs)
    _add_record(verbs)
    _add_run(verbs)
    return parser


def _verb(verbs: Any, name: str, run: Run, says: str, example: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(
        name, help=says, description=says, epilog=f"example: {example}"
    )
    parser.set_defaults(run=run)
    parser.add_argument("--json", action="store_true", help="print JSON instead of words")
    return parser


def _add_decide(verbs: Any) -> None:
    today = datetime.now(UTC).astimezone().date()
    for name, run, says in (
        ("evaluate", _evaluate, "one person's FHIR R4 Bundle against a treatment protocol"),
        ("propose", _propose, "the next dose, or why there is none"),
    ):
        example = (
            f"openketamine {name} docs/tutorials/fit-person.json --protocol iv-depression --json"
        )
        verb = _verb(verbs, name, run, says, example)
        verb.add_argument("file", metavar="BUNDLE.json")
        verb.add_argument(
            "--protocol", required=True, help="an id of `openketamine knowledge list`"
        )
        verb.add_argument(
            "--on", type=_date, default=today, help="date of the evaluation, default today"
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
    verb = _verb(verbs, "score", _score, "answers to a score, its band and its flags", example)
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
    verb = _verb(
        verbs, "knowledge", _knowledge, "list what we know", "openketamine knowledge list --json"
    )
    verb.add_argument("what", choices=["list"])


def _add_forecast(verbs: Any) -> None:
    example = (
        'openketamine forecast --drug ketamine --route iv --dose "0.5 mg/kg" '
        '--over "40 min" --weight 70 --json'
    )
    says = "drug level over time, by published models, with a band"
    verb = _verb(verbs, "forecast", _forecast, says, example)
    verb.add_argument("--drug", required=True, help="ketamine or esketamine")
    verb.add_argument("--route", required=True, help="iv, im, in, po or sl")
    verb.add_argument("--dose", required=True, action="append", help="0.5 mg/kg; may be repeated")
    verb.add_argument("--over", action="append", default=[], help="40 min; without it, at once")
    verb.add_argument("--at", action="append", default=[], help="0 min; may be repeated")
    verb.add_argument("--weight", help="body weight in kg, or with a unit")
    verb.add_argument("--age", help="years")
    verb.add_argument("--sex", help="female or male")
    verb.add_argument("--height", help="cm")
    verb.add_argument("--ancestry", help="asian, japanese or other; one nasal model differs by it")
    verb.add_argument(
        "--model",
        action="append",
        default=[],
        help="a model id, or your own model's YAML file; may be repeated",
    )
    verb.add_argument("--simulator", action="store_true", help="let models of children in")
    verb.add_argument("--every", default="1 min", help="spacing of the answer")
    verb.add_argument("--until", default="4 h", help="end of the answer")
    verb.add_argument("--people", type=int, default=1000, help="people in the band; 0 for none")
    verb.add_argument("--seed", type=int, default=1, help="makes the band repeatable")
    verb.add_argument("--measured", action="store_true", help="add the scatter of a sample")
    verb.add_argument("--with-inhibitor", help="a medicine that changes the level")
    verb.add_argument("--csv", metavar="FILE", help="write the table, one row a time")
    verb.add_argument("--arrow", metavar="FILE", help="the same as an Arrow file, with its sources")
    verb.add_argument("--plot", metavar="FILE.svg", help="draw curves and band")


def _add_record(verbs: Any) -> None:
    verb = _verb(
        verbs,
        "replay",
        _replay,
        "fold a session's facts",
        "openketamine replay docs/tutorials/session.jsonl --json",
    )
    verb.add_argument("file", metavar="FACTS.jsonl")
    verb.add_argument("--protocol", help="taken from the facts unless given")
    verb = _verb(
        verbs,
        "ledger",
        _ledger_check,
        "check a book of drug",
        "openketamine ledger check docs/tutorials/book.jsonl --json",
    )
    verb.add_argument("what", choices=["check"])
    verb.add_argument("file", metavar="BOOK.jsonl")


def _add_run(verbs: Any) -> None:
    says = {
        "demo": "open a demonstration clinic with treatment in progress on a virtual monitor",
        "serve": "run the clinic: web, database, device gateway",
        "doctor": "what runs, and where",
    }
    for name, text in says.items():
        verb = _verb(verbs, name, _operate(name), text, f"openketamine {name}")
        verb.add_argument("--data", type=Path, help="data folder")
        if name != "doctor":
            verb.add_argument("--port", type=int, help="web port, default 8700")
            verb.add_argument("--mllp-port", type=int, help="port for monitors, default 2575")
    verb = _verb(
        verbs,
        "import",
        _operate("import_bundles"),
        "people from FHIR R4 Bundles",
        "openketamine import person.json",
    )
    verb.add_argument("files", nargs="+", metavar="BUNDLE.json")
    verb.add_argument("--data", type=Path, help="data folder")
    verb = _verb(
        verbs,
        "populate",
        _operate("populate"),
        "a simulated year of people who do not exist, into a demonstration only",
        "openketamine populate --people 1000 --seed 1",
    )
    verb.add_argument("--people", type=int, default=1000, help="how many, default 1000")
    verb.add_argument("--seed", type=int, default=1, help="makes the year repeatable")
    verb.add_argument("--data", type=Path, help="folder of a demonstration, default var/demo")
    _add_export(verbs)
    verb = _verb(
        verbs,
        "audit",
        _audit_verify,
        "prove that the journal is whole",
        "openketamine audit verify",
    )
    verb.add_argument("what", choices=["verify"])
    verb.add_argument(
        "file",
        nargs="?",
        metavar="EXPORT",
        help="an export with its chain (a ZIP, a folder, journal.jsonl): proven without a clinic",
    )
    verb.add_argument("--since", metavar="HEADS.json", help="heads of an earlier export")
    verb.add_argument("--data", type=Path, help="data folder")
    verb = _verb(
        verbs,
        "packet",
        _operate("packet"),
        "the inspection packet of the drug book, for any range of days",
        "openketamine packet 2026-01-01 2026-11-22 --out packet.zip",
    )
    verb.add_argument("since", metavar="FROM", help="the first day")
    verb.add_argument("until", metavar="TO", help="the last day")
    verb.add_argument("--out", type=Path, required=True, metavar="FILE", help=".zip, .pdf or .json")
    verb.add_argument("--data", type=Path, help="data folder")
    verb = _verb(
        verbs,
        "bounce",
        _operate("bounce"),
        "a letter that came back (RFC 3464): nothing more goes to that address",
        "openketamine bounce letter.eml",
    )
    verb.add_argument("file", metavar="LETTER.eml", nargs="?", default="-")
    verb.add_argument("--data", type=Path, help="data folder")
    for name, text in (
        ("backup", "everything of a clinic, running or not, into a new folder"),
        ("restore", "a backup into a clinic that was never opened, and proof that all is there"),
    ):
        verb = _verb(verbs, name, _operate(name), text, f"openketamine {name} backup-2026-11-22")
        verb.add_argument("folder", type=Path, metavar="DIR")
        verb.add_argument("--data", type=Path, help="data folder")
    _add_devices(verbs)


def _add_export(verbs: Any) -> None:
    verb = _verb(
        verbs,
        "export",
        _operate("export"),
        "de-identified people for research, as Parquet and FHIR; each export is put on record",
        'openketamine export --research study-7 --purpose "University of N, study 7"',
    )
    verb.add_argument(
        "--research", type=Path, required=True, metavar="DIR", help="an empty or a new folder"
    )
    verb.add_argument("--purpose", required=True, help="to whom it goes, and what for")
    verb.add_argument("--form", choices=["parquet", "fhir", "both"], default="both")
    verb.add_argument(
        "--dates",
        choices=["years", "shifted"],
        default="years",
        help="years: safe harbour; shifted: each person by a number of their own",
    )
    verb.add_argument("--protocol", default="", help="only this protocol")
    verb.add_argument("--since", type=_date, help="first session on or after this day")
    verb.add_argument("--until", type=_date, help="first session on or before this day")
    verb.add_argument("--data", type=Path, help="data folder")


def _add_devices(verbs: Any) -> None:
    example = (
        "openketamine devices replay recording.csv --as mllp --mrn DEMO-0001 --device REPLAY-1"
    )
    verb = _verb(
        verbs,
        "devices",
        _replay_recording,
        "replay a recording as a monitor would send it",
        example,
    )
    verb.add_argument("what", choices=["replay"])
    verb.add_argument("file", metavar="FILE.csv")
    verb.add_argument("--as", dest="protocol", choices=["mllp"], default="mllp")
    verb.add_argument("--to", default="127.0.0.1:2575", metavar="HOST:PORT")
    verb.add_argument("--mrn", help="the person whom the monitor believes it watches")
    verb.add_argument("--device", default="REPLAY-1", help="the device id that it calls itself")
    verb.add_argument("--speed", type=float, default=60.0, help="recorded seconds a second")


# --- reading and printing -------------------------------------------------------------------


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected a date such as 2026-11-22, got {text!r}"
        ) from None


def _bytes(path: str) -> bytes:
    return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()


def _lines(path: str) -> list[str]:
    try:
        return _bytes(path).decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise BadInput("text", "UTF-8") from None


def _json(path: str) -> Any:
    return _parse_json(_bytes(path).decode("utf-8", errors="replace"), Path(path).name)


def _parse_json(text: str, field: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: also a number of 5000 digits
        raise BadInput(field, f"JSON ({error})") from None


def _print(
    options: argparse.Namespace,
    answer: Mapping[str, Any],
    words: Callable[[Mapping[str, Any]], str],
) -> None:
    text = (
        json.dumps(answer, ensure_ascii=False, allow_nan=False) if options.json else words(answer)
    )
    print(text)


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


def _plain_text(answer: Mapping[str, Any]) -> str:
    return json.dumps(answer, ensure_ascii=False, indent=2, allow_nan=False)


if __name__ == "__main__":
    sys.exit(main())
