"""A limit of the clinic's own: first what it would have changed, then the signature.

Looking writes nothing. Signing looks once more: where the list is another one by then, nothing is
signed, and the new list is shown.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from openketamine.clinic.journal import clock
from openketamine.clinic.library import commands
from openketamine.clinic.library.catalogue import RuleEntry
from openketamine.clinic.library.queries import (
    OwnLimit,
    alarm_site,
    every_limit,
    in_words,
    own_limit,
    site,
)
from openketamine.clinic.library.sentences import COMPARE, UNITS, signal_words
from openketamine.clinic.rulebook.alarm_replay import AlarmDiff, of_alarm
from openketamine.clinic.rulebook.forms import LimitForm, ValueForm
from openketamine.clinic.rulebook.replay import PREVIEW, Diff, of_limit
from openketamine.clinic.rulebook.rows import changed_rows
from openketamine.clinic.rulebook.views import entry_of, note_opened
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.screen import own_proof
from openketamine.core.findings import BadInput
from openketamine.core.monitoring import PRIORITIES
from openketamine.core.screening import HouseLimit, Tightened


@dataclass(frozen=True)
class _Asked:
    """Which limit of which rule, its own value, and the value wanted: None is the house's."""

    entry: RuleEntry
    limit: HouseLimit
    own: OwnLimit | None
    value: Decimal | None

    @property
    def is_alarm(self) -> bool:
        """Whether it is a limit of an alarm, and not of a decision before the dose."""
        return self.limit.action in PRIORITIES


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("rule.tighten")
def tighten(request: HttpRequest, rule_id: str, limit: str) -> HttpResponse:
    """Choose a value, read what it would have changed, sign it."""
    entry, house = entry_of(rule_id), _limit_of(rule_id, limit)
    sent = request.POST if request.method == "POST" else request.GET
    value_form = ValueForm(sent if "value" in sent or request.method == "POST" else None)
    value = value_form.cleaned_data["value"] if value_form.is_valid() else None
    asked = _Asked(entry, house, own_limit(house), value)
    why = commands.why_not(house, value) if value is not None else ""
    if why:
        value_form.add_error("value", why)
    if value is None or why:
        status = 400 if value_form.errors else 200
        return _show(request, asked, {"value_form": value_form}, status)
    return _preview_or_sign(request, asked, {"value_form": value_form})


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("rule.tighten")
def give_back(request: HttpRequest, rule_id: str, limit: str) -> HttpResponse:
    """Read what the house value would have changed, and return to it."""
    entry, house = entry_of(rule_id), _limit_of(rule_id, limit)
    own = own_limit(house)
    if own is None:
        messages.info(request, "This limit stands at the house value.")
        return redirect("rule", entry.id)
    return _preview_or_sign(request, _Asked(entry, house, own, None), {"returns": True})


def _preview_or_sign(request: HttpRequest, asked: _Asked, context: dict[str, Any]) -> HttpResponse:
    preview = of_alarm if asked.is_alarm else of_limit
    diff = preview(asked.limit, _candidate(asked))
    must = _must_understand(diff)
    posted = request.method == "POST"
    form = LimitForm(request.POST if posted else None, must_understand=must)
    if asked.is_alarm:
        # A bedside finding says whose limit it is in a few words; the reason is a page away.
        form.fields["reason"].help_text = "It stands with the limit, on the page of the rule."
    if posted and form.is_valid():
        try:
            _sign(request, asked, diff, form.cleaned_data)
        except BadInput as error:
            form.refuse(error)
    if posted and not form.errors:
        messages.success(request, _done(asked))
        return redirect("rule", asked.entry.id)
    note_opened(request, _people(diff), "rule.tighten")
    # The list that is on the page is the one that is signed, whatever was sent.
    if posted:
        form.data = {**request.POST.dict(), "seen": _mark(diff)}
    form.initial["seen"] = _mark(diff)
    found = {**_shown_diff(diff), "form": form}
    return _show(request, asked, {**context, **found}, 400 if form.errors else 200)


def _shown_diff(diff: Diff | AlarmDiff) -> dict[str, Any]:
    if isinstance(diff, AlarmDiff):
        return {"rung": diff}
    return {
        "diff": diff,
        "only": len(diff.changed) - diff.decided_differently,
        "rows": changed_rows(diff.changed),
    }


def _people(diff: Diff | AlarmDiff) -> set[UUID]:
    """Whose records the list shows something of."""
    if isinstance(diff, AlarmDiff):
        return {one.session.person_id for one in diff.changed}
    return {one.decision.person.pk for one in diff.changed}


def _sign(
    request: HttpRequest, asked: _Asked, diff: Diff | AlarmDiff, said: dict[str, Any]
) -> None:
    if said["seen"] != _mark(diff):
        raise BadInput("preview", "the list as it is now: a decision was recorded meanwhile")
    now = clock.now()
    proof = own_proof(request, said, now)
    looked, left = _counted(diff)
    seen = commands.Seen(looked, len(diff.changed), left)
    if asked.value is None:
        commands.return_to_house(asked.limit, said["reason"], proof, now, seen)
    else:
        commands.tighten(asked.limit, asked.value, said["reason"], proof, now, seen)


def _counted(diff: Diff | AlarmDiff) -> tuple[int, int]:
    """How many records were looked at, and how many were not."""
    if isinstance(diff, AlarmDiff):
        return len(diff.sessions), diff.older
    return diff.replayed, diff.not_replayed


def _candidate(asked: _Asked) -> tuple[Tightened, ...]:
    """The clinic's limits as they would be."""
    limit = asked.limit
    key = (limit.rule, limit.action, limit.signal, limit.side)
    mine = alarm_site() if asked.is_alarm else site()
    others = tuple(one for one in mine if (one.rule, one.action, one.signal, one.side) != key)
    if asked.value is None:
        return others
    today = timezone.localdate(clock.now())
    wish = Tightened(*key[:3], asked.value, PREVIEW, limit.side, "", today)
    return (*others, wish)


def _must_understand(diff: Diff | AlarmDiff) -> str:
    if isinstance(diff, AlarmDiff):
        words = f"I have read that it would have been raised {diff.after} times, not {diff.before}"
        return words if diff.changed else ""
    if diff.stops_everybody:
        return f"I have read that all {diff.replayed} replayed decisions would be refusals"
    if diff.changed:
        return f"I have read the {len(diff.changed)} decisions that come out differently"
    return ""


def _mark(diff: Diff | AlarmDiff) -> str:
    """What the list showed, short enough for a form."""
    if isinstance(diff, AlarmDiff):
        return f"{len(diff.sessions)}.{diff.before}.{diff.after}"
    return f"{diff.replayed}.{len(diff.changed)}.{diff.decided_differently}.{diff.stops[1]}"


def _done(asked: _Asked) -> str:
    if asked.value is None:
        return f"{asked.entry.id} is back at the house value."
    shown = in_words(asked.value, asked.limit.unit)
    return f"{asked.entry.id}: from now on this clinic decides with {shown}."


def _limit_of(rule_id: str, name: str) -> HouseLimit:
    """`defer.systolic.above` of this rule, or page 404."""
    for limit in every_limit():
        if limit.rule == rule_id and f"{limit.action}.{limit.signal}.{limit.side}" == name:
            return limit
    raise Http404(f"{rule_id} has no such limit.")


def _show(
    request: HttpRequest, asked: _Asked, context: dict[str, Any], status: int
) -> HttpResponse:
    limit, own, value = asked.limit, asked.own, asked.value
    return render(
        request,
        "rulebook/limit.html",
        {
            "entry": asked.entry,
            "limit": limit,
            "key": f"{limit.action}.{limit.signal}.{limit.side}",
            "signal": signal_words(limit.signal),
            "compare": COMPARE[limit.compare],
            # Not "house": that is the frame of every page, its DEMONSTRATION included.
            "house_value": in_words(limit.value, limit.unit),
            "unit": UNITS.get(limit.unit, limit.unit),
            "own": own,
            "wanted": in_words(value, limit.unit) if value is not None else "",
            "is_alarm": asked.is_alarm,
            "at_gate": asked.entry.first.group == "pre-dose-pressure",
            "direction": "lower" if limit.side == "above" else "higher",
            **context,
        },
        status=status,
    )
