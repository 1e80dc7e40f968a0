"""Refusals every room shares."""

from typing import Any


class Denied(Exception):
    """A refusal with its reason in Danish. `field` names the form's field it belongs at, '' for the whole."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Conflict(Exception):
    """Somebody else changed it since. `current` is what stands there now."""

    def __init__(self, current: Any) -> None:
        super().__init__("changed since")
        self.current = current


class Repeated(Exception):
    """The same form came twice. The first one was carried out."""
