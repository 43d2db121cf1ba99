"""Forms about people who work here."""

import dataclasses
from datetime import date
from typing import Any

from django import forms

from openketamine.clinic.staff.credentials import MOST_BYTES, Card, types
from openketamine.clinic.staff.models import Site, Staff
from openketamine.clinic.staff.places import Details
from openketamine.clinic.staff.recovery import WHAT
from openketamine.clinic.staff.roles import ROLES
from openketamine.clinic.staff.rota import SHIFTS
from openketamine.clinic.staff.sites import seen


def _day(label: str, *, required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label, required=required, widget=forms.DateInput(attrs={"type": "date"})
    )


class CardForm(forms.Form):
    """What is printed on a certificate."""

    type = forms.ChoiceField(choices=lambda: [(one.id, one.name) for one in types().values()])
    issuer = forms.CharField(label="Issued by", max_length=120)
    number = forms.CharField(max_length=80, required=False)
    state = forms.CharField(max_length=6, required=False, help_text="For a licence, such as US-AZ.")
    issued = _day("Day of issue")
    expires = _day("Good until, that day included", required=False)
    document = forms.FileField(
        label="Scan",
        required=False,
        help_text="Only its fingerprint is kept here; keep the scan in your files.",
    )

    def clean_document(self) -> Any:
        """Not larger than a scan is."""
        given = self.cleaned_data["document"]
        if given is not None and given.size > MOST_BYTES:
            raise forms.ValidationError("At most 5 MB.")
        return given

    def card(self) -> Card:
        """The card as the command takes it."""
        said = self.cleaned_data
        return Card(
            type=said["type"],
            issuer=said["issuer"],
            number=said["number"],
            state=said["state"],
            issued=said["issued"],
            expires=said["expires"],
            document=said["document"].read() if said["document"] else b"",
        )


class CheckForm(forms.Form):
    """How somebody asked who issued it, or why it does not count any more."""

    what = forms.ChoiceField(
        choices=[("check", "Checked with who issued it"), ("withdraw", "Does not count any more")]
    )
    words = forms.CharField(label="Where it was checked, or why not", max_length=300)


class ShiftForm(forms.Form):
    """Who works when."""

    person = forms.ModelChoiceField(queryset=Staff.objects.none())
    day = _day("Day")
    shift = forms.ChoiceField(choices=[(name, title) for name, (title, _) in SHIFTS.items()])
    works = forms.ChoiceField(choices=[("yes", "works"), ("no", "does not work after all")])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Staff.colleagues.filter(is_active=True).order_by("display_name")
        self.fields["person"].queryset = people  # type: ignore[attr-defined]


class AskForm(forms.Form):
    """Another role or end for an account, or its closing."""

    person = forms.ModelChoiceField(queryset=Staff.objects.none())
    what = forms.ChoiceField(choices=[("change", "Ask for this"), ("close", "Close it now")])
    role = forms.ChoiceField(choices=list(ROLES.items()))
    ends = _day("Ends after", required=False)
    sites = forms.ModelMultipleChoiceField(
        queryset=Site.objects.none(),
        required=False,
        help_text="None chosen: where they work stays as it is.",
    )
    reason = forms.CharField(max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Staff.colleagues.order_by("display_name")
        self.fields["person"].queryset = people  # type: ignore[attr-defined]
        here = seen()
        if here is None:
            del self.fields["sites"]
        else:
            self.fields["sites"].queryset = Site.objects.filter(pk__in=here, closed_at=None)  # type: ignore[attr-defined]

    def chosen_sites(self) -> list[str]:
        """Where they are to work; nothing where that is not asked."""
        return [one.pk for one in self.cleaned_data.get("sites", ())]


class SiteForm(forms.Form):
    """At which of the own sites somebody is now."""

    site = forms.SlugField(required=False, max_length=20)


class ProofForm(forms.Form):
    """Who it is, said once more: the last fields of whatever is signed."""

    password = forms.CharField(
        label="Your password", strip=False, required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip
    otp = forms.CharField(
        label="Or a code of your second factor", max_length=20, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = [name for name in self.fields if name not in ("password", "otp")]
        self.order_fields([*said, "password", "otp"])
        for name in ("password", "otp"):  # one of the two is wanted: neither is called optional
            self.fields[name].either = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """One of the two proves who it is."""
        said = super().clean() or self.cleaned_data
        if not said.get("password") and not said.get("otp"):
            self.add_error("password", "Your password, or a code of your second factor.")
        return said


class StateForm(ProofForm):
    """What a state says, where it stands, and who says so."""

    says = forms.CharField(
        label="What this state lets a nurse do", max_length=1000, widget=forms.Textarea
    )
    source = forms.CharField(
        label="Where it stands", max_length=300,
        help_text="The board's opinion or the section of the law, with its date.",
    )  # fmt: skip


class ApproveForm(forms.Form):
    """The second person's own secret."""

    verdict = forms.ChoiceField(choices=[("approve", "Approve"), ("decline", "Decline")])
    password = forms.CharField(
        label="Your password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PlaceForm(ProofForm):
    """What is on record of a site. What it needs to be is said by the command."""

    name = forms.CharField(max_length=60, help_text="As it stands on every page.")
    address = forms.CharField(max_length=200, required=False)
    dea_number = forms.CharField(
        label="DEA registration", max_length=12, required=False,
        help_text="Drug is kept under the registration of its place. Empty: the house’s own.",
    )  # fmt: skip
    state = forms.CharField(
        max_length=6, required=False, help_text="Whose nursing rules count, such as US-AZ."
    )
    time_zone = forms.CharField(
        label="Time zone", max_length=60, required=False,
        help_text="Such as America/Phoenix. Empty: the house’s own.",
    )  # fmt: skip

    def details(self) -> Details:
        """As the command takes it."""
        said = self.cleaned_data
        return Details(**{one.name: said[one.name] for one in dataclasses.fields(Details)})


class OpenForm(PlaceForm):
    """Another site, and who works there from its first day."""

    site = forms.SlugField(
        label="Short name", max_length=20,
        help_text="2 to 20 small letters, digits and dashes. It stays for ever.",
    )  # fmt: skip
    people = forms.ModelMultipleChoiceField(
        label="Who works there besides you", queryset=Staff.objects.none(), required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Later a site is given by two people who both work there.",
    )  # fmt: skip
    field_order = ("site", "name", "address", "dea_number", "state", "time_zone", "people")

    def __init__(self, who: Staff, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Staff.colleagues.filter(is_active=True).exclude(pk=who.pk)
        self.fields["people"].queryset = people.order_by("display_name")  # type: ignore[attr-defined]


class WordForm(ProofForm):
    """Why, in the words of who signs."""

    reason = forms.CharField(max_length=300)


class LetGoForm(WordForm):
    """Who does not work there any more."""

    person = forms.ModelChoiceField(queryset=Staff.objects.none())
    field_order = ("person", "reason")

    def __init__(self, site: Site, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="go-%s", **kwargs)
        self.fields["person"].queryset = site.people.order_by("display_name")  # type: ignore[attr-defined]


class ContactForm(ProofForm):
    """Where somebody is told; what it needs to be is said by the command."""

    email = forms.CharField(
        label="E-mail address", max_length=254, required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip
    phone = forms.CharField(
        label="Telephone for texts and calls", max_length=30, required=False,
        help_text="With its country, such as +15205550123.",
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )  # fmt: skip


class RecoverForm(forms.Form):
    """Who forgot or lost what, and how who asks knew them."""

    person = forms.ModelChoiceField(queryset=Staff.objects.none())
    what = forms.ChoiceField(label="What is needed", choices=list(WHAT.items()))
    known_by = forms.CharField(
        label="How you knew them", max_length=300,
        help_text="In person, by which document; as on their first day.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "recover-%s", **kwargs})
        people = Staff.colleagues.filter(is_active=True).order_by("display_name")
        self.fields["person"].queryset = people  # type: ignore[attr-defined]


class AccessForm(forms.Form):
    """Which part of the record of access."""

    since = _day("From", required=False)
    until = _day("To", required=False)
    who = forms.CharField(label="Who looked", max_length=120, required=False)
    refused = forms.BooleanField(label="Refused only", required=False)

    def days(self) -> tuple[date | None, date | None]:
        """From and to, both included."""
        return self.cleaned_data["since"], self.cleaned_data["until"]
