"""The shape of what people choose about their own reminders."""

from datetime import time

from django import forms

from core.fields import DanishDateField
from reminders import rules
from reminders.kinds import mutable
from reminders.models import Preference

HOURS = [time(hour) for hour in range(rules.EARLIEST.hour, rules.LATEST.hour + 1)]


class SnoozeForm(forms.Form):
    """The day a reminder comes back."""

    day = DanishDateField(label="Vælg dag")


class PreferenceForm(forms.Form):
    """Which kinds come by mail, and from what hour."""

    by_mail = forms.MultipleChoiceField(
        label="Det vil jeg have på mail",
        choices=lambda: [(kind.code, kind.setting) for kind in mutable().values()],
        required=False,
        error_messages={"invalid_choice": "Vælg blandt påmindelserne på siden."},
    )
    mail_from = forms.TypedChoiceField(
        label="Mailen må komme fra",
        choices=[(hour.isoformat("minutes"), f"kl. {hour.hour}") for hour in HOURS],
        coerce=time.fromisoformat,
        error_messages={
            "required": "Vælg et tidspunkt mellem kl. 6 og kl. 12.",
            "invalid_choice": "Vælg et tidspunkt mellem kl. 6 og kl. 12.",
        },
    )

    @classmethod
    def of(cls, chosen: Preference) -> "PreferenceForm":
        """The form as the person has chosen so far."""
        by_mail = [kind for kind in mutable() if kind not in chosen.muted]
        return cls(initial={"by_mail": by_mail, "mail_from": chosen.mail_from.isoformat("minutes")})

    def ticked(self) -> list[tuple[str, str, bool]]:
        """(kind, label, comes by mail), as it stands in the form now."""
        now = self["by_mail"].value() or []
        return [(kind.code, kind.setting, kind.code in now) for kind in mutable().values()]
