"""The shape of what administrators type. Choices are narrowed to what they may set up."""

from typing import Any

from django import forms

from administration import rules
from administration.selectors import unit_key
from administration.services.cooperation import LinkFacts, SeriesFacts
from administration.services.people import PersonFacts
from administration.services.roles import RoleFacts, Unit
from administration.services.units import HomeFacts, OrganisationFacts, TeamFacts
from core import weeks
from core.fields import ONE_OF, DanishDateField, text
from core.forms import ChangeForm, Data
from meetings.models import HolidayRule
from organisation.models import Home, Organisation, Ownership, Role, Side, Team, User

OF_OTHERS = [(kind.value, kind.label) for kind in (Ownership.MUNICIPAL, Ownership.PRIVATE)]
ON, UNTIL = "Fra og med", "Til og med (tomt: indtil videre)"
FROM_HOUR, TO_HOUR = "Fra klokken (tomt: hele dagen)", "Til klokken (tomt: hele dagen)"


def choice(label: str, **kwargs: Any) -> forms.ChoiceField:
    """A choice with its errors in Danish."""
    messages = {"required": "Vælg en.", "invalid_choice": "Vælg en af de nævnte."}
    return forms.ChoiceField(label=label, error_messages=messages, **kwargs)


def clock(label: str, **kwargs: Any) -> forms.TimeField:
    """A time of day."""
    return forms.TimeField(
        label=label,
        **kwargs,
        input_formats=["%H:%M", "%H.%M", "%H", "%H:%M:%S"],
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": "Skriv tiden som 14.30.", "required": "Skriv et klokkeslæt."},
    )


def mail(label: str, **kwargs: Any) -> forms.EmailField:
    """A mail address with its errors in Danish."""
    return forms.EmailField(
        max_length=rules.MAIL_LENGTH,
        label=label,
        error_messages={
            "invalid": "Skriv mailadressen som navn@eksempel.dk.",
            "required": "Skriv mailadressen.",
            "max_length": rules.LONG_MAIL,
        },
        **kwargs,
    )


class OrganisationForm(ChangeForm):
    """An organisation, under a region where there is more than one."""

    region = choice("Region")
    name = text(80, "Navn")
    anchor_mail = mail("Mailadresse, der får loggens anker hver dag (kan være tom)", required=False)

    def facts(self) -> OrganisationFacts:
        """What was typed, for the service."""
        return OrganisationFacts(self.cleaned_data["name"], self.cleaned_data["anchor_mail"])

    def __init__(self, *args: Any, regions: list[Organisation] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not regions:
            del self.fields["region"]
            return
        self.fields["region"].choices = [(str(o.pk), o.name) for o in regions]  # type: ignore[attr-defined]


class TeamForm(ChangeForm):
    """A team: how it is reached, and when."""

    organisation = choice("Region")
    name = text(60, "Navn")
    phone = text(20, "Telefon", required=False)
    duty_title = text(40, "Hvem svarer telefonen (for eksempel teamets vagt)")
    opens = clock("Åbner")
    closes = clock("Lukker")
    out_of_hours = text(120, "Når teamet har lukket (hvem kontaktes, og på hvilket nummer)", required=False)

    def __init__(self, *args: Any, regions: list[Organisation] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not regions:
            del self.fields["organisation"]
            return
        self.fields["organisation"].choices = [(str(o.pk), o.name) for o in regions]  # type: ignore[attr-defined]

    def facts(self) -> TeamFacts:
        """What was typed, for the service."""
        return TeamFacts(**{name: self.cleaned_data[name] for name in TeamFacts.__dataclass_fields__})


class HomeForm(ChangeForm):
    """A home: its name, who runs it and whom to call."""

    organisation = choice("Hører til")
    name = text(60, "Navn")
    ownership = choice("Ejerform (en regions egne botilbud er regionale af sig selv)", choices=OF_OTHERS)
    duty_title = text(40, "Hvem svarer telefonen (for eksempel vagthavende)")
    duty_phone = text(20, "Telefon", required=False)

    def __init__(self, *args: Any, owners: list[Organisation] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.stored.get("ownership") == Ownership.REGIONAL:
            del self.fields["ownership"]
        if not owners:
            del self.fields["organisation"]
            return
        self.fields["organisation"].choices = [(str(o.pk), o.name) for o in owners]  # type: ignore[attr-defined]

    def facts(self) -> HomeFacts:
        """What was typed, for the service."""
        return HomeFacts(**{name: self.cleaned_data.get(name, "") for name in HomeFacts.__dataclass_fields__})


class LinkForm(ChangeForm):
    """A team's link to a home."""

    team = choice("Team")
    weekdays = forms.TypedMultipleChoiceField(
        label="Dage, teamet er her",
        coerce=int,
        required=False,
        choices=[(day, name) for day, name in enumerate(weeks.DAYS)],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Vælg blandt ugens dage."},
    )
    from_day = DanishDateField(label=ON)
    to_day = DanishDateField(label=UNTIL, required=False)

    def __init__(self, *args: Any, teams: list[Team] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if teams is None:
            del self.fields["team"]
            return
        self.fields["team"].choices = [(str(team.pk), team.name) for team in teams]  # type: ignore[attr-defined]

    def facts(self) -> LinkFacts:
        """What was typed, for the service."""
        data = self.cleaned_data
        return LinkFacts(tuple(sorted(set(data["weekdays"]))), data["from_day"], data["to_day"])


class SeriesForm(ChangeForm):
    """The fixed weekly meeting with a team."""

    team = choice("Team")
    weekday = choice("Dag", choices=[(str(day), name) for day, name in enumerate(weeks.DAYS)])
    time = clock("Klokken")
    minutes = forms.IntegerField(
        label="Varer (minutter)",
        min_value=15,
        max_value=240,
        error_messages={
            "required": "Skriv et tal.",
            "invalid": "Skriv et helt tal.",
            "min_value": "Mindst 15 minutter.",
            "max_value": "Højst 240 minutter.",
        },
    )
    holiday_rule = choice("Når dagen er en helligdag", choices=HolidayRule.choices)

    def __init__(self, *args: Any, teams: list[Team] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if teams is None:
            del self.fields["team"]
            return
        self.fields["team"].choices = [(str(team.pk), team.name) for team in teams]  # type: ignore[attr-defined]

    def facts(self) -> SeriesFacts:
        """What was typed, for the service."""
        data = self.cleaned_data
        return SeriesFacts(int(data["weekday"]), data["time"], data["minutes"], data["holiday_rule"])


class DayForm(ChangeForm):
    """One day: the last of something."""

    on = DanishDateField(label="Sidste dag")


class UntilForm(ChangeForm):
    """The last day of a role, and its hour."""

    to_day = DanishDateField(label=UNTIL, required=False)
    to_time = clock(TO_HOUR, required=False)


class RoleForm(ChangeForm):
    """A role in one of the units the person may staff."""

    unit = choice("Hvor")
    role = choice("Rolle")
    from_day = DanishDateField(label=ON)
    from_time = clock(FROM_HOUR, required=False)
    to_day = DanishDateField(label=UNTIL, required=False)
    to_time = clock(TO_HOUR, required=False)

    def __init__(self, *args: Any, units: list[Unit], roles: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.units = {unit_key(unit): unit for unit in units}
        groups = (("Botilbud", Home), ("Team", Team), ("Organisation", Organisation))
        self.fields["unit"].choices = [  # type: ignore[attr-defined]
            (title, [(key, unit.name) for key, unit in self.units.items() if isinstance(unit, kind)])
            for title, kind in groups
            if any(isinstance(unit, kind) for unit in units)
        ]
        labels = {str(role): role.label for role in Role} | {"vikar": "Vikar (højst tre måneder)"}
        self.fields["role"].choices = [(role, labels[role]) for role in roles]  # type: ignore[attr-defined]

    def role_facts(self) -> RoleFacts:
        """What was typed, for the service."""
        data = self.cleaned_data
        substitute = data["role"] == "vikar"
        role = Role.STAFF if substitute else data["role"]
        period = {name: data[name] for name in ("from_day", "from_time", "to_day", "to_time")}
        return RoleFacts(self.units[data["unit"]], role, substitute=substitute, **period)


class DetailsForm(ChangeForm):
    """A person's name, title and phone. The mail address is changed by itself."""

    name = text(40, "Navn")
    title = text(40, "Titel (for eksempel pædagog)", required=False)
    phone = text(20, "Telefon", required=False)

    def facts(self, email: str) -> PersonFacts:
        """What was typed, for the service."""
        data = self.cleaned_data
        return PersonFacts(data["name"], data["title"], email, data["phone"])


class AddressForm(ChangeForm):
    """The new mail address of a person."""

    email = mail("Ny mailadresse")


class AccountForm(ChangeForm):
    """Why somebody's account is closed, or opened again."""

    why = text(200, "Hvorfor", missing="Skriv hvorfor.")


class PersonForm(RoleForm):
    """A new person with a first role."""

    name = text(40, "Navn")
    title = text(40, "Titel (for eksempel pædagog)", required=False)
    email = mail("Mailadresse")
    phone = text(20, "Telefon", required=False)
    field_order = ("name", "title", "email", "phone", "unit", "role", "from_day", "from_time", "to_day", "to_time")

    def facts(self) -> PersonFacts:
        """What was typed about the person, for the service."""
        data = self.cleaned_data
        return PersonFacts(data["name"], data["title"], data["email"].lower(), data["phone"])


class AbsenceForm(ChangeForm):
    """Away from–to, and who stands in."""

    from_day = DanishDateField(label="Første dag")
    to_day = DanishDateField(label="Sidste dag")
    deputy = choice("Stedfortræder")

    def __init__(self, *args: Any, people: list[tuple[User, Side]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [user.name for user, _ in people]
        self.people = {str(user.pk): user for user, _ in people}

        def label(user: User) -> str:
            return f"{user.name} ({user.title or user.email})" if names.count(user.name) > 1 else user.name

        groups = [
            (title, [(str(user.pk), label(user)) for user, side in people if side == which])
            for which, title in ((Side.HOME, "Botilbuddet"), (Side.TEAM, "Teamet"))
        ]
        self.fields["deputy"].choices = [("", "Vælg"), *[group for group in groups if group[1]]]  # type: ignore[attr-defined]

    def stand_in(self) -> User:
        """Who was chosen."""
        return self.people[self.cleaned_data["deputy"]]


class ListForm(forms.Form):
    """Many people, as a file or pasted."""

    file = forms.FileField(
        label="Fil (CSV fra et regneark)",
        required=False,
        allow_empty_file=True,
        error_messages={"invalid": "Filen kunne ikke læses. Prøv igen."},
    )
    text = forms.CharField(
        label="Eller indsæt listen her", required=False, widget=forms.Textarea(attrs={"rows": 10}), strip=False
    )


TABLET_UNIT = "Vælg, hvor tabletten hører til."


class TabletForm(ChangeForm):
    """A new shared tablet: its name, and where it belongs."""

    name = text(40, "Hvad kaldes den? (for eksempel tablet på kontoret)", missing="Skriv, hvad den kaldes.")
    unit = forms.ChoiceField(label="Hører til", error_messages={"required": TABLET_UNIT, "invalid_choice": ONE_OF})

    def __init__(self, data: Data = None, *, units: dict[str, Home | Team]) -> None:
        super().__init__(data)
        if len(units) == 1:
            del self.fields["unit"]
        else:
            self.fields["unit"].choices = [("", "Vælg"), *[(key, unit.name) for key, unit in units.items()]]  # type: ignore[attr-defined]
