"""The shape of what people type about the calendar of meetings, and of a meeting entered from paper."""

from collections.abc import Callable
from typing import Any

from django import forms

from core.fields import ONE_OF, DanishDateField, text
from core.forms import ChangeForm, Data
from meetings.models import Series
from organisation.models import Side, Team, User


class TickedField(forms.MultipleChoiceField):
    """Rows ticked on a list, by id. The service says what a row is that is on the list no more."""

    widget = forms.CheckboxSelectMultiple
    default_error_messages = {"invalid_choice": ONE_OF, "invalid_list": ONE_OF}

    def valid_value(self, value: str) -> bool:
        """True for a number a row may have."""
        return value.isdecimal() and len(value) < 12


def quiet() -> forms.TextInput:
    """A field the browser proposes nothing for."""
    return forms.TextInput(attrs={"autocomplete": "off"})


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
        widget=quiet(),
    )


class CancelForm(ChangeForm):
    """Why a meeting is cancelled."""

    why = _why("Hvorfor aflyses mødet?")


class MoveForm(ChangeForm):
    """Where a meeting goes, and why."""

    day = DanishDateField(label="Ny dag")
    time = ClockField(label="Klokken")
    why = _why("Hvorfor flyttes mødet?")


class SeriesChoice(ChangeForm):
    """Which team the meeting is with; asked only where there are several."""

    series = forms.TypedChoiceField(
        label="Med hvilket team?",
        coerce=int,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": "Vælg et af botilbuddets team."},
    )

    def __init__(self, data: Data = None, *, series: list[Series], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
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


WHERE = [("here", "Her"), ("online", "Online"), ("", "Nej")]
Group = tuple[str, list[tuple[User, str]]]


def groups_of(people: list[tuple[User, Side]], where: Callable[[User], str]) -> list[Group]:
    """(title, [(person, 'here', 'online' or '')]) for each side, as _people.html draws them."""
    return [
        (title, [(user, where(user)) for user, which in people if which == side])
        for side, title in ((Side.HOME, "Botilbuddet"), (Side.TEAM, "Teamet"))
    ]


class PaperForm(SeriesChoice):
    """A meeting held on paper: when, who led and wrote, who was there, and what was talked through."""

    day = DanishDateField(label="Dag")
    began = ClockField(label="Begyndte kl.")
    ended = ClockField(label="Sluttede kl.")
    chair = _person("Mødeleder")
    referent = _person("Referent")
    guests = forms.CharField(
        label="Gæster, en på hver linje",
        required=False,
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"max_length": "Der er plads til 600 tegn."},
    )
    resident = TickedField(label="Hvem talte I om?", required=False)
    topic = TickedField(label="Hvilke emner blev talt igennem?", required=False)

    def __init__(
        self,
        data: Data = None,
        *,
        people: list[tuple[User, Side]],
        residents: list[tuple[int, str]],
        topics: list[tuple[int, str]],
        there: dict[int, str],
        **kwargs: Any,
    ) -> None:
        self.people = people
        initial = {**kwargs.pop("initial"), **{f"p-{pk}": where for pk, where in there.items()}}
        super().__init__(data, initial=initial, **kwargs)
        choices: list[Any] = [("", "Vælg")]
        choices += [(title, [(user.pk, user.name) for user, _ in there]) for title, there in self.groups_named()]
        for name in ("chair", "referent"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        for name, offered in (("resident", residents), ("topic", topics)):
            self.fields[name].choices = offered  # type: ignore[attr-defined]
        for user, _ in people:
            self.fields[f"p-{user.pk}"] = forms.ChoiceField(
                choices=WHERE, required=False, error_messages={"invalid_choice": ONE_OF}
            )

    def groups_named(self) -> list[Group]:
        """The people of each side, before anybody has said who was there."""
        return groups_of(self.people, lambda user: "")

    @property
    def groups(self) -> list[Group]:
        """The people of each side and where they were, as it stands in the form now."""
        return groups_of(self.people, lambda user: str(self[f"p-{user.pk}"].value() or ""))

    @property
    def present(self) -> dict[int, str]:
        """User ids to 'here' or 'online'."""
        said = {user.pk: self.cleaned_data.get(f"p-{user.pk}", "") for user, _ in self.people}
        return {pk: where for pk, where in said.items() if where}

    @property
    def ticked(self) -> tuple[frozenset[int], frozenset[int]]:
        """The residents and the topics talked through, by id."""
        residents, topics = (frozenset(map(int, self.cleaned_data.get(name, []))) for name in ("resident", "topic"))
        return residents, topics


class GuestForm(ChangeForm):
    """Somebody at the meeting without an account."""

    name = forms.CharField(label="Navn", max_length=60, required=False, widget=quiet())
    title = forms.CharField(label="Titel", max_length=30, required=False, widget=quiet())
    organisation = forms.CharField(label="Arbejdssted", max_length=40, required=False, widget=quiet())


class TopicForm(ChangeForm):
    """A topic for the next agenda: about a resident, or for the meeting with a team."""

    text = forms.CharField(
        label="Hvad skal tages op?",
        required=False,
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"max_length": "Der er plads til 200 tegn."},
    )
    team = forms.TypedChoiceField(
        label="Til mødet med",
        coerce=int,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": "Vælg et af botilbuddets team."},
    )

    def __init__(self, data: Data = None, *, teams: list[Team], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        if len(teams) < 2:
            del self.fields["team"]
        else:
            self.fields["team"].choices = [("", "Vælg team"), *[(team.pk, team.name) for team in teams]]  # type: ignore[attr-defined]


class ScreenForm(ChangeForm):
    """A new screen on the wall: where it hangs, and with which team the meeting is."""

    name = text(40, "Hvor hænger den? (for eksempel mødelokalet)", missing="Skriv, hvor skærmen hænger.")
    team = forms.TypedChoiceField(
        label="Mødet med",
        coerce=int,
        error_messages={"required": "Vælg, hvilket team skærmen viser mødet med.", "invalid_choice": ONE_OF},
    )

    def __init__(self, data: Data = None, *, teams: list[Team]) -> None:
        super().__init__(data)
        if len(teams) < 2:
            del self.fields["team"]
        else:
            self.fields["team"].choices = [("", "Vælg team"), *[(team.pk, team.name) for team in teams]]  # type: ignore[attr-defined]
