"""Forms of consents, wishes, letters."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from openketamine.clinic.papers.commands import LONGEST_WISH
from openketamine.clinic.papers.queries import TOPICS
from openketamine.clinic.patients.forms import ProofForm
from openketamine.core.findings import BadInput


class NameForm(forms.Form):
    """The name under a consent, and who helped to read it."""

    signed_as = forms.CharField(
        label=_("Your full name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    helped_by = forms.CharField(
        label=_("Who helped you to read it"),
        max_length=120,
        required=False,
        help_text=_("An interpreter, a relative, or who signs with you. Nobody? Leave it empty."),
    )
    agrees = forms.BooleanField(label=_("I agree"))


class OwnNameForm(NameForm):
    """The same at home: the date of birth is the second thing that the person knows."""

    born = forms.DateField(
        label=_("Your date of birth"),
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
    )
    field_order = ("signed_as", "born", "helped_by", "agrees")


class BornForm(forms.Form):
    """Who wants to see more than the plain words says their date of birth."""

    born = forms.DateField(
        label=_("Your date of birth"),
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
    )

    def said(self) -> date:
        """The day. Raises BadInput where it is none."""
        if not self.is_valid():
            raise BadInput("born", "a date of birth")
        day: date = self.cleaned_data["born"]
        return day


class WitnessedForm(ProofForm, NameForm):
    """The same at a tablet in the clinic: whoever is signed in saw the person sign."""

    field_order = ("signed_as", "helped_by", "agrees", "password", "otp")


class WithdrawForm(forms.Form):
    """A consent is taken back. No reason is needed."""

    reason = forms.CharField(
        label="Why, if the person wants to say it",
        max_length=400,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class WishesForm(forms.Form):
    """One field a topic."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for topic, title in TOPICS.items():
            self.fields[topic] = forms.CharField(
                label=gettext(title),
                max_length=LONGEST_WISH,
                required=False,
                widget=forms.Textarea(attrs={"rows": 2}),
            )


class LetterForm(forms.Form):
    """What a prescriber writes into a letter; the rest follows from the record."""

    referrer = forms.CharField(label="To", max_length=120)
    address = forms.CharField(
        label="Address", max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    stopped = forms.CharField(
        label="What was changed or stopped, and why",
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Medicines and treatments. Write “Nothing” where nothing was.",
    )
    next = forms.CharField(
        label="Next step, and who holds the risk",
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    ask = forms.CharField(
        label="What we ask of the referrer",
        max_length=3000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class PrintForm(forms.Form):
    """Instructions are printed: for which treatment, in which language."""

    protocol = forms.ChoiceField(label="Treatment")
    language = forms.ChoiceField(label="Language", choices=lambda: settings.LANGUAGES)

    def __init__(self, *args: Any, protocols: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["protocol"].choices = protocols  # type: ignore[attr-defined]
