"""The shape of what people type about a resident's life in the home. Choices are narrowed to the home."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet

from accounts.access import people_at
from boards.forms import PersonField
from core.fields import ONE_OF, DanishDateField, text
from core.forms import ChangeForm, Data
from core.text import name_fault
from core.web import number_in
from organisation.models import Home, Side, Team
from residents.models import Agreed, BasisKind, Given, Giver, PartnerKind, Situation, Stay, StayEnd
from residents.selectors import Arrival
from residents.services import Mover, NewBasis
from residents.sharing import basis_kinds
from residents.texts import everything, optional, stored

# The choice in the dialog that shares all a side has on the board that day.
ALL = "all"
# First in a list where nothing is chosen beforehand.
NOTHING = ("", "Vælg")


class SituationForm(ChangeForm):
    """Where the resident is."""

    situation = forms.ChoiceField(
        choices=Situation.choices, label="Situation", error_messages={"invalid_choice": ONE_OF}
    )
    since = DanishDateField(label="Siden")
    place = text(60, "Hvor", required=False)
    until = DanishDateField(label="Ventes hjem (eller flytter)", required=False)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_since(self) -> date:
        """From a day that has come."""
        day: date = self.cleaned_data["since"]
        if day > self.today:
            raise forms.ValidationError("Dagen ligger frem i tiden.")
        return day

    def clean_until(self) -> date | None:
        """Within a year: else it is a slip of the year."""
        day: date | None = self.cleaned_data["until"]
        if day and day > self.today + timedelta(days=366):
            raise forms.ValidationError("Dagen ligger mere end et år frem. Er årstallet rigtigt?")
        return day


class MoveInForm(ChangeForm):
    """A new resident, or one who is on the way from another home."""

    arrival = forms.TypedChoiceField(
        coerce=int,
        empty_value=None,
        label="Kommer fra",
        required=False,
        error_messages={"invalid_choice": "Beboeren er ikke længere på vej hertil. Luk, og se efter på listen."},
    )
    name = text(60, "Fornavn", required=False)
    flat = text(12, "Bolig")
    from_day = DanishDateField(label="Bor her fra")
    team = forms.TypedChoiceField(
        coerce=int,
        empty_value=None,
        label="Behandles af",
        required=False,
        error_messages={"invalid_choice": "Teamet kommer ikke her mere. Luk, og prøv igen."},
    )

    def __init__(self, *args: Any, arrivals: list[Arrival], teams: list[Team], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today, self.teams = today, {team.pk: team for team in teams}
        waiting = [(a.resident, f"{a.name}, fra {a.from_home}") for a in arrivals]
        self.fields["arrival"].choices = [("", "Ny i tavlen"), *waiting]  # type: ignore[attr-defined]
        self.fields["team"].choices = [("", "Intet team endnu"), *((team.pk, team.name) for team in teams)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A new resident has a name; the day is not ahead."""
        data = super().clean() or {}
        if not data.get("arrival") and not (data.get("name") or "").strip() and "name" not in self.errors:
            self.add_error("name", "Skriv beboerens fornavn.")
        for field in ("name", "flat"):
            if data.get(field) and (fault := name_fault(data[field])):
                self.add_error(field, fault)
        day = data.get("from_day")
        if day and day > self.today:
            self.add_error("from_day", "Dagen ligger frem i tiden. Registrér indflytningen, når den er sket.")
        return data

    def mover(self) -> Mover:
        """What was typed, for the service."""
        data = self.cleaned_data
        return Mover(
            name=data["name"],
            arrival=data["arrival"] or None,
            flat=data["flat"],
            from_day=data["from_day"],
            team=self.teams.get(data["team"]),
        )


class LeaveForm(ChangeForm):
    """Why a stay ends, when, and where the resident moves to."""

    end = forms.ChoiceField(
        label="Hvad er sket?",
        widget=forms.RadioSelect,
        error_messages={"required": "Vælg, hvad der er sket.", "invalid_choice": "Vælg, hvad der er sket."},
        choices=[choice for choice in StayEnd.choices if choice[0] not in (StayEnd.HOME_LEFT, StayEnd.OTHER_TEAM)],
    )
    # Has a button of its own: a resident who does not want to stand on the board still lives here.
    objects = StayEnd.OBJECTED
    on = DanishDateField(label="Sidste dag her")
    moved_to = forms.ModelChoiceField(
        queryset=Home.objects.none(), required=False, label="Flytter til", empty_label="Vælg botilbud"
    )

    def __init__(self, *args: Any, homes: QuerySet[Home], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["moved_to"].queryset = homes  # type: ignore[attr-defined]
        self.fields["moved_to"].error_messages["invalid_choice"] = "Vælg et botilbud fra listen."


class MovedForm(ChangeForm):
    """Where a resident who has left is said to have moved."""

    moved_to = forms.ModelChoiceField(
        queryset=Home.objects.none(),
        required=False,
        label="Flyttet til",
        empty_label="Et sted uden for tavlen",
        error_messages={"invalid_choice": "Vælg et botilbud fra listen."},
    )

    def __init__(self, *args: Any, homes: QuerySet[Home], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["moved_to"].queryset = homes  # type: ignore[attr-defined]


class VisitForm(ChangeForm):
    """A visit on the ward."""

    on = DanishDateField(label="Besøgt")
    text = text(200, "Kort om besøget", required=False)


class AgreedForm(ChangeForm):
    """Whether a partner may be talked to without the resident there, and how and when that was agreed."""

    agreed = forms.ChoiceField(
        label="Må vi tale sammen uden beboeren?",
        choices=Agreed.choices,
        initial=Agreed.UNASKED,
        error_messages={"required": ONE_OF, "invalid_choice": ONE_OF},
    )
    agreed_how = forms.ChoiceField(
        label="Aftalt hvordan",
        choices=[("", "Ikke aftalt"), *Given.choices],
        required=False,
        error_messages={"invalid_choice": ONE_OF},
    )
    agreed_on = DanishDateField(label="Aftalt hvornår", required=False)


class PartnerForm(AgreedForm):
    """Somebody outside the two teams."""

    name = text(80, "Hvem (navn eller sted)")
    kind = forms.ChoiceField(label="Slags", choices=PartnerKind.choices, error_messages={"invalid_choice": ONE_OF})
    field_order = ("name", "kind")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # It stands in a dialog with other forms that have a field of the same name.
        super().__init__(*args, **{"auto_id": "partner-%s", **kwargs})


class ContactForm(ChangeForm):
    """The own side's contact person and deputy."""

    person = PersonField(label="Kontaktperson", required=True, error_messages={"required": "Vælg en kontaktperson."})
    deputy = PersonField(label="Stedfortræder", required=False)

    def __init__(self, *args: Any, home: Home, side: Side, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = [(user, which) for user, which in people_at(home, today) if which == side]
        for name in ("person", "deputy"):
            self.fields[name].narrow(own, today)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The deputy is somebody else."""
        data = super().clean() or {}
        if data.get("deputy") and data.get("deputy") == data.get("person"):
            self.add_error("deputy", "Stedfortræderen skal være en anden end kontaktpersonen.")
        return data


class NeedForm(ChangeForm):
    """Why the resident is opened to the other side for an hour."""

    reason = text(200, "Hvorfor er det nødvendigt nu?", rows=2, missing="Skriv, hvorfor det er nødvendigt nu.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # It stands in a dialog with another form that has a field of the same name.
        super().__init__(*args, **{"auto_id": "need-%s", **kwargs})


class BasisForm(ChangeForm):
    """Why the own side may pass on what it knows. The kinds are those the side has (domain § 8).

    Nothing is chosen beforehand: one press must not record a consent nobody gave.
    """

    kind = forms.ChoiceField(
        label="Grundlag", error_messages={"required": "Vælg et grundlag.", "invalid_choice": "Vælg en af de nævnte."}
    )
    scope = forms.ChoiceField(
        label="Hvad må deles?",
        widget=forms.RadioSelect,
        required=False,
        choices=[(ALL, "Alt på tavlen"), ("chosen", "Kun det, beboeren har sagt ja til")],
        error_messages={"invalid_choice": "Vælg en af de nævnte."},
    )
    parts = forms.MultipleChoiceField(
        label="Niveauet følger altid med. Hvad må deles ud over det?",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": "Noget af det kan ikke vælges. Luk, og prøv igen."},
    )
    covers = text(200, "Bemærkning om det aftalte", required=False)
    reason = text(200, "Hvilket grundlag? (ved »andet«)", required=False)
    given_by = forms.ChoiceField(
        label="Givet af",
        choices=[NOTHING, *Giver.choices],
        error_messages={"required": "Vælg, hvem der har sagt ja.", "invalid_choice": "Vælg en af de nævnte."},
    )
    given_how = forms.ChoiceField(
        label="Hvordan",
        choices=[NOTHING, *Given.choices],
        error_messages={"required": "Vælg, hvordan det blev sagt.", "invalid_choice": "Vælg en af de nævnte."},
    )
    given_on = DanishDateField(label="Hvornår")
    to_day = DanishDateField(label="Gælder til og med")
    instead = forms.BooleanField(label="I stedet for det, vi deler nu", required=False)

    def __init__(self, *args: Any, side: Side, leader: bool, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        if not leader:
            del self.fields["reason"]
        kinds = [(kind.value, kind.label) for kind in basis_kinds(side, leader=leader)]
        self.fields["kind"].choices = [NOTHING, *kinds]  # type: ignore[attr-defined]
        self.side = side
        self.fields["parts"].choices = [(part.key, part.shared_as) for part in optional(side)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """What is shared is chosen, except where the kind of basis settles it."""
        data = super().clean() or {}
        if data.get("kind") != BasisKind.DISCHARGE:
            if not data.get("scope") and "scope" not in self.errors:
                self.add_error("scope", "Vælg, hvad der må deles.")
            elif data.get("scope") == "chosen" and not data.get("parts") and "parts" not in self.errors:
                self.add_error("parts", "Vælg mindst én ting, I deler.")
        return data

    def basis(self) -> NewBasis:
        """What was typed, for the service; it holds from today."""
        data = self.cleaned_data
        all_there_is = data.get("scope") == ALL
        return NewBasis(
            kind=BasisKind(data["kind"]),
            covers=data["covers"].strip(),
            given_by=Giver(data["given_by"]),
            from_day=self.today,
            to_day=data["to_day"],
            given_how=Given(data["given_how"]),
            given_on=data["given_on"],
            reason=data.get("reason", ""),
            what=everything(self.side) if all_there_is else stored(self.side, data.get("parts") or []),
        )

    def clean_given_on(self) -> date:
        """The day it was given, not a day ahead."""
        day: date = self.cleaned_data["given_on"]
        if day > self.today:
            raise forms.ValidationError("Dagen ligger frem i tiden.")
        return day

    def clean_to_day(self) -> date:
        """From today to a year ahead."""
        day: date = self.cleaned_data["to_day"]
        if day < self.today:
            raise forms.ValidationError("Dagen er gået. Vælg i dag eller en senere dag.")
        if day > self.today + timedelta(days=365):
            raise forms.ValidationError("Et grundlag kan registreres for højst et år ad gangen. Vælg en tidligere dag.")
        return day


class TeamStartForm(ChangeForm):
    """Whom the team begins with, by the name the team knows."""

    name = text(60, "Fornavn (og et bogstav mere, hvis det er nødvendigt)", missing="Skriv navnet.")


class TeamAnswerForm(ChangeForm):
    """Who the team means, or that the home says no.

    The service knows who can be chosen: a second press finds them gone.
    """

    NO = "no"
    who = forms.CharField(
        label="Hvem er det?",
        widget=forms.Select(),
        error_messages={"required": "Vælg, hvem det er, eller svar nej."},
    )

    def __init__(self, data: Data = None, *, residents: list[Stay], begun: Collection[int]) -> None:
        super().__init__(data)
        named = [
            (str(s.pk), f"{s.resident.name}, bolig {s.flat}" + (" (er begyndt)" if s.pk in begun else ""))
            for s in residents
        ]
        self.fields["who"].widget.choices = [
            NOTHING,
            *named,
            (self.NO, "Svar nej. Teamet får ikke at vide hvorfor"),
        ]

    def stay(self) -> int | None:
        """The resident's stay, 0 for what is none; None where the answer is no."""
        who = self.cleaned_data["who"]
        return None if who == self.NO else number_in(who)
