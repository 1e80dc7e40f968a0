"""The account of insight as it is handed out: a PDF in plain words, and the same as data others can read."""

import json
from dataclasses import asdict
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from django.utils import timezone

from core import weeks
from core.paper import typeset
from core.text import listing
from organisation.models import Side
from privacy.insight.account import Insight
from privacy.insight.interventions import Effort
from privacy.insight.meetings import Said
from privacy.insight.texts import Text

_TEMPLATE = Path(__file__).parent / "paper.typ"
# A label, what is said, and who and when.
Line = tuple[str, str, str]
Part = tuple[str, list[Line]]


def data(found: Insight) -> bytes:
    """The account as JSON in UTF-8, with days and moments as ISO 8601 in Danish time."""
    return (json.dumps(asdict(found), ensure_ascii=False, indent=1, default=_iso) + "\n").encode()


def _iso(value: Any) -> str:
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def pdf(found: Insight) -> bytes:
    """The account as PDF, titled 'Indsigt': the file's own title and name tell nobody whom it is about."""
    return typeset(_TEMPLATE, account(found))


def account(found: Insight) -> dict[str, Any]:
    """All the account says, in the order it is read in."""
    whom = found.resident
    made = f"Det, {found.unit} har stående på tavlen for {found.home}. Udleveret af {found.controller}"
    return {
        "whom": f"{whom.name} · bolig {whom.flat}" if whom.name else f"Bolig {whom.flat}",
        "made": f"{made} {_day(timezone.localdate(found.made_at))}.",
        "foot": f"Indsigt · {found.controller} · {_moment(found.made_at)}",
        "notes": found.notes,
        "sections": [
            {"title": title, "empty": empty, "parts": [{"title": name, "lines": lines} for name, lines in parts]}
            for title, empty, parts in _sections(found)
        ],
    }


def _sections(found: Insight) -> list[tuple[str, str, list[Part]]]:
    nothing = "Her står ingenting."
    return [
        ("Opholdet", nothing, _stay(found)),
        ("Hvad der må deles", "Der er ikke registreret, at noget må deles.", _bases(found)),
        ("Tekster på tavlen", nothing, [_text(one) for one in found.texts]),
        ("På tavlen", "Ingen gange.", _board(found)),
        ("Indsatser", nothing, [_effort(one) for one in found.interventions]),
        ("Tidlige tegn", nothing, _signs(found)),
        ("Indlæggelser og besøg", nothing, _hospital(found)),
        ("Møder og referater", nothing, _meetings(found)),
        ("Hvem har set oplysningerne", "Ingen.", _loose(_looks(found))),
        ("Hvem har ændret noget", "Ingen.", _loose(_changes(found))),
    ]


def _loose(lines: list[Line]) -> list[Part]:
    return [("", lines)] if lines else []


def _stay(found: Insight) -> list[Part]:
    whom = found.resident
    lines: list[Line] = []
    if whom.from_day:
        lines.append(("Bor her", _span(whom.from_day, whom.to_day), ""))
    if whom.end:
        lines.append(("Hvorfor opholdet sluttede", whom.end + (f": {whom.moved_to}" if whom.moved_to else ""), ""))
    if whom.situation:
        since = f"siden {_day(whom.situation_since)}" if whom.situation_since else ""
        until = f"til {_day(whom.situation_until)}" if whom.situation_until else ""
        lines.append(("Situation", _join(whom.situation, whom.situation_place), _join(since, until)))
    if whom.discharge_to_be_answered:
        lines.append(("Efter udskrivningen", "Der er ikke svaret på, om beboeren skal på tavlen.", ""))
    if whom.last_discussed:
        lines.append(("Sidst drøftet", _day(whom.last_discussed), ""))
    lines += [("Team", one.team, _span(one.from_day, one.to_day)) for one in found.teams]
    for contact in found.contacts:
        stands_in = f"stedfortræder {contact.deputy}" if contact.deputy else ""
        lines.append(("Kontaktperson", contact.person, stands_in))
    lines += [
        (
            "Samarbejdspartner",
            _join(one.kind, one.name),
            _join(
                f"må tales med, uden at beboeren er med: {one.without_resident.lower()}",
                one.agreed_how.lower(),
                _day(one.agreed_on) if one.agreed_on else "",
                f"noteret af {one.recorded_by} {_day(one.recorded_on)}",
                f"ikke længere fra {_day(one.ended_on)}" if one.ended_on else "",
            ),
        )
        for one in found.partners
    ]
    return _loose(lines)


def _bases(found: Insight) -> list[Part]:
    parts: list[Part] = []
    for one in found.bases:
        lines: list[Line] = [("Dækker", one.what, ""), ("Hvad", one.covers, "")]
        if one.reason:
            lines.append(("Hvorfor", one.reason, ""))
        lines.append(("Givet af", _join(one.given_by, one.given_how.lower()), _day(one.given_on)))
        until = f"til {_moment(one.open_until)}" if one.open_until else ""
        lines.append(("Gælder", _span(one.from_day, one.to_day), until))
        if one.withdrawn_at:
            lines.append(("Trukket tilbage", _moment(one.withdrawn_at), ""))
        lines.append(("Registreret af", one.recorded_by, ""))
        parts.append((one.kind, lines))
    return parts


def _text(one: Text) -> Part:
    confirmed = f"gælder stadig, {one.confirmed_by} {_moment(one.confirmed_at)}" if one.confirmed_at else ""
    wrote_for = f"skrevet for {one.written_for}" if one.written_for else ""
    now = one.text or "Der står ingen tekst nu."
    lines: list[Line] = [("Nu", now, _join(one.changed_by, _moment(one.changed_at), wrote_for, confirmed))]
    for version in one.history:
        said = "Skrevet på forkert beboer, og ikke med her." if version.wrong_resident else version.text
        back = f"fortrød udgave {version.takes_back}" if version.takes_back else ""
        words = said or "Teksten blev fjernet."
        lines.append((f"Udgave {version.version}", words, _join(version.by, _moment(version.at), back)))
    side = {Side.JOINT: "fælles", Side.HOME: "botilbuddet", Side.TEAM: "teamet"}[Side(one.side)]
    return f"{one.title} ({side})", lines


def _board(found: Insight) -> list[Part]:
    parts: list[Part] = []
    for time_ in found.episodes:
        lines: list[Line] = [
            ("Niveau", time_.level, f"siden {_day(time_.level_since)}"),
            ("Drøftes igen senest", _day(time_.review_by), ""),
        ]
        for label, day in (
            ("Sidst gennemgået", time_.reviewed_on),
            ("Opfølgning", time_.follow_up_on),
            ("Opfølgningen drøftet", time_.followed_up_on),
        ):
            if day:
                lines.append((label, _day(day), time_.follow_on_by if label == "Opfølgning" else ""))
        for met in time_.criteria:
            deadline = f"frist {_day(met.deadline)}" if met.deadline else ""
            lines.append(("Kriterium", _join(met.name, met.text), _join(_span(met.from_day, met.to_day), deadline)))
        for review in time_.reviews:
            confirmed = f"bekræftet {_moment(review.confirmed_at)}" if review.confirmed_at else ""
            who = _join(listing(review.people), f"skrevet af {review.by}", _moment(review.at), confirmed)
            lines.append(("Gennemgået", _join(review.outcome, review.note), who))
        parts.append((f"{time_.number}. gang: {_span(time_.opened_on, time_.closed_on)}", lines))
    changes: list[Line] = []
    for one in found.levels:
        told = f"sagt til beboeren: {one.told.lower()}"
        plan = "kriseplanen set" if one.crisis_plan_seen else ""
        back = "fortrudt" if one.takes_back else ""
        read_by = f"set af {listing(one.read_by)}" if one.read_by else ""
        before = f"kriterier før: {', '.join(one.criteria_before)}" if one.criteria_before else ""
        said = _join(f"Fra {one.before.lower()} til {one.after.lower()}", one.reason)
        changes.append((_moment(one.at), said, _join(one.by, told, plan, back, before, read_by)))
    return [*parts, *([("Ændringer af niveauet", changes)] if changes else [])]


def _effort(one: Effort) -> Part:
    due = "dagligt" if one.daily else _day(one.due_on) if one.due_on else "ingen dag"
    due += f" kl. {one.due_time.hour}.{one.due_time.minute:02}" if one.due_time else ""
    lines: list[Line] = [("Hvem", one.owner or "Ingen ansvarlig", f"stedfortræder {one.deputy}" if one.deputy else "")]
    if one.with_whom:
        lines.append(("Sammen med", one.with_whom, ""))
    if one.unagreed:
        read_by = f"set af {listing(one.unagreed_read_by)}" if one.unagreed_read_by else ""
        lines.append(("Uden aftale, fordi", one.unagreed, read_by))
    lines.append(("Hvornår", due, f"flyttet {one.moves} gange" if one.moves else ""))
    settled = _day(one.settled_on) if one.settled_on else ""
    lines.append(("Tilstand", _join(one.state, one.settled_why), settled))
    wrote_for = f"skrevet for {one.written_for}" if one.written_for else ""
    lines.append(("Aftalt", _moment(one.created_at), _join(one.created_by, wrote_for)))
    for event in one.events:
        moved = f"fra {_day(event.from_day)}" if event.from_day else ""
        moved = _join(moved, f"til {_day(event.to_day)}" if event.to_day else "")
        said = f"før stod der: {event.said}" if event.said else ""
        back = "tog et trin tilbage" if event.takes_back else ""
        lines.append((_moment(event.at), _join(event.kind, event.why, moved, back), _join(event.by, said)))
    if one.carried:
        lines.append(("Stod åben efter mødet", listing([_day(day) for day in one.carried]), ""))
    marks = [word for word, is_so in (("fælles besøg", one.joint), ("siges til beboeren", one.to_be_told)) if is_so]
    return f"{one.track}: {one.what}" + (f" ({', '.join(marks)})" if marks else ""), lines


def _signs(found: Insight) -> list[Part]:
    lines: list[Line] = []
    for one in found.signs:
        handled = _day(one.handled_on) if one.handled_on else ""
        ended = _join(one.outcome, one.handled_by, handled)
        read_by = f"set af {listing(one.read_by)}" if one.read_by else ""
        lines.append((_moment(one.at), one.text, _join(one.by, one.urgency, ended, read_by)))
    return _loose(lines)


def _hospital(found: Insight) -> list[Part]:
    lines: list[Line] = [("Indlagt", _join(one.place, _span(one.from_day, one.to_day)), "") for one in found.admissions]
    for visit in found.visits:
        since = f"under indlæggelsen fra {_day(visit.admission_from)}" if visit.admission_from else ""
        lines.append((f"Besøgt {_day(visit.on)}", visit.text, _join(visit.by, since)))
    return _loose(lines)


def _meetings(found: Insight) -> list[Part]:
    agenda: list[Line] = [
        (_day(one.meeting), _join(one.kind, one.state, one.decision), _minutes_used(one.seconds))
        for one in found.agenda
    ]
    topics: list[Line] = [
        ("", one.text, _join(one.by, _moment(one.at), f"afsluttet {_day(one.settled_on)}" if one.settled_on else ""))
        for one in found.topics
    ]
    journal: list[Line] = [
        (f"Mødet {_day(one.meeting)}", "Skrevet i egen journal eller dagbog", _join(one.by, _moment(one.at)))
        for one in found.journal
    ]
    lists = (("På dagsordenen", agenda), ("Tages op senere", topics), ("Noteret i egen journal eller dagbog", journal))
    return [*((name, lines) for name, lines in lists if lines), *(_said(one) for one in found.minutes)]


def _minutes_used(seconds: int) -> str:
    return f"{-(-seconds // 60)} min." if seconds else ""


def _said(one: Said) -> Part:
    lines: list[Line] = [("Låst", _moment(one.locked_at), "" if one.reached else "ikke nået")]
    facts = (
        ("Situation", one.situation),
        ("Kontaktperson", one.contact),
        ("Niveau", _join(one.level, ", ".join(one.criteria))),
        ("Besluttet", _join(one.decision, one.review)),
    )
    lines += [(label, said, "") for label, said in facts if said]
    lines += [(text["title"], text["text"], _join(text["author"], text["when"])) for text in one.texts]
    for item in one.interventions:
        who = _join(item["owner"], item["day"], item["state"])
        lines.append(("Indsats", _join(item["what"], item["with_whom"]), who))
    return f"Referat {_day(one.meeting)} · {one.audience} · udgave {one.edition}", lines


def _looks(found: Insight) -> list[Line]:
    return [(_day(one.day), _join(one.who, one.where), ", ".join(one.screens)) for one in found.looks]


def _changes(found: Insight) -> list[Line]:
    return [(_moment(one.at), one.who, one.what) for one in found.changes]


def _join(*said: str) -> str:
    return " · ".join(one for one in said if one)


def _day(day: date | None) -> str:
    return f"{day.day}.{day.month}.{day.year}" if day else ""


def _span(first: date, last: date | None) -> str:
    return f"{_day(first)} – {_day(last)}" if last else f"fra {_day(first)}"


def _moment(at: datetime | None) -> str:
    return f"{_day(timezone.localdate(at))} {weeks.clock(at)}" if at else ""
