"""Forms about a person. They read what was typed; what may be done is decided by the commands."""

from typing import Any

from django import forms

from openketamine.clinic.staff.faults import sentence
from openketamine.core.findings import BadInput
from openketamine.core.screening import OverrideReason, override_reasons

LARGEST_BUNDLE = 32 * 1024 * 1024


def reason_choices() -> list[tuple[str, str]]:
    """The coded reasons of the knowledge. None is chosen by its place in the list."""
    return [("", "Choose a reason"), *((one.code, one.says) for one in override_reasons())]


class ImportForm(forms.Form):
    """One or more FHIR bundles as files."""

    bundle = forms.FileField(
        label="FHIR R4 Bundle",
        help_text="One JSON file for one person, as another system exports it.",
        widget=forms.ClearableFileInput(
            attrs={"accept": ".json,application/json,application/fhir+json"}
        ),
    )

    def raw(self) -> bytes:
        """The bytes of the file. Raises BadInput where it is too large for one record."""
        upload = self.cleaned_data["bundle"]
        if upload.size > LARGEST_BUNDLE:
            raise BadInput("file", "a bundle of at most 32 MB", f"{upload.size // 2**20} MB")
        return bytes(upload.read())


class SessionForm(forms.Form):
    """A session is opened for a person; a chair may be given now or later."""

    protocol = forms.ChoiceField(label="Protocol")
    chair = forms.CharField(
        label="Chair",
        max_length=40,
        required=False,
        help_text="Leave empty until the person sits down.",
    )

    def __init__(self, *args: Any, protocols: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["protocol"].choices = protocols  # type: ignore[attr-defined]


class AnswerForm(forms.Form):
    """The answer to one open question."""

    question = forms.CharField(
        widget=forms.HiddenInput, max_length=80, error_messages={"required": "Which question?"}
    )
    value = forms.CharField(
        max_length=80,
        error_messages={
            "required": "Nothing was written down: give an answer.",
            "max_length": "An answer has at most 80 letters.",
        },
    )
    note = forms.CharField(max_length=400, required=False)

    def fault(self) -> str:
        """What is wrong with it, in one sentence."""
        return str(next(iter(self.errors.values()))[0])


class ProofForm(forms.Form):
    """A fresh proof of identity: the own password, or a code of the second factor."""

    either = True  # one of the two is enough, so neither is called optional

    password = forms.CharField(
        label="Your password",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    otp = forms.CharField(
        label="Or a code from your authenticator",
        required=False,
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )

    def refuse(self, error: BadInput) -> None:
        """Say what was wrong beside the field that it belongs to."""
        is_wrong_secret = error.field == "proof" and "pause" not in str(error)
        said = "That is not your password or code. Nothing was signed."
        place = "password" if error.field == "proof" else error.field
        self.add_error(
            place if place in self.fields and not self.fields[place].widget.is_hidden else None,
            said if is_wrong_secret else sentence(error),
        )

    def clean(self) -> dict[str, Any]:
        """One of the two has to be there."""
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("password") and not cleaned.get("otp"):
            raise forms.ValidationError("To sign, give your password or a code.")
        return cleaned


class OverrideForm(ProofForm):
    """A rule is set aside for this person: coded reason, words, and a proof of identity.

    `shown`: the stamp of the page, so that nothing is signed over a fact that nobody saw.
    """

    rule = forms.CharField(widget=forms.HiddenInput)
    shown = forms.CharField(widget=forms.HiddenInput, required=False)
    reason_code = forms.ChoiceField(label="Reason", choices=reason_choices)
    reason = forms.CharField(
        label="In your words",
        min_length=10,
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What you weighed, and what you do about the risk. It stays beside the finding.",
    )

    @property
    def reasons(self) -> tuple[OverrideReason, ...]:
        """What each reason says, and what the words beside it must add."""
        return override_reasons()

    field_order = ("rule", "shown", "reason_code", "reason", "password", "otp")
