"""For each kind, what is past its term and how it is erased: one home at a time, and what belongs to no home.

A moment is past its term when that many days have gone by; a day, when that many whole days have followed it. Each
`erase` takes one batch of limited size within the caller's transaction and returns the counts. Each `due` counts what
should be gone.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from accounts.access import works_at
from accounts.models import DeviceSignIn, Screen
from audit import pruning, trail
from audit.models import Entry, EntryDetail
from audit.pruning import Cut
from boards.models import Cell, CellRevision, EarlySign, Episode, Intervention, Presence, State
from boards.rules import still_standing
from boards.services.undo import DAYS as UNDO_DAYS
from core.period import holds
from meetings.models import Meeting, ParkedTopic
from organisation.models import Draft, Home, IdempotencyKey, Membership, RoleOffer, RoleYes, TeamHome
from organisation.region import Rules
from privacy.models import Sample, SampleLine
from privacy.retention import rows, staff
from reminders.models import DemoMail, Digest, Reminder
from residents.models import TeamStart
from residents.selectors import START_DAYS

BATCH = 5000
# A role that began is told for a week; one that waits is asked about for a month.
OFFERS = timedelta(days=2 * RoleOffer.DAYS)
# Fewer at a time of rows that others hang on: an intervention has some events, minutes have hundreds of parts.
ROOTS, MEETINGS = 500, 20

Counts = dict[str, int]


@dataclass(frozen=True)
class Term:
    """How long a kind is kept, now. `region_rules` holds the other terms of the same place."""

    days: int
    now: datetime
    region_rules: Rules

    @property
    def moment(self) -> datetime:
        """What happened then or before is past its term."""
        return self.now - timedelta(days=self.days)

    @property
    def day(self) -> date:
        """What ended on the day or before is past its term."""
        return self.day_now - timedelta(days=self.days)

    @property
    def day_now(self) -> date:
        """Today, in Denmark."""
        return timezone.localdate(self.now)

    @property
    def with_minutes(self) -> "Term":
        """The longer of this term and that of minutes: a mark that hides a text in minutes must last as long."""
        return Term(max(self.days, self.region_rules.keeps("minutes")), self.now, self.region_rules)


@dataclass(frozen=True)
class Sweep:
    """A kind at one home."""

    erase: Callable[[Home, Term], Counts]
    due: Callable[[Home, Term], int]


@dataclass(frozen=True)
class Common:
    """The part of a kind that belongs to no home."""

    erase: Callable[[Term], Counts]
    due: Callable[[Term], int]


Rows = list[QuerySet[Any]]


def _take(querysets: Rows, room: int) -> list[tuple[Any, list[Any]]]:
    """(table, rows) from the first rows on, until the batch is full."""
    taken = []
    for queryset in querysets:
        pks = list(queryset.order_by("pk").values_list("pk", flat=True)[:room])
        room -= len(pks)
        if pks:
            taken.append((queryset.model, pks))
    return taken


def _plain(querysets: Rows) -> Counts:
    """Deletes rows nothing hangs on."""
    gone: Counts = {}
    for model, pks in _take(querysets, BATCH):
        for part in rows.chunks(pks):
            rows.add(gone, {model._meta.label_lower: rows.delete(rows.every(model).filter(pk__in=part))})
    return gone


def _whole(querysets: Rows) -> Counts:
    """Deletes rows with everything that hangs on them."""
    gone: Counts = {}
    for model, pks in _take(querysets, ROOTS):
        rows.add(gone, rows.remove(rows.collect(model, pks)))
    return gone


def _count(querysets: Rows) -> int:
    return sum(queryset.count() for queryset in querysets)


def _plainly(past_term: Callable[[Home, Term], Rows]) -> Sweep:
    return Sweep(lambda home, term: _plain(past_term(home, term)), lambda home, term: _count(past_term(home, term)))


def _wholly(past_term: Callable[[Home, Term], Rows]) -> Sweep:
    return Sweep(lambda home, term: _whole(past_term(home, term)), lambda home, term: _count(past_term(home, term)))


# --- drafts, reminders, samples, words of the log ---


# How long words stay for the leader when who typed them works there no more: over a holiday, and not for good.
LEFT_DRAFTS = timedelta(days=7)


def _drafts(home: Home, term: Term) -> Rows:
    old = Draft.objects.filter(home=home, at__lte=term.moment).annotate(typed_on=TruncDate("at"))
    # Also of somebody whose shift ended, and who has another today: a role of theirs is over since it was typed.
    ended = Membership.objects.filter(user=OuterRef("user"), to_day__gte=OuterRef("typed_on"), to_day__lte=term.day_now)
    # Nor of a team that came here then, and does not now.
    comes = Exists(TeamHome.objects.filter(holds(term.day_now), home=OuterRef("home"), team=OuterRef("team")))
    here = works_at("user", "home", term.day_now) & ~Exists(ended) & (Q(team=None) | Q(comes))
    return [old.filter(here | Q(at__lte=term.now - LEFT_DRAFTS))]


def _drafts_elsewhere(term: Term) -> Rows:
    return [Draft.objects.filter(home=None, at__lte=term.moment)]


def _notices(home: Home, term: Term) -> Rows:
    told = Reminder.objects.for_home(home).exclude(state=Reminder.State.WAITING)
    # The name in it may be somebody's who never lived here, so it goes when the question lapses, whatever the term.
    lapsed = TeamStart.objects.for_home(home).filter(at__lte=term.now - timedelta(days=START_DAYS))
    return [told.filter(on__lte=term.day), lapsed]


def _mails(term: Term) -> Rows:
    return [Digest.objects.filter(date__lte=term.day), DemoMail.objects.filter(at__lte=term.moment)]


def _keys(term: Term) -> Rows:
    return [
        IdempotencyKey.objects.filter(at__lte=term.moment),
        Session.objects.filter(expire_date__lte=term.now),
        Presence.objects.filter(heard_at__lte=term.moment),
        Screen.objects.filter(began_at__lte=term.moment),
        DeviceSignIn.objects.filter(at__lte=term.moment),
        # What was asked, and by whom, stands in the log.
        RoleYes.objects.filter(offer__at__lte=term.now - OFFERS),
        RoleOffer.objects.filter(at__lte=term.now - OFFERS),
        AccessLog.objects.filter(attempt_time__lte=term.moment),
        AccessFailureLog.objects.filter(attempt_time__lte=term.moment),
    ]


def _tries(term: Term) -> Rows:
    return [AccessAttempt.objects.filter(attempt_time__lte=term.moment)]


def _samples(home: Home, term: Term) -> Rows:
    return [Sample.objects.filter(home=home, week__lte=term.day)]


def _team_samples(term: Term) -> Rows:
    return [Sample.objects.filter(home=None, week__lte=term.day)]


def _words(home: Home, term: Term) -> Rows:
    return [EntryDetail.objects.filter(entry__scope__in=(home.scope, home.log_scope), entry__at__lte=term.moment)]


def _words_elsewhere(term: Term) -> Rows:
    of_homes = Q(entry__scope__startswith="home:") | Q(entry__scope__startswith="log:home:")
    return [EntryDetail.objects.filter(entry__at__lte=term.moment).exclude(of_homes)]


def _searches(term: Term) -> Rows:
    return [EntryDetail.objects.filter(entry__action="searched", entry__at__lte=term.moment)]


# --- the log's chains ---


def _cuts(scopes: Iterable[str], term: Term) -> list[Cut]:
    cuts = [pruning.cut_of(scope, term.moment, term.day_now, upto=_unasked(scope)) for scope in scopes]
    return [cut for cut in cuts if cut is not None]


def _unasked(scope: str) -> int | None:
    """The number of the last look before those a sample still asks about; None when none is asked about."""
    if not scope.startswith(trail.READS):
        return None
    asked = SampleLine.objects.filter(read__scope=scope.removeprefix(trail.READS))
    first = asked.order_by("read__seq").values_list("read__seq", flat=True).first()
    return first - 1 if first else None


def _prune(cuts: list[Cut], term: Term) -> Counts:
    gone: Counts = {}
    for cut in cuts:
        try:
            with transaction.atomic():
                rows.add(gone, pruning.prune(cut, term.now))
        except ValueError:
            # The chain is broken; audit_verify says where. It is kept, and reported as not erased.
            continue
    return gone


def _of_home(home: Home) -> list[str]:
    return [home.scope, home.log_scope, trail.READS + home.scope]


def _elsewhere() -> list[str]:
    homes = ("home:", "log:home:", f"{trail.READS}home:")
    return [scope for scope in trail.scopes() if not scope.startswith(homes)]


def _count_links(cuts: list[Cut]) -> int:
    return sum(pruning.count(cut) for cut in cuts)


# --- episodes, interventions, early signs ---


def _episodes(home: Home, term: Term) -> Rows:
    agreed = Intervention.objects.for_home(home)
    settled = agreed.filter(state__in=(State.DONE, State.NOT_DONE, State.DROPPED), settled_on__lte=term.day)
    return [
        Episode.objects.for_home(home).filter(closed_on__lte=term.day),
        settled,
        agreed.filter(state=State.MISFILED, settled_on__lte=term.with_minutes.day),
        EarlySign.objects.for_home(home).filter(handled_on__lte=term.day),
    ]


# --- what a text said before ---


def _before(home: Home, term: Term) -> tuple[QuerySet[Any], QuerySet[Any]]:
    """(versions to delete, versions written on the wrong resident whose text is emptied and whose mark stays)."""
    all_of = CellRevision.objects.for_home(home)
    past = all_of.filter(at__lte=term.moment).exclude(version=F("cell__version"))
    wrong = all_of.filter(misfiled_at__isnull=False)
    gone = past.filter(Q(misfiled_at=None) | Q(misfiled_at__lte=term.with_minutes.moment))
    return gone.exclude(pk__in=_to_fall_back_on(home, term.now)), wrong.filter(at__lte=term.moment).exclude(text="")


def _to_fall_back_on(home: Home, now: datetime) -> list[int]:
    """For each text changed lately: the version it would return to if all new steps were taken back.

    "Lately" is twice the days of 'Fortryd': a step taken back now may itself be that old.
    """
    since = now - timedelta(days=2 * UNDO_DAYS)
    all_of = CellRevision.objects.for_home(home)
    older = all_of.filter(cell__in=all_of.filter(at__gt=since).values("cell"), at__lte=since)
    lines = older.order_by("cell_id", "version").values_list("cell_id", "version", "undoes", "pk", "misfiled_at")
    kept = []
    for _, steps in groupby(lines, key=lambda line: line[0]):
        revisions = list(steps)
        standing = set(still_standing((version, undoes) for _, version, undoes, _, _ in revisions))
        kept += [pk for _, version, _, pk, misfiled in revisions if version in standing and misfiled is None][-1:]
    return kept


def _history_erase(home: Home, term: Term) -> Counts:
    past, wrong = _before(home, term)
    gone: Counts = {}
    for model, pks in _take([past], BATCH):
        for part in rows.chunks(pks):
            rows.add(gone, {"audit.entrydetail": _written(part)})
            rows.add(gone, {model._meta.label_lower: rows.delete(rows.every(model).filter(pk__in=part))})
    for model, pks in _take([wrong], BATCH):
        for part in rows.chunks(pks):
            rows.add(gone, {"audit.entrydetail": _written(part)})
            rows.add(gone, {model._meta.label_lower: rows.every(model).filter(pk__in=part).update(text="")})
    return gone


def _written(revisions: Any) -> int:
    """Empties what the log keeps of these versions' words. Returns how many."""
    named = CellRevision.objects.system("words of old versions").filter(pk__in=revisions)
    versions = {(f"{Cell._meta.label_lower}:{cell}", version) for cell, version in named.values_list("cell", "version")}
    entries = Entry.objects.filter(
        action="cell.written", subject__in={subject for subject, _ in versions}, detail__isnull=False
    ).values_list("pk", "subject", "data")
    listed = [pk for pk, subject, data in entries if (subject, data.get("version")) in versions]
    return sum(rows.delete(EntryDetail.objects.filter(entry__in=part)) for part in rows.chunks(listed))


def _history_due(home: Home, term: Term) -> int:
    return _count(list(_before(home, term)))


# --- minutes ---


def _topics(home: Home, term: Term) -> Rows:
    return [ParkedTopic.objects.for_home(home).filter(settled_on__lte=term.day)]


def _spent(home: Home, term: Term) -> list[int]:
    """The meetings past their term that still have more than their day and number."""
    held = Q(state=Meeting.State.CLOSED, closed_at__lte=term.moment)
    past = Meeting.objects.for_home(home).filter(held | Q(state=Meeting.State.CANCELLED, date__lte=term.day))
    stays = set(past.exclude(**_EMPTIED).values_list("pk", flat=True))
    for table in rows.hanging(Meeting):
        for way in table.ways if table.model is not Meeting else ():
            stays |= set(rows.every(table.model).filter(**{f"{way}__in": past}).values_list(way, flat=True))
    return sorted(stays)


_EMPTIED: dict[str, Any] = {"why": "", "gap_reason": "", "chair": None, "referent": None, "closed_by": None}


def _minutes_erase(home: Home, term: Term) -> Counts:
    gone = _whole(_topics(home, term))
    meetings = _spent(home, term)[:MEETINGS]
    if meetings:
        rows.add(gone, rows.remove(rows.collect(Meeting, meetings, itself=False)))
        rows.add(
            gone, {"audit.entrydetail": rows.erase_details(f"{Meeting._meta.label_lower}:{pk}" for pk in meetings)}
        )
        emptied = Meeting.objects.for_home(home).filter(pk__in=meetings).update(**_EMPTIED)
        rows.add(gone, {Meeting._meta.label_lower: emptied})
    return gone


def _minutes_due(home: Home, term: Term) -> int:
    return len(_spent(home, term)) + _count(_topics(home, term))


# 'left', a stay at a time, is privacy.retention.stays.
HOME: dict[str, Sweep] = {
    "drafts": _plainly(_drafts),
    "cell_history": Sweep(_history_erase, _history_due),
    "episodes": _wholly(_episodes),
    "minutes": Sweep(_minutes_erase, _minutes_due),
    "notices": _plainly(_notices),
    "samples": _wholly(_samples),
    "log_detail": _plainly(_words),
    "log": Sweep(
        lambda home, term: _prune(_cuts(_of_home(home), term), term),
        lambda home, term: _count_links(_cuts(_of_home(home), term)),
    ),
}


def _keys_erase(term: Term) -> Counts:
    gone = _whole(_tries(term))
    rows.add(gone, _plain(_keys(term)))
    return gone


COMMON: dict[str, Common] = {
    "drafts": Common(lambda term: _plain(_drafts_elsewhere(term)), lambda term: _count(_drafts_elsewhere(term))),
    "notices": Common(lambda term: _plain(_mails(term)), lambda term: _count(_mails(term))),
    "keys": Common(_keys_erase, lambda term: _count([*_keys(term), *_tries(term)])),
    "samples": Common(lambda term: _whole(_team_samples(term)), lambda term: _count(_team_samples(term))),
    "staff": Common(lambda term: staff.erase(term.day, term.day_now), lambda term: staff.due(term.day, term.day_now)),
    "searches": Common(lambda term: _plain(_searches(term)), lambda term: _count(_searches(term))),
    "log_detail": Common(lambda term: _plain(_words_elsewhere(term)), lambda term: _count(_words_elsewhere(term))),
    "log": Common(
        lambda term: _prune(_cuts(_elsewhere(), term), term),
        lambda term: _count_links(_cuts(_elsewhere(), term)),
    ),
}
