"""The whole account, put together from its subjects."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Model

from accounts.access import Access
from meetings.models import Attendance, Meeting, Minutes, WallScreen
from organisation.models import Team
from organisation.region import rules_of
from privacy.insight import interventions, levels, log, meetings, resident, sharing, texts
from privacy.insight.interventions import Effort, NotedSign
from privacy.insight.levels import MovedLevel, TimeOnBoard
from privacy.insight.log import Did, WhoLooked
from privacy.insight.meetings import DiscussedItem, Recorded, Said, Topic
from privacy.insight.resident import ContactPerson, InHospital, Linked, OtherParty, Visited, Whom
from privacy.insight.sharing import Basis
from privacy.insight.source import Source, StayAccount
from privacy.insight.texts import Text

FORMAT = "botilbud-indsigt-1"

# Tables with a key to the stay that are not about this resident.
LEFT_OUT: tuple[tuple[type[Model], str], ...] = (
    (Meeting, "the meeting itself; what it was to the resident is the agenda item and the section of the minutes"),
    (Attendance, "who was at a meeting: about staff and guests"),
    (Minutes, "the head of the minutes: about the meeting; the resident's sections are read"),
    (WallScreen, "a screen on a wall: about no resident"),
)


@dataclass(frozen=True)
class Insight:
    """The whole account. The names of the fields are the keys of the file others read: they do not change."""

    format: str
    made_at: datetime
    controller: str
    side: str
    unit: str
    home: str
    notes: list[str]
    resident: Whom
    teams: list[Linked]
    contacts: list[ContactPerson]
    bases: list[Basis]
    texts: list[Text]
    episodes: list[TimeOnBoard]
    levels: list[MovedLevel]
    interventions: list[Effort]
    signs: list[NotedSign]
    admissions: list[InHospital]
    visits: list[Visited]
    partners: list[OtherParty]
    agenda: list[DiscussedItem]
    minutes: list[Said]
    topics: list[Topic]
    journal: list[Recorded]
    looks: list[WhoLooked]
    changes: list[Did]


def gather(access: Access, stay_account: StayAccount, today: date, now: datetime) -> Insight:
    """The account of the person's side. A fixed number of queries (at most 50), however much is kept."""
    source = Source(access, stay_account, rules_of(access.home, today))
    unit = access.team or access.home
    links = resident.team_links(source)
    return Insight(
        format=FORMAT,
        made_at=now,
        controller=unit.organisation.name,
        side=access.side,
        unit=unit.name,
        home=access.home.name,
        resident=resident.whom(source),
        teams=[Linked(link.team.name, link.from_day, link.to_day) for link in links],
        contacts=resident.contacts(source),
        bases=sharing.bases(source),
        texts=texts.texts(source),
        episodes=levels.times(source),
        levels=levels.changes(source),
        interventions=interventions.interventions(source),
        signs=interventions.signs(source),
        admissions=resident.admissions(source),
        visits=resident.visits(source),
        partners=resident.partners(source),
        agenda=meetings.agenda(source),
        minutes=meetings.minutes(source),
        topics=meetings.topics(source),
        journal=meetings.journal(source),
        looks=log.looks(source, today),
        changes=log.changes(source, today),
        # Must come last: while reading, the others find out whether something was written on the wrong resident.
        notes=_notes(source, [link.team for link in links]),
    )


def _notes(source: Source, teams: list[Team]) -> list[str]:
    """What a reader should know of what is not here."""
    access, said = source.access, []
    if access.team is None:
        other = sorted({team.organisation.name for team in teams})
        said += [f"Teamets egne tekster er ikke med. De udleveres af {name}." for name in other]
    else:
        owner = access.home.organisation.name
        said.append(f"Botilbuddets egne tekster er ikke med. De udleveres af {owner}.")
        if not source.joint:
            said.append(
                "Navnet, og det de to sider har skrevet og besluttet sammen, er heller ikke med, fordi det ikke deles "
                f"med teamet nu. Det udleveres også af {owner}."
            )
    if source.wrong:
        said.append("Det, der er skrevet på en forkert beboer, handler om en anden og er ikke med.")
    said.append("Af hvert referat er den nyeste udgave med. Kladder, der ikke er gemt på tavlen, er ikke med.")
    said.append("Listerne over, hvem der har set og ændret noget, går et år tilbage.")
    return said
