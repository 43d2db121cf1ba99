"""The rules as pages: what each says, who reviewed it, where it was found and overridden."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from openketamine.clinic.journal import clock
from openketamine.clinic.library import commands
from openketamine.clinic.library.catalogue import Grade, Limit, RuleEntry, rule_entries
from openketamine.clinic.library.commands import VERDICTS
from openketamine.clinic.library.queries import (
    OwnLimit,
    limit_changes,
    own_limits,
    review_state,
    reviews,
    site,
)
from openketamine.clinic.rulebook.decisions import decisions
from openketamine.clinic.rulebook.forms import FindForm, ReviewForm
from openketamine.clinic.rulebook.listing import REVIEW_WORDS, asked_for, counts, lines
from openketamine.clinic.rulebook.replay import since_recorded
from openketamine.clinic.rulebook.rows import changed_rows, decision_rows
from openketamine.clinic.rulebook.uses import overridings, reasons, use_of
from openketamine.clinic.staff.access import allowed, opened_record
from openketamine.clinic.staff.roles import can
from openketamine.clinic.staff.screen import own_proof
from openketamine.core.findings import BadInput
from openketamine.core.screening import digest_with

_LISTED = 25


@require_GET
@allowed("knowledge.read")
def index(request: HttpRequest) -> HttpResponse:
    """Every rule in one line each, and those that were asked for."""
    form = FindForm(request.GET)
    said = form.cleaned_data if form.is_valid() else {}
    every = lines(clock.now())
    context = {
        "form": form,
        "rows": asked_for(every, said),
        "all": len(every),
        "counts": counts(every),
        "asked": any(said.values()),
        "idle": [own for own in own_limits() if not own.holds],
        "may_replay": can(request.user, "decisions.read").ok,
    }
    return render(request, "rulebook/index.html", context)


@require_GET
@allowed("knowledge.read")
def rule(request: HttpRequest, rule_id: str) -> HttpResponse:
    """One rule, all its grades."""
    return _page(request, entry_of(rule_id))


@require_POST
@allowed("rule.review")
def review(request: HttpRequest, rule_id: str) -> HttpResponse:
    """The director read this rule against its sources and signs that they did."""
    entry, form = entry_of(rule_id), ReviewForm(request.POST)
    if form.is_valid():
        try:
            _review(request, entry, form.cleaned_data)
        except BadInput as error:
            form.refuse(error)
    if form.errors:
        return _page(request, entry, form)
    messages.success(request, f"The review of {entry.id} is recorded under your name.")
    return redirect("rule", entry.id)


@require_GET
@allowed("rule-uses.read")
def rule_uses(request: HttpRequest, rule_id: str) -> HttpResponse:
    """In which recorded decisions it was found, and who went on in spite of it."""
    entry = entry_of(rule_id)
    loaded, (overridden, in_all) = decisions(_LISTED, entry.id), overridings(entry.id, _LISTED)
    people = {one.person.pk for one in loaded.decisions} | {one.person.pk for one in overridden}
    note_opened(request, people, "rule-uses.read")
    context = {
        "entry": entry,
        "rows": decision_rows(loaded.decisions, entry.id),
        "older": loaded.older,
        "overridden": overridden,
        "overridden_in_all": in_all,
    }
    return render(request, "rulebook/uses.html", context)


@require_GET
@allowed("decisions.read")
def since(request: HttpRequest) -> HttpResponse:
    """What the rules of today would decide differently than was recorded."""
    diff = since_recorded()
    note_opened(request, {one.decision.person.pk for one in diff.changed}, "decisions.read")
    context = {
        "diff": diff,
        "only": len(diff.changed) - diff.decided_differently,
        "rows": changed_rows(diff.changed),
        "knowledge": digest_with(site()),
        "own": [own for own in own_limits() if own.holds],
    }
    return render(request, "rulebook/decisions.html", context)


def entry_of(rule_id: str) -> RuleEntry:
    """The rule, or page 404."""
    found = rule_entries().get(rule_id)
    if found is None:
        raise Http404(f"There is no rule {rule_id!r}.")
    return found


def note_opened(request: HttpRequest, people: set[UUID], task: str) -> None:
    """Whoever stands in a list was read of, and their record says so."""
    for person_id in sorted(people, key=str):
        opened_record(request, person_id, task)


def _page(request: HttpRequest, entry: RuleEntry, form: ReviewForm | None = None) -> HttpResponse:
    now = clock.now()
    found = reviews(entry.id)
    state = review_state(entry, found, timezone.localdate(now))
    own = [one for one in own_limits() if one.rule == entry.id]
    may_review, may_tighten = (
        can(request.user, f"rule.{what}").ok for what in ("review", "tighten")
    )
    context = {
        "entry": entry,
        "grades": [_grade(grade, entry, own, may_tighten=may_tighten) for grade in entry.grades],
        "may_tighten": may_tighten,
        "lost": [one for one in own if one.house is None],
        "state": state,
        "state_level": REVIEW_WORDS[state.state][0],
        "state_word": REVIEW_WORDS[state.state][1],
        "reviews": [(one, VERDICTS.get(one.verdict, one.verdict)) for one in found],
        "form": (form or ReviewForm()) if may_review else None,
        "changes": limit_changes(entry.id),
        "use": use_of(entry.id, now),
        "reasons": reasons(entry.id),
        "may_see_uses": can(request.user, "rule-uses.read").ok,
        "is_counted": entry.first.folder in ("contraindications", "interactions"),
    }
    status = 400 if form is not None and form.errors else 200
    return render(request, "rulebook/rule.html", context, status=status)


def _grade(
    grade: Grade, entry: RuleEntry, own: list[OwnLimit], *, may_tighten: bool
) -> dict[str, Any]:
    limits = [_limit(limit, entry, own, may_tighten=may_tighten) for limit in grade.limits]
    return {"grade": grade, "limits": limits, "any_own": any(one["own"] for one in limits)}


def _limit(
    limit: Limit, entry: RuleEntry, own: list[OwnLimit], *, may_tighten: bool
) -> dict[str, Any]:
    house = limit.house
    mine = next((one for one in own if house is not None and one.house == house), None)
    key = f"{house.action}.{house.signal}.{house.side}" if house else ""
    path = reverse("rule-limit", args=(entry.id, key)) if key and may_tighten else ""
    return {"limit": limit, "own": mine, "path": path}


def _review(request: HttpRequest, entry: RuleEntry, said: dict[str, Any]) -> None:
    now = clock.now()
    proof = own_proof(request, said, now)
    commands.record_review(entry.id, said["verdict"], said["note"], said["next_due"], proof, now)
