"""Forms of the page of a person's check-ins."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings

from openketamine.clinic.library.site_words import site_words

_EXPECTED = "Expected a number with its country, such as +15205550123."
_TELEPHONE = forms.TextInput(attrs={"type": "tel", "autocomplete": "off"})
_CLOCK = forms.TimeInput(format="%H:%M", attrs={"type": "time"})


class ContactForm(forms.Form):
    """How a person wants to be reached."""

    channel = forms.ChoiceField(
        label="How",
        choices=[("email", "E-mail"), ("text", "Text message"), ("none", "Not at all")],
    )
    address = forms.CharField(label="Address or number", max_length=200, required=False)
    telephone = forms.CharField(
        label="Telephone",
        max_length=30,
        required=False,
        widget=_TELEPHONE,
        help_text="Where the clinic calls them, whatever messages go by. "
        "With its country, such as +15205550123.",
    )
    other_name = forms.CharField(
        label="Somebody else whom we may call",
        max_length=120,
        required=False,
        help_text="When they cannot be reached: only somebody whom the person named.",
    )
    other_telephone = forms.CharField(
        label="Telephone of that person", max_length=30, required=False, widget=_TELEPHONE
    )
    zone = forms.CharField(
        label="Their time zone",
        max_length=60,
        required=False,
        help_text="Such as America/Phoenix. Empty: the clinic's own.",
    )
    language = forms.ChoiceField(
        label="Language",
        initial="en",
        help_text="Pages, messages and papers. The person can change it on every page of theirs.",
    )
    quiet_from = forms.TimeField(label="No messages from", initial="21:00", widget=_CLOCK)
    quiet_until = forms.TimeField(label="until", initial="08:00", widget=_CLOCK)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = self._languages()  # type: ignore[attr-defined]

    def _languages(self) -> list[tuple[str, str]]:
        """Ours, those of the site's own pack of instruments, and what is on record."""
        packed = {language for _, language in site_words()}
        others = packed | ({self.initial["language"]} if "language" in self.initial else set())
        ours = list(settings.LANGUAGES)
        return [*ours, *((one, one) for one in sorted(others - set(dict(ours))))]

    def clean_zone(self) -> str:
        """A zone that exists, or none."""
        zone = str(self.cleaned_data["zone"]).strip()
        if zone and zone not in available_timezones():
            raise forms.ValidationError("Expected a time zone such as America/Phoenix.")
        return zone

    def clean_telephone(self) -> str:
        """A number that can be dialled, or none."""
        return _number(self.cleaned_data["telephone"])

    def clean_other_telephone(self) -> str:
        """A number that can be dialled, or none."""
        return _number(self.cleaned_data["other_telephone"])

    def clean(self) -> dict[str, Any]:
        """An address that fits the channel."""
        said: dict[str, Any] = super().clean() or {}
        channel, address = said.get("channel"), str(said.get("address", "")).strip()
        if channel == "email" and "@" not in address:
            self.add_error("address", "Expected an e-mail address.")
        if channel == "text" and not _is_number(address):
            self.add_error("address", _EXPECTED)
        return said


class VisitForm(forms.Form):
    """The next session as it is arranged with the person."""

    starts_at = forms.DateTimeField(
        label="Begins",
        required=False,
        help_text="Empty: called off.",
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )
    place = forms.CharField(label="Where", max_length=120, required=False)
    cost = forms.CharField(
        label="What it costs the person",
        max_length=120,
        required=False,
        help_text="In the words that they read.",
    )


def _number(text: str) -> str:
    number = text.strip().replace(" ", "")
    if number and not _is_number(number):
        raise forms.ValidationError(_EXPECTED)
    return number


def _is_number(text: str) -> bool:
    digits = text.replace(" ", "").removeprefix("+")
    return text.startswith("+") and text.isascii() and digits.isdecimal() and 8 <= len(digits) <= 15
