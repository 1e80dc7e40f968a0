from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from botilbud.organisation import sign_ins


class ClosedSignup(DefaultAccountAdapter):  # type: ignore[misc]
    """People are created by their administrator; nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Too many tries are refused before anybody is asked; that too is noted."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            sign_ins.locked_out(str(credentials.get("email") or credentials.get("username") or ""))
            raise
