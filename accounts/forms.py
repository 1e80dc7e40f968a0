from typing import Any

from allauth.account.forms import ResetPasswordForm
from django import forms
from django.core.mail import get_connection
from django.http import HttpRequest

DIGITS = {"inputmode": "numeric", "autocomplete": "off", "maxlength": 6, "pattern": "[0-9]{6}"}


class PinForm(forms.Form):
    """Six digits, twice, and the password that shows who chooses them."""

    pin = forms.CharField(label="Ny kode (seks tal)", max_length=20, widget=forms.PasswordInput(attrs=DIGITS))
    again = forms.CharField(label="Koden igen", max_length=20, widget=forms.PasswordInput(attrs=DIGITS))
    password = forms.CharField(
        label="Din adgangskode",
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, asks_password: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_password:
            # Signs in through the organisation's own provider, or is of the demo: there is no password to ask for.
            del self.fields["password"]


class ForgottenPassword(ResetPasswordForm):  # type: ignore[misc]
    """Asks for a new password. If the mail server is away, we say so for every address, whether we know it or not."""

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        if not self.users:
            with get_connection():
                pass
        return str(super().save(request, **kwargs))
