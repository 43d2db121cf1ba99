"""Forms of the course page: a score, a check, an event, the course itself, a correction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms

from openketamine.core.course import domains, facts
from openketamine.core.dosing import protocol, protocols
from openketamine.core.scoring import Instrument

INDICATIONS = (("depression", "Depression"), ("pain", "Pain"), ("both", "Both"))
ENDINGS = (
    ("complete", "Complete"),
    ("no_benefit", "No benefit"),
    ("side_effects", "Side effects"),
    ("wish", "The person's wish"),
    ("moved", "Moved away"),
    ("lost", "Lost to follow-up"),
    ("died", "Died"),
    ("other", "Something else"),
)
EVENTS = (
    ("hospitalised", "Admitted to hospital"),
    ("suicide_attempt", "Suicide attempt"),
    ("mania", "Mania"),
    ("psychosis", "Psychosis"),
    ("other_treatment", "Another treatment began"),
    ("stopped_medicine", "A medicine was stopped"),
    ("died", "Died"),
    ("other", "Something else"),
)
RESULTS = (("normal", "Normal"), ("abnormal", "Abnormal"), ("not_known", "Not known"))
_CHOOSE = ("", "Choose")


class _Dated(forms.Form):
    """A form about something that may have been earlier."""

    at = forms.DateTimeField(
        label="When",
        required=False,
        help_text="empty: now",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M"],
    )

    def moment(self) -> datetime | None:
        """When it was; None for now."""
        found: datetime | None = self.cleaned_data.get("at")
        return found


class CheckForm(_Dated):
    """A long-term check was done."""

    domain = forms.ChoiceField(label="What was checked")
    result = forms.ChoiceField(choices=[_CHOOSE, *RESULTS])
    found = forms.CharField(label="What was found", max_length=500, required=False)
    field_order = ("domain", "result", "found", "at")

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["domain"].choices = [_CHOOSE, *domains(), ("other", "Something else")]  # type: ignore[attr-defined]

    def body(self) -> facts.CheckDone:
        """As it is written."""
        said = self.cleaned_data
        return facts.CheckDone(said["domain"], said["result"], said["found"].strip())


class EventForm(_Dated):
    """Something that counts for the course."""

    kind = forms.ChoiceField(label="What happened", choices=[_CHOOSE, *EVENTS])
    words = forms.CharField(label="In words", max_length=1000, required=False)
    field_order = ("kind", "words", "at")

    def body(self) -> facts.EventRecorded:
        """As it is written."""
        return facts.EventRecorded(self.cleaned_data["kind"], self.cleaned_data["words"].strip())


class OpenForm(_Dated):
    """A course begins."""

    protocol = forms.ChoiceField()
    indication = forms.ChoiceField(choices=[_CHOOSE, *INDICATIONS])
    primary = forms.ChoiceField(label="Judged by")
    sessions_planned = forms.IntegerField(
        label="Sessions planned", min_value=1, max_value=200, required=False
    )
    goal = forms.CharField(label="What the person hopes for", max_length=500, required=False)
    field_order = ("protocol", "indication", "primary", "sessions_planned", "goal", "at")

    def __init__(self, *given: Any, judged_by: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(*given, **more)
        names = [(name, protocol(name).title) for name in protocols()]
        self.fields["protocol"].choices = [_CHOOSE, *names]  # type: ignore[attr-defined]
        self.fields["primary"].choices = [_CHOOSE, *judged_by]  # type: ignore[attr-defined]

    def body(self, course_id: str) -> facts.CourseOpened:
        """As it is written."""
        said = self.cleaned_data
        return facts.CourseOpened(
            course_id=course_id,
            protocol_id=said["protocol"],
            indication=said["indication"],
            primary=said["primary"],
            sessions_planned=said["sessions_planned"],
            goal=said["goal"].strip(),
        )


class EndForm(forms.Form):
    """The course is over."""

    reason = forms.ChoiceField(choices=[_CHOOSE, *ENDINGS])
    note = forms.CharField(label="In words", max_length=1000, required=False)


class StrikeForm(forms.Form):
    """This was wrong."""

    reason = forms.CharField(label="Why it was wrong", max_length=500)


class TaskForm(forms.Form):
    """What was done about it."""

    outcome = forms.CharField(
        label="What was done", max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )


class ScoreForm(_Dated):
    """One instrument, question by question; nothing chosen is "not answered"."""

    def __init__(self, *given: Any, known: Instrument, **more: Any) -> None:
        super().__init__(*given, **more)
        self.known = known
        for item in known.items:
            said = dict(item.choices)
            choices = [(str(one), said.get(one, str(one))) for one in item.answers]
            self.fields[f"item{item.number}"] = forms.ChoiceField(
                label=f"{item.number}. {item.text or item.label}",
                choices=choices,
                required=False,
                widget=forms.RadioSelect,
            )

    def questions(self) -> list[Any]:
        """The fields of the questions, in their order."""
        return [self[f"item{item.number}"] for item in self.known.items]

    def answers(self) -> tuple[int | None, ...]:
        """In item order; None where nothing was chosen."""
        said = (self.cleaned_data[f"item{item.number}"] for item in self.known.items)
        return tuple(int(one) if one else None for one in said)
