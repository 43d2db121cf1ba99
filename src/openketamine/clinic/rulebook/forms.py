"""Forms of the rulebook. What may be done is decided by the commands of the library."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from openketamine.clinic.library.catalogue import ALL_KINDS
from openketamine.clinic.library.commands import LARGEST, SHORTEST_REASON, VERDICTS
from openketamine.clinic.patients.forms import ProofForm

SHOW = (
    ("", "All rules"),
    ("never", "Never reviewed"),
    ("due", "Review due, or changed since"),
    ("own", "Tightened here"),
    ("overridden", "Overridden in the last 90 days"),
)
_EVIDENCE = (
    ("", "Any evidence"),
    ("R", "Read in the source"),
    ("B", "Background, to be checked"),
    ("P", "Proposed default"),
)


class FindForm(forms.Form):
    """What of the rules to list."""

    use_required_attribute = False
    either = True  # a search needs none of its fields, so none is called optional

    q = forms.CharField(label="Words", required=False, max_length=80, strip=True)
    kind = forms.ChoiceField(
        label="Kind", required=False, choices=[("", "Any kind"), *ALL_KINDS.items()]
    )
    evidence = forms.ChoiceField(label="Evidence", required=False, choices=_EVIDENCE)
    show = forms.ChoiceField(label="Show", required=False, choices=SHOW)


class ValueForm(forms.Form):
    """The value to look at before anything is signed."""

    use_required_attribute = False

    value = forms.CharField(
        label="Own limit",
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    def clean_value(self) -> Decimal:
        """A number, with a comma or a point."""
        try:
            value = Decimal(self.cleaned_data["value"].strip().replace(",", "."))
        except InvalidOperation:
            raise forms.ValidationError("A number, please.") from None
        if not value.is_finite() or abs(value) >= LARGEST:
            raise forms.ValidationError("A number that somebody can have, please.")
        return value


class LimitForm(ProofForm):
    """Signing a limit, or its return: why, that the preview was read, and a proof of identity."""

    seen = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Why",
        min_length=SHORTEST_REASON,
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It stands in every finding that this limit raises.",
    )
    understood = forms.BooleanField(required=False)

    field_order = ("seen", "reason", "understood", "password", "otp")

    def __init__(self, *args: Any, must_understand: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if must_understand:
            self.fields["understood"].label = must_understand
            self.fields["understood"].required = True
            self.fields["understood"].error_messages["required"] = (
                "Read the list, and say that you have."
            )
        else:
            del self.fields["understood"]


class ReviewForm(ProofForm):
    """A rule was read against its sources."""

    verdict = forms.ChoiceField(label="What you found", choices=list(VERDICTS.items()))
    note = forms.CharField(
        label="Your words",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What you compared it with; what should change, where something should.",
    )
    next_due = forms.DateField(
        label="To be read again by", widget=forms.DateInput(attrs={"type": "date"})
    )

    field_order = ("verdict", "note", "next_due", "password", "otp")
