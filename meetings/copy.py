"""What a meeting said of a resident, as text for each side's own record. The board is not a record. Pure."""

from datetime import date
from typing import Any

from core import weeks
from meetings.layout import missed
from organisation.models import Side
from residents.texts import COLUMNS

_UNKNOWN = "Ikke oplyst."


def record_text(section: dict[str, Any], *, home: str, team: str, day: date) -> str:
    """The section under the five headings, with where it comes from on top."""
    origin = f"Fra beboeroverbliksmødet {weeks.long_day(day)} {day.year}, {home} og {team}"
    who = f"{section['name']}, bolig {section['flat']}"
    parts = [
        ("Situation", _situation(section)),
        ("Baggrund", _background(section)),
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


def _assessment(section: dict[str, Any]) -> list[str]:
    status = COLUMNS["status"]
    lines = []
    for text in section["texts"]:
        # Older minutes did not keep the column, only its title.
        if text.get("misfiled") or text.get("column", "") not in ("status", ""):
            continue
        if "column" not in text and text["title"] != status.title:
            continue
        side = Side(text["side"]).label
        wrote_for = f" for {text['written_for']}" if text["written_for"] else ""
        lines.append(f"{side}: {text['text']} ({text['author']}{wrote_for}, {text['when']})")
    return lines


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
