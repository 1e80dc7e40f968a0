"""The meetings: what stood on the agenda, what the minutes say, and what each side did with it."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from boards.columns import lane_visible
from meetings import minutes as papers
from meetings.layout import missed
from meetings.models import AgendaItem, JournalNote, MinutesSection, ParkedTopic
from organisation.models import Side
from privacy.insight.source import Source, name_of


@dataclass(frozen=True)
class DiscussedItem:
    """The resident on a meeting's agenda."""

    meeting: date
    kind: str
    state: str
    seconds: int
    decision: str


@dataclass(frozen=True)
class Said:
    """What the minutes of a meeting say of the resident."""

    meeting: date
    edition: int
    locked_at: datetime
    audience: str
    situation: str
    contact: str
    level: str
    criteria: list[str]
    decision: str
    review: str
    # "Ikke nået" or "Sprunget over"; '' where the resident was discussed.
    missed: str
    texts: list[dict[str, str]]
    interventions: list[dict[str, str]]


@dataclass(frozen=True)
class Topic:
    """'Tages op senere'."""

    text: str
    by: str
    at: datetime
    settled_on: date | None


@dataclass(frozen=True)
class Recorded:
    """The side noted that a meeting's agreements stand in its own record."""

    meeting: date
    by: str
    at: datetime


def agenda(source: Source) -> list[DiscussedItem]:
    """The resident on the meetings' agendas. One query, none where it is not shared."""
    if not source.joint:
        return []
    stay = source.stay_account.stay.pk
    items = AgendaItem.objects.for_home(source.access.home).filter(Q(stay=stay) | Q(topic__stay=stay))
    return [
        DiscussedItem(item.meeting.date, item.get_kind_display(), item.get_state_display(), item.seconds, item.decision)
        for item in items.select_related("meeting").order_by("meeting__date", "meeting__number", "order")
    ]


def minutes(source: Source) -> list[Said]:
    """What the minutes say of the resident in these sides' words: the last edition of each meeting and audience."""
    sections = _last_sections(source)
    misfiled = papers.misfiled(source.access.home, [section.content for section in sections])
    return [_said(source, section, misfiled) for section in sections]


def _last_sections(source: Source) -> list[MinutesSection]:
    audiences = [str(source.side), *([str(Side.JOINT)] if source.joint else [])]
    said = source.rows(MinutesSection, audience__in=audiences).select_related("minutes__meeting")
    last: dict[tuple[int, str], MinutesSection] = {}
    for section in said.order_by("minutes__meeting__date", "minutes__meeting__number", "minutes__edition", "pk"):
        last[section.minutes.meeting_id, section.audience] = section
    return list(last.values())


def _said(source: Source, section: MinutesSection, misfiled: papers.Wrong) -> Said:
    content = papers.lesser(section.content, source.sight)
    texts = [text for text in content["texts"] if papers.readable(text, source.sight)]
    kept = [text for text in texts if (text.get("cell"), text.get("version")) not in misfiled.texts]
    agreed = [
        intervention for intervention in content["interventions"] if lane_visible(source.sight, intervention["track"])
    ]
    done = [intervention for intervention in agreed if intervention.get("id") not in misfiled.interventions]
    source.wrong |= len(kept) < len(texts) or len(done) < len(agreed)
    joint = source.joint
    return Said(
        meeting=section.minutes.meeting.date,
        edition=section.minutes.edition,
        locked_at=section.minutes.at,
        audience=papers.AUDIENCES[section.audience],
        situation=content.get("situation", "") if joint else "",
        contact=content.get("contacts", {}).get(source.side, ""),
        level=content["level_label"] if joint else "",
        criteria=list(content["criteria"]) if joint else [],
        decision=content["decision"] if joint else "",
        review=content["review"] if joint else "",
        missed=missed(content),
        texts=[{key: text[key] or "" for key in ("title", "text", "author", "when")} for text in kept],
        interventions=[
            {key: intervention[key] or "" for key in ("day", "what", "owner", "with_whom", "state")}
            for intervention in done
        ],
    )


def topics(source: Source) -> list[Topic]:
    """'Tages op senere'. One query, none where they are not shared."""
    if not source.sight.covers(Side.JOINT, "topics"):
        return []
    parked = source.rows(ParkedTopic).select_related("by").order_by("at", "pk")
    return [Topic(topic.text, name_of(topic.by), topic.at, topic.settled_on) for topic in parked]


def journal(source: Source) -> list[Recorded]:
    """What the side noted that it has in its own record. One query."""
    notes = source.rows(JournalNote, side=source.side).select_related("by", "meeting").order_by("at", "pk")
    return [Recorded(note.meeting.date, name_of(note.by), note.at) for note in notes]
