from typing import Any

from django import forms

from core.fields import ONE_OF, DanishDateField
from core.text import blank
from privacy.account_use import MOST_DAYS
from privacy.models import Answer, SampleLine
from privacy.rules import NOTE_LENGTH, WHY_LENGTH


class AnswerForm(forms.Form):
    """The answer to one look-up. Nothing chosen leaves it as it stands."""

    answer = forms.ChoiceField(
        label="Svar",
        choices=Answer.choices,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": ONE_OF},
    )
    note = forms.CharField(
        label="Bemærkning (hvad der skal undersøges)",
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.TextInput(attrs={"maxlength": NOTE_LENGTH, "autocomplete": "off"}),
    )
    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    @classmethod
    def of(cls, line: SampleLine) -> "AnswerForm":
        """As the line stands."""
        stands = {"answer": line.answer, "note": line.note, "seen": line.version}
        return cls(initial=stands, prefix=f"l{line.pk}")


class InsightForm(forms.Form):
    """Who has asked for insight; nobody need say what for (GDPR art. 15)."""

    why = forms.CharField(
        label="Hvem har bedt om indsigt (beboeren, værgen, en anden med fuldmagt)?",
        max_length=WHY_LENGTH,
        widget=forms.TextInput(attrs={"maxlength": WHY_LENGTH, "autocomplete": "off"}),
        error_messages={
            "required": "Skriv, hvem der har bedt om indsigten.",
            "max_length": f"Der er plads til {WHY_LENGTH} tegn.",
        },
    )

    def clean_why(self) -> str:
        """Something that can be read."""
        why = str(self.cleaned_data["why"])
        if blank(why):
            raise forms.ValidationError("Skriv, hvem der har bedt om indsigten.")
        return why


class DaysForm(forms.Form):
    """From and to, both days included, as an address has them."""

    fra = DanishDateField(label="Fra og med")
    til = DanishDateField(label="Til og med")

    def clean(self) -> dict[str, Any]:
        """In that order, and no more days than can be read."""
        days = {**(super().clean() or {}), **self.cleaned_data}
        first, last = days.get("fra"), days.get("til")
        if first and last and first > last:
            self.add_error("til", "Den sidste dag kan ikke ligge før den første.")
        elif first and last and (last - first).days >= MOST_DAYS:
            self.add_error("til", "Vælg højst et år ad gangen.")
        return days
