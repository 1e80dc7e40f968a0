"""The shape of a criterion as people type it: a region's, and a home's own."""

from datetime import date, timedelta
from typing import Any

from django import forms

from core.fields import DanishDateField, text
from core.forms import ChangeForm, Data
from criteria.models import Criterion, CriterionVersion, Level
from criteria.rules import LONGEST_TERM, OWN_DAYS, Wording


def days_field(label: str, **kwargs: Any) -> forms.IntegerField:
    """A whole number of days from 1 to a year."""
    messages = {
        "required": "Skriv et antal dage.",
        "invalid": "Skriv et helt tal.",
        "min_value": f"Skriv et tal fra 1 til {LONGEST_TERM}.",
        "max_value": f"Skriv et tal fra 1 til {LONGEST_TERM}.",
    }
    return forms.IntegerField(label=label, min_value=1, max_value=LONGEST_TERM, error_messages=messages, **kwargs)


def level_field() -> forms.ChoiceField:
    """Akut or subakut."""
    return forms.ChoiceField(
        label="Foreslår niveauet",
        choices=[(Level.AKUT, "Akut"), (Level.SUBAKUT, "Subakut")],
        widget=forms.RadioSelect,
        error_messages={"required": "Vælg akut eller subakut.", "invalid_choice": "Vælg akut eller subakut."},
    )


class CriterionForm(ChangeForm):
    """A version's words and terms."""

    name = text(100, "Navn")
    definition = text(300, "Hvad betyder det?", 3)
    level = level_field()
    first_days = days_field("Drøftes første gang inden (dage)")
    then_days = days_field("Og siden inden (dage)", required=False)
    lead_days = days_field("Dage før en frist", required=False)
    exit_question = text(200, "Går af tavlen, når …", 2)

    def wording(self, *, awake: bool) -> Wording:
        """What was typed. Without a later term the first one holds on."""
        data = self.cleaned_data
        return Wording(
            name=data["name"].strip(),
            definition=data["definition"].strip(),
            level=data["level"],
            first_days=data["first_days"],
            then_days=data["then_days"] or data["first_days"],
            lead_days=data["lead_days"],
            exit_question=data["exit_question"].strip(),
            awake=awake,
        )


def initial_of(version: CriterionVersion) -> dict[str, Any]:
    """What the form shows of a version about to be changed."""
    return {name: getattr(version, name) for name in CriterionForm.base_fields}


class PlaceForm(forms.Form):
    """A place in the order."""

    to = forms.IntegerField(min_value=1, max_value=10_000)

    @classmethod
    def step(cls, criterion: Criterion, order: list[int], way: str) -> int:
        """The place one up or one down from where the criterion stands; its own at either end."""
        at = order.index(criterion.pk) + 1
        return max(1, at - 1) if way == "up" else min(len(order), at + 1)


class OwnCriterionForm(ChangeForm):
    """A criterion for one home alone, with its last day."""

    name = text(100, "Navn")
    definition = text(300, "Hvad betyder det?", 3)
    level = level_field()
    days = days_field("Drøftes igen inden (dage)")
    exit_question = text(200, "Går af tavlen, når …", 2)
    ends_on = DanishDateField(label="Gælder til og med")

    def __init__(self, data: Data = None, *, today: date, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        span = {"min": (today + timedelta(days=1)).isoformat(), "max": (today + timedelta(days=OWN_DAYS)).isoformat()}
        self.fields["ends_on"].widget.attrs.update(span)

    def wording(self) -> Wording:
        """What was typed."""
        data = self.cleaned_data
        return Wording(
            name=data["name"].strip(),
            definition=data["definition"].strip(),
            level=data["level"],
            first_days=data["days"],
            then_days=data["days"],
            lead_days=None,
            exit_question=data["exit_question"].strip(),
        )
