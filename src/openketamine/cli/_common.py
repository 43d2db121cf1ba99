"""What every group of verbs needs: exit states, one verb of the parser, reading and printing."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from openketamine.core.findings import BadInput

DONE, FAILED, WRONG_INPUT, CLINICAL_NO = 0, 1, 2, 3
Run = Callable[[argparse.Namespace], int]


def add_verb(verbs: Any, name: str, run: Run, says: str, example: str) -> argparse.ArgumentParser:
    """One verb with its example; every verb can print JSON."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        name, help=says, description=says, epilog=f"example: {example}"
    )
    parser.set_defaults(run=run)
    parser.add_argument("--json", action="store_true", help="print JSON instead of words")
    return parser


def a_day(text: str) -> date:
    """A date of the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected a date such as 2026-11-22, got {text!r}"
        ) from None


def read_bytes(path: str) -> bytes:
    """A file, or what is piped in for `-`."""
    return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()


def read_lines(path: str) -> list[str]:
    """The same as lines of UTF-8. Raises BadInput."""
    try:
        return read_bytes(path).decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise BadInput("text", "UTF-8") from None


def read_json(path: str) -> Any:
    """The same as JSON. Raises BadInput that names the file."""
    return parse_json(read_bytes(path).decode("utf-8", errors="replace"), Path(path).name)


def parse_json(text: str, field: str) -> Any:
    """JSON of a word or a file. Raises BadInput that names the field."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: also a number of 5000 digits
        raise BadInput(field, f"JSON ({error})") from None


def show(
    options: argparse.Namespace,
    answer: Mapping[str, Any],
    words: Callable[[Mapping[str, Any]], str],
) -> None:
    """The answer as JSON, or in words."""
    text = (
        json.dumps(answer, ensure_ascii=False, allow_nan=False) if options.json else words(answer)
    )
    print(text)


def plain_text(answer: Mapping[str, Any]) -> str:
    """An answer that is read as JSON by people too."""
    return json.dumps(answer, ensure_ascii=False, indent=2, allow_nan=False)
