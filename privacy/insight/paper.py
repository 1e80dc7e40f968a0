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


def data(insight: Insight) -> bytes:
    """The account as JSON in UTF-8, with days and moments as ISO 8601 in Danish time."""
    return (json.dumps(asdict(insight), ensure_ascii=False, indent=1, default=_iso) + "\n").encode()


def _iso(value: Any) -> str:
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def pdf(insight: Insight) -> bytes:
    """The account as PDF, titled 'Indsigt': the file's own title and name tell nobody whom it is about."""
    return typeset(_TEMPLATE, account(insight))


def account(insight: Insight) -> dict[str, Any]:
    """All the account says, in the order it is read in."""
    whom = insight.resident
    made = f"Det, {insight.unit} har stående på tavlen for {insight.home}. Udleveret af {insight.controller}"
    return {
        "whom": f"{whom.name} · bolig {whom.flat}" if whom.name else f"Bolig {whom.flat}",
        "made": f"{made} {_day(timezone.localdate(insight.made_at))}.",
        "foot": f"Indsigt · {insight.controller} · {_moment(insight.made_at)}",
        "notes": insight.notes,
        "sections": [
            {"title": title, "empty": empty, "parts": [{"title": name, "lines": lines} for name, lines in parts]}
            for title, empty, parts in _sections(insight)
        ],
    }


def _sections(insight: Insight) -> list[tuple[str, str, list[Part]]]:
    nothing = "Her står ingenting."
    return [
        ("Opholdet", nothing, _stay(insight)),
        ("Hvad der må deles", "Der er ikke registreret, at noget må deles.", _bases(insight)),
        ("Tekster på tavlen", nothing, [_text(text) for text in insight.texts]),
        ("På tavlen", "Ingen gange.", _board(insight)),
        ("Indsatser", nothing, [_effort(effort) for effort in insight.interventions]),
        ("Tidlige tegn", nothing, _signs(insight)),
        ("Indlæggelser og besøg", nothing, _hospital(insight)),
        ("Møder og referater", nothing, _meetings(insight)),
        ("Hvem har set oplysningerne", "Ingen.", _loose(_looks(insight))),
        ("Hvem har ændret noget", "Ingen.", _loose(_changes(insight))),
    ]


def _loose(lines: list[Line]) -> list[Part]:
    return [("", lines)] if lines else []


def _stay(insight: Insight) -> list[Part]:
    whom = insight.resident
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
    lines += [("Team", team.team, _span(team.from_day, team.to_day)) for team in insight.teams]
    for contact in insight.contacts:
        stands_in = f"stedfortræder {contact.deputy}" if contact.deputy else ""
        lines.append(("Kontaktperson", contact.person, stands_in))
    lines += [
        (
            "Samarbejdspartner",
            _join(partner.kind, partner.name),
            _join(
                f"må tales med, uden at beboeren er med: {partner.without_resident.lower()}",
                partner.agreed_how.lower(),
                _day(partner.agreed_on) if partner.agreed_on else "",
                f"noteret af {partner.recorded_by} {_day(partner.recorded_on)}",
                f"ikke længere fra {_day(partner.ended_on)}" if partner.ended_on else "",
            ),
        )
        for partner in insight.partners
    ]
    return _loose(lines)


def _bases(insight: Insight) -> list[Part]:
    parts: list[Part] = []
    for basis in insight.bases:
        lines: list[Line] = [("Dækker", basis.what, ""), ("Hvad", basis.covers, "")]
        if basis.reason:
            lines.append(("Hvorfor", basis.reason, ""))
        lines.append(("Givet af", _join(basis.given_by, basis.given_how.lower()), _day(basis.given_on)))
        until = f"til {_moment(basis.open_until)}" if basis.open_until else ""
        lines.append(("Gælder", _span(basis.from_day, basis.to_day), until))
        if basis.withdrawn_at:
            lines.append(("Trukket tilbage", _moment(basis.withdrawn_at), ""))
        lines.append(("Registreret af", basis.recorded_by, ""))
        parts.append((basis.kind, lines))
    return parts


def _text(text: Text) -> Part:
    confirmed = f"gælder stadig, {text.confirmed_by} {_moment(text.confirmed_at)}" if text.confirmed_at else ""
    wrote_for = f"skrevet for {text.written_for}" if text.written_for else ""
    now = text.text or "Der står ingen tekst nu."
    lines: list[Line] = [("Nu", now, _join(text.changed_by, _moment(text.changed_at), wrote_for, confirmed))]
    for version in text.history:
        said = "Skrevet på forkert beboer, og ikke med her." if version.wrong_resident else version.text
        back = f"fortrød udgave {version.takes_back}" if version.takes_back else ""
        words = said or "Teksten blev fjernet."
        lines.append((f"Udgave {version.version}", words, _join(version.by, _moment(version.at), back)))
    side = {Side.JOINT: "fælles", Side.HOME: "botilbuddet", Side.TEAM: "teamet"}[Side(text.side)]
    return f"{text.title} ({side})", lines


def _board(insight: Insight) -> list[Part]:
    parts: list[Part] = []
    for time_ in insight.episodes:
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
    for change in insight.levels:
        told = f"sagt til beboeren: {change.told.lower()}"
        plan = "kriseplanen set" if change.crisis_plan_seen else ""
        back = "fortrudt" if change.takes_back else ""
        read_by = f"set af {listing(change.seen_by)}" if change.seen_by else ""
        before = f"kriterier før: {', '.join(change.criteria_before)}" if change.criteria_before else ""
        said = _join(f"Fra {change.before.lower()} til {change.after.lower()}", change.reason)
        changes.append((_moment(change.at), said, _join(change.by, told, plan, back, before, read_by)))
    return [*parts, *([("Ændringer af niveauet", changes)] if changes else [])]


def _effort(effort: Effort) -> Part:
    due = "dagligt" if effort.daily else _day(effort.due_on) if effort.due_on else "ingen dag"
    due += f" kl. {effort.due_time.hour}.{effort.due_time.minute:02}" if effort.due_time else ""
    lines: list[Line] = [
        ("Hvem", effort.owner or "Ingen ansvarlig", f"stedfortræder {effort.deputy}" if effort.deputy else "")
    ]
    if effort.with_whom:
        lines.append(("Sammen med", effort.with_whom, ""))
    if effort.unagreed:
        read_by = f"set af {listing(effort.unagreed_seen_by)}" if effort.unagreed_seen_by else ""
        lines.append(("Uden aftale, fordi", effort.unagreed, read_by))
    lines.append(("Hvornår", due, f"flyttet {effort.moves} gange" if effort.moves else ""))
    settled = _day(effort.settled_on) if effort.settled_on else ""
    lines.append(("Tilstand", _join(effort.state, effort.settled_why), settled))
    wrote_for = f"skrevet for {effort.written_for}" if effort.written_for else ""
    lines.append(("Aftalt", _moment(effort.created_at), _join(effort.created_by, wrote_for)))
    for event in effort.events:
        moved = f"fra {_day(event.from_day)}" if event.from_day else ""
        moved = _join(moved, f"til {_day(event.to_day)}" if event.to_day else "")
        said = f"før stod der: {event.said}" if event.said else ""
        back = "tog et trin tilbage" if event.takes_back else ""
        lines.append((_moment(event.at), _join(event.kind, event.why, moved, back), _join(event.by, said)))
    if effort.carried:
        lines.append(("Stod åben efter mødet", listing([_day(day) for day in effort.carried]), ""))
    marks = [
        word for word, is_so in (("fælles besøg", effort.joint), ("siges til beboeren", effort.to_be_told)) if is_so
    ]
    return f"{effort.track}: {effort.what}" + (f" ({', '.join(marks)})" if marks else ""), lines


def _signs(insight: Insight) -> list[Part]:
    lines: list[Line] = []
    for sign in insight.signs:
        handled = _day(sign.handled_on) if sign.handled_on else ""
        ended = _join(sign.outcome, sign.handled_by, handled)
        read_by = f"set af {listing(sign.seen_by)}" if sign.seen_by else ""
        lines.append((_moment(sign.at), sign.text, _join(sign.by, sign.urgency, ended, read_by)))
    return _loose(lines)


def _hospital(insight: Insight) -> list[Part]:
    lines: list[Line] = [
        (
            "Indlagt",
            _join(admission.place, _span(admission.from_day, admission.to_day)),
            f"før: {admission.before}" if admission.before else "",
        )
        for admission in insight.admissions
    ]
    for visit in insight.visits:
        since = f"under indlæggelsen fra {_day(visit.admission_from)}" if visit.admission_from else ""
        lines.append((f"Besøgt {_day(visit.on)}", visit.text, _join(visit.by, since)))
    return _loose(lines)


def _meetings(insight: Insight) -> list[Part]:
    agenda: list[Line] = [
        (_day(item.meeting), _join(item.kind, item.state, item.decision), _minutes_used(item.seconds))
        for item in insight.agenda
    ]
    topics: list[Line] = [
        (
            "",
            topic.text,
            _join(topic.by, _moment(topic.at), f"afsluttet {_day(topic.settled_on)}" if topic.settled_on else ""),
        )
        for topic in insight.topics
    ]
    journal: list[Line] = [
        (f"Mødet {_day(note.meeting)}", "Skrevet i egen journal eller dagbog", _join(note.by, _moment(note.at)))
        for note in insight.journal
    ]
    lists = (("På dagsordenen", agenda), ("Tages op senere", topics), ("Noteret i egen journal eller dagbog", journal))
    return [*((name, lines) for name, lines in lists if lines), *(_said(minutes) for minutes in insight.minutes)]


def _minutes_used(seconds: int) -> str:
    return f"{-(-seconds // 60)} min." if seconds else ""


def _said(minutes: Said) -> Part:
    lines: list[Line] = [("Låst", _moment(minutes.locked_at), minutes.missed.lower())]
    facts = (
        ("Situation", minutes.situation),
        ("Kontaktperson", minutes.contact),
        ("Niveau", _join(minutes.level, ", ".join(minutes.criteria))),
        ("Besluttet", _join(minutes.decision, minutes.review)),
    )
    lines += [(label, said, "") for label, said in facts if said]
    lines += [(text["title"], text["text"], _join(text["author"], text["when"])) for text in minutes.texts]
    for item in minutes.interventions:
        who = _join(item["owner"], item["day"], item["state"])
        lines.append(("Indsats", _join(item["what"], item["with_whom"]), who))
    return f"Referat {_day(minutes.meeting)} · {minutes.audience} · udgave {minutes.edition}", lines


def _looks(insight: Insight) -> list[Line]:
    return [
        (f"{_day(look.day)} {look.when}", _join(look.who, look.where), ", ".join(look.screens))
        for look in insight.looks
    ]


def _changes(insight: Insight) -> list[Line]:
    return [(_moment(change.at), change.who, change.what) for change in insight.changes]


def _join(*said: str) -> str:
    return " · ".join(part for part in said if part)


def _day(day: date | None) -> str:
    return f"{day.day}.{day.month}.{day.year}" if day else ""


def _span(first: date, last: date | None) -> str:
    return f"{_day(first)} – {_day(last)}" if last else f"fra {_day(first)}"


def _moment(at: datetime | None) -> str:
    return f"{_day(timezone.localdate(at))} {weeks.clock(at)}" if at else ""
