"""Planning, sending, and what a person does with their own reminders."""

from reminders.services.anchors import anchors_out, told
from reminders.services.outbox import gather, send, tick, ticked
from reminders.services.own import own_reminder, preference_of, reminder_hide, reminder_prefer, reminder_snooze
from reminders.services.planning import open_keys, plan, still_open

__all__ = [
    "anchors_out",
    "gather",
    "open_keys",
    "own_reminder",
    "plan",
    "preference_of",
    "reminder_hide",
    "reminder_prefer",
    "reminder_snooze",
    "send",
    "still_open",
    "tick",
    "ticked",
    "told",
]
