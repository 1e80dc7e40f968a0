"""The shape of 'Det siger vi til beboeren': what, who and when."""

from datetime import date

from django import forms

from accounts.access import people_at
from boards.forms import PersonField
from core.fields import DanishDateField
from core.forms import ChangeForm, Data
from organisation.models import Home


class TellForm(ChangeForm):
    """What is to be said. Without a person or a day it stands as a gap, as every other intervention does."""

    what = forms.CharField(
        max_length=200,
        label="Hvad siger vi?",
        required=False,
        error_messages={"max_length": "Der er plads til 200 tegn."},
    )
    owner = PersonField(label="Hvem siger det", required=False)
    due_on = DanishDateField(label="Hvornår", required=False)

    def __init__(self, data: Data = None, *, home: Home, today: date) -> None:
        super().__init__(data, auto_id="sig-%s")
        self.fields["owner"].narrow(people_at(home, today), today)  # type: ignore[attr-defined]
