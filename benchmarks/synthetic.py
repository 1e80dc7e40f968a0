"""Invented homes with years of weekly history, written in bulk: `python -m benchmarks.synthetic lay 1x25x0 72x25x10`.

Each word is HOMESxRESIDENTSxYEARS. The same words, seed and day give the same rows. What is written is what the app
writes: every change has its entry in the home's chain and every look its own, hashed by the app's own functions, with
clocks and a weekly anchor that fit, so that `audit_verify` passes. Left out are sign-ins, searches, drafts, idempotency
keys and presence; nothing that retention would have erased since has been erased.

Every resident stands on the board today, with the same texts whether there is history or not.
"""

import argparse
import hashlib
import json
import os
import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "botilbud.settings")
    django.setup()

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.management import call_command
from django.db import connection, models, transaction
from django.utils import timezone

from accounts import screens
from accounts.models import OpenSession, Screen
from accounts.sessions import SessionStore
from audit import anchors, trail
from audit.models import Anchor, Clock, Entry, EntryDetail, ReadEntry
from benchmarks.site import Size
from boards.models import (
    AkutRead,
    Cell,
    CellRevision,
    EarlySign,
    Episode,
    EpisodeCriterion,
    Intervention,
    InterventionEvent,
    LastMet,
    LevelChange,
    SignRead,
)
from core.text import search_form
from criteria import catalogue
from criteria.models import CriterionVersion
from meetings.minutes import AUDIENCES, PLAIN
from meetings.models import AgendaItem, Attendance, CarryOver, Meeting, Minutes, MinutesSection, Series
from meetings.services.minutes import content_hash
from organisation.models import Home, Membership, Organisation, Team, TeamHome, User
from reminders.models import Digest, Reminder
from residents.models import Contact, Resident, SharingBasis, Stay, TeamLink
from residents.texts import everything

SENTENCES = (
    "Har sovet lidt bedre i denne uge.", "Kommer til fællesspisning de fleste dage.", "Vil gerne have færre møder.",
    "Har ringet til sin bror og glædet sig over det.", "Siger selv, at aftenerne er sværest.",
    "Tager imod hjælp til at rydde op, når vi spørger to gange.", "Går en tur med personalet hver morgen.",
    "Har svært ved at komme op før middag.", "Virker mere urolig end sidste uge og går frem og tilbage på gangen.",
    "Vil tale med lægen om sin medicin.", "Har sagt ja til et besøg på onsdag.", "Spiser i boligen og ses ikke meget.",
    "Glæder sig til at flytte møblerne.", "Har haft besøg af sin datter.", "Er bekymret for økonomien efter nytår.",
    "Husker selv sine aftaler, når de står på køleskabet.", "Vi banker på, og venter, til der bliver svaret.",
    "Stemmerne fylder mindre, når der er noget at lave.", "Har været i byen alene og kom glad hjem.",
    "Ønsker, at vi siger det lige ud.", "Drikker mere end aftalt, og siger det selv.", "Er begyndt at male igen.",
    "Har fået en tid hos tandlægen.", "Vil helst ringes til efter klokken ti.",
)  # fmt: skip
ACTS = (
    "Går en tur sammen", "Følges til tandlægen", "Besøg i boligen", "Gennemgår medicinen", "Ringer om aftenen",
    "Rydder op sammen", "Taler om søvnen", "Opdaterer kriseplanen", "Spiser sammen i fællesrummet",
    "Aftaler med egen læge", "Ser på budgettet", "Øver busturen",
)  # fmt: skip
NAMES = (
    "Kaj", "Ellen", "Frede", "Maja", "Osman", "Jytte", "Viggo", "Sif", "Birk", "Dagny", "Egon", "Fatma", "Gorm",
    "Hanne", "Ivar", "Jasmin", "Karl", "Lone", "Mogens", "Nadia", "Ove", "Pia", "Rasmus", "Signe", "Troels", "Ulla",
    "Verner", "Winnie", "Yusuf", "Zenia", "Ask", "Bodil", "Carl", "Ditte", "Emil", "Freja", "Gunnar", "Hussein",
    "Inge", "Jens", "Kirsten", "Leif", "Mona", "Niels", "Olga", "Poul", "Ruth", "Sven", "Tina", "Ursula", "Vagn",
    "Asta", "Bent", "Clara", "Dan", "Else", "Finn", "Gerda", "Holger", "Ida",
)  # fmt: skip
SUBAKUT = ("tidlige-tegn", "rusmidler", "traekker-sig", "netop-udskrevet", "ny-beboer", "stor-forandring")
BACKEND = "accounts.sessions.Backend"
CREW = 12
HOMES_A_TEAM = 6
BATCH = 5000


# --- writing rows ----------------------------------------------------------------------------------------------------


class Table:
    """Rows of one model, kept until they are written at once. Ids are given out here."""

    def __init__(self, model: type[models.Model]) -> None:
        self.model = model
        self.fields = [field for field in model._meta.concrete_fields if isinstance(field, models.Field)]
        self.last = model._base_manager.aggregate(last=models.Max("pk"))["last"] or 0
        self.rows: list[tuple[Any, ...]] = []
        plain = connection.vendor == "sqlite"
        self.columns = [(one.attname, one.get_default, _converter(one, plain)) for one in self.fields]

    def next_id(self) -> int:
        """An id nobody else gets."""
        self.last += 1
        return self.last

    def add(self, **values: Any) -> int:
        """Keeps a row, with the model's defaults where nothing is said, and gives its id. KeyError for no column."""
        pk: int = values.setdefault("id", 0) or self.next_id()
        values["id"] = pk
        row = []
        for name, default, convert in self.columns:
            value = values.pop(name) if name in values else default()
            row.append(value if convert is None or value is None else convert(value))
        if values:
            raise KeyError(f"{self.model.__name__} has no {sorted(values)}")
        self.rows.append(tuple(row))
        return pk

    def write(self) -> None:
        """Writes what is kept."""
        if not self.rows:
            return
        quote = connection.ops.quote_name
        names = ", ".join(quote(one.column or "") for one in self.fields)
        table = quote(self.model._meta.db_table)
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                marks = ", ".join("?" * len(self.fields))
                # Django's own executemany would translate each statement; the driver's is some times faster.
                raw = cursor.connection
                raw.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", self.rows)  # noqa: S608
            else:
                with cursor.cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                    for row in self.rows:
                        copy.write_row(row)
        self.rows.clear()


class Dumped(str):
    """JSON that is text already: what several rows hold is made once."""


_encode = json.JSONEncoder(ensure_ascii=False).encode


def dumped(value: Any) -> Dumped:
    """The value as JSON."""
    return Dumped(_encode(value))


def _converter(one: "models.Field[Any, Any]", plain: bool) -> Callable[[Any], Any] | None:
    """How a column's value is given to the driver; None as it is."""
    if isinstance(one, models.JSONField):
        return lambda value: value if isinstance(value, Dumped) else dumped(value)
    if not plain:
        return None
    if isinstance(one, models.DateTimeField):
        return lambda value: str(value.astimezone(UTC).replace(tzinfo=None))
    if isinstance(one, (models.DateField, models.TimeField)):
        return str
    return None


class Store:
    """A table for each model, made when first written to."""

    def __init__(self) -> None:
        self.tables: dict[type[models.Model], Table] = {}

    def table(self, model: type[models.Model]) -> Table:
        """The model's."""
        if model not in self.tables:
            self.tables[model] = Table(model)
        return self.tables[model]

    def add(self, model: type[models.Model], **values: Any) -> int:
        """Keeps a row; returns its id."""
        table = self.table(model)
        pk = table.add(**values)
        if len(table.rows) >= BATCH:
            table.write()
        return pk

    def flush(self) -> None:
        """Writes all that is kept."""
        for table in self.tables.values():
            table.write()

    def finish(self) -> None:
        """Lets the database give out ids from here, and know its tables."""
        self.flush()
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                for table in self.tables.values():
                    name = table.model._meta.db_table
                    cursor.execute(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {max(1, table.last)})")


@contextmanager
def _quick() -> Iterator[None]:
    """No waiting for the disk, and no look at other rows for each one: what is laid fits by construction.

    `check` has the database look at all of it (on SQLite) and the app at its log.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA cache_size = -200000")
        else:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("SET synchronous_commit = off")
    try:
        yield
    finally:
        connection.close()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


class Chain:
    """A scope's chain of entries or of looks, hashed as the app does it."""

    def __init__(self, store: Store, rng: random.Random, scope: str) -> None:
        self.store, self.rng, self.scope = store, rng, scope
        self.seq, self.head, self.version, self.marked = 0, "", 0, 0

    def entry(
        self, code: str, subject: str, at: datetime, by: int | None, *, personal: Any = None, **data: Any
    ) -> None:
        """One act, as trail.Change records it."""
        salt = f"{self.rng.getrandbits(128):032x}" if personal else ""
        row: Any = SimpleNamespace(
            scope=self.scope,
            seq=self.seq + 1,
            action=code,
            subject=subject,
            actor=by,
            at=at,
            data=data,
            detail_hash=trail.digest(salt, personal) if personal else "",
            previous=self.head,
        )
        row.hash = trail.entry_hash(row)
        pk = self.store.add(Entry, **vars(row))
        if personal:
            self.store.add(EntryDetail, entry_id=pk, salt=salt, data=personal)
        self.seq, self.head, self.version = row.seq, row.hash, self.version + 1

    def look(self, scope: str, viewer: int, screen: str, hour: datetime, stays: list[int]) -> None:
        """One look, as trail.record_read notes it."""
        row: Any = SimpleNamespace(
            scope=scope,
            seq=self.seq + 1,
            viewer=viewer,
            screen=screen,
            slot=hour,
            at=hour,
            stays=stays,
            fingerprint=hashlib.sha256(json.dumps(stays).encode()).hexdigest(),
            previous=self.head,
        )
        row.hash = trail.read_hash(row)
        self.store.add(ReadEntry, **vars(row))
        self.seq, self.head, self.version = row.seq, row.hash, self.version + 1

    def mark(self) -> str:
        """The line an anchor has of where the chain stands; '' where it has not moved."""
        if self.seq == self.marked:
            return ""
        self.marked = self.seq
        return f"{self.scope} {self.seq} {self.head}"

    def end(self) -> None:
        """Writes the clock."""
        self.store.add(
            Clock, scope=self.scope, version=self.version, seq=self.seq, head=self.head, anchored=self.marked
        )


# --- homes -----------------------------------------------------------------------------------------------------------


@dataclass
class Person:
    """A resident while it lives here: ids, who its people are, and what stands in its cells."""

    stay: int
    name: str
    flat: str
    ours: int
    theirs: int
    from_day: date
    to_day: date | None
    cells: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    waiting: list[tuple[int, str, int]] = field(default_factory=list)
    episode: int = 0
    until: date = date.min


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """The moment in UTC when it is that time in Denmark."""
    return timezone.make_aware(datetime.combine(day, time(hour, minute))).astimezone(UTC)


class World:
    """Lays homes, one after the other."""

    def __init__(self, seed: int, today: date) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - not for secrets
        self.seed, self.today = seed, today
        self.store = Store()
        self.marks: dict[date, list[str]] = defaultdict(list)
        self.longest = 0

    def lay(self, sizes: list[Size]) -> None:
        """Everything, with a line on stderr for each tenth home."""
        begin = self.today - timedelta(weeks=52 * max(size.years for size in sizes) + 60)
        self.longest = max(size.years for size in sizes)
        with transaction.atomic():
            self.region = Organisation.objects.create(name="Region Prøve")
            catalogue.lay_down(self.region, begin)
        self.begin = begin
        versions = CriterionVersion.objects.filter(criterion__organisation=self.region).select_related("criterion")
        self.versions = {version.criterion.key: (version.pk, version.name) for version in versions}
        with _quick():
            central = self.user("region", "Regina")
            for role in ("system", "criteria"):
                self.store.add(Membership, user_id=central, role=role, organisation_id=self.region.pk, from_day=begin)
            # Somebody who is signed in and works nowhere: the page they get is the app's smallest.
            self.user("ingen", "Ingen")
            done = 0
            for size in sizes:
                for number in range(1, size.homes + 1):
                    if done % HOMES_A_TEAM == 0:
                        self.new_team(done // HOMES_A_TEAM + 1)
                    with transaction.atomic():
                        HomeLaid(self, size, number).lay()
                        self.store.flush()
                    done += 1
                    if done % 10 == 0:
                        sys.stderr.write(f"\r{done} homes laid")
                        sys.stderr.flush()
            with transaction.atomic():
                self.anchors()
                self.store.finish()

    def user(self, key: str, name: str) -> int:
        """A person without a password."""
        password = f"!{self.rng.getrandbits(200):050x}"
        joined = at(self.begin, 8)
        return self.store.add(
            User, email=f"{key}@proeve.invalid", name=name, password=password, date_joined=joined, is_active=True
        )

    def new_team(self, number: int) -> None:
        """A team, its people, and the municipality of the homes it serves."""
        self.municipality = self.store.add(Organisation, name=f"Prøve Kommune {number}", region_id=self.region.pk)
        self.team = self.store.add(
            Team,
            organisation_id=self.region.pk,
            name=f"Team {number}",
            phone="00 00 00 00",
            opens=time(8),
            closes=time(16),
        )
        self.crew = [self.user(f"t{number}-{place}", NAMES[(place * 7 + number) % len(NAMES)]) for place in range(CREW)]
        for place, user in enumerate(self.crew):
            role = "leader" if place == 0 else "staff"
            self.store.add(Membership, user_id=user, role=role, team_id=self.team, from_day=self.begin)

    def text(self, low: int, high: int, most: int = 600) -> str:
        """So many sentences, as people write them on the board."""
        return " ".join(self.rng.sample(SENTENCES, self.rng.randint(low, high)))[:most]

    def anchors(self) -> None:
        """A week's anchor each Monday, as audit.anchors makes one a day."""
        previous = anchors.FIRST
        for day in sorted(self.marks):
            made = timezone.localtime(at(day, 0, 1)).isoformat(timespec="seconds")
            head = [anchors.TITLE, f"dag {day}", f"lavet {made}", f"forrige {previous}"]
            body = "\n".join([*head, *sorted(self.marks[day]), ""])
            digest = hashlib.sha256(body.encode()).hexdigest()
            self.store.add(Anchor, day=day, text=f"{body}sha256 {digest}\n", digest=digest)
            previous = digest


class HomeLaid:
    """One home: its people, its years week by week, and the board as it stands today."""

    def __init__(self, world: World, size: Size, number: int) -> None:
        self.world, self.size, self.number = world, size, number
        self.store, self.today, self.text = world.store, world.today, world.text
        # A home is the same whatever was laid before it.
        self.rng = world.rng = random.Random(f"{world.seed}-{size}-{number}")  # noqa: S311 - not for secrets
        self.weeks = max(1, 52 * size.years)
        self.start = self.today - timedelta(weeks=self.weeks, days=2)
        self.team, self.crew = world.team, world.crew

    def lay(self) -> None:
        """All of it."""
        slug = self.size.slug(self.number)
        self.home = self.store.add(
            Home,
            organisation_id=self.world.municipality,
            name=f"Prøvehjem {slug}",
            slug=slug,
            duty_phone="00 00 00 00",
        )
        self.scope = f"home:{self.home}"
        self.log = Chain(self.store, self.rng, self.scope)
        self.reads = Chain(self.store, self.rng, f"{trail.READS}{self.scope}")
        self.store.add(TeamHome, team_id=self.team, home_id=self.home, weekdays=[1, 3], from_day=self.world.begin)
        staff = max(8, self.size.residents * 2 // 3)
        self.staff = [self.world.user(f"{slug}-{n}", NAMES[(n * 11 + self.number) % len(NAMES)]) for n in range(staff)]
        for place, user in enumerate(self.staff):
            role = "leader" if place == 0 else "staff"
            self.store.add(Membership, user_id=user, role=role, home_id=self.home, from_day=self.world.begin)
        self.series = self.store.add(
            Series, home_id=self.home, team_id=self.team, weekday=self.today.weekday(), time=time(9, 30)
        )
        people = [person for flat in range(1, self.size.residents + 1) for person in self.flat(flat)]
        for week in range(self.weeks):
            self.week(week, self.today - timedelta(weeks=self.weeks - week), people)
        self.present([person for person in people if person.to_day is None])
        self.log.end()
        self.reads.end()

    # --- who lives here ---

    def flat(self, number: int) -> list[Person]:
        """Who has lived in the flat, one after the other, the last still there."""
        found, day = [], self.start - timedelta(days=120)
        while True:
            end = day + timedelta(days=self.rng.randint(500, 1500))
            last = end > self.today - timedelta(days=60)
            found.append(self.resident(number, day, None if last else end))
            if last:
                return found
            day = end + timedelta(days=10)

    def resident(self, flat: int, day: date, end: date | None) -> Person:
        name = f"{self.rng.choice(NAMES)} {self.rng.choice('ABCDEFGHIJKLMNOPRSTUV')}"
        ours = self.staff[1 + flat % (len(self.staff) - 1)]
        theirs = self.crew[1 + flat % (CREW - 1)]
        person = self.store.add(Resident, name=name, search=search_form(name))
        stay = self.store.add(
            Stay,
            resident_id=person,
            home_id=self.home,
            flat=str(flat),
            from_day=day,
            to_day=end,
            end="moved" if end else "",
            last_discussed=(end or self.today) - timedelta(days=7),
        )
        subject, began = f"residents.stay:{stay}", at(day, 7)
        self.log.entry("stay.began", subject, began, ours, personal={"name": name})
        self.store.add(TeamLink, stay_id=stay, team_id=self.team, from_day=day, to_day=end)
        self.log.entry("team.linked", subject, began, ours, team=self.team)
        for side, who, deputy in (("home", ours, self.staff[0]), ("team", theirs, None)):
            self.store.add(Contact, stay_id=stay, side=side, person_id=who, deputy_id=deputy)
            self.log.entry("contact.set", subject, began, who, side=side, person=who)
            basis = self.store.add(
                SharingBasis,
                stay_id=stay,
                from_side=side,
                kind="social" if side == "home" else "consent",
                covers="Mål, status, indsatser og aftaler om tryghed",
                what=everything(side),
                given_by="resident",
                given_how="written",
                given_on=day,
                recorded_by_id=who,
                from_day=day,
                to_day=end or self.today + timedelta(days=200),
            )
            told = {"covers": "Mål, status, indsatser og aftaler om tryghed"}
            self.log.entry("basis.recorded", f"residents.sharingbasis:{basis}", began, who, side=side, personal=told)
        return Person(stay, name, str(flat), ours, theirs, day, end)

    # --- acts ---

    def write(self, person: Person, column: str, side: str, by: int, moment: datetime, low: int, high: int) -> None:
        """A text in a cell: its revision and its entry. The cell itself is written when no more comes (`settle`)."""
        cell = person.cells.setdefault((column, side), [self.store.table(Cell).next_id(), 0, "", moment, by])
        text = self.text(low, high, 300 if column == "safety" else 600)
        cell[1:] = [cell[1] + 1, text, moment, by]
        self.store.add(CellRevision, cell_id=cell[0], version=cell[1], text=text, by_id=by, at=moment)
        data = {"column": column, "side": side, "version": cell[1]}
        self.log.entry("cell.written", f"boards.cell:{cell[0]}", moment, by, personal={"text": text}, **data)

    def settle(self, person: Person) -> None:
        """Writes the cells as they stand."""
        for (column, side), (pk, version, text, moment, by) in person.cells.items():
            self.store.add(
                Cell,
                id=pk,
                stay_id=person.stay,
                column=column,
                side=side,
                text=text,
                version=version,
                changed_at=moment,
                changed_by_id=by,
            )
        person.cells.clear()

    def agree(self, person: Person, track: str, by: int, moment: datetime, due: date, done: bool, **more: Any) -> int:
        """An intervention, agreed and, when `done`, settled on its day."""
        what = self.rng.choice(ACTS)
        state = "done" if done else "planned"
        pk = self.store.add(
            Intervention,
            stay_id=person.stay,
            track=track,
            what=what,
            owner_id=by,
            due_on=due,
            state=state,
            settled_on=due if done else None,
            version=2 if done else 1,
            created_at=moment,
            created_by_id=by,
            **more,
        )
        subject = f"boards.intervention:{pk}"
        self.store.add(InterventionEvent, intervention_id=pk, kind="added", to_day=due, by_id=by, at=moment)
        self.log.entry("intervention.added", subject, moment, by, personal={"what": what}, owner=by)
        if done:
            then = at(due, 14, 30)
            self.store.add(InterventionEvent, intervention_id=pk, kind="done", by_id=by, at=then)
            self.log.entry("intervention.settled", subject, then, by, personal={"why": ""}, state="done")
        return pk

    def go_up(
        self, person: Person, level: str, day: date, closed: date | None, review: date, follow: date | None
    ) -> int:
        """On the board: the episode, its criterion, the change, and who has seen it; and off again when closed."""
        key = "akut-krise" if level == "akut" else self.rng.choice(SUBAKUT)
        late = follow is not None and follow < self.today
        pk = self.store.add(
            Episode,
            stay_id=person.stay,
            level=level,
            level_since=day,
            opened_on=day,
            closed_on=closed,
            review_by=review,
            reviewed_on=day,
            follow_up_on=follow,
            followed_up_on=follow if late else None,
            follow_on_by_id=person.ours if follow else None,
        )
        version, _ = self.world.versions[key]
        self.store.add(EpisodeCriterion, episode_id=pk, version_id=version, from_day=day, to_day=closed)
        subject, reason = f"boards.episode:{pk}", self.text(1, 2, 300)
        moments = [("level.opened", "none", level, at(day, 11))]
        if closed:
            moments.append(("level.closed", level, "none", at(closed, 10)))
        for code, before, after, moment in moments:
            change = self.store.add(
                LevelChange,
                episode_id=pk,
                before=before,
                after=after,
                reason=reason,
                told="yes",
                by_id=person.ours,
                side="home",
                at=moment,
                stood={},
            )
            told = {"before": before, "after": after, "told": "yes"}
            self.log.entry(code, subject, moment, person.ours, personal={"reason": reason}, **told)
            if code == "level.opened":
                for who in (person.ours, person.theirs):
                    self.store.add(AkutRead, change_id=change, user_id=who, at=moment + timedelta(minutes=20))
        return pk

    # --- a week that was ---

    def week(self, number: int, held: date, people: list[Person]) -> None:
        """The week up to and with the meeting on the day, which is a week ago for the last one."""
        monday = held - timedelta(days=held.weekday())
        here = [one for one in people if one.from_day <= held and (one.to_day is None or one.to_day > held)]
        for person in people:
            if person.to_day is not None and person.to_day <= held and person.cells:
                self.settle(person)
        rng = self.rng
        for place, person in enumerate(here):
            morning = at(held - timedelta(days=1 + place % 4), 8 + place % 6, place % 60)
            if (place + number) % 2 == 0:
                self.write(person, "status", "home", person.ours, morning, 2, 4)
            if (place + number) % 4 == 1:
                self.write(person, "status", "team", person.theirs, morning, 1, 3)
            if not person.cells or (place + number) % 26 == 0:
                self.write(person, "goals", "joint", person.ours, morning, 2, 3)
                self.write(person, "safety", "joint", person.ours, morning, 1, 3)
            free = person.until < held and held < self.today - timedelta(days=100)
            if free and rng.random() < 1 / 30:
                person.until = held + timedelta(days=rng.randint(14, 60))
                person.episode = self.go_up(
                    person,
                    "akut" if rng.random() < 0.2 else "subakut",
                    held,
                    person.until,
                    held + timedelta(days=10),
                    person.until + timedelta(days=14),
                )
        noted = [one for one in here if one.until >= held]
        for person in (noted or here[:2])[:8]:
            track, by = ("social", person.ours) if rng.random() < 0.6 else ("psychiatric", person.theirs)
            pk = self.agree(person, track, by, at(held, 9, 45), held + timedelta(days=rng.randint(1, 5)), True)
            person.waiting = [(pk, track, by)]
        self.meeting(number, held, here, noted)
        stays = sorted(one.stay for one in here)
        viewers = [*self.staff, *self.crew]
        for turn in range(15):
            hour = at(monday + timedelta(days=turn % 5), 8 + turn // 5 * 3)
            self.reads.look(self.scope, viewers[(turn * 5 + number) % len(viewers)], "tavle", hour, stays)
        for turn, person in enumerate(here[:4]):
            hour = at(monday + timedelta(days=turn), 13)
            self.reads.look(self.scope, person.ours, "beboer", hour, [person.stay])
        for person in noted[:5]:
            self.remind(person, held)
        sunday = monday + timedelta(days=7)
        if sunday <= self.today:
            self.world.marks[sunday] += [line for chain in (self.log, self.reads) if (line := chain.mark())]

    def meeting(self, number: int, held: date, here: list[Person], noted: list[Person]) -> None:
        """A meeting with its agenda, who was there, what was carried on, and its minutes."""
        add, begin = self.store.add, at(held, 9, 30)
        chair = self.staff[number % len(self.staff)]
        meeting = add(
            Meeting,
            series_id=self.series,
            home_id=self.home,
            number=number + 1,
            date=held,
            time=time(9, 30),
            state="closed",
            chair_id=chair,
            referent_id=self.staff[0],
            started_at=begin,
            closed_at=begin + timedelta(minutes=55),
            closed_by_id=chair,
        )
        subject = f"meetings.meeting:{meeting}"
        self.log.entry("meeting.planned", subject, begin - timedelta(days=7), chair, date=str(held))
        self.log.entry("meeting.started", subject, begin, chair)
        there = [(user, "home") for user in self.staff[:6]] + [(user, "team") for user in self.crew[:4]]
        for user, side in there:
            add(Attendance, meeting_id=meeting, user_id=user, name="Navn", side=side, present=True)
        resting = [one for one in here if one not in noted]
        turn = [resting[(number * 2 + more) % len(resting)] for more in range(2)] if resting else []
        agenda = list({one.stay: one for one in [*noted[:10], *turn]}.values())
        minutes = add(
            Minutes,
            meeting_id=meeting,
            head=self.head(held, there),
            by_id=chair,
            at=begin + timedelta(minutes=55),
        )
        for order, person in enumerate(agenda, start=1):
            kind = "subakut" if person in noted else "rotation"
            item = add(
                AgendaItem,
                meeting_id=meeting,
                stay_id=person.stay,
                kind=kind,
                order=order,
                state="done",
                seconds=240,
            )
            moment = begin + timedelta(minutes=4 * order)
            self.log.entry("spotlight.moved", subject, moment, chair, item=item)
            content = self.section(person, kind, order)
            proof, text = content_hash(content, ""), dumped(content)
            for audience in AUDIENCES:
                if audience != PLAIN:
                    add(
                        MinutesSection,
                        minutes_id=minutes,
                        stay_id=person.stay,
                        audience=audience,
                        order=order,
                        content=text,
                        hash=proof,
                    )
            for pk, _, _ in person.waiting:
                add(CarryOver, meeting_id=meeting, intervention_id=pk)
        self.log.entry("meeting.closed", subject, begin + timedelta(minutes=55), chair, personal={"why": ""}, gaps=0)
        self.met = begin + timedelta(minutes=55)

    def head(self, held: date, there: list[tuple[int, str]]) -> dict[str, Any]:
        """The head of the minutes, in the shape meetings.services.minutes gives it."""
        present = [{"name": "Navn", "side": side, "online": False, "came": "", "left": ""} for _, side in there]
        return {
            "home": "Prøvehjem",
            "team": "Prøveteam",
            "date": held.isoformat(),
            "chair": "Navn",
            "referent": "Navn",
            "present": present,
            "planned": 60,
            "used": 55,
            "paper": "",
            "topics": [],
            "not_reached": 0,
            "gap_reason": "",
            "without_recap": False,
        }

    def section(self, person: Person, kind: str, order: int) -> dict[str, Any]:
        """What the minutes keep of a resident, in the shape meetings.services.minutes gives it."""
        texts = [
            {
                "cell": pk,
                "version": version,
                "column": column,
                "title": column,
                "side": side,
                "text": text,
                "author": "Navn",
                "written_for": "",
                "when": f"{moment.day}.{moment.month}.",
            }
            for (column, side), (pk, version, text, moment, _) in person.cells.items()
        ]
        agreed = [
            {
                "id": pk,
                "track": track,
                "joint": False,
                "tells": False,
                "day": "ons. 4.11.",
                "what": ACTS[pk % len(ACTS)],
                "owner": "Navn",
                "with_whom": "",
                "state": "Planlagt",
            }
            for pk, track, _ in person.waiting
        ]
        person.waiting = []
        level = "subakut" if kind == "subakut" else "none"
        return {
            "name": person.name,
            "flat": person.flat,
            "group": kind,
            "situation": "",
            "contacts": {"home": "Navn", "team": "Navn"},
            "level": level,
            "level_label": level.capitalize(),
            "since": "",
            "days": "",
            "criteria": [],
            "set": [],
            "review": "",
            "decision": "",
            "reached": True,
            "texts": texts,
            "interventions": agreed,
            "agenda": True,
            "place": order,
        }

    def remind(self, person: Person, held: date) -> None:
        """A reminder of the week that was sent, and the mail it came in."""
        due = held + timedelta(days=1)
        subject = f"episode:{person.episode}"
        if self.rng.random() < 0.5 and due < self.today and person.episode:
            key = (person.ours, subject, due)
            self.store.add(
                Reminder,
                home_id=self.home,
                recipient_id=key[0],
                kind="review",
                subject=subject,
                due=due,
                on=held,
                state="sent",
            )
            self.store.add(
                Digest, recipient_id=key[0], date=held, count=1, about=subject, state="sent", sent_at=at(held, 7)
            )

    # --- the board today ---

    def present(self, people: list[Person]) -> None:
        """Every resident on the board, written about in the last days, with what is agreed for the coming ones."""
        today, rng = self.today, self.rng
        for place, person in enumerate(people):
            wrote = at(today - timedelta(days=1 + place % 5), 8 + place % 8, place % 60)
            self.write(person, "goals", "joint", person.ours, wrote, 2, 3)
            self.write(person, "status", "home", person.ours, wrote, 2, 5)
            self.write(person, "status", "team", person.theirs, wrote, 2, 4)
            self.write(person, "safety", "joint", person.ours, wrote, 1, 3)
            if place % 2 == 0:
                self.write(person, "words", "joint", person.ours, wrote, 1, 2)
            self.settle(person)
            opened = today - timedelta(days=3 + place % 25)
            review = today + timedelta(days=place % 9)
            if place % 8 == 0:
                self.go_up(person, "akut", opened, None, review, None)
            elif place % 8 == 7:
                self.go_up(
                    person,
                    "subakut",
                    opened - timedelta(days=20),
                    opened,
                    opened,
                    today + timedelta(days=1 + place % 10),
                )
            else:
                self.go_up(person, "subakut", opened, None, review, None)
            for turn, track in enumerate(("social", "psychiatric", "social", "coordination")[: 2 + place % 3]):
                by = person.theirs if track == "psychiatric" else person.ours
                due = today + timedelta(days=(place + turn * 3) % 7)
                more = {"with_whom": "Egen læge"} if track == "coordination" else {}
                self.agree(person, track, by, wrote, due, False, **more)
            self.agree(person, "social", person.ours, wrote, today - timedelta(days=1), True)
            if place % 6 == 0:
                side, by = ("home", person.ours) if place % 12 else ("team", person.theirs)
                sign = self.store.add(
                    EarlySign,
                    stay_id=person.stay,
                    side=side,
                    text=self.text(1, 2),
                    urgency="soon",
                    by_id=by,
                    at=wrote,
                )
                told = {"text": "…"}
                self.log.entry("sign.noted", f"boards.earlysign:{sign}", wrote, by, personal=told)
                self.store.add(SignRead, sign_id=sign, user_id=by, at=wrote)
        self.store.add(LastMet, home_id=self.home, at=self.met)
        meeting = self.store.add(
            Meeting,
            series_id=self.series,
            home_id=self.home,
            number=self.weeks + 1,
            date=today,
            time=time(9, 30),
            state="open",
        )
        by = rng.choice(self.staff)
        self.log.entry("meeting.planned", f"meetings.meeting:{meeting}", self.met, by, date=str(today))


# --- sessions --------------------------------------------------------------------------------------------------------


def sessions(slug: str, viewers: int, *, team: int = 0) -> list[dict[str, Any]]:
    """Signed-in sessions of the home's own people and of `team` from its team, as a sign-in leaves them.

    Each has a screen, a token and an open-session row of its own; people have several where there are more sessions
    than people. '@ingen' for a slug is one person: 'ingen' works nowhere, 'region' is the system administrator, 't1-0'
    the first team's leader, 'h25-0-1-0' a home's.
    """
    found: list[dict[str, Any]] = []
    if slug.startswith("@"):
        groups = [(list(User.objects.filter(email=f"{slug[1:]}@proeve.invalid")), viewers)]
    else:
        home = Home.objects.get(slug=slug)
        own = User.objects.filter(memberships__home=home).order_by("pk")
        crew = User.objects.filter(memberships__team__teamhome__home=home).order_by("pk")
        groups = [(list(own), viewers), (list(crew), team)]
    now = timezone.now()
    with transaction.atomic():
        for people, count in groups:
            for place in range(count):
                user = people[place % len(people)]
                screen = Screen.objects.create(user=user, began_at=now, active_at=now)
                store = SessionStore()
                token = os.urandom(16).hex()
                store.update(
                    {
                        SESSION_KEY: str(user.pk),
                        BACKEND_SESSION_KEY: BACKEND,
                        HASH_SESSION_KEY: user.get_session_auth_hash(),
                        screens.KEY: screen.pk,
                        "_csrftoken": token,
                    }
                )
                store.save(must_create=True)
                key = store.session_key or ""
                OpenSession.objects.create(user=user, key=key, browser="Prøve", since=now, last_used=now)
                cookie = f"{settings.SESSION_COOKIE_NAME}={store.session_key}"
                found.append({"user": user.pk, "cookie": cookie, "token": token, "home": slug})
    return found


def places(slug: str) -> dict[str, Any]:
    """Where at the home something can be done: its stays, the version of each status text, its next meeting."""
    home = Home.objects.get(slug=slug)
    cells = Cell.objects.for_home(home).filter(stay__to_day=None, column="status", side="home").order_by("stay_id")
    meeting = Meeting.objects.for_home(home).exclude(state__in=["closed", "cancelled"]).order_by("-number").first()
    return {
        "home": home.pk,
        "status": list(cells.values_list("stay_id", "version")),
        "meeting": meeting.number if meeting else 0,
        "items": list(AgendaItem.objects.for_home(home).filter(meeting=meeting).values_list("pk", flat=True)),
    }


def main(words: Iterable[str]) -> None:
    """`lay SIZE…` fills an empty, migrated database, `check` proves it, `sessions` and `places` print JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.synthetic")
    acts = parser.add_subparsers(dest="act", required=True)
    laying = acts.add_parser("lay")
    laying.add_argument("sizes", nargs="+", type=Size.of)
    laying.add_argument("--seed", type=int, default=5)
    laying.add_argument("--day", type=date.fromisoformat, default=None)
    opening = acts.add_parser("sessions")
    opening.add_argument("slug")
    opening.add_argument("viewers", type=int)
    opening.add_argument("team", type=int, nargs="?", default=0)
    acts.add_parser("check")
    asking = acts.add_parser("places")
    asking.add_argument("slug")
    chosen = parser.parse_args(list(words))
    if chosen.act == "lay":
        World(chosen.seed, chosen.day or timezone.localdate()).lay(chosen.sizes)
    elif chosen.act == "check":
        connection.check_constraints()
        call_command("audit_verify")
    elif chosen.act == "sessions":
        json.dump(sessions(chosen.slug, chosen.viewers, team=chosen.team), sys.stdout)
    else:
        json.dump(places(chosen.slug), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
