"""Fields of forms that every room shares, with their errors in Danish."""

from datetime import date
from typing import Any

from django import forms

from core.text import blank

# The message never repeats what was sent: a crafted value would come back in the answer.
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


class WrittenField(forms.CharField):
    """A text. A required one must hold something that can be seen. One that is too long is refused, and never cut."""

    def widget_attrs(self, widget: forms.Widget) -> Any:
        """Without a length: a browser would cut what is pasted, and say nothing."""
        return {name: value for name, value in super().widget_attrs(widget).items() if name != "maxlength"}

    def validate(self, value: Any) -> None:
        super().validate("" if blank(value) else value)


def text(limit: int, label: str, rows: int = 0, *, missing: str = "Skriv noget her.", **kwargs: Any) -> forms.CharField:
    """A text of at most `limit` characters, with `rows` a box of so many lines; errors in Danish."""
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
    field = WrittenField(max_length=limit, label=label, widget=widget, **kwargs)
    field.error_messages["max_length"] = f"Der er plads til {limit} tegn."
    field.error_messages["required"] = missing
    return field
