"""The board as it stood, and what changed between two meetings, from the minutes' sections. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from boards import rules
from boards.columns import BoardColumn
from boards.selectors import ASKING, GROUPS
from core.text import danish_key
from criteria.models import Level
from meetings.minutes import Section
from meetings.rules import column_of
from organisation.models import Side


@dataclass(frozen=True)
class CellThen:
    """What stood in one column of a row: texts, or interventions."""

    column: BoardColumn
    texts: list[dict[str, Any]]
    items: list[dict[str, Any]]


@dataclass(frozen=True)
class RowThen:
    """One resident's row as it stood. `cells` are those after the resident and the level."""

    stay: int
    content: dict[str, Any]
    cells: list[CellThen]


def group_of(content: dict[str, Any]) -> str:
    """The group the resident stood in. For older minutes that did not keep it, it follows from the level."""
    if "group" in content:
        return str(content["group"])
    level = content["level"]
    if level != Level.NONE:
        return str(level)
    return "opfoelgning" if content["review"] else "andre"


def board_then(
    sections: Iterable[Section], titles: Mapping[str, str], columns: Iterable[BoardColumn]
) -> list[tuple[str, str, list[RowThen]]]:
    """(key, title, rows) of each group that had somebody in it, in the board's order, with its heading of `titles`.

    Each row holds what stood in these columns.
    """
    shown = [column for column in columns if column.key not in ("beboer", "niveau")]
    groups: dict[str, list[tuple[int, RowThen]]] = {key: [] for key in GROUPS}
    for number, section in enumerate(sections):
        group = groups.get(group_of(section.content))
        if group is not None:
            group.append((section.content.get("place", number), _row(section, shown)))
    ordered = {key: sorted(rows, key=lambda row: row[0]) for key, rows in groups.items()}
    return [(key, titles[key], [row for _, row in ordered[key]]) for key in GROUPS if ordered[key]]


def _row(section: Section, columns: Iterable[BoardColumn]) -> RowThen:
    texts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    lanes: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for text in section.content["texts"]:
        texts[column_of(text)].append(text)
    for item in section.content["interventions"]:
        for lane in rules.lanes(item["track"], item.get("joint", False)):
            lanes[lane].append(item)
    cells = [CellThen(column, texts[column.key], lanes[column.key]) for column in columns]
    return RowThen(section.stay, section.content, cells)


@dataclass(frozen=True)
class ChangedText:
    """A text or a word that changed; '' where there was none."""

    title: str
    before: str
    after: str


@dataclass
class ResidentChanges:
    """What changed for one resident between two meetings. `moves` is (item, from, to), `settled` (item, how)."""

    stay: int
    name: str
    flat: str
    board: str = ""
    words: list[ChangedText] = field(default_factory=list)
    added: list[dict[str, Any]] = field(default_factory=list)
    settled: list[tuple[dict[str, Any], str]] = field(default_factory=list)
    moved: list[tuple[dict[str, Any], str, str]] = field(default_factory=list)

    @property
    def any(self) -> bool:
        return bool(self.board or self.words or self.added or self.settled or self.moved)


def differences(before: Iterable[Section], after: Iterable[Section]) -> list[ResidentChanges]:
    """What changed for each resident in the later sections, by Danish name. Those without a change are left out."""
    old = {section.stay: section.content for section in before}
    new = {section.stay: section.content for section in after}
    residents = [_difference(stay, old.get(stay), new.get(stay)) for stay in {**old, **new}]
    return sorted(
        (resident for resident in residents if resident.any),
        key=lambda resident: (danish_key(resident.name), resident.flat),
    )


def _difference(stay: int, old: dict[str, Any] | None, new: dict[str, Any] | None) -> ResidentChanges:
    named = new or old or {}
    made = ResidentChanges(stay, named["name"], named["flat"], _on_off(old, new))
    if new is None:
        # The minutes hold nothing more of a resident who was neither on the board nor on the agenda.
        return made
    made.words = _words(old, new)
    _interventions(made, old, new)
    return made


def _on_off(old: dict[str, Any] | None, new: dict[str, Any] | None) -> str:
    was, stands = _stood(old), _stood(new)
    if was == stands:
        return ""
    return "Kom på tavlen" if stands else "Gik af tavlen"


def _stood(content: dict[str, Any] | None) -> bool:
    """Whether somebody had put the resident on the board. Who only waits for an answer is on it by themselves."""
    return content is not None and group_of(content) in GROUPS and group_of(content) not in ASKING


def _words(old: dict[str, Any] | None, new: dict[str, Any]) -> list[ChangedText]:
    lines = [("Niveau", old["level_label"] if old else "", new["level_label"])]
    lines.append(("Kriterier", " · ".join(old["criteria"]) if old else "", " · ".join(new["criteria"])))
    was, now = _texts(old), _texts(new)
    for key in {**was, **now}:
        title = (now.get(key) or was[key])["title"] + (" (teamet)" if key[1] == Side.TEAM else "")
        lines.append((title, was[key]["text"] if key in was else "", now[key]["text"] if key in now else ""))
    return [ChangedText(title, before, after) for title, before, after in lines if before != after]


def _texts(content: dict[str, Any] | None) -> dict[tuple[str, str], dict[str, Any]]:
    return {(column_of(text), text["side"]): text for text in content["texts"]} if content else {}


def _interventions(made: ResidentChanges, old: dict[str, Any] | None, new: dict[str, Any]) -> None:
    was, now = _agreed(old, new), _agreed(new, old)
    for key, item in now.items():
        before = was.get(key)
        if before is None:
            made.added.append(item)
        elif before["state"] != item["state"]:
            made.settled.append((item, item["state"]))
        elif before["day"] != item["day"]:
            made.moved.append((item, before["day"], item["day"]))
    # What was settled more than a week ago, or is no longer needed, is not on the board any more.
    made.settled += [(item, "Afsluttet") for key, item in was.items() if key not in now and item["state"] == "Planlagt"]


def _agreed(content: dict[str, Any] | None, other: dict[str, Any] | None) -> dict[Any, dict[str, Any]]:
    """The interventions by id. Where one of the two minutes did not keep ids, by their words."""
    both = [*(content["interventions"] if content else []), *(other["interventions"] if other else [])]
    by_id = all(item.get("id") for item in both)
    return {
        (item["id"] if by_id else (item["track"], item["what"])): item
        for item in (content["interventions"] if content else [])
    }
