"""Forms of notes that are kept apart, of breaking the glass, and of its review."""

from typing import Any

from django import forms

from openketamine.clinic.notes.commands import LONGEST
from openketamine.clinic.staff.glass import REASONS, VERDICTS


class NoteForm(forms.Form):
    """One note."""

    text = forms.CharField(
        label="Note", max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 8})
    )


class _Proved(forms.Form):
    """A form that is signed with the own secret."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    otp = forms.CharField(
        label="or a code of your second factor",
        max_length=12,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
    either = True  # neither is "optional": one of the two is wanted

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        said = super().clean() or self.cleaned_data
        if not said.get("password") and not said.get("otp"):
            self.add_error("password", "Your password, or a code of your second factor.")
        return said


class GlassForm(_Proved):
    """Why somebody opens what their role does not."""

    reason = forms.ChoiceField(choices=[("", "Choose"), *REASONS.items()])
    words = forms.CharField(
        label="In words", max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    field_order = ("reason", "words", "password", "otp")


class ReviewForm(_Proved):
    """Whether it was right."""

    verdict = forms.ChoiceField(choices=[("", "Choose"), *VERDICTS.items()])
    note = forms.CharField(
        max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    field_order = ("verdict", "note", "password", "otp")
