"""Reading locked minutes, and setting them as PDF.

The sections are as they were when the meeting closed; whether a reader sees one is decided today, so that a basis
withdrawn since hides the resident here as on the board.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import typst
from django.utils import timezone

from boards.models import TRACK_SIDE, Track
from botilbud.lib import weeks
from botilbud.lib.text import listing
from botilbud.organisation.access import Access, today
from botilbud.organisation.models import Side
from meetings.models import Meeting, Minutes, MinutesSection
from residents.selectors import seen_stays
from residents.sharing import Audience, AudienceKind

_HERE = Path(__file__).parent
AUDIENCES = {"joint": "Fælles", "home": "Botilbuddet", "team": "Teamet"}


@dataclass(frozen=True)
class Paper:
    """Minutes as one reader may see them. `hidden` counts the residents left out."""

    meeting: Meeting
    edition: int
    editions: int
    audience: str
    label: str
    head: dict[str, Any]
    day: str
    locked: str
    sections: list[MinutesSection]
    hidden: int

    @property
    def home_names(self) -> str:
        """'Jonas, Lis og Mette'."""
        return self._names(Side.HOME)

    @property
    def team_names(self) -> str:
        """'Amina og Søren (online)'."""
        return self._names(Side.TEAM)

    def _names(self, side: Side) -> str:
        there = [one for one in self.head["present"] if one["side"] == side]
        return listing([one["name"] + (" (online)" if one["online"] else "") for one in there]) or "ingen noteret"


def read(access: Access, meeting: Meeting, audience: str) -> Paper | None:
    """The last edition for the audience. None when there is none, or the audience is the other side's."""
    if audience not in AUDIENCES or (audience != AudienceKind.JOINT and audience != access.side):
        return None
    minutes = Minutes.objects.for_home(access.home).filter(meeting=meeting).order_by("-edition").first()
    if minutes is None:
        return None
    sections = list(
        MinutesSection.objects.for_home(access.home).filter(minutes=minutes, audience=audience).order_by("order")
    )
    team = meeting.series.team_id
    kind = AudienceKind(audience)
    viewer = Audience(kind, None if kind == AudienceKind.HOME else team)
    visible = {stay.id: stay.sight for stay in seen_stays(access.home, viewer, today()) if stay.sight.shared}
    shown = []
    for section in sections:
        sight = visible.get(section.stay_id or 0)
        if sight is None:
            continue
        # A side that took its basis back takes its words back here too.
        texts = [text for text in section.content["texts"] if Side(text["side"]) in sight.sides]
        agreed = [i for i in section.content["interventions"] if TRACK_SIDE[Track(i["track"])] in sight.sides]
        section.content = {**section.content, "texts": texts, "interventions": agreed}
        shown.append(section)
    return Paper(
        meeting=meeting,
        edition=minutes.edition,
        editions=minutes.edition,
        audience=audience,
        label=AUDIENCES[audience],
        head=minutes.head,
        day=weeks.long_day(meeting.date) + f" {meeting.date.year}",
        locked=_moment(minutes.at),
        sections=shown,
        hidden=len(sections) - len(shown),
    )


def _moment(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local.day}.{local.month}.{local.year} {weeks.clock(at)}"


def pdf(paper: Paper) -> bytes:
    """The minutes as PDF with real text and a document language, set from data; no text is read as markup."""
    data = {
        "head": paper.head,
        "home_names": paper.home_names,
        "team_names": paper.team_names,
        "day": paper.day,
        "week": weeks.week_label(date.fromisoformat(paper.head["date"])),
        "edition": paper.edition,
        "label": paper.label,
        "locked": paper.locked,
        "hidden": paper.hidden,
        "sections": [section.content for section in paper.sections],
    }
    made: bytes = typst.compile(
        str(_HERE / "minutes.typ"),
        font_paths=[str(_HERE / "fonts")],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    return made
