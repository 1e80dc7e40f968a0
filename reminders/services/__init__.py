"""Planning, sending, and what a person does with their own reminders."""

from reminders.services.outbox import gather, send, tick
from reminders.services.own import hide, own_reminder, prefer, preference_of, snooze
from reminders.services.planning import open_keys, plan, still_open

__all__ = [
    "gather",
    "hide",
    "open_keys",
    "own_reminder",
    "plan",
    "prefer",
    "preference_of",
    "send",
    "snooze",
    "still_open",
    "tick",
]
