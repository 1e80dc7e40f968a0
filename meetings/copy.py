"""What a meeting said of a resident, as text for each side's own record. The board is not a record. Pure."""

from datetime import date
from typing import Any

from core import weeks
from meetings.layout import missed
from organisation.models import Side
from residents.texts import COLUMNS

_UNKNOWN = "Ikke oplyst."


def record_text(section: dict[str, Any], *, home: str, team: str, day: date) -> str:
    """The section under the five headings, with where it comes from on top.

    What the resident says has a heading of its own, where it was written: it is never part of what staff found.
    """
    origin = f"Fra beboeroverbliksmødet {weeks.long_day(day)} {day.year}, {home} og {team}"
    who = f"{section['name']}, bolig {section['flat']}"
    parts = [
        ("Situation", _situation(section)),
        ("Baggrund", _background(section)),
        *_own_words(section),
        ("Vurdering", _assessment(section)),
        ("Forslag", _proposals(section)),
        ("Beslutning", _decision(section)),
    ]
    blocks = [f"{title}\n" + ("\n".join(lines) or _UNKNOWN) for title, lines in parts]
    return "\n\n".join([f"{origin}\n{who}", *blocks])


def _situation(section: dict[str, Any]) -> list[str]:
    where = section.get("situation", "")
    lines = [f"{where.rstrip('.')}."] if where else []
    return [*lines, f"Niveau: {section['level_label'].lower()}."]


def _background(section: dict[str, Any]) -> list[str]:
    lines = []
    if section.get("since"):
        since = date.fromisoformat(section["since"])
        lines.append(f"På tavlen siden {weeks.long_day(since)} {since.year}.")
    if section["criteria"]:
        lines.append(f"Kriterier: {', '.join(section['criteria'])}.")
    return lines


def _own_words(section: dict[str, Any]) -> list[tuple[str, list[str]]]:
    said = [f"{text['text']} (skrevet af {_writer(text)})" for text in _texts(section, "words")]
    return [(COLUMNS["words"].title, said)] if said else []


def _assessment(section: dict[str, Any]) -> list[str]:
    return [f"{Side(text['side']).label}: {text['text']} ({_writer(text)})" for text in _texts(section, "status")]


def _texts(section: dict[str, Any], column: str) -> list[dict[str, Any]]:
    """The section's texts of the column. Older minutes did not keep the column, only its title."""
    title = COLUMNS[column].title
    return [
        text
        for text in section["texts"]
        if not text.get("misfiled") and (text["column"] == column if text.get("column") else text["title"] == title)
    ]


def _writer(text: dict[str, Any]) -> str:
    wrote_for = f" for {text['written_for']}" if text["written_for"] else ""
    return f"{text['author']}{wrote_for}, {text['when']}"


def _proposals(section: dict[str, Any]) -> list[str]:
    lines = []
    for item in section["interventions"]:
        partner = f" med {item['with_whom']}" if item["with_whom"] else ""
        lines.append(f"- {item['day']}: {item['what']}{partner}. {item['owner']}. {item['state']}.")
    return lines


def _decision(section: dict[str, Any]) -> list[str]:
    lines = [f"{missed(section)} på mødet."] if missed(section) else []
    if section["decision"]:
        lines.append(f"{section['decision']}.")
    if section["review"]:
        lines.append(f"{section['review'][:1].upper()}{section['review'][1:]}.")
    return lines
