"""Planning, sending, and what a person does with their own reminders."""

from reminders.services.anchors import anchors_out, told
from reminders.services.outbox import gather, send, tick, ticked
from reminders.services.own import hide, own_reminder, prefer, preference_of, snooze
from reminders.services.planning import open_keys, plan, still_open

__all__ = [
    "anchors_out",
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
    "ticked",
    "told",
]
