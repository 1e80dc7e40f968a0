"""The shape of a region's settings: one field for each."""

from typing import Any

from django import forms

from administration.settings_page import TITLES
from core.forms import ChangeForm, Data
from organisation.region import (
    LEVEL_WORDS,
    MEANING_LENGTH,
    OPTIONAL_COLUMNS,
    PROMPT_LENGTH,
    PROMPTS,
    RANGES,
    TITLE_LENGTH,
    WORD_LENGTH,
)
from privacy.retention.kinds import KINDS

NUMBERS = {
    "stale_days": "Status er gammel efter (dage)",
    "stale_days_slow": "Mål, ønsker og tryghed er gamle efter (dage)",
    "rotation_weeks": "Kommer på mødet, når beboeren ikke er drøftet i (uger)",
    "follow_up_days": "Opfølgning, efter at beboeren er gået af tavlen (dage)",
    "akut_minutes": "Minutter til en akut",
    "subakut_minutes": "Minutter til en subakut",
    "other_minutes": "Minutter til de andre",
}


class SettingsForm(ChangeForm):
    """Titles, numbers, how long each kind of data is kept, levels and the five prompts."""

    def __init__(self, data: Data = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        for key, title in TITLES.items():
            self.fields[f"title_{key}"] = _text(f"Overskrift: {title}", TITLE_LENGTH)
        for key in OPTIONAL_COLUMNS:
            self.fields[f"show_{key}"] = forms.BooleanField(label=f"Vis kolonnen »{TITLES[key]}«", required=False)
        for name, label in NUMBERS.items():
            self.fields[name] = _number(label, *RANGES[name])
        for kind in KINDS.values():
            self.fields[kind.field] = _number(f"{kind.name} (dage)", *RANGES[kind.field])
        for level, word in LEVEL_WORDS.items():
            self.fields[f"word_{level}"] = _text(f"Ordet for {word.lower()}", WORD_LENGTH)
            self.fields[f"meaning_{level}"] = _text(f"Det betyder {word.lower()}", MEANING_LENGTH)
        for number in range(1, len(PROMPTS) + 1):
            self.fields[f"prompt_{number}"] = _text(f"Spørgsmål {number}", PROMPT_LENGTH)

    def group(self, *starts: str) -> list[forms.BoundField]:
        """The bound fields whose names begin so, in order."""
        return [self[name] for name in self.fields if name.startswith(starts)]

    @property
    def titles(self) -> list[forms.BoundField]:
        return self.group("title_")

    @property
    def shown(self) -> list[forms.BoundField]:
        return self.group("show_")

    @property
    def numbers(self) -> list[forms.BoundField]:
        return self.group(*NUMBERS)

    @property
    def kept(self) -> list[forms.BoundField]:
        return self.group("keep_")

    @property
    def levels(self) -> list[forms.BoundField]:
        return self.group("word_", "meaning_")

    @property
    def prompts(self) -> list[forms.BoundField]:
        return self.group("prompt_")


def _text(label: str, limit: int) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=limit,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Skriv noget her.", "max_length": f"Der er plads til {limit} tegn."},
    )


def _number(label: str, low: int, high: int) -> forms.IntegerField:
    wrong = f"Skriv et tal fra {low} til {high}."
    messages = {"required": wrong, "invalid": wrong, "min_value": wrong, "max_value": wrong}
    return forms.IntegerField(label=label, min_value=low, max_value=high, error_messages=messages)
