"""What the results page is asked for."""

from datetime import date
from typing import Any

from django import forms

from openketamine.clinic.results.numbers import Asked
from openketamine.clinic.results.queries import relapse_titles
from openketamine.core.course import measures
from openketamine.core.dosing import protocol, protocols


class AskForm(forms.Form):
    """Protocol, days of the first session, when a response is judged, what counts as a relapse."""

    protocol = forms.ChoiceField(label="Protocol", required=False)
    since = forms.DateField(
        label="First session from", required=False, widget=forms.DateInput({"type": "date"})
    )
    until = forms.DateField(label="to", required=False, widget=forms.DateInput({"type": "date"}))
    window = forms.ChoiceField(label="Response judged at", required=False)
    relapse = forms.ChoiceField(label="A relapse is", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """The choices come from the knowledge."""
        super().__init__(*args, **kwargs)
        titles = [(one, protocol(one).title) for one in protocols()]
        self._choices("protocol", [("", "All"), *sorted(titles, key=lambda one: one[1])])
        self._choices("window", [(one.id, one.says) for one in measures().windows])
        self._choices("relapse", [("", "What fits most people here"), *relapse_titles().items()])

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = choices

    def clean(self) -> dict[str, Any] | None:
        """A time that ends before it begins holds nobody."""
        said: dict[str, Any] = super().clean() or {}
        since, until = said.get("since"), said.get("until")
        if isinstance(since, date) and isinstance(until, date) and until < since:
            self.add_error("until", "A day after the first one.")
        return said

    def chosen(self) -> dict[str, Any]:
        """Whom, as far as the form is right: with what a form about the same people begins."""
        said = self.cleaned_data if self.is_valid() else {}
        return {name: said.get(name) for name in ("protocol", "since", "until")}

    def asked(self) -> Asked:
        """What was asked for; nothing where the form is not right."""
        said = self.cleaned_data if self.is_valid() else {}
        return Asked(
            protocol=said.get("protocol") or "",
            since=said.get("since"),
            until=said.get("until"),
            window=said.get("window") or measures().windows[0].id,
            relapse=said.get("relapse") or "",
        )
