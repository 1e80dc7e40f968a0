"""What a person does with their own reminders: put one off, take one away, choose what comes by mail."""

from datetime import date, time

from audit import trail
from core.errors import Denied
from organisation.models import User
from reminders import rules
from reminders.kinds import KINDS, mutable, urgent
from reminders.models import Preference, Reminder

trail.register("reminder.snoozed", "udskød en påmindelse")
trail.register("reminder.hidden", "fjernede en påmindelse fra sin liste")
trail.register("reminder.preferred", "ændrede sine påmindelser på mail")

IN_VIEW = (Reminder.State.WAITING, Reminder.State.SENT)


def _scope(user: User) -> str:
    """A person's own choices have a chain of their own, so that no home's board is redrawn for them."""
    return f"person:{user.pk}"


def _mine(user: User, pk: int, today: date) -> list[Reminder]:
    """Every reminder in view of the same thing. Raises LookupError for one that is not the person's own."""
    own = Reminder.objects.system("a person's own reminders").filter(recipient=user, state__in=IN_VIEW, on__lte=today)
    row = own.filter(pk=pk).first()
    if row is None:
        raise LookupError("reminder")
    same = [other for other in own.filter(home=row.home_id, subject=row.subject) if other.kind not in urgent()]
    return [row, *(other for other in same if other.pk != row.pk)]


def own_reminder(user: User, pk: int, today: date) -> Reminder:
    """The person's own reminder in view. Raises LookupError for another's, or one no longer there."""
    return _mine(user, pk, today)[0]


def reminder_snooze(*, user: User, pk: int, to: date, today: date) -> None:
    """Puts a thing off to a day, when it is told once more.

    Raises LookupError (not one's own, or no longer there), Denied (what is urgent, a day past or too far ahead).
    """
    with trail.change(_scope(user), by=user.pk) as log:
        rows = _mine(user, pk, today)
        rules.check_snooze(KINDS[rows[0].kind].never_put_off, max(row.due for row in rows), to, today)
        for row in rows:
            row.snoozed_to, row.state = to, Reminder.State.WAITING
            row.save(update_fields=["snoozed_to", "state"])
        log("reminder.snoozed", rows[0], to=str(to))


def reminder_hide(*, user: User, pk: int, today: date) -> None:
    """Takes a thing off the person's own list.

    Raises LookupError (not one's own, or gone), Denied (what stands there until it has been seen).
    """
    with trail.change(_scope(user), by=user.pk) as log:
        rows = _mine(user, pk, today)
        rules.check_hide(KINDS[rows[0].kind].never_hidden)
        for row in rows:
            row.state = Reminder.State.HIDDEN
            row.save(update_fields=["state"])
        log("reminder.hidden", rows[0])


def preference_of(user: User) -> Preference:
    """What the person has chosen, or the defaults. One query."""
    return Preference.objects.filter(user=user).first() or Preference(user=user)


def reminder_prefer(*, user: User, by_mail: list[str], mail_from: time) -> Preference:
    """Chooses the kinds that come by mail, and from what hour. Raises Denied for an unknown kind or hour."""
    if not set(by_mail) <= set(mutable()):
        raise Denied("Vælg blandt påmindelserne på siden.", "by_mail")
    if not rules.EARLIEST <= mail_from <= rules.LATEST:
        raise Denied("Vælg et tidspunkt mellem kl. 6 og kl. 12.", "mail_from")
    with trail.change(_scope(user), by=user.pk) as log:
        muted = [kind for kind in mutable() if kind not in by_mail]
        chosen, _ = Preference.objects.update_or_create(user=user, defaults={"muted": muted, "mail_from": mail_from})
        log("reminder.preferred", chosen, muted=muted, mail_from=mail_from.isoformat("minutes"))
    return chosen
