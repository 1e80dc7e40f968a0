"""The shape of a criterion as people type it: the fields all share, and a home's own."""

from datetime import date, timedelta
from typing import Any

from django import forms

from core.fields import DanishDateField
from criteria.models import Level
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


def text_field(label: str, limit: int, rows: int = 0) -> forms.CharField:
    """A text that must be there."""
    return forms.CharField(
        label=label,
        max_length=limit,
        widget=forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Skriv noget her.", "max_length": f"Der er plads til {limit} tegn."},
    )


def level_field() -> forms.ChoiceField:
    """Akut or subakut."""
    return forms.ChoiceField(
        label="Foreslår niveauet",
        choices=[(Level.AKUT, "Akut"), (Level.SUBAKUT, "Subakut")],
        widget=forms.RadioSelect,
        error_messages={"required": "Vælg akut eller subakut.", "invalid_choice": "Vælg akut eller subakut."},
    )


class OwnCriterionForm(forms.Form):
    """A criterion for one home alone, with its last day."""

    name = text_field("Navn", 100)
    definition = text_field("Hvad betyder det?", 300, 3)
    level = level_field()
    days = days_field("Drøftes igen inden (dage)")
    exit_question = text_field("Går af tavlen, når …", 200, 2)
    ends_on = DanishDateField(label="Gælder til og med")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
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
