"""'Fortryd': a person's last steps at a home, and taking one back. Taking back is itself a step forward: a new version
or event that stands in the history, refused when somebody has changed the same thing since."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from accounts.access import Access
from audit import trail
from boards import rules
from boards.columns import lane_visible
from boards.models import (
    EVENTS,
    AkutReview,
    CellRevision,
    EarlySign,
    Episode,
    EpisodeCriterion,
    Intervention,
    InterventionEvent,
    LevelChange,
    Outcome,
    State,
    Told,
)
from boards.services.cells import CellKey, cell_write
from boards.services.common import visible_stay
from boards.services.interventions import intervention_of, standing
from boards.services.levels import add_change
from core.errors import Conflict, Denied
from criteria.models import Level
from organisation.models import Side
from organisation.region import Rules, rules_of
from residents.models import Admission, Situation, Stay
from residents.selectors import VisibleStay, visible_stays
from residents.sharing import audience_of
from residents.texts import COLUMNS

STEPS = 20
DAYS = 14
KINDS = [kind for kind, words in EVENTS.items() if words.did]
trail.register("intervention.undone", "fortrød en ændring af en indsats")
trail.register("level.undone", "fortrød en ændring af niveauet")


@dataclass(frozen=True)
class Step:
    """One thing the person did. `blocked` says why it can no longer be taken back, '' when it can."""

    kind: str
    pk: int
    stay: VisibleStay
    what: str
    at: datetime
    blocked: str


def steps(access: Access, today: date, now: datetime) -> list[Step]:
    """The last twenty steps at the home within two weeks, the latest first. Eight queries and what sight costs.

    Only about residents the person may see today.
    """
    stays = {s.id: s for s in visible_stays(access.home, audience_of(access), today) if s.sight.shared}
    since, region_rules = now - timedelta(days=DAYS), rules_of(access.home, today)
    all_steps = [
        *_texts(access, stays, since, region_rules),
        *_interventions(access, stays, since),
        *_levels(access, stays, since, region_rules),
    ]
    return sorted(all_steps, key=lambda step: step.at, reverse=True)[:STEPS]


SINCE = "Der er ændret siden."


def _texts(access: Access, stays: dict[int, VisibleStay], since: datetime, region_rules: Rules) -> list[Step]:
    mine = CellRevision.objects.for_home(access.home).filter(by=access.user, at__gt=since, undoes=None)
    rows = list(mine.filter(misfiled_at=None).select_related("cell").order_by("-at", "-pk")[: STEPS * 2])
    written = CellRevision.objects.for_home(access.home).filter(cell__in=[row.cell_id for row in rows])
    standing = _standing(written.order_by("version").values_list("cell_id", "version", "undoes"))
    return [
        Step(
            "text",
            row.pk,
            stays[row.cell.stay_id],
            f"{COLUMNS[row.cell.column].heading_in(region_rules, row.cell.side)}: »{_short(row.text)}«",
            row.at,
            "" if standing[row.cell_id][-1] == row.version else SINCE,
        )
        for row in rows
        if row.cell.column in COLUMNS
        and row.cell.stay_id in stays
        and stays[row.cell.stay_id].sight.covers(row.cell.side, row.cell.column)
        and row.version in standing[row.cell_id]
    ]


def _standing(lines: Iterable[tuple[int, int, int | None]]) -> dict[int, list[int]]:
    """What has not been taken back of each thing, from (thing, step, the step it takes back), oldest first."""
    by_thing: dict[int, list[tuple[int, int | None]]] = defaultdict(list)
    for thing, step, undoes in lines:
        by_thing[thing].append((step, undoes))
    return {thing: rules.still_standing(versions) for thing, versions in by_thing.items()}


def _interventions(access: Access, stays: dict[int, VisibleStay], since: datetime) -> list[Step]:
    events = InterventionEvent.objects.for_home(access.home)
    mine = events.filter(by=access.user, at__gt=since, undoes=None, kind__in=KINDS)
    rows = list(mine.select_related("intervention").order_by("-at", "-pk")[: STEPS * 2])
    all_of = events.filter(intervention__in=[row.intervention_id for row in rows]).order_by("pk")
    standing = _standing(all_of.values_list("intervention_id", "pk", "undoes_id"))
    return [
        Step(
            "intervention",
            row.pk,
            stays[row.intervention.stay_id],
            f"{EVENTS[row.kind].did} »{_short(row.intervention.what)}«",
            row.at,
            "" if standing[row.intervention_id][-1] == row.pk else SINCE,
        )
        for row in rows
        if row.intervention.state != State.MISFILED
        and row.intervention.stay_id in stays
        and lane_visible(stays[row.intervention.stay_id].sight, row.intervention.track)
        and row.pk in standing[row.intervention_id]
    ]


def _levels(access: Access, stays: dict[int, VisibleStay], since: datetime, region_rules: Rules) -> list[Step]:
    changes = LevelChange.objects.for_home(access.home)
    mine = changes.filter(by=access.user, at__gt=since, undoes=None).select_related("episode")
    rows = list(mine.order_by("-at", "-pk")[: STEPS * 2])
    all_of = changes.filter(episode__stay__in=[row.episode.stay_id for row in rows]).order_by("pk")
    standing = _standing(all_of.values_list("episode__stay_id", "pk", "undoes_id"))
    reviews = AkutReview.objects.for_home(access.home).filter(episode__in=[row.episode_id for row in rows])
    reviewed = dict(reviews.order_by("at").values_list("episode_id", "at"))
    return [
        Step(
            "level",
            row.pk,
            stays[row.episode.stay_id],
            _level_words(row, region_rules),
            row.at,
            ""
            if standing[row.episode.stay_id][-1] == row.pk and not reviewed.get(row.episode_id, row.at) > row.at
            else SINCE,
        )
        for row in rows
        if row.episode.stay_id in stays and row.pk in standing[row.episode.stay_id]
    ]


def _level_words(change: LevelChange, region_rules: Rules) -> str:
    if change.after == Level.NONE:
        return "Tog beboeren af tavlen"
    if change.before == Level.NONE:
        return f"Satte beboeren på tavlen som {region_rules.level(change.after).lower()}"
    if change.before == change.after:
        return f"Rettede grundlaget for {region_rules.level(change.after).lower()}"
    return f"Fra {region_rules.level(change.before).lower()} til {region_rules.level(change.after).lower()}"


def _short(text: str) -> str:
    # A resident's own words stand in quotation marks already.
    words = " ".join(text.split()).strip("»«")
    return words if len(words) <= 60 else f"{words[:57].rstrip()} …"


def undo(*, access: Access, kind: str, pk: int, today: date) -> None:
    """Takes one of the person's own steps back.

    Raises LookupError for a step that is not theirs or must not be known, Conflict when the same thing was changed
    since, Denied when it was taken back already.
    """
    acts: dict[str, Callable[[Access, int, date], None]] = {
        "text": _undo_text,
        "intervention": _undo_intervention,
        "level": _undo_level,
    }
    if kind not in acts:
        raise LookupError("step")
    acts[kind](access, pk, today)


def _undo_text(access: Access, pk: int, today: date) -> None:
    revisions = CellRevision.objects.for_home(access.home)
    row = revisions.filter(pk=pk, by=access.user, misfiled_at=None, undoes=None).select_related("cell").first()
    if row is None:
        raise LookupError("step")
    cell = row.cell
    versions = revisions.filter(cell=cell).order_by("version")
    standing = rules.still_standing(versions.values_list("version", "undoes"))
    _check_newest(row.version, standing, cell)
    before = revisions.filter(cell=cell, version__in=standing[:-1], misfiled_at=None).order_by("-version").first()
    cell_write(
        access=access,
        where=CellKey(cell.stay_id, cell.column, Side(cell.side)),
        text=before.text if before else "",
        seen=cell.version,
        key="",
        today=today,
        undoes=row.version,
    )


def _check_newest(step: int, standing: list[int], current: Any) -> None:
    if step not in standing:
        raise Denied("Trinnet er allerede fortrudt.")
    if step != standing[-1]:
        raise Conflict(current)


def _undo_intervention(access: Access, pk: int, today: date) -> None:
    events = InterventionEvent.objects.for_home(access.home)
    event = events.filter(pk=pk, by=access.user, kind__in=KINDS).select_related("intervention").first()
    if event is None:
        raise LookupError("step")
    intervention_of(access, event.intervention_id, today)
    with trail.change(access.home.scope, by=access.user.pk) as log:
        row: Intervention = Intervention.objects.for_home(access.home).get(pk=event.intervention_id)
        steps = events.filter(intervention=row).order_by("pk").values_list("pk", "undoes_id")
        _check_newest(event.pk, rules.still_standing(steps), row)
        before = standing(row)
        if event.kind == "added":
            row.state, row.settled_on, row.settled_why = State.DROPPED, today, "Fortrudt"
            _open_signs(access, log, row.stay_id, Outcome.INTERVENTION, event.at)
        elif event.stood is None:
            raise Denied("Trinnet er for gammelt til at blive fortrudt.")
        else:
            restore(row, event.stood)
        row.version += 1
        row.full_clean()
        row.save()
        undone = {"kind": "undone", "undoes": event, "stood": before}
        InterventionEvent(intervention=row, by=access.user, at=log.at, **undone).insert()
        log("intervention.undone", row, event=event.pk)


def restore(row: Intervention, stood: dict[str, Any]) -> None:
    """Puts the intervention back as it stood."""
    # What was written down before partners were is not among it.
    row.partner_id, row.unagreed = stood.get("partner"), stood.get("unagreed", "")
    for name in ("track", "joint", "tells", "what", "with_whom", "daily", "state", "settled_why", "moves"):
        setattr(row, name, stood[name])
    row.owner_id, row.deputy_id = stood["owner"], stood["deputy"]
    since = stood.get("people_since")
    row.people_since = date.fromisoformat(since) if since else None
    row.due_on = date.fromisoformat(stood["due_on"]) if stood["due_on"] else None
    row.due_time = time.fromisoformat(stood["due_time"]) if stood["due_time"] else None
    row.settled_on = date.fromisoformat(stood["settled_on"]) if stood["settled_on"] else None


def _undo_level(access: Access, pk: int, today: date) -> None:
    changes = LevelChange.objects.for_home(access.home)
    change = changes.filter(pk=pk, by=access.user, undoes=None).select_related("episode").first()
    if change is None:
        raise LookupError("step")
    visible_stay(access, change.episode.stay_id, today)
    with trail.change(access.home.scope, by=access.user.pk) as log:
        episode: Episode = Episode.objects.for_home(access.home).get(pk=change.episode_id)
        steps = changes.filter(episode__stay=episode.stay_id).order_by("pk").values_list("pk", "undoes_id")
        _check_newest(change.pk, rules.still_standing(steps), episode)
        if AkutReview.objects.for_home(access.home).filter(episode=episode, at__gt=change.at).exists():
            # Two people have looked at it together since; one alone does not undo that.
            raise Conflict(episode)
        if change.before != Level.NONE and change.stood is None:
            raise Denied("Trinnet er for gammelt til at blive fortrudt.")
        _take_back(access, log, episode, change, today)
        episode.version += 1
        episode.full_clean()
        episode.save()
        back = LevelChange(
            episode=episode,
            before=change.after,
            after=change.before,
            reason="Fortrudt",
            told=Told.LATER,
            undoes=change,
        )
        add_change(access, log, back)
        log("level.undone", episode, change=change.pk)


def _take_back(access: Access, log: trail.Change, episode: Episode, change: LevelChange, today: date) -> None:
    links = EpisodeCriterion.objects.for_home(access.home).filter(episode=episode)
    links.filter(to_day=None).update(to_day=today)
    _open_questions(access, log, episode, change)
    if change.before == Level.NONE:
        # The resident was put on the board by mistake, so there is no follow-up to discuss.
        episode.closed_on = today
        return
    stood = change.stood or {}
    episode.closed_on = episode.follow_up_on = episode.followed_up_on = episode.follow_on_by = None
    episode.level = stood["level"]
    episode.level_since = date.fromisoformat(stood["level_since"])
    episode.review_by = date.fromisoformat(stood["review_by"])
    if "reviewed_on" in stood:
        episode.reviewed_on = date.fromisoformat(stood["reviewed_on"]) if stood["reviewed_on"] else None
    for version, text, from_day, *ends in stood["criteria"]:
        deadline = date.fromisoformat(ends[0]) if ends and ends[0] else None
        standing = links.filter(version=version, from_day=date.fromisoformat(from_day)).order_by("-pk").first()
        if standing is not None:
            links.filter(pk=standing.pk).update(to_day=None, text=text, deadline=deadline)


def _open_questions(access: Access, log: trail.Change, episode: Episode, change: LevelChange) -> None:
    """What the change answered is asked again: the follow-up that waited, the question after a discharge."""
    stood = change.stood or {}
    waited = Episode.objects.for_home(access.home).filter(pk__in=stood.get("follow_ups", []))
    waited.update(followed_up_on=None)
    stay = Stay.objects.for_home(access.home).filter(pk=episode.stay_id)
    # Who came home while they stood on the board by mistake was not asked about.
    came_home = Admission.objects.for_home(access.home).filter(
        stay=episode.stay_id, to_day__gte=timezone.localdate(change.at)
    )
    if stood.get("discharge_open") or (change.before == Level.NONE and came_home.exists()):
        stay.exclude(situation=Situation.ADMITTED).update(discharge_open=True)
    _open_signs(access, log, episode.stay_id, Outcome.LEVEL, change.at)


def _open_signs(access: Access, log: trail.Change, stay: int, outcome: Outcome, at: datetime) -> None:
    """The early signs the person answered that way that day stand unanswered again: asking twice harms nobody."""
    signs = EarlySign.objects.for_home(access.home).filter(
        stay=stay, outcome=outcome, handled_by=access.user, handled_on=timezone.localdate(at)
    )
    for sign in signs:
        sign.handled_on = sign.handled_by = None
        sign.outcome = ""
        sign.save()
        log("sign.reopened", sign)
