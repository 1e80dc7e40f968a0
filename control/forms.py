from django import forms

from control.models import Answer, SampleLine
from control.rules import NOTE_LENGTH


class AnswerForm(forms.Form):
    """The answer to one look-up. Nothing chosen leaves it as it stands."""

    answer = forms.ChoiceField(label="Svar", choices=Answer.choices, required=False, widget=forms.RadioSelect)
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
