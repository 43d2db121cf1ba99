"""Stock as a whole: differences and their days, what is under way, destruction and return."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from openketamine.clinic.journal import clock
from openketamine.clinic.patients.banner import clinic_date
from openketamine.clinic.pharmacy import commands, forms, queries
from openketamine.clinic.pharmacy._watch import lately_late, unsigned
from openketamine.clinic.pharmacy.ledger_page import milligrams, stock, strength
from openketamine.clinic.pharmacy.queries import Case
from openketamine.clinic.pharmacy.views import places
from openketamine.clinic.pharmacy.witnessed import second_needed
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.faults import put_beside
from openketamine.clinic.staff.roles import can
from openketamine.clinic.staff.screen import signed_in
from openketamine.core.findings import BadInput
from openketamine.core.ledger import account_name
from openketamine.knowledge import document


@require_GET
@allowed("vials.read")
def differences(request: HttpRequest) -> HttpResponse:
    """Every difference with its days; corrections that wait for a second signature; late waste."""
    context = {
        "places": places(request),
        "cases": [_case_row(one) for one in queries.cases()],
        "unsigned": unsigned(),
        "may_sign": can(request.user, "drug.witness").ok,
        "late": lately_late(clock.now()),
        "trays": [
            {"session": account_name(tray), "mass": milligrams(held.mass_ug)}
            for tray, held in queries.trays_here().items()
            if held.mass_ug
        ],
    }
    return render(request, "pharmacy/differences.html", context)


def _case_row(case: Case) -> dict[str, Any]:
    today = timezone.localdate(clock.now())
    due = [
        {"words": forms.DUE_WORDS[step], "by": clinic_date(day), "late": day < today}
        for step, day in case.due()
    ]
    level = "done" if case.closed else "block" if any(one["late"] for one in due) else "caution"
    return {
        "case": case,
        "amount": _amount(case),
        "what": _what(case),
        "found": f"{timezone.localtime(case.discovered_at):%d-%b-%Y %H:%M}",
        "due": due,
        "level": level,
        "status": "closed"
        if case.closed
        else "answered, not reported"
        if case.answered
        else "open",
    }


def _amount(case: Case) -> str:
    """`− 0.2 mL (10 mg)`: what is missing, or too much."""
    sign = "−" if case.difference < 0 else "+"
    one = case.discrepancy
    mass = milligrams(abs(one.difference_ug))
    if one.kind != "count":
        return f"{mass} not accounted for"
    vial = queries.vial(account_name(one.account))
    amount = stock(vial, abs(case.difference), abs(case.difference))
    return f"{sign} {amount} ({mass})"


def _what(case: Case) -> str:
    one = case.discrepancy
    if one.kind != "count":
        return f"Tray of session {account_name(one.account)[:8]}"
    vial = queries.vial(account_name(one.account))
    return f"{vial.drug} {strength(vial)}, lot {vial.lot}"


@allowed("vials.read")
def difference(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """One difference: what was done about it, by when the law wants what, and its answer."""
    case = queries.case(str(case_id))
    if case is None:
        raise Http404("There is no such difference.")
    made = _case_forms(request, case)
    chosen = made.get(request.POST.get("do", "")) if request.method == "POST" else None
    if chosen is not None and chosen.is_valid():
        try:
            _answer(request, case, request.POST["do"], chosen)
        except BadInput as error:
            put_beside(chosen, error)
        else:
            messages.success(request, "It is written down.")
            return redirect("difference", case_id)
    know = document("controlled-substances", "theft-or-loss").body
    context = {
        "row": _case_row(case), "case": case, "forms": made, "know": know,
        "steps": [
            {"words": forms.STEP_WORDS[one.step], "said": one.words, "by": one.by,
             "at": f"{timezone.localtime(one.at):%d-%b-%Y %H:%M}"}
            for one in case.steps
        ],
    }  # fmt: skip
    bad = chosen is not None and bool(chosen.errors)
    return render(request, "pharmacy/difference.html", context, status=400 if bad else 200)


def _case_forms(request: HttpRequest, case: Case) -> dict[str, Any]:
    """The forms that this person may use on this case now."""
    data = request.POST if request.method == "POST" else None
    do = request.POST.get("do", "")
    steps = [step for step, task in commands.STEPS.items() if can(request.user, task)]
    found: dict[str, Any] = {}
    if steps:
        found["step"] = forms.StepForm(data if do == "step" else None, steps=steps, prefix="step")
    if not case.answered and can(request.user, "stock.adjust"):
        surplus = case.difference > 0 and case.discrepancy.kind == "count"
        found["adjust"] = forms.AdjustForm(
            data if do == "adjust" else None, surplus=surplus, prefix="adjust"
        )
        if case.discrepancy.kind == "count":
            found["explain"] = forms.ExplainForm(
                data if do == "explain" else None, prefix="explain"
            )
    return found


def _answer(request: HttpRequest, case: Case, do: str, form: Any) -> None:
    now, by, said = clock.now(), signed_in(request), form.cleaned_data
    if do == "step":
        commands.add_step(case.id, said["step"], said["words"], by, now)
    elif do == "explain":
        commands.explain(case.id, said["words"], by, now)
    else:
        second = second_needed(request, form, now)
        commands.adjust(case.id, said["cause"], said["words"], by, second, now)


@allowed("drug.witness")
def countersign(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """The second signature under a correction, by whoever stands there with their own secret."""
    form = forms.WitnessForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        now = clock.now()
        try:
            second = second_needed(request, form, now)
            commands.countersign(str(entry_id), second, now)
        except BadInput as error:
            put_beside(form, error)
        else:
            messages.success(request, "The correction is signed by a second person.")
            return redirect("differences")
    found = queries.entry(str(entry_id))
    context = {"form": form, "entry": found}
    return render(request, "pharmacy/countersign.html", context, status=400 if form.errors else 200)


@allowed("stock.manage")
def arrive(request: HttpRequest, fact_id: UUID) -> HttpResponse:
    """A shipment is received at the site that it was sent to, by two people."""
    sent = next((one for one in queries.under_way() if one.id == str(fact_id)), None)
    if sent is None:
        raise Http404("There is no such shipment under way.")
    form = forms.ArriveForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        now = clock.now()
        try:
            second = second_needed(request, form, now)
            cabinet = form.cleaned_data["cabinet"]
            commands.arrive(sent.id, cabinet, signed_in(request), second, now)
        except BadInput as error:
            put_beside(form, error)
        else:
            messages.success(request, f"Lot {sent.vial.lot} has arrived.")
            return redirect("vial", sent.vial.pk)
    context = {
        "form": form, "sent": sent, "strength": strength(sent.vial),
        "amount": stock(sent.vial, sent.held.volume_ul, sent.held.units),
    }  # fmt: skip
    return render(request, "pharmacy/arrive.html", context, status=400 if form.errors else 200)


@allowed("stock.destroy")
def dispose(request: HttpRequest) -> HttpResponse:
    """Inventory is destroyed here by two people, or given back to a reverse distributor."""
    choices = [(str(one.vial.pk), _choice(one)) for one in queries.stocked(clock.now())]
    do, data = request.POST.get("do", ""), request.POST if request.method == "POST" else None
    made: dict[str, Any] = {
        "destroy": forms.DestroyForm(
            data if do == "destroy" else None, choices=choices, prefix="destroy"
        ),
        "return": forms.GiveBackForm(
            data if do == "return" else None, choices=choices, prefix="return"
        ),
    }
    chosen = made.get(do)
    if chosen is not None and chosen.is_valid():
        try:
            _dispose(request, do, chosen)
        except BadInput as error:
            put_beside(chosen, error)
        else:
            messages.success(request, "It is in the book; the form is in the inspection packet.")
            return redirect("dispose")
    context = {
        "places": places(request), "forms": made, "papers": _papers(),
        "regimes": {
            name: document("controlled-substances", name).body["regime"]
            for name in ("destruction", "reverse-distribution", "wastage")
        },
    }  # fmt: skip
    bad = chosen is not None and bool(chosen.errors)
    return render(request, "pharmacy/dispose.html", context, status=400 if bad else 200)


def _choice(one: queries.VialOnShelf) -> str:
    left = stock(one.vial, one.on_hand_ul, one.on_hand_units)
    return f"{one.vial.drug} {strength(one.vial)}, lot {one.vial.lot}, {left} ({one.status})"


def _dispose(request: HttpRequest, do: str, form: Any) -> None:
    now, by, said = clock.now(), signed_in(request), form.cleaned_data
    second = second_needed(request, form, now)
    chosen = [queries.vial(one) for one in said["vials"]]
    if do == "destroy":
        commands.destroy(chosen, said["method"], said["place"], said["on"], by, second, now)
        return
    to = commands.Distributor(said["name"], said["address"], said["dea"])
    commands.give_back(chosen, to, said["on"], by, second, now)


def _papers() -> list[dict[str, Any]]:
    facts = [*queries.notes("form_41"), *queries.notes("reverse_distribution")]
    return [
        {
            "what": "Destroyed (Form 41)" if fact.kind == "form_41" else "Returned",
            "at": f"{timezone.localtime(fact.at):%d-%b-%Y %H:%M}",
            "rows": len(fact.body["rows"]),
            "people": " and ".join(one["name"] for one in fact.body["employees"]),
        }
        for fact in sorted(facts, key=lambda one: one.at, reverse=True)
    ]
