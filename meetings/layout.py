"""How minutes are laid out: one account of them, for the page and for the PDF."""

from datetime import date
from pathlib import Path
from typing import Any

from boards.models import Track
from core import weeks
from core.paper import typeset
from core.text import listing
from meetings.minutes import Paper
from meetings.models import GUEST
from organisation.models import Side

_HERE = Path(__file__).parent
BROKEN = "Referatet svarer ikke til det, der blev låst. Brug det ikke, og sig det til systemets administrator."


def account(paper: Paper) -> dict[str, Any]:
    """All the minutes say, in the order and the words they are read in."""
    head = paper.head
    day = date.fromisoformat(head["date"])
    return {
        "title": "Referat af beboeroverbliksmøde",
        "home": head["home"],
        "team": head["team"],
        "day": f"{weeks.long_day(day)} {day.year}",
        "week": weeks.week_label(day),
        "label": paper.label,
        "edition": paper.edition,
        "locked": paper.locked,
        "broken": BROKEN if paper.broken else "",
        "replaced": f"Erstattet af udgave {paper.newest}." if paper.edition != paper.newest else "",
        "facts": _bare_facts(head) if paper.plain else _facts(head),
        "notes": _notes(head, plain=paper.plain),
        "sections": [
            _place(number, section.content) if paper.plain else _person(section.content)
            for number, section in enumerate(paper.sections, start=1)
        ],
        "topics": [] if paper.plain else head["topics"],
        "topics_done": [] if paper.plain else head.get("topics_done", []),
        "hidden": _hidden(paper.hidden),
    }


def _facts(head: dict[str, Any]) -> list[tuple[str, str]]:
    facts = [
        ("Mødeleder", head["chair"]),
        ("Referent", head["referent"]),
        ("Botilbuddet", _names(head, Side.HOME)),
        ("Teamet", _names(head, Side.TEAM)),
    ]
    if _there(head, GUEST):
        facts.append(("Gæster", _names(head, GUEST)))
    return [*facts, *_planned_for(head), *_time(head)]


def _bare_facts(head: dict[str, Any]) -> list[tuple[str, str]]:
    sides = (("Botilbuddet", Side.HOME), ("Teamet", Side.TEAM), ("Gæster", GUEST))
    counts = [(title, len(_there(head, side))) for title, side in sides]
    count = " · ".join(f"{title} {number}" for title, number in counts if number or title != "Gæster")
    return [("Til stede", count), *_time(head)]


def _planned_for(head: dict[str, Any]) -> list[tuple[str, str]]:
    """Where a meeting was held on another day than it was planned for. Older minutes know the planned day alone."""
    if head.get("planned_for", head["date"]) == head["date"]:
        return []
    return [("Planlagt til", weeks.long_day(date.fromisoformat(head["planned_for"])))]


def _time(head: dict[str, Any]) -> list[tuple[str, str]]:
    planned, used = head.get("planned"), head.get("used")
    said = [f"planlagt {planned}"] if planned else []
    said += [f"brugt {used}"] if used is not None else []
    return [("Tid", f"{', '.join(said)} min.")] if said else []


def _there(head: dict[str, Any], side: str) -> list[str]:
    return [_name(attendee) for attendee in head["present"] if attendee["side"] == side]


def _names(head: dict[str, Any], side: str) -> str:
    return listing(_there(head, side)) or "ingen noteret"


def _name(attendee: dict[str, Any]) -> str:
    """'Amina (online, gik kl. 9.50)'."""
    said = ["online"] if attendee["online"] else []
    said += [f"kom {hour(attendee['came'])}"] if attendee.get("came") else []
    said += [f"gik {hour(attendee['left'])}"] if attendee.get("left") else []
    return f"{attendee['name']} ({', '.join(said)})" if said else str(attendee["name"])


def hour(value: str) -> str:
    """'kl. 9.50' of '09:50', '9.50' or 'kl. 9.50'."""
    hour, _, minutes = value.removeprefix("kl. ").replace(":", ".").partition(".")
    return f"kl. {hour.lstrip('0') or '0'}.{minutes[:2]}"


def _notes(head: dict[str, Any], *, plain: bool) -> list[str]:
    """What a reader should know first. In minutes without names, a typed reason is left out."""
    notes = []
    if head.get("paper"):
        said = str(head["paper"])
        notes.append("Mødet blev holdt på papir." if plain else f"{said[:1].upper()}{said[1:].rstrip('.')}.")
    if head["without_recap"]:
        notes.append("Mødet blev afsluttet uden opsamling.")
    if head["gap_reason"]:
        gap = "Afsluttet, selv om noget manglede ansvarlig eller dag"
        notes.append(f"{gap}." if plain else f"{gap}: {head['gap_reason']}")
    return notes


def _person(content: dict[str, Any]) -> dict[str, Any]:
    return {
        "heading": content["name"],
        "flat": f"bolig {content['flat']}",
        "missed": missed(content),
        "level": content["level"],
        "level_label": content["level_label"],
        "criteria": " · ".join(content["criteria"]),
        "decision": content["decision"],
        "review": content["review"],
        "texts": [
            {
                "title": text["title"] + (" (teamet)" if text["side"] == Side.TEAM else ""),
                "text": text["text"],
                "source": source(text),
            }
            for text in content["texts"]
        ],
        "interventions": [
            {
                "day": item["day"],
                "what": item["what"],
                "with_whom": f"med {item['with_whom']}" if item["with_whom"] else "",
                "owner": item["owner"],
                "state": item["state"],
            }
            for item in content["interventions"]
        ],
        "counts": [],
    }


def missed(content: dict[str, Any]) -> str:
    """'Ikke nået' or 'Sprunget over'; '' for who was discussed."""
    if content["reached"]:
        return ""
    return "Sprunget over" if content.get("passed") else "Ikke nået"


def source(text: dict[str, Any]) -> str:
    """'– Mette for teamet, 17.11.'; '' where nobody is named."""
    if not text["author"]:
        return ""
    wrote_for = f" for {text['written_for']}" if text["written_for"] else ""
    return f"– {text['author']}{wrote_for}, {text['when']}"


def _place(number: int, content: dict[str, Any]) -> dict[str, Any]:
    counts = []
    for track, title in Track.choices:
        of_track = [(state, count) for (which, state), count in content["counts"].items() if which == track]
        if of_track:
            counts.append(f"{title}: " + ", ".join(f"{count} {state.lower()}" for state, count in of_track))
    return {
        "heading": f"Punkt {number}",
        "flat": "",
        "missed": missed(content),
        "level": content["level"],
        "level_label": content["level_label"],
        "criteria": " · ".join(content["criteria"]),
        "decision": content["decision"],
        "review": "",
        "texts": [],
        "interventions": [],
        "counts": counts,
    }


def _hidden(count: int) -> str:
    if not count:
        return ""
    return f"{count} {'beboer' if count == 1 else 'beboere'} vises ikke, fordi oplysningerne ikke er delt."


def pdf(paper: Paper) -> bytes:
    """The minutes as PDF."""
    return typeset(_HERE / "minutes.typ", account(paper))


def file_name(paper: Paper, slug: str) -> str:
    """The name of the PDF's file. For minutes without names it holds no name and no place."""
    who = paper.audience if paper.plain else f"{slug}-{paper.audience}"
    return f"referat-{who}-{paper.head['date']}-udgave-{paper.edition}.pdf"
