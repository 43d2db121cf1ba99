"""One verb a capability; JSON in, JSON out. The contract is what stands in `docs/reference/cli.md`.

Exit status: 0 done · 2 the input or the words are wrong · 3 a clinical no · 1 the program failed.
A module a group of verbs. Rooms are imported inside the verbs, so that `score` does not wait for a
web framework.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn

from openketamine import __version__
from openketamine.cli._common import CLINICAL_NO, DONE, FAILED, WRONG_INPUT, Run
from openketamine.cli._decide import add_decide
from openketamine.cli._foresee import add_foresee
from openketamine.cli._record import add_record
from openketamine.cli._run import add_run
from openketamine.core.findings import BadInput
from openketamine.core.quantities import QuantityError
from openketamine.knowledge import KnowledgeError

__all__ = ["CLINICAL_NO", "DONE", "FAILED", "WRONG_INPUT", "main", "parser"]


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


def parser() -> argparse.ArgumentParser:
    """Every verb and its words; docs/reference/cli.md is made from it."""
    parser = _OneLineParser(
        prog="openketamine", description="Ketamine treatment, from referral to remission."
    )
    parser.add_argument("--version", action="version", version=f"openketamine {__version__}")
    verbs = parser.add_subparsers(
        dest="verb", required=True, metavar="VERB", parser_class=_OneLineParser
    )
    add_decide(verbs)
    add_foresee(verbs)
    add_record(verbs)
    add_run(verbs)
    return parser
