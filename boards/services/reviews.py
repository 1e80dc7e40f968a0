"""Between meetings: the ten-minute review of an akut, and disagreeing with one that was taken off."""

from dataclasses import dataclass
from datetime import date

from accounts.access import Access
from audit import trail
from boards import rules
from boards.models import (
    AkutReview,
    EarlySign,
    Episode,
    LevelChange,
    SignRead,
    Told,
    Urgency,
)
from boards.services.common import visible_stay
from boards.services.levels import add_change, episode_at, review_term, standing_criteria
from core.errors import Denied
from core.seen import Seen
from core.text import blank
from criteria.models import Level
from organisation.models import Side, User
from organisation.services import once

trail.register("akut.reviewed", "gennemgik en akut mellem møderne", personal=("note",))
trail.register("akut.review_confirmed", "bekræftede gennemgangen af en akut")
trail.register("level.disputed", "var uenig i, at akut blev taget af", personal=("why",))


@dataclass(frozen=True)
class ReviewDone:
    """What two people fill in when they have looked at an akut together."""

    home_person: User | None
    team_person: User | None
    outcome: AkutReview.Outcome
    note: str = ""


def akut_review(
    *, access: Access, stay_id: int, done: ReviewDone, team_open: bool, seen: Seen, key: str, today: date
) -> AkutReview:
    """Ten minutes, one named person from each side. Starts the criteria's next term, or takes the level down.

    Outside the team's hours the home's person reviews alone and the team confirms later. Raises LookupError, Conflict,
    Denied (not akut, nobody from a side that is at work), Repeated.
    """
    with trail.change(access.home.scope, by=access.user.pk) as log:
        visible_stay(access, stay_id, today)
        once(access.user, key, stay_id, done)
        episode = episode_at(access, stay_id, seen)
        if episode.level != Level.AKUT:
            raise Denied("Beboeren står ikke længere som akut.")
        if done.home_person is None:
            raise Denied("Vælg, hvem der er med fra botilbuddet.", "home_person")
        if done.team_person is None and team_open:
            raise Denied("Teamet er på arbejde. Vælg, hvem der er med fra teamet.", "team_person")
        review = AkutReview(
            episode=episode,
            home_person=done.home_person,
            team_person=done.team_person,
            outcome=done.outcome,
            note=done.note.strip(),
            by=access.user,
            at=log.at,
            confirmed_at=log.at if done.team_person else None,
        )
        review.insert()
        if done.outcome == AkutReview.Outcome.DOWN:
            _take_down(access, log, episode, done.note, today)
        episode.review_by = review_term(access.home, episode, today) or episode.review_by
        episode.reviewed_on = today
        episode.version += 1
        episode.save()
        log("akut.reviewed", review, outcome=done.outcome, note=done.note)
    return review


def _take_down(access: Access, log: trail.Change, episode: Episode, note: str, today: date) -> None:
    """From akut to subakut, as agreed in the review."""
    change = LevelChange(
        episode=episode,
        before=Level.AKUT,
        after=Level.SUBAKUT,
        reason="Akut gennemgang" if blank(note) else note.strip(),
        told=Told.LATER,
        stood=rules.standing(episode, standing_criteria(access.home, episode)),
    )
    add_change(access, log, change)
    episode.level, episode.level_since = Level.SUBAKUT, today


def akut_review_confirm(*, access: Access, pk: int, today: date) -> AkutReview:
    """The team confirms a review the home made alone. Raises LookupError, Denied (not the team, confirmed before)."""
    review: AkutReview | None = AkutReview.objects.for_home(access.home).filter(pk=pk).select_related("episode").first()
    if review is None:
        raise LookupError("review")
    visible_stay(access, review.episode.stay_id, today)
    if access.side != Side.TEAM:
        raise Denied("Det er teamet, der bekræfter.")
    with trail.change(access.home.scope, by=access.user.pk) as log:
        waiting = AkutReview.objects.for_home(access.home).filter(pk=pk, confirmed_at=None)
        if not waiting.update(team_person=access.user, confirmed_at=log.at):
            raise Denied("Gennemgangen er allerede bekræftet.")
        log("akut.review_confirmed", review)
    return review


def level_dispute(*, access: Access, stay_id: int, why: str, key: str, today: date) -> EarlySign:
    """'Uenig – tages op på mødet': lands on the next agenda and is seen on the row. Changes no level.

    Raises LookupError, Denied (no reason, akut was not taken off), Repeated.
    """
    visible_stay(access, stay_id, today)
    if blank(why):
        raise Denied("Skriv kort, hvorfor du er uenig.", "why")
    if len(why.strip()) > 250:
        raise Denied(f"Grunden fylder {len(why.strip())} tegn. Der er plads til 250.", "why")
    with trail.change(access.home.scope, by=access.user.pk) as log:
        once(access.user, key, stay_id, why)
        last = LevelChange.objects.for_home(access.home).filter(episode__stay=stay_id).order_by("at", "pk").last()
        if last is None or last.before != Level.AKUT or last.after == Level.AKUT or last.undoes_id:
            raise Denied("Akut er ikke taget af.")
        sign = EarlySign(
            stay_id=stay_id,
            side=access.side,
            text=f"Uenig i, at akut er taget af: {why.strip()}",
            urgency=Urgency.MEETING,
            by=access.user,
            at=log.at,
        )
        sign.insert()
        SignRead(sign=sign, user=access.user).insert()
        log("level.disputed", last, why=why)
    return sign
