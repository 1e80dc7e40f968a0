"""On the board, up, down and off."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

from django.db.models import F

from accounts.access import Access
from audit import trail
from boards import rules
from boards.models import (
    AkutSeen,
    Episode,
    EpisodeCriterion,
    LevelChange,
    Told,
)
from boards.services.common import seen_stay
from boards.services.interventions import Plan, add_plan
from core.errors import Conflict, Denied, Repeated
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
trail.register("akut.seen", "har set, at beboeren er akut")


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


def level_set(
    *,
    access: Access,
    stay_id: int,
    level: Level,
    criteria: list[int],
    other: str,
    reason: str,
    told: Told,
    review_by: date | None,
    seen: int,
    first: Plan | None,
    key: str,
    today: date,
    deadline: date | None = None,
) -> Episode:
    """Puts a resident on the board, or moves one up or down, with criteria, reason and, if given, an intervention.

    Raises LookupError, Conflict (the episode changed since), Denied (a criterion that is not offered, no criterion,
    no reason, no deadline where a criterion counts back from one, a review date past or later than the criteria ask),
    Repeated.
    """
    stay = seen_stay(access, stay_id, today)
    offered = {version.pk: version for version in offered_criteria(access, today)}
    with trail.change(access.home.scope, by=access.user.pk) as log:
        once(access.user, key, stay_id, level, criteria, other, reason, told, review_by, first, deadline)
        episode: Episode | None = Episode.objects.for_home(access.home).filter(stay=stay_id, closed_on=None).first()
        if (episode.version if episode else 0) != seen:
            raise Conflict(episode)
        standing = (
            {
                link.version_id: link.version
                for link in EpisodeCriterion.objects.for_home(access.home)
                .filter(episode=episode, to_day=None)
                .select_related("version")
            }
            if episode
            else {}
        )
        # A criterion retired since may stay on this episode, but cannot be chosen anew.
        chosen = [offered.get(pk) or standing.get(pk) for pk in dict.fromkeys(criteria)]
        if None in chosen:
            raise Denied("Et af kriterierne bruges ikke mere. Vælg et andet.", "criteria")
        versions = [version for version in chosen if version is not None]
        if not versions:
            raise Denied("Vælg mindst ét kriterium.", "criteria")
        if any(version.criterion.needs_text for version in versions) and blank(other):
            raise Denied("Skriv, hvad grunden er.", "other")
        if blank(reason):
            raise Denied("Skriv kort, hvad I har set.", "reason")
        ends = _deadlines(versions, deadline, today)
        proposed = proposed_review(versions, today, first=episode is None, deadlines=ends)
        day = review_by or proposed
        if day is None:
            raise Denied("Vælg, hvornår beboeren drøftes igen.", "review_by")
        rules.check_review(day, proposed, today)
        before = Level(episode.level) if episode else Level.NONE
        stood = rules.standing(episode, _links(access, episode)) if episode else {}
        stood |= _answered(access, stay_id, today)
        if episode is None:
            episode = Episode(
                stay_id=stay_id, level=level, level_since=today, opened_on=today, review_by=day, version=0
            )
        if before != level:
            episode.level, episode.level_since = level, today
        episode.review_by = day
        episode.reviewed_on = today
        episode.version += 1
        episode.full_clean()
        episode.save()
        _set_criteria(access, episode, versions, other, ends, today)
        change = LevelChange(
            episode=episode,
            before=before,
            after=level,
            reason=reason.strip(),
            told=told,
            by=access.user,
            side=access.side,
            at=log.at,
            stood=stood,
        )
        change.insert()
        if rules.RANK[level] > rules.RANK[before]:
            AkutSeen(change=change, user=access.user).insert()
        code = "level.opened" if before == Level.NONE else "level.changed"
        log(code, episode, before=before, after=level, told=told, reason=reason)
        if first is not None and not blank(first.what):
            add_plan(access, stay, first, log, today)
    return episode


def level_close(
    *,
    access: Access,
    stay_id: int,
    reason: str,
    told: Told,
    crisis_plan_seen: bool,
    follow_on: User | None,
    seen: int,
    key: str,
    today: date,
) -> Episode:
    """Takes a resident off the board; a follow-up comes by itself after the region's days.

    Raises LookupError, Conflict, Denied (no reason), Repeated.
    """
    seen_stay(access, stay_id, today)
    with trail.change(access.home.scope, by=access.user.pk) as log:
        once(access.user, key, stay_id, reason, told, crisis_plan_seen, follow_on)
        episode: Episode | None = Episode.objects.for_home(access.home).filter(stay=stay_id, closed_on=None).first()
        if episode is None or episode.version != seen:
            raise Conflict(episode)
        if blank(reason):
            raise Denied("Skriv kort, hvorfor beboeren går af tavlen.", "reason")
        change = LevelChange(
            episode=episode,
            before=episode.level,
            after=Level.NONE,
            reason=reason.strip(),
            told=told,
            crisis_plan_seen=crisis_plan_seen,
            by=access.user,
            side=access.side,
            at=log.at,
            stood=rules.standing(episode, _links(access, episode)),
        )
        change.insert()
        episode.closed_on = today
        episode.follow_up_on = rules.follow_up_day(today, rules_of(access.home, today).follow_up_days)
        episode.follow_on_by = follow_on
        episode.version += 1
        episode.full_clean()
        episode.save()
        EpisodeCriterion.objects.for_home(access.home).filter(episode=episode, to_day=None).update(to_day=today)
        log("level.closed", episode, before=change.before, told=told, reason=reason)
    return episode


def level_review(*, access: Access, stay_id: int, seen: int, today: date) -> Episode:
    """'Uændret': discussed, and the criteria's next term begins."""
    seen_stay(access, stay_id, today)
    with trail.change(access.home.scope, by=access.user.pk) as log:
        episode: Episode | None = Episode.objects.for_home(access.home).filter(stay=stay_id, closed_on=None).first()
        if episode is None or episode.version != seen:
            raise Conflict(episode)
        episode.review_by = review_term(access.home, episode, today) or episode.review_by
        episode.reviewed_on = today
        episode.version += 1
        episode.save()
        log("level.reviewed", episode, review_by=str(episode.review_by))
    return episode


def review_term(home: Home, episode: Episode, today: date) -> date | None:
    """The day the episode's criteria ask for once it has been discussed today."""
    links = EpisodeCriterion.objects.for_home(home).filter(episode=episode, to_day=None)
    found = list(links.select_related("version"))
    ends = {link.version_id: link.deadline for link in found}
    return proposed_review([link.version for link in found], today, first=False, deadlines=ends)


def _links(access: Access, episode: Episode) -> list[EpisodeCriterion]:
    return list(EpisodeCriterion.objects.for_home(access.home).filter(episode=episode, to_day=None))


def level_followed_up(*, access: Access, stay_id: int, today: date) -> None:
    """The follow-up has been discussed; the resident leaves the board."""
    seen_stay(access, stay_id, today)
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


def akut_see(*, access: Access, stay_id: int, today: date) -> None:
    """The read receipt of a raise: the person has seen that the resident went up. Again is no change."""
    seen_stay(access, stay_id, today)
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
        if AkutSeen.objects.for_home(access.home).filter(change=change, user=access.user).exists():
            raise Repeated
        AkutSeen(change=change, user=access.user).insert()
        log("akut.seen", change)


def _answered(access: Access, stay_id: int, today: date) -> dict[str, Any]:
    """A level answers what waited: a follow-up, the question after a discharge. Kept for "Fortryd"."""
    waiting = Episode.objects.for_home(access.home).filter(
        stay=stay_id, closed_on__isnull=False, follow_up_on__isnull=False, followed_up_on=None
    )
    follow_ups = list(waiting.values_list("pk", flat=True))
    waiting.update(followed_up_on=today)
    asked = Stay.objects.for_home(access.home).filter(pk=stay_id, discharge_open=True)
    return {"follow_ups": follow_ups, "discharge_open": bool(asked.update(discharge_open=False))}


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
    access: Access,
    episode: Episode,
    versions: list[CriterionVersion],
    other: str,
    deadlines: dict[int, date | None],
    today: date,
) -> None:
    """Ends the criteria no longer met and adds the new; those that stand keep their first day."""
    current = EpisodeCriterion.objects.for_home(access.home).filter(episode=episode, to_day=None)
    standing = {link.version_id: link for link in current}
    wanted = {version.pk for version in versions}
    current.exclude(version__in=wanted).update(to_day=today)
    for version in versions:
        said = {"text": other.strip() if version.criterion.needs_text else "", "deadline": deadlines.get(version.pk)}
        link = standing.get(version.pk)
        if link is None:
            EpisodeCriterion(episode=episode, version=version, from_day=today, **said).insert()
        else:
            EpisodeCriterion.objects.for_home(access.home).filter(pk=link.pk).update(**said)
