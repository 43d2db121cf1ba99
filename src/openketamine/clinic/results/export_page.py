"""The page from which a de-identified export leaves the house, and the list of those that did."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from openketamine.clinic.journal import clock
from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.queries import StoredFact
from openketamine.clinic.results.commands import KIND, STREAM, Export, Wanted, export
from openketamine.clinic.results.deidentified import DATES
from openketamine.clinic.results.forms import AskForm
from openketamine.clinic.results.statistics import missing_libraries
from openketamine.clinic.results.views import without_libraries
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.faults import put_beside
from openketamine.clinic.staff.screen import own_proof
from openketamine.clinic.staff.turns import LATER, turn
from openketamine.core.dosing import protocol, protocols
from openketamine.core.findings import BadInput

_FORM_WORDS = (("parquet", "Parquet tables"), ("fhir", "FHIR R4 Bundles, one a line"))
_DATE_WORDS = {
    "years": "Year of the first session and days since it (safe harbour)",
    "shifted": "Days moved by a number of each person's own (not safe harbour)",
}


class ExportForm(AskForm):
    """Whom, in which form, with which dates, for what, and a proof of who asks."""

    forms_wanted = forms.MultipleChoiceField(
        label="Form",
        choices=_FORM_WORDS,
        initial=["parquet", "fhir"],
        widget=forms.CheckboxSelectMultiple,
    )
    dates = forms.ChoiceField(
        label="Dates",
        choices=[(one, _DATE_WORDS[one]) for one in DATES],
        initial=DATES[0],
        widget=forms.RadioSelect,
    )
    purpose = forms.CharField(
        label="To whom it goes, and what for", max_length=400, widget=forms.Textarea({"rows": 3})
    )
    password = forms.CharField(
        label="Your password",
        max_length=200,
        required=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    otp = forms.CharField(label="or the code of your second factor", max_length=20, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is judged here, so there is nothing to choose of it."""
        super().__init__(*args, **kwargs)
        del self.fields["window"], self.fields["relapse"]

    def wanted(self) -> Wanted:
        """What was asked for; only of a form that is right."""
        said = self.cleaned_data
        return Wanted(self.asked(), tuple(said["forms_wanted"]), said["dates"], said["purpose"])


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("results.export")
def export_page(request: HttpRequest) -> HttpResponse:
    """Ask for an export; what is right is given as one ZIP."""
    if missing_libraries():
        return without_libraries(request)
    form = ExportForm(request.POST or None, initial=AskForm(request.GET).chosen())
    if request.method == "POST":
        made = _made(request, form)
        if made is not None:
            return _as_file(made)
    past = [_told(one) for one in reversed(journal.facts(STREAM, kinds=[KIND]))]
    context = {"form": form, "past": past}
    status = 400 if request.method == "POST" else 200
    return render(request, "results/export.html", context, status=status)


@dataclass(frozen=True)
class Past:
    """One export as the page tells of it. `whom`: the choice of people; `what`: forms and dates."""

    fact: StoredFact
    whom: str
    what: str


def _told(fact: StoredFact) -> Past:
    asked, body = fact.body["asked"], fact.body
    ends = (("from", asked["since"]), ("to", asked["until"]))
    whom = [
        protocol(asked["protocol"]).title if asked["protocol"] in protocols() else "All protocols",
        *(f"first session {word} {date.fromisoformat(day):%d-%b-%Y}" for word, day in ends if day),
    ]
    forms = [dict(_FORM_WORDS).get(one, one) for one in body["forms"]]
    dates = _DATE_WORDS.get(body["dates"], body["dates"])
    return Past(fact, ", ".join(whom), "; ".join([*forms, dates]))


def _made(request: HttpRequest, form: ExportForm) -> Export | None:
    """The export; None where the form says what is wrong."""
    if not form.is_valid():
        return None
    now = clock.now()
    try:
        with turn() as mine:
            if mine:
                return export(form.wanted(), own_proof(request, form.cleaned_data, now), now)
        form.add_error(None, LATER)
    except BadInput as error:
        if error.field == "proof":
            error = BadInput("password", error.expected, error.got)
        put_beside(form, error)
    return None


def _as_file(made: Export) -> HttpResponse:
    name = f"research-{timezone.localdate(clock.now())}-{made.manifest['export'][:8]}.zip"
    answer = HttpResponse(made.zipped(), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
