"""On the board, up, down and off."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F

from accounts.access import Access
from audit import trail
from boards import rules
from boards.models import (
    AkutRead,
    Episode,
    EpisodeCriterion,
    LevelChange,
    Told,
)
from boards.services.common import visible_stay
from boards.services.interventions import Plan, add_plan
from core.errors import Conflict, Denied, Repeated
from core.seen import Seen, check_seen
from core.text import blank
from criteria import rules as criteria_rules
from criteria import selectors as criteria_selectors
from criteria.models import CriterionVersion, Level
from organisation.models import Home, User
from organisation.region import rules_of
from organisation.services import once
from residents.models import Stay
from residents.selectors import region_of

trail.register("level.opened", "satte beboeren på tavlen", personal=("reason",))
trail.register("level.changed", "ændrede niveauet", personal=("reason",))
trail.register("level.closed", "tog beboeren af tavlen", personal=("reason",))
trail.register("level.reviewed", "drøftede niveauet uden at ændre det")
trail.register("level.followed_up", "drøftede opfølgningen")
trail.register("akut.read", "har set, at beboeren er akut")


def offered_criteria(access: Access, today: date) -> list[CriterionVersion]:
    """The criteria this home can choose today."""
    return criteria_selectors.offered(access.home, region_of(access.home, today), today)


def proposed_review(
    versions: list[CriterionVersion],
    from_day: date,
    *,
    first: bool,
    deadlines: Mapping[int, date | None] | None = None,
) -> date | None:
    """The day the chosen criteria ask for at the latest. `deadlines` are the dates of those with lead time, by id."""
    dates = deadlines or {}
    terms = [criteria_rules.term_of(version, dates.get(version.pk)) for version in versions]
    return criteria_rules.review_by(terms, from_day, first=first)


@dataclass(frozen=True)
class NewLevel:
    """What a person fills in when a resident goes on the board, up or down."""

    level: Level
    criteria: Sequence[int]
    reason: str
    told: Told
    # The reason in own words, for the criterion that asks for it.
    other: str = ""
    # When it is discussed again; None is the day the criteria ask for. `deadline` is what they count back from.
    review_by: date | None = None
    deadline: date | None = None
    first: Plan | None = None


def level_change(*, access: Access, stay_id: int, new: NewLevel, seen: Seen, key: str, today: date) -> Episode:
    """Puts a resident on the board, or moves one up or down, with criteria, reason and, if given, an intervention.

    The log says `level.opened` for one who was not on the board and `level.changed` for one who was. `seen` is the
    version the person saw, 0 for none. Raises LookupError, Conflict (the episode changed since), Denied (a criterion
    that is not offered, no criterion, no reason, no deadline where a criterion counts back from one, a review date past
    or later than the criteria ask), Repeated.
    """
    with trail.change(access.home.scope, by=access.user.pk) as log:
        stay = visible_stay(access, stay_id, today)
        once(access.user, key, stay_id, new)
        episode = _open_episode(access, stay_id)
        check_seen(seen, episode.version if episode else 0, episode)
        links = standing_criteria(access.home, episode) if episode else []
        chosen = _chosen(access, links, new, today, first=episode is None)
        before = Level(episode.level) if episode else Level.NONE
        stood = (rules.standing(episode, links) if episode else {}) | _answered(access, stay_id, today)
        episode = episode or Episode(stay_id=stay_id, opened_on=today, version=0)
        if before != new.level:
            episode.level, episode.level_since = new.level, today
        episode.review_by, episode.reviewed_on = chosen.review_by, today
        _save(episode)
        _set_criteria(access, episode, links, chosen, today)
        change = LevelChange(
            episode=episode, before=before, after=new.level, reason=new.reason.strip(), told=new.told, stood=stood
        )
        add_change(access, log, change)
        code = "level.opened" if before == Level.NONE else "level.changed"
        log(code, episode, before=before, after=new.level, told=new.told, reason=new.reason)
        if new.first is not None and not blank(new.first.what):
            add_plan(access, stay, new.first, log, today)
    return episode


@dataclass(frozen=True)
class OffBoard:
    """What a person fills in when a resident comes off the board."""

    reason: str
    told: Told
    crisis_plan_seen: bool = False
    follow_on: User | None = None


def level_close(*, access: Access, stay_id: int, off: OffBoard, seen: Seen, key: str, today: date) -> Episode:
    """Takes a resident off the board; a follow-up comes by itself after the region's days.

    Raises LookupError, Conflict, Denied (no reason), Repeated.
    """
    with trail.change(access.home.scope, by=access.user.pk) as log:
        visible_stay(access, stay_id, today)
        once(access.user, key, stay_id, off)
        episode = episode_at(access, stay_id, seen)
        if blank(off.reason):
            raise Denied("Skriv kort, hvorfor beboeren går af tavlen.", "reason")
        change = LevelChange(
            episode=episode,
            before=episode.level,
            after=Level.NONE,
            reason=off.reason.strip(),
            told=off.told,
            crisis_plan_seen=off.crisis_plan_seen,
            stood=rules.standing(episode, standing_criteria(access.home, episode)),
        )
        add_change(access, log, change)
        episode.closed_on = today
        episode.follow_up_on = rules.follow_up_day(today, rules_of(access.home, today).follow_up_days)
        episode.follow_on_by = off.follow_on
        _save(episode)
        EpisodeCriterion.objects.for_home(access.home).filter(episode=episode, to_day=None).update(to_day=today)
        log("level.closed", episode, before=change.before, told=off.told, reason=off.reason)
    return episode


def level_review(*, access: Access, stay_id: int, seen: Seen, today: date) -> Episode:
    """'Uændret': discussed, and the criteria's next term begins. Raises Repeated for the second tap of a double tap."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        visible_stay(access, stay_id, today)
        # A button has no key: what was seen stands for it.
        once(access.user, f"review-{stay_id}-{seen}", stay_id)
        try:
            episode = episode_at(access, stay_id, seen)
        except Conflict as conflict:
            # Two said the same at once: it stands as the second wants it.
            if _reviewed_since(access, conflict.current, seen):
                raise Repeated from None
            raise
        episode.review_by = review_term(access.home, episode, today) or episode.review_by
        episode.reviewed_on = today
        episode.version += 1
        episode.save()
        log("level.reviewed", episode, review_by=str(episode.review_by))
    return episode


def _reviewed_since(access: Access, episode: Episode | None, seen: Seen) -> bool:
    """Whether nothing but »Uændret« has happened to the episode since the version seen."""
    if episode is None or str(episode.version - 1) != str(seen):
        return False
    return trail.last_code(access.home.scope, episode) == "level.reviewed"


def review_term(home: Home, episode: Episode, today: date) -> date | None:
    """The day the episode's criteria ask for once it has been discussed today."""
    links = standing_criteria(home, episode)
    deadlines = {link.version_id: link.deadline for link in links}
    return proposed_review([link.version for link in links], today, first=False, deadlines=deadlines)


def episode_at(access: Access, stay_id: int, seen: Seen) -> Episode:
    """The resident's time on the board. Raises Conflict where it is over or no longer the version the person saw."""
    episode = _open_episode(access, stay_id)
    if episode is None:
        raise Conflict(None)
    check_seen(seen, episode.version, episode)
    return episode


def standing_criteria(home: Home, episode: Episode) -> list[EpisodeCriterion]:
    """The criteria met now, each with its version and criterion. One query."""
    links = EpisodeCriterion.objects.for_home(home).filter(episode=episode, to_day=None)
    return list(links.select_related("version__criterion").order_by("pk"))


def add_change(access: Access, log: trail.Change, change: LevelChange) -> None:
    """Writes the change down as this person's. Who takes a level up has seen that it went up."""
    change.by, change.side, change.at = access.user, access.side, log.at
    change.insert()
    if rules.RANK[Level(change.after)] > rules.RANK[Level(change.before)]:
        AkutRead(change=change, user=access.user).insert()


def _open_episode(access: Access, stay_id: int) -> Episode | None:
    episode: Episode | None = Episode.objects.for_home(access.home).filter(stay=stay_id, closed_on=None).first()
    return episode


def _save(episode: Episode) -> None:
    episode.version += 1
    episode.full_clean()
    episode.save()


def level_followed_up(*, access: Access, stay_id: int, today: date) -> None:
    """The follow-up has been discussed; the resident leaves the board."""
    visible_stay(access, stay_id, today)
    with trail.change(access.home.scope, by=access.user.pk) as log:
        waiting = Episode.objects.for_home(access.home).filter(
            stay=stay_id, closed_on__isnull=False, follow_up_on__isnull=False, followed_up_on=None
        )
        episodes = list(waiting)
        if not episodes:
            raise Denied("Opfølgningen er allerede drøftet.")
        waiting.update(followed_up_on=today)
        for episode in episodes:
            log("level.followed_up", episode)


def akut_read(*, access: Access, stay_id: int, today: date) -> None:
    """The read receipt of a raise: the person has read that the resident went up. A second time changes nothing."""
    visible_stay(access, stay_id, today)
    change = (
        LevelChange.objects.for_home(access.home)
        .filter(episode__stay=stay_id, episode__closed_on=None)
        .exclude(before=F("after"))
        .order_by("at", "pk")
        .last()
    )
    if change is None or rules.RANK[Level(change.after)] <= rules.RANK[Level(change.before)]:
        raise Denied("Niveauet er ændret siden.")
    with suppress(Repeated), trail.change(access.home.scope, by=access.user.pk) as log:
        if AkutRead.objects.for_home(access.home).filter(change=change, user=access.user).exists():
            raise Repeated
        AkutRead(change=change, user=access.user).insert()
        log("akut.read", change)


def _answered(access: Access, stay_id: int, today: date) -> dict[str, Any]:
    """A new level answers what waited: a follow-up, the question after a discharge. Kept for "Fortryd"."""
    waiting = Episode.objects.for_home(access.home).filter(
        stay=stay_id, closed_on__isnull=False, follow_up_on__isnull=False, followed_up_on=None
    )
    follow_ups = list(waiting.values_list("pk", flat=True))
    waiting.update(followed_up_on=today)
    asked = Stay.objects.for_home(access.home).filter(pk=stay_id, discharge_open=True)
    return {"follow_ups": follow_ups, "discharge_open": bool(asked.update(discharge_open=False))}


@dataclass(frozen=True)
class _Chosen:
    """The criteria chosen, the words and dates they ask for, and when they are discussed again."""

    versions: list[CriterionVersion]
    other: str
    deadlines: dict[int, date | None]
    review_by: date


def _chosen(access: Access, links: list[EpisodeCriterion], new: NewLevel, today: date, *, first: bool) -> _Chosen:
    """What the person chose. Raises Denied for whatever is missing or not offered (see level_change).

    A criterion retired since may stay on this episode (`links`), but cannot be chosen anew.
    """
    known = {link.version_id: link.version for link in links}
    known |= {version.pk: version for version in offered_criteria(access, today)}
    if any(pk not in known for pk in new.criteria):
        raise Denied("Et af kriterierne bruges ikke mere. Vælg et andet.", "criteria")
    versions = [known[pk] for pk in dict.fromkeys(new.criteria)]
    if not versions:
        raise Denied("Vælg mindst ét kriterium.", "criteria")
    if any(version.criterion.needs_text for version in versions) and blank(new.other):
        raise Denied("Skriv, hvad grunden er.", "other")
    if blank(new.reason):
        raise Denied("Skriv kort, hvad I har set.", "reason")
    deadlines = _deadlines(versions, new.deadline, today)
    proposed = proposed_review(versions, today, first=first, deadlines=deadlines)
    review_by = new.review_by or proposed
    if review_by is None:
        raise Denied("Vælg, hvornår beboeren drøftes igen.", "review_by")
    rules.check_review(review_by, proposed, today)
    return _Chosen(versions, new.other.strip(), deadlines, review_by)


def _deadlines(versions: list[CriterionVersion], deadline: date | None, today: date) -> dict[int, date | None]:
    """The typed date for each criterion that counts back from one. Raises Denied where it lacks or has passed."""
    counting = [version.pk for version in versions if version.lead_days is not None]
    if counting and deadline is None:
        raise Denied("Skriv datoen for fristen.", "deadline")
    if counting and deadline is not None:
        if deadline < today:
            raise Denied("Fristen er gået. Skriv den nye, eller vælg et andet kriterium.", "deadline")
        if deadline > today + timedelta(days=3 * 366):
            raise Denied("Fristen ligger mere end tre år frem. Er årstallet rigtigt?", "deadline")
    return dict.fromkeys(counting, deadline)


def _set_criteria(
    access: Access, episode: Episode, links: list[EpisodeCriterion], chosen: _Chosen, today: date
) -> None:
    """Ends the criteria no longer met and adds the new; those that stand (`links`) keep their first day."""
    rows = EpisodeCriterion.objects.for_home(access.home).filter(episode=episode, to_day=None)
    rows.exclude(version__in=[version.pk for version in chosen.versions]).update(to_day=today)
    standing = {link.version_id for link in links}
    for version in chosen.versions:
        text = chosen.other if version.criterion.needs_text else ""
        said = {"text": text, "deadline": chosen.deadlines.get(version.pk)}
        if version.pk in standing:
            rows.filter(version=version).update(**said)
        else:
            EpisodeCriterion(episode=episode, version=version, from_day=today, **said).insert()
