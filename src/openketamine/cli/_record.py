"""Record: what a session's facts and a book of drug say, without a clinic."""

import argparse
from typing import Any

from openketamine.cli._common import CLINICAL_NO, DONE, add_verb, plain_text, read_lines, show


def add_record(verbs: Any) -> None:
    """The verbs of this group."""
    verb = add_verb(
        verbs,
        "replay",
        _replay,
        "fold a session's facts",
        "openketamine replay docs/tutorials/session.jsonl --json",
    )
    verb.add_argument("file", metavar="FACTS.jsonl")
    verb.add_argument("--protocol", help="taken from the facts unless given")
    verb = add_verb(
        verbs,
        "ledger",
        _ledger_check,
        "check a book of drug",
        "openketamine ledger check docs/tutorials/book.jsonl --json",
    )
    verb.add_argument("what", choices=["check"])
    verb.add_argument("file", metavar="BOOK.jsonl")


def _replay(options: argparse.Namespace) -> int:
    from openketamine.core.treatment import replay

    show(options, replay(read_lines(options.file), protocol_id=options.protocol), plain_text)
    return DONE


def _ledger_check(options: argparse.Namespace) -> int:
    from openketamine.core.ledger import check_lines

    answer = check_lines(read_lines(options.file)).as_json()
    show(options, answer, plain_text)
    return DONE if answer["balances_ok"] else CLINICAL_NO
