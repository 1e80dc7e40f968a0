"""Who is told in the thread that commits when a clock has moved. Nothing may rest on it: others ask the database."""

from collections.abc import Callable

listeners: list[Callable[[], None]] = []


def announce() -> None:
    """Tells them all."""
    for listener in list(listeners):
        listener()
