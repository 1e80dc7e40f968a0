"""The shape of what a criteria administrator types."""

from typing import Any

from django import forms

from boards.forms_criteria import days_field, level_field, text_field
from criteria.models import Criterion, CriterionVersion
from criteria.rules import Wording


class CriterionForm(forms.Form):
    """A version's words and terms."""

    name = text_field("Navn", 100)
    definition = text_field("Hvad betyder det?", 300, 3)
    level = level_field()
    first_days = days_field("Drøftes første gang inden (dage)")
    then_days = days_field("Og siden inden (dage)", required=False)
    lead_days = days_field("Dage før en frist", required=False)
    exit_question = text_field("Går af tavlen, når …", 200, 2)

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
