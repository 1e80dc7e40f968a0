"""The shape of what people type on the board. Choices are narrowed to the home."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms

from accounts.access import people_at
from boards.models import AkutReview, Intervention, Told, Track, Urgency
from boards.selectors import CellView, Row
from boards.services import NewLevel, OffBoard, Plan, ReviewDone
from core import weeks
from core.fields import ONE_OF, DanishDateField, text
from core.forms import ChangeForm, Data
from core.text import blank
from criteria.models import CriterionVersion, Level
from organisation.absence import away_soon
from organisation.models import Home, Side, User
from residents.models import Agreed, Partner
from residents.selectors import VisibleStay


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Somebody who works at the home, told apart by title where two share a name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=User.objects.none(), empty_label="Ingen endnu", **kwargs)
        self.error_messages["invalid_choice"] = "Personen arbejder ikke her. Vælg en anden."

    def narrow(self, people: list[tuple[User, Side]], day: date) -> None:
        """Offers the home's people in two groups, and says who is away on the day or within a month. One query."""
        self.queryset = User.objects.filter(pk__in=[user.pk for user, _ in people])
        names = [user.name for user, _ in people]

        absent = away_soon([user.pk for user, _ in people], day)

        def when(user: User) -> str:
            first, last = absent[user.pk].from_day, absent[user.pk].to_day
            if first <= day:
                return f"væk til {weeks.short_day(last)}"
            return "væk " + "–".join(weeks.short_day(on) for on in dict.fromkeys((first, last)))

        def label(user: User) -> str:
            name = f"{user.name} ({user.title})" if names.count(user.name) > 1 and user.title else user.name
            return f"{name} – {when(user)}" if user.pk in absent else name

        groups = [
            (title, [(user.pk, label(user)) for user, side in people if side == which])
            for which, title in ((Side.HOME, "Botilbuddet"), (Side.TEAM, "Teamet"))
        ]
        self.choices = [("", self.empty_label), *[group for group in groups if group[1]]]


# Somebody who is not on the resident's list.
ANOTHER = "other"


def partner_label(partner: Partner) -> str:
    """'Lægehuset – ikke aftalt'."""
    said = {Agreed.YES: "", Agreed.NO: " – kun med beboeren", Agreed.UNASKED: " – ikke aftalt"}
    return f"{partner.name}{said[Agreed(partner.without_resident)]}"


class PartnerSelect(forms.Select):
    """Marks those the resident has not agreed to, so that the page can ask why."""

    unagreed: frozenset[str] = frozenset()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The option, marked."""
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        if str(value) in self.unagreed:
            option["attrs"]["data-unagreed"] = True
        return option


class PlanForm(ChangeForm):
    """An intervention: what, who, when, with whom."""

    track = forms.ChoiceField(
        choices=Track.choices,
        label="Spor",
        widget=forms.RadioSelect,
        error_messages={"required": "Vælg et spor.", "invalid_choice": ONE_OF},
    )
    what = text(200, "Hvad gør I?", 2, required=False)
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
    unagreed = text(300, "Hvorfor må der tales med dem, og på hvilket grundlag?", 2, required=False)
    with_whom = text(80, "Sammen med", required=False)
    deputy = PersonField(label="Stedfortræder", required=False)
    joint = forms.BooleanField(label="Fælles besøg (står hos begge)", required=False)

    def __init__(self, data: Data, *, home: Home, today: date, partners: Sequence[Partner] = (), **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        people = people_at(home, today)
        for name in ("owner", "deputy"):
            self.fields[name].narrow(people, today)  # type: ignore[attr-defined]
        self.partners = {str(partner.pk): partner for partner in partners}
        listed = [(pk, partner_label(partner)) for pk, partner in self.partners.items()]
        asked = {pk for pk, partner in self.partners.items() if partner.without_resident != Agreed.YES}
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


class CorrectionForm(PlanForm):
    """The same over an intervention that stands."""

    def __init__(self, data: Data, *, over: Intervention, **kwargs: Any) -> None:
        super().__init__(data, stands=over.version, **kwargs)
        self.over = over


class LevelForm(ChangeForm):
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
    other = text(120, "Skriv grunden", required=False)
    deadline = DanishDateField(label="Frist eller dato", required=False)
    reason = text(300, "Hvad har I set?", 2)
    told = forms.ChoiceField(
        choices=Told.choices,
        label="Drøftet med beboeren?",
        widget=forms.RadioSelect,
        error_messages={"required": "Vælg ja, nej eller ikke nu.", "invalid_choice": ONE_OF},
    )
    review_by = DanishDateField(label="Drøftes igen senest", required=False)
    what = text(200, "Første indsats", required=False)
    track = forms.ChoiceField(
        choices=Track.choices, label="Spor", required=False, error_messages={"invalid_choice": ONE_OF}
    )
    owner = PersonField(label="Hvem", required=False)
    due_on = DanishDateField(label="Hvornår", required=False)

    def __init__(
        self,
        data: Data,
        *,
        row: Row,
        home: Home,
        today: date,
        offered: list[CriterionVersion],
        gone: set[int],
        **kwargs: Any,
    ) -> None:
        super().__init__(data, stands=row.level_version, **kwargs)
        self.row, self.offered, self.gone = row, offered, gone
        words = row.rules.level_words
        levels = [(level, words[level]) for level in (Level.AKUT, Level.SUBAKUT)]
        self.fields["level"].choices = levels  # type: ignore[attr-defined]
        self.fields["level"].error_messages["required"] = f"Vælg {' eller '.join(word.lower() for _, word in levels)}."
        self.fields["deadline"].widget.attrs["data-today"] = today.isoformat()
        self.fields["criteria"].choices = [(v.pk, v.name) for v in offered]  # type: ignore[attr-defined]
        self.fields["owner"].narrow(people_at(home, today), today)  # type: ignore[attr-defined]

    def new_level(self, default_track: str) -> NewLevel:
        """What was typed, for the service; a first intervention without a lane goes in the default one."""
        data = self.cleaned_data
        first = None
        if not blank(data["what"]):
            track = data["track"] or default_track
            first = Plan(what=data["what"], track=track, owner=data["owner"], due_on=data["due_on"])
        return NewLevel(
            level=Level(data["level"]),
            criteria=data["criteria"],
            reason=data["reason"],
            told=Told(data["told"]),
            other=data["other"],
            review_by=data["review_by"],
            deadline=data["deadline"],
            first=first,
        )


class CloseForm(ChangeForm):
    """Off the board: reason, told, crisis plan, who follows on."""

    reason = text(300, "Hvorfor går beboeren af tavlen?", 2)
    told = forms.ChoiceField(
        choices=Told.choices,
        label="Drøftet med beboeren?",
        widget=forms.RadioSelect,
        error_messages={"required": "Vælg ja, nej eller ikke nu.", "invalid_choice": ONE_OF},
    )
    crisis_plan_seen = forms.BooleanField(label="Kriseplanen er set efter", required=False)
    follow_on = PersonField(label="Hvem følger op?", required=False)

    def __init__(self, data: Data, *, row: Row, home: Home, today: date, **kwargs: Any) -> None:
        super().__init__(data, stands=row.level_version, **kwargs)
        self.row = row
        self.fields["follow_on"].narrow(people_at(home, today), today)  # type: ignore[attr-defined]

    def off(self) -> OffBoard:
        """What was typed, for the service."""
        return OffBoard(**{**self.cleaned_data, "told": Told(self.cleaned_data["told"])})


class SignForm(ChangeForm):
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
    text = text(300, "Hvad har du set?", 3)
    urgency = forms.ChoiceField(
        choices=Urgency.choices,
        label="Hvor hurtigt?",
        widget=forms.RadioSelect,
        error_messages={"required": "Vælg, hvor hurtigt det skal drøftes.", "invalid_choice": ONE_OF},
    )

    def __init__(self, data: Data, *, stays: list[VisibleStay], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["stay"].choices = [(stay.id, stay.label) for stay in stays]  # type: ignore[attr-defined]


def move_days(today: date, *, every_day: bool) -> list[tuple[date, str]]:
    """The days one would choose when moving: the next three at work, and the same day next week."""
    days = [today]
    while len(days) < 4:
        days.append(weeks.day_after(days[-1], every_day=every_day))
    week = today + timedelta(days=7) if every_day else weeks.add_working_days(today, 5)
    return [(day, weeks.due_label(day, today)) for day in days[1:]] + [(week, weeks.long_day(week))]


class ReviewForm(ChangeForm):
    """Ten minutes about an akut: one named person from each side, and what they agreed."""

    home_person = PersonField(label="Fra botilbuddet", required=False)
    team_person = PersonField(label="Fra teamet", required=False)
    outcome = forms.ChoiceField(
        choices=AkutReview.Outcome.choices,
        label="Hvad blev I enige om?",
        widget=forms.RadioSelect,
        error_messages={"required": "Vælg, om beboeren stadig er akut.", "invalid_choice": ONE_OF},
    )
    note = text(300, "Kort om hvorfor", 2, required=False)

    def __init__(self, data: Data, *, row: Row, home: Home, today: date, **kwargs: Any) -> None:
        super().__init__(data, stands=row.level_version, **kwargs)
        self.row = row
        people = people_at(home, today)
        for name, which in (("home_person", Side.HOME), ("team_person", Side.TEAM)):
            self.fields[name].narrow([pair for pair in people if pair[1] == which], today)  # type: ignore[attr-defined]

    def done(self) -> ReviewDone:
        """What was typed, for the service."""
        return ReviewDone(**{**self.cleaned_data, "outcome": AkutReview.Outcome(self.cleaned_data["outcome"])})


class DisputeForm(ChangeForm):
    """Why the person does not agree that akut was taken off."""

    why = text(250, "Hvorfor?", 2, missing="Skriv kort, hvorfor du er uenig.")


class MisfiledForm(ChangeForm):
    """Where a text written on the wrong resident belongs."""

    move_to = forms.TypedChoiceField(
        coerce=int,
        empty_value=None,
        label="Flyt teksten til",
        required=False,
        error_messages={"invalid_choice": "Beboeren står her ikke længere. Vælg en anden."},
    )

    def __init__(self, data: Data, *, row: Row, cell: CellView, others: list[VisibleStay], **kwargs: Any) -> None:
        super().__init__(data, stands=cell.version, **kwargs)
        self.row, self.cell = row, cell
        listed = [(stay.id, stay.label) for stay in others]
        self.fields["move_to"].choices = [("", "Ingen, den skal bare væk"), *listed]  # type: ignore[attr-defined]
