"""The shape of what people type about the calendar of meetings, and of a meeting entered from paper."""

from datetime import date, time
from typing import Any

from django import forms

from core.fields import DanishDateField
from meetings.models import Meeting, Series
from organisation.models import Side, User


class ClockField(forms.TimeField):
    """A time of day: the browser sends 09:30; a person may also type 9.30."""

    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            input_formats=["%H:%M", "%H.%M", "%H", "%H:%M:%S"],
            error_messages={"invalid": "Skriv tiden som 9.30.", "required": "Skriv et tidspunkt."},
            **kwargs,
        )


def _why(label: str) -> forms.CharField:
    # The service refuses an empty reason, and says of what.
    return forms.CharField(
        label=label,
        max_length=200,
        required=False,
        error_messages={"max_length": "Der er plads til 200 tegn."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class CancelForm(forms.Form):
    """Why a meeting is cancelled."""

    why = _why("Hvorfor aflyses mødet?")


class MoveForm(forms.Form):
    """Where a meeting goes, and why."""

    day = DanishDateField(label="Ny dag")
    time = ClockField(label="Klokken")
    why = _why("Hvorfor flyttes mødet?")


class SeriesChoice(forms.Form):
    """Which team the meeting is with; asked only where there are several."""

    series = forms.TypedChoiceField(
        label="Med hvilket team?",
        coerce=int,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": "Vælg et af botilbuddets team."},
    )

    def __init__(self, *args: Any, series: list[Series], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(series) < 2:
            del self.fields["series"]
            return
        choices = [("", "Vælg"), *[(offered.pk, offered.team.name) for offered in series]]
        self.fields["series"].choices = choices  # type: ignore[attr-defined]

    @property
    def chosen(self) -> int:
        """The series' id; 0 where it was not asked or not answered."""
        return int(self.cleaned_data.get("series") or 0)


class ExtraForm(SeriesChoice):
    """An extra meeting planned ahead."""

    day = DanishDateField(label="Dag")
    time = ClockField(label="Klokken")
    minutes = forms.IntegerField(
        label="Minutter",
        error_messages={"invalid": "Skriv et tal.", "required": "Skriv, hvor mange minutter I sætter af."},
        widget=forms.NumberInput(attrs={"min": 5, "max": 240}),
    )
    why = _why("Hvorfor er der brug for et ekstra møde?")


def _person(label: str) -> forms.TypedChoiceField:
    field = forms.TypedChoiceField(label=label, coerce=int)
    field.error_messages["required"] = "Vælg en person."
    field.error_messages["invalid_choice"] = "Personen var ikke med i samarbejdet den dag. Vælg en anden."
    return field


class PaperForm(SeriesChoice):
    """A meeting held on paper: when, and who led and wrote. Who was there and what was discussed are ticks."""

    day = DanishDateField(label="Dag")
    began = ClockField(label="Begyndte kl.")
    ended = ClockField(label="Sluttede kl.")
    chair = _person("Mødeleder")
    referent = _person("Referent")

    def __init__(self, *args: Any, people: list[tuple[User, Side]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: list[Any] = [("", "Vælg")]
        for side, title in ((Side.HOME, "Botilbuddet"), (Side.TEAM, "Teamet")):
            choices.append((title, [(user.pk, user.name) for user, which in people if which == side]))
        for name in ("chair", "referent"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]


def first_values(meeting: Meeting | None, day: date, at: time) -> dict[str, Any]:
    """What a form about a meeting begins with."""
    if meeting is None:
        return {"day": day, "time": at, "minutes": 30}
    return {"day": meeting.date, "time": meeting.time}
