"""Calls listeners when a clock moved, in the thread that commits. Only a hint: other processes ask the database."""

from collections.abc import Callable

listeners: list[Callable[[], None]] = []


def announce() -> None:
    """Tells them all."""
    for listener in list(listeners):
        listener()
