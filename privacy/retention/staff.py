"""Staff who have left: what they signed in with goes first, and their name when the log names nobody from then."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import OpenSession
from organisation.models import Absence, Membership, RoleOffer, User
from organisation.region import strictest
from privacy.retention import rows

# What stands for a mail address that is gone (a domain of nobody's, RFC 2606), and for a name.
GONE = "@forladt.invalid"
NAME = "Tidligere medarbejder"
# People at a time: each has some tens of rows.
BATCH = 200


def due(day: date, today: date) -> int:
    """How many have left on the day or before and still have what goes, or a name the log no longer needs."""
    return _signing_in(day).count() + _named(today).count()


def erase(day: date, today: date) -> dict[str, int]:
    """A batch of it. Rows by table; the person's own row stays, since what they wrote points at it."""
    gone: dict[str, int] = {}
    left = list(_signing_in(day).values_list("pk", flat=True)[:BATCH])
    sessions = OpenSession.objects.filter(user__in=left).values("key")
    rows.add(gone, {"sessions.session": rows.delete(Session.objects.filter(session_key__in=sessions))})
    for table, name in own():
        rows.add(gone, {table._meta.label_lower: rows.delete(rows.every(table).filter(**{f"{name}__in": left}))})
    for pk in left:
        User.objects.filter(pk=pk).update(
            email=f"{pk}{GONE}", phone="", title="", password=make_password(None), is_active=False
        )
    nameless = list(_named(today).values_list("pk", flat=True)[:BATCH])
    User.objects.filter(pk__in=nameless).update(name=NAME)
    rows.add(gone, {"organisation.user": len({*left, *nameless})})
    return gone


def own() -> Iterable[tuple[type[models.Model], str]]:
    """(table, field) of what is somebody's own: all that would go with their row, and when they were away.

    A new table is among them as soon as it says so.
    """
    for relation in User._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel) and relation.on_delete is models.CASCADE:
            yield relation.related_model, relation.field.name
    yield Absence, "user"


def _left(day: date) -> QuerySet[User]:
    """Those whose last role had ended on the day, and who came before it."""
    roles = Membership.objects.filter(Q(to_day=None) | Q(to_day__gt=day), user=OuterRef("pk"))
    asked = RoleOffer.objects.filter(user=OuterRef("pk"), ended_at=None)
    return User.objects.filter(~Exists(roles), ~Exists(asked), date_joined__date__lte=day).order_by("pk")


def _signing_in(day: date) -> QuerySet[User]:
    return _left(day).exclude(email__endswith=GONE)


def _named(today: date) -> QuerySet[User]:
    return _left(today - timedelta(days=strictest("log"))).filter(email__endswith=GONE).exclude(name=NAME)
