"""The shape of what people type on the board. Choices are narrowed to the home."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet

from boards.models import AkutReview, Told, Track, Urgency
from boards.services import Plan
from botilbud.lib import weeks
from botilbud.lib.text import blank, unreadable
from botilbud.organisation.access import people_at
from botilbud.organisation.models import Home, Side, Team, User
from criteria.models import CriterionVersion, Level
from residents.models import Agreed, BasisKind, Given, Giver, Partner, PartnerKind, Situation, StayEnd
from residents.parts import EVERYTHING, optional, stored
from residents.selectors import Arrival, SeenStay
from residents.sharing import basis_kinds

# Never with what was sent: a crafted value would come back in the answer.
ONE_OF = "Vælg en af de nævnte."


class DanishDateField(forms.DateField):
    """A day: the browser's own picker sends 2026-11-24; a person may also type 24.11. or 24.11.2026."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            input_formats=["%Y-%m-%d", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%Y"],
            error_messages={"invalid": "Skriv dagen som 24.11.2026.", "required": "Vælg en dag."},
            **kwargs,
        )

    def to_python(self, value: Any) -> date | None:
        """The day; a year nobody can mean, as 0026 or 9999, is asked about."""
        day = super().to_python(value)
        if day is not None and not 1900 <= day.year < 2100:
            raise forms.ValidationError("Er årstallet rigtigt? Skriv dagen som 24.11.2026.")
        return day


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Somebody who works at the home, told apart by title where two share a name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=User.objects.none(), empty_label="Ingen endnu", **kwargs)
        self.error_messages["invalid_choice"] = "Personen arbejder ikke her. Vælg en anden."

    def narrow(self, people: list[tuple[User, Side]]) -> None:
        """Offers the home's people in two groups."""
        self.queryset = User.objects.filter(pk__in=[user.pk for user, _ in people])
        names = [user.name for user, _ in people]

        def label(user: User) -> str:
            return f"{user.name} ({user.title})" if names.count(user.name) > 1 and user.title else user.name

        groups = [
            (title, [(user.pk, label(user)) for user, side in people if side == which])
            for which, title in ((Side.HOME, "Botilbuddet"), (Side.TEAM, "Teamet"))
        ]
        self.choices = [("", self.empty_label), *[group for group in groups if group[1]]]


# Somebody who is not on the resident's list.
ANOTHER = "anden"


def partner_label(partner: Partner) -> str:
    """'Lægehuset – ikke aftalt'."""
    said = {Agreed.YES: "", Agreed.NO: " – kun med beboeren", Agreed.UNASKED: " – ikke aftalt"}
    return f"{partner.name}{said[Agreed(partner.without_resident)]}"


class WrittenField(forms.CharField):
    """A text; where it must be there, characters nobody can see are none."""

    def validate(self, value: Any) -> None:
        super().validate("" if blank(value) else value)


def _text(limit: int, label: str, rows: int = 0, **kwargs: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
    field = WrittenField(max_length=limit, label=label, widget=widget, **kwargs)
    field.error_messages["max_length"] = f"Der er plads til {limit} tegn."
    field.error_messages["required"] = "Skriv noget her."
    return field


class PartnerSelect(forms.Select):
    """Marks those the resident has not agreed to, so that the page can ask why."""

    unagreed: frozenset[str] = frozenset()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The option, marked."""
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        if str(value) in self.unagreed:
            option["attrs"]["data-uaftalt"] = True
        return option


class PlanForm(forms.Form):
    """An intervention: what, who, when, with whom."""

    track = forms.ChoiceField(
        choices=Track.choices,
        label="Spor",
        widget=forms.RadioSelect,
        error_messages={"required": "Vælg et spor.", "invalid_choice": ONE_OF},
    )
    what = _text(200, "Hvad gør I?", 2, required=False)
    owner = PersonField(label="Hvem", required=False)
    due_on = DanishDateField(label="Hvornår", required=False)
    due_time = forms.TimeField(
        label="Klokken",
        required=False,
        input_formats=["%H:%M", "%H.%M", "%H"],
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": "Skriv tiden som 14.30."},
    )
    daily = forms.BooleanField(label="Hver dag", required=False)
    partner = forms.ChoiceField(
        label="Samarbejdspartner",
        required=False,
        widget=PartnerSelect,
        error_messages={"invalid_choice": "Står ikke længere på listen. Vælg en anden."},
    )
    unagreed = _text(300, "Hvorfor må der tales med dem, og på hvilket grundlag?", 2, required=False)
    with_whom = _text(80, "Sammen med", required=False)
    deputy = PersonField(label="Stedfortræder", required=False)
    joint = forms.BooleanField(label="Fælles besøg (står hos begge)", required=False)

    def __init__(self, *args: Any, home: Home, today: date, partners: Sequence[Partner] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = people_at(home, today)
        for name in ("owner", "deputy"):
            self.fields[name].narrow(people)  # type: ignore[attr-defined]
        self.partners = {str(one.pk): one for one in partners}
        listed = [(pk, partner_label(one)) for pk, one in self.partners.items()]
        asked = {pk for pk, one in self.partners.items() if one.without_resident != Agreed.YES}
        self.fields["partner"].widget.unagreed = frozenset({*asked, ANOTHER})
        self.fields["partner"].choices = [("", "Ingen"), *listed, (ANOTHER, "En anden")]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """'En anden' is somebody by name."""
        data = super().clean() or {}
        if (
            data.get("partner") == ANOTHER
            and data.get("track") == Track.COORDINATION
            and blank(data.get("with_whom") or "")
        ):
            self.add_error("with_whom", "Skriv, hvem det er.")
        return data

    def plan(self) -> Plan:
        """What was typed, for the service."""
        data = self.cleaned_data
        return Plan(
            what=data["what"],
            track=data["track"],
            owner=data["owner"],
            deputy=data["deputy"],
            due_on=data["due_on"],
            due_time=data["due_time"],
            daily=data["daily"],
            with_whom=data["with_whom"],
            joint=data["joint"],
            partner=self.partners.get(data["partner"]),
            unagreed=data["unagreed"],
        )


class LevelForm(forms.Form):
    """Up or down: level, criteria, what was seen, whether the resident was told, when to discuss again."""

    level = forms.ChoiceField(
        choices=[(Level.AKUT, "Akut"), (Level.SUBAKUT, "Subakut")],
        label="Niveau",
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": ONE_OF},
    )
    criteria = forms.TypedMultipleChoiceField(
        coerce=int,
        label="Hvilke kriterier?",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Vælg mindst ét kriterium.",
            "invalid_choice": "Et af kriterierne bruges ikke mere. Vælg et andet.",
        },
    )
    other = _text(120, "Skriv grunden", required=False)
    deadline = DanishDateField(label="Frist eller dato", required=False)
    reason = _text(300, "Hvad har I set?", 2)
    told = forms.ChoiceField(
        choices=Told.choices,
        label="Drøftet med beboeren?",
        widget=forms.RadioSelect,
        error_messages={"required": "Vælg ja, nej eller ikke nu.", "invalid_choice": ONE_OF},
    )
    review_by = DanishDateField(label="Drøftes igen senest", required=False)
    what = _text(200, "Første indsats", required=False)
    track = forms.ChoiceField(
        choices=Track.choices, label="Spor", required=False, error_messages={"invalid_choice": ONE_OF}
    )
    owner = PersonField(label="Hvem", required=False)
    due_on = DanishDateField(label="Hvornår", required=False)

    def __init__(
        self,
        *args: Any,
        home: Home,
        today: date,
        offered: list[CriterionVersion],
        words: dict[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        levels = [(level, words[level]) for level in (Level.AKUT, Level.SUBAKUT)]
        self.fields["level"].choices = levels  # type: ignore[attr-defined]
        self.fields["level"].error_messages["required"] = f"Vælg {' eller '.join(word.lower() for _, word in levels)}."
        self.fields["deadline"].widget.attrs["data-idag"] = today.isoformat()
        self.fields["criteria"].choices = [(v.pk, v.name) for v in offered]  # type: ignore[attr-defined]
        self.fields["owner"].narrow(people_at(home, today))  # type: ignore[attr-defined]

    def plan(self, default_track: str) -> Plan | None:
        """The first intervention, if one was typed."""
        data = self.cleaned_data
        if blank(data["what"]):
            return None
        return Plan(what=data["what"], track=data["track"] or default_track, owner=data["owner"], due_on=data["due_on"])


class CloseForm(forms.Form):
    """Off the board: reason, told, crisis plan, who follows on."""

    reason = _text(300, "Hvorfor går beboeren af tavlen?", 2)
    told = forms.ChoiceField(
        choices=Told.choices,
        label="Drøftet med beboeren?",
        widget=forms.RadioSelect,
        error_messages={"required": "Vælg ja, nej eller ikke nu.", "invalid_choice": ONE_OF},
    )
    crisis_plan_seen = forms.BooleanField(label="Kriseplanen er set efter", required=False)
    follow_on = PersonField(label="Hvem følger op?", required=False)

    def __init__(self, *args: Any, home: Home, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["follow_on"].narrow(people_at(home, today))  # type: ignore[attr-defined]


class SignForm(forms.Form):
    """An early sign: who, what, how soon."""

    stay = forms.TypedChoiceField(
        coerce=int,
        label="Hvem?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Vælg en beboer.",
            "invalid_choice": "Beboeren står her ikke længere. Vælg en anden.",
        },
    )
    text = _text(300, "Hvad har du set?", 3)
    urgency = forms.ChoiceField(
        choices=Urgency.choices,
        label="Hvor hurtigt?",
        widget=forms.RadioSelect,
        error_messages={"required": "Vælg, hvor hurtigt det skal drøftes.", "invalid_choice": ONE_OF},
    )

    def __init__(self, *args: Any, stays: list[SeenStay], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stay"].choices = [(stay.id, stay.label) for stay in stays]  # type: ignore[attr-defined]


def move_days(today: date) -> list[tuple[date, str]]:
    """The days one would choose when moving: the next three working days and the same day next week."""
    days = [weeks.add_working_days(today, count) for count in (1, 2, 3)]
    return [(day, weeks.due_label(day, today)) for day in days] + [
        (weeks.add_working_days(today, 5), weeks.long_day(weeks.add_working_days(today, 5)))
    ]


class SituationForm(forms.Form):
    """Where the resident is."""

    situation = forms.ChoiceField(
        choices=Situation.choices, label="Situation", error_messages={"invalid_choice": ONE_OF}
    )
    since = DanishDateField(label="Siden")
    place = _text(60, "Hvor", required=False)
    until = DanishDateField(label="Ventes hjem (eller flytter)", required=False)


class MoveInForm(forms.Form):
    """A new resident, or one who is on the way from another home."""

    arrival = forms.TypedChoiceField(
        coerce=int,
        empty_value=None,
        label="Kommer fra",
        required=False,
        error_messages={"invalid_choice": "Beboeren er ikke længere på vej hertil. Luk, og se efter på listen."},
    )
    name = _text(60, "Fornavn", required=False)
    flat = _text(12, "Bolig")
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
        self.today = today
        waiting = [(a.resident, f"{a.name}, fra {a.from_home}") for a in arrivals]
        self.fields["arrival"].choices = [("", "Ny i tavlen"), *waiting]  # type: ignore[attr-defined]
        self.fields["team"].choices = [("", "Intet team endnu"), *((team.pk, team.name) for team in teams)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A new resident has a name; the day is not ahead."""
        data = super().clean() or {}
        if not data.get("arrival") and not (data.get("name") or "").strip() and "name" not in self.errors:
            self.add_error("name", "Skriv beboerens fornavn.")
        for field in ("name", "flat"):
            if data.get(field) and unreadable(data[field]):
                self.add_error(field, "Brug kun synlige tegn, og mindst ét bogstav eller tal.")
        day = data.get("from_day")
        if day and day > self.today:
            self.add_error("from_day", "Dagen ligger frem i tiden. Registrér indflytningen, når den er sket.")
        return data


class LeaveForm(forms.Form):
    """Why a stay ends, when, and where the resident moves to."""

    end = forms.ChoiceField(
        label="Hvad er sket?",
        widget=forms.RadioSelect,
        error_messages={"required": "Vælg, hvad der er sket.", "invalid_choice": "Vælg, hvad der er sket."},
        choices=[choice for choice in StayEnd.choices if choice[0] not in (StayEnd.HOME_LEFT, StayEnd.OTHER_TEAM)],
    )
    on = DanishDateField(label="Sidste dag her")
    moved_to = forms.ModelChoiceField(
        queryset=Home.objects.none(), required=False, label="Flytter til", empty_label="Vælg botilbud"
    )

    def __init__(self, *args: Any, homes: QuerySet[Home], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["moved_to"].queryset = homes  # type: ignore[attr-defined]
        self.fields["moved_to"].error_messages["invalid_choice"] = "Vælg et botilbud fra listen."


class MovedForm(forms.Form):
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


class VisitForm(forms.Form):
    """A visit on the ward."""

    on = DanishDateField(label="Besøgt")
    text = _text(200, "Kort om besøget", required=False)


class ReviewForm(forms.Form):
    """Ten minutes about an akut: one named person from each side, and what they agreed."""

    home_person = PersonField(label="Fra botilbuddet", required=False)
    team_person = PersonField(label="Fra teamet", required=False)
    outcome = forms.ChoiceField(
        choices=AkutReview.Outcome.choices,
        label="Hvad blev I enige om?",
        widget=forms.RadioSelect,
        error_messages={"required": "Vælg, om beboeren stadig er akut.", "invalid_choice": ONE_OF},
    )
    note = _text(300, "Kort om hvorfor", 2, required=False)

    def __init__(self, *args: Any, home: Home, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = people_at(home, today)
        for name, which in (("home_person", Side.HOME), ("team_person", Side.TEAM)):
            self.fields[name].narrow([pair for pair in people if pair[1] == which])  # type: ignore[attr-defined]


class AgreedForm(forms.Form):
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

    name = _text(80, "Hvem (navn eller sted)")
    kind = forms.ChoiceField(label="Slags", choices=PartnerKind.choices, error_messages={"invalid_choice": ONE_OF})
    field_order = ("name", "kind")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # It stands in a dialog with other forms that have a field of the same name.
        super().__init__(*args, **{"auto_id": "partner-%s", **kwargs})


class ContactForm(forms.Form):
    """The own side's contact person and deputy."""

    person = PersonField(label="Kontaktperson", required=True, error_messages={"required": "Vælg en kontaktperson."})
    deputy = PersonField(label="Stedfortræder", required=False)

    def __init__(self, *args: Any, home: Home, side: Side, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = [(user, which) for user, which in people_at(home, today) if which == side]
        for name in ("person", "deputy"):
            self.fields[name].narrow(own)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The deputy is somebody else."""
        data = super().clean() or {}
        if data.get("deputy") and data.get("deputy") == data.get("person"):
            self.add_error("deputy", "Stedfortræderen skal være en anden end kontaktpersonen.")
        return data


class BasisForm(forms.Form):
    """Why the own side may pass on what it knows. The kinds are those the side has (domain § 8)."""

    kind = forms.ChoiceField(label="Grundlag", error_messages={"invalid_choice": "Vælg en af de nævnte."})
    scope = forms.ChoiceField(
        label="Hvad må deles?",
        widget=forms.RadioSelect,
        required=False,
        choices=[(EVERYTHING, "Alt på tavlen"), ("valgt", "Kun det, jeg vælger")],
        error_messages={"invalid_choice": "Vælg en af de nævnte."},
    )
    parts = forms.MultipleChoiceField(
        label="Niveauet følger altid med. Hvad må deles ud over det?",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": "Noget af det kan ikke vælges. Luk, og prøv igen."},
    )
    covers = _text(200, "Bemærkning om det aftalte", required=False)
    reason = _text(200, "Hvilket grundlag? (ved »andet«)", required=False)
    given_by = forms.ChoiceField(
        label="Givet af", choices=Giver.choices, error_messages={"invalid_choice": "Vælg en af de nævnte."}
    )
    given_how = forms.ChoiceField(
        label="Hvordan", choices=Given.choices, error_messages={"invalid_choice": "Vælg en af de nævnte."}
    )
    given_on = DanishDateField(label="Hvornår")
    to_day = DanishDateField(label="Gælder til og med")
    instead = forms.BooleanField(label="I stedet for det, vi deler nu", required=False)

    def __init__(self, *args: Any, side: Side, leader: bool, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"given_on": today}, **kwargs})
        self.today = today
        if not leader:
            del self.fields["reason"]
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (kind.value, kind.label) for kind in basis_kinds(side, leader=leader)
        ]
        self.side = side
        self.fields["parts"].choices = [(part.key, part.title) for part in optional(side)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """What is shared is chosen, except where the kind of basis settles it."""
        data = super().clean() or {}
        if data.get("kind") != BasisKind.DISCHARGE:
            if not data.get("scope") and "scope" not in self.errors:
                self.add_error("scope", "Vælg, hvad der må deles.")
            elif data.get("scope") == "valgt" and not data.get("parts") and "parts" not in self.errors:
                self.add_error("parts", "Vælg mindst én ting, I deler.")
        return data

    @property
    def what(self) -> str:
        """The parts chosen, as a basis keeps them."""
        data = self.cleaned_data
        return EVERYTHING if data.get("scope") == EVERYTHING else stored(self.side, data.get("parts") or [])

    def clean_given_on(self) -> date:
        """The day it was given, not a day ahead."""
        day: date = self.cleaned_data["given_on"]
        if day > self.today:
            raise forms.ValidationError("Dagen ligger frem i tiden.")
        return day

    def clean_to_day(self) -> date:
        """From today to a year ahead: a consent lapses after at most a year."""
        day: date = self.cleaned_data["to_day"]
        if day < self.today:
            raise forms.ValidationError("Dagen er gået. Vælg i dag eller en senere dag.")
        if day > self.today + timedelta(days=365):
            raise forms.ValidationError("Et samtykke gælder højst et år. Vælg en tidligere dag.")
        return day
