"""Reading locked minutes.

The sections are as they were when the meeting closed. Whether a reader may see one is decided today: when a basis was
withdrawn since, or a text was written on the wrong resident, it is hidden here as on the board.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.access import Access, today
from audit.models import Entry
from boards.columns import lane_visible, text_visible
from boards.models import CellRevision, Intervention, State
from core import weeks
from criteria.models import CriterionVersion
from meetings import proof, rules
from meetings.models import Meeting, Minutes, MinutesSection
from organisation.models import Home, Side
from residents.selectors import visible_stays
from residents.sharing import Audience, AudienceKind, Sight

PLAIN = "uden-navne"
AUDIENCES: dict[str, str] = {
    AudienceKind.JOINT: "Fælles",
    AudienceKind.HOME: "Botilbuddet",
    AudienceKind.TEAM: "Teamet",
    PLAIN: "Uden navne",
}
MISFILED = str(State.MISFILED.label)


@dataclass(frozen=True)
class Section:
    """What the minutes say of one resident, as far as the reader may know it today."""

    stay: int
    content: dict[str, Any]


@dataclass(frozen=True)
class Edition:
    """One edition: when it was locked, by whom, and why the meeting was opened again."""

    number: int
    locked: str
    by: str
    why: str


@dataclass(frozen=True)
class Paper:
    """Minutes as one reader may see them. `hidden` counts the residents left out."""

    meeting: Meeting
    edition: int
    editions: list[Edition]
    audience: str
    head: dict[str, Any]
    locked: str
    sections: list[Section]
    hidden: int
    stored: Minutes

    @property
    def broken(self) -> bool:
        """Whether it does not say what was locked: somebody changed it past the program. At most seven queries."""
        return bool(proof.faults_of(self.stored))

    @property
    def label(self) -> str:
        return AUDIENCES[self.audience]

    @property
    def plain(self) -> bool:
        """True for the minutes without names."""
        return self.audience == PLAIN

    @property
    def newest(self) -> int:
        """The number of the edition that holds."""
        return self.editions[-1].number

    @property
    def stays(self) -> list[int]:
        """Whose sections are shown, for the log of reads."""
        return [section.stay for section in self.sections]


def read(access: Access, meeting: Meeting, audience: str, edition: int | None = None) -> Paper | None:
    """An edition (the last, unless one is named) for the audience.

    None when there is none, or the audience is the other side's.
    """
    if not may_read(access, audience):
        return None
    stored = list(_stored(access.home, meeting))
    wanted = [row for row in stored if row.edition == edition] if edition is not None else stored[-1:]
    if not wanted:
        return None
    minutes = wanted[0]
    kept, hidden = sections(access, minutes, AudienceKind.JOINT if audience == PLAIN else AudienceKind(audience))
    shown = [section for section in kept if section.content.get("agenda", True)]
    return Paper(
        meeting=meeting,
        edition=minutes.edition,
        editions=_editions(meeting, stored),
        audience=audience,
        head=minutes.head,
        locked=moment(minutes.at),
        sections=_without_names(access.home, shown) if audience == PLAIN else shown,
        hidden=hidden,
        stored=minutes,
    )


def may_read(access: Access, audience: str) -> bool:
    """Each side reads its own minutes, the joint ones and those without names."""
    return audience in (AudienceKind.JOINT, PLAIN, access.side)


def _stored(home: Home, meeting: Meeting) -> Any:
    rows = Minutes.objects.for_home(home).filter(meeting=meeting).order_by("edition")
    return rows.select_related("by", "meeting__series")


def latest(access: Access, meeting: Meeting) -> Minutes | None:
    """The meeting's last edition, if it was ever closed."""
    newest: Minutes | None = _stored(access.home, meeting).last()
    return newest


def sections(access: Access, minutes: Minutes, audience: AudienceKind) -> tuple[list[Section], int]:
    """The edition's sections as they may be read today, and how many of those on its agenda may not.

    Those who stood on the board without being on the agenda are among them (`agenda` False). Five to eight queries.
    """
    home = access.home
    rows = list(MinutesSection.objects.for_home(home).filter(minutes=minutes, audience=audience).order_by("order"))
    team = minutes.meeting.series.team_id
    viewer = Audience(audience, None if audience == AudienceKind.HOME else team)
    visible = {stay.id: stay.sight for stay in visible_stays(home, viewer, today()) if stay.sight.shared}
    wrong = misfiled(home, [row.content for row in rows])
    shown, hidden = [], 0
    for row in rows:
        sight = visible.get(row.stay_id or 0)
        if sight is None:
            hidden += row.content.get("agenda", True)
            continue
        # When a side has withdrawn its basis, or a part of it, its words are hidden here too.
        texts = [text for text in row.content["texts"] if readable(text, sight)]
        agreed = [item for item in row.content["interventions"] if lane_visible(sight, item["track"])]
        content = {
            **lesser(row.content, sight),
            "texts": [kept for text in texts if (kept := _text(text, wrong.texts, access.side))],
            "interventions": [item for item in agreed if item.get("id") not in wrong.interventions],
        }
        shown.append(Section(row.stay_id or 0, content))
    return shown, hidden


def readable(text: dict[str, Any], sight: Sight) -> bool:
    """Whether a text of a section may be read."""
    return text_visible(sight, rules.column_of(text), text["side"])


def lesser(content: dict[str, Any], sight: Sight) -> dict[str, Any]:
    """The section without the criteria and the ward, where those are not shared."""
    kept = dict(content)
    if not sight.covers(Side.JOINT, "grounds"):
        kept |= {"criteria": [], "set": []}
    if not sight.covers(Side.JOINT, "situation"):
        # 'Indlagt siden 9.11. · afsnit 4': the first alone.
        kept["situation"] = content.get("situation", "").split(" · ")[0]
    return kept


@dataclass(frozen=True)
class Wrong:
    """Texts (cell, version) and interventions by id."""

    texts: frozenset[tuple[int, int]]
    interventions: frozenset[int]


def misfiled(home: Home, contents: list[dict[str, Any]]) -> Wrong:
    """What the sections hold that was written on the wrong resident."""
    cells = {text.get("cell") for content in contents for text in content["texts"]} - {None}
    agreed = {item.get("id") for content in contents for item in content["interventions"]} - {None}
    revisions = CellRevision.objects.for_home(home).filter(cell__in=cells, misfiled_at__isnull=False)
    items = Intervention.objects.for_home(home).filter(pk__in=agreed, state=State.MISFILED)
    return Wrong(frozenset(revisions.values_list("cell_id", "version")), frozenset(items.values_list("pk", flat=True)))


def _text(text: dict[str, Any], wrong: frozenset[tuple[int, int]], side: Side) -> dict[str, Any] | None:
    """The text. Written on the wrong resident, its own side gets a mark without words and the other side nothing."""
    if (text.get("cell"), text.get("version")) not in wrong:
        return text
    if text["side"] not in (side, Side.JOINT):
        return None
    return {**text, "text": MISFILED, "author": "", "written_for": "", "when": "", "misfiled": True}


def _without_names(home: Home, shown: list[Section]) -> list[Section]:
    """For each place only what nobody typed: level, criteria of the set, decision, counts of interventions."""
    labels = {label for section in shown for label in section.content["criteria"]}
    of_set = CriterionVersion.objects.filter(name__in=labels, criterion__needs_text=False)
    known = set(of_set.filter(criterion__home=None).values_list("name", flat=True))
    known |= set(of_set.filter(criterion__home=home).values_list("name", flat=True))
    return [Section(section.stay, _bare(section.content, known)) for section in shown]


def _bare(content: dict[str, Any], known: set[str]) -> dict[str, Any]:
    names = content.get("set") or [label if label in known else "Andet" for label in content["criteria"]]
    counts: dict[tuple[str, str], int] = {}
    for item in content["interventions"]:
        key = (item["track"], item["state"])
        counts[key] = counts.get(key, 0) + 1
    return {
        "level": content["level"],
        "level_label": content["level_label"],
        "criteria": list(dict.fromkeys(names)),
        "decision": content["decision"],
        "reached": content["reached"],
        "passed": content.get("passed", False),
        "counts": counts,
    }


def _editions(meeting: Meeting, stored: list[Minutes]) -> list[Edition]:
    """Every edition with the reason the one before it was opened again. One query."""
    reopened = (
        list(
            Entry.objects.filter(
                scope=meeting.home.scope, action="meeting.reopened", subject=f"meetings.meeting:{meeting.pk}"
            )
            .select_related("detail")
            .order_by("seq")
        )
        if len(stored) > 1
        else []
    )
    editions = []
    for place, row in enumerate(stored):
        since = stored[place - 1].at if place else None
        entry = next((e for e in reversed(reopened) if since and since <= e.at <= row.at), None)
        detail = getattr(entry, "detail", None)
        why = str(detail.data.get("why", "")).strip() if detail else ""
        editions.append(Edition(row.edition, moment(row.at), row.by.name if row.by else "", why))
    return editions


def moment(at: datetime) -> str:
    """'17.11.2026 kl. 10.02' in Danish time."""
    local = timezone.localtime(at)
    return f"{local.day}.{local.month}.{local.year} {weeks.clock(at)}"
