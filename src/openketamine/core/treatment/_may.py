"""May this be done next? A request is granted or refused; a refusal gives every reason at once."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from openketamine.core.findings import Action, BadInput, Finding, Refusal
from openketamine.core.screening import Tightened
from openketamine.core.treatment import _gate_dose as dose
from openketamine.core.treatment import _gate_end as end
from openketamine.core.treatment._facts import OverrideSigned
from openketamine.core.treatment._gate_start import start
from openketamine.core.treatment._reasons import Context
from openketamine.core.treatment._state import State

_Gate = Callable[[State, datetime, Context], Iterator[Finding]]
_GATES: Mapping[str, _Gate] = {
    "sign_plan": dose.sign_plan,
    "withdraw": dose.withdraw,
    "verify": dose.verify,
    "start": start,
    "resume": dose.resume,
    "discharge": end.discharge,
    "close": end.close,
    "sign_report": end.sign_report,
}
_STOPS = (Action.BLOCK, Action.DEFER, Action.OVERRIDE)


@dataclass(frozen=True)
class Allowed:
    """Yes; with what to keep in mind."""

    request: str
    cautions: tuple[Finding, ...] = ()


def requests() -> tuple[str, ...]:
    """Everything that can be asked for, in the order of a session."""
    return tuple(_GATES)


def may(request: str, state: State, now: datetime, context: Context) -> Allowed | Refusal:
    """Whether `request` may be done now. Pure: asking changes nothing.

    Raises BadInput for a request that does not exist.
    """
    if request not in _GATES:
        raise BadInput("request", f"one of {', '.join(_GATES)}", request)
    return _answer(request, state, _GATES[request](state, now, context))


def gate(
    request: str, state: State, now: datetime, site: tuple[Tightened, ...] = ()
) -> Allowed | Refusal:
    """What a request waits for before anybody asks: no second person, nothing read yet.

    `site`: the thresholds that this clinic has tightened.
    """
    asked = dose.verifiable if request == "verify" else _GATES[request]
    return _answer(request, state, asked(state, now, Context(site=site)))


def _answer(request: str, state: State, found: Iterator[Finding]) -> Allowed | Refusal:
    overridden = {one.body.rule for one in state.all(OverrideSigned)}
    findings = tuple(found)
    stops = tuple(
        one
        for one in findings
        if one.action in _STOPS and not (one.overridable and one.rule in overridden)
    )
    return Refusal(stops) if stops else Allowed(request, findings)
