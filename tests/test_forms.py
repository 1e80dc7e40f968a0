"""Forms that change something: the key, what the person saw, and what was typed and not sent (core/forms.py)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from boards.models import AkutReview, Cell, EarlySign, Intervention, LevelChange
from care import services as care
from care.views.resident import FORMS
from core.errors import Conflict
from core.seen import check_seen, mark_of
from criteria.models import Level
from organisation.models import Draft, Home, Membership, Role, User
from residents import services as residents
from residents.models import Admission, Contact, Partner, SharingBasis, Situation, Stay, StayEnd, Visit
from tests.conftest import TODAY, Cast, required, text_in
from tests.page import carried
from tests.rooms import FILES
from tests.test_plain_drafts import APART

LONG = "Går hvileløst rundt og sover ikke"


@dataclass
class Case:
    """A form about a resident: where it is, what a person types, and how one sees that it was done once."""

    name: str
    typed: Callable[[Cast], dict[str, Any]]
    rows: Callable[[Cast], int]
    subject: Callable[[Cast], list[Any]] = lambda cast: [cast.rune.pk]
    # The field with the person's own words; '' where the form has none.
    words: str = "reason"
    # What stands before.
    before: Callable[[Cast], Any] = lambda cast: None
    by: str = "mette"
    # What a person writes there, where the field is too short for these words.
    said: str = LONG
    # What a form without words shows of what was typed, and what is refused in it, where anything is.
    shows: Callable[[Cast], str] | None = None
    wrong: Callable[[Cast], dict[str, Any]] | None = None
    # Whom it is about; None where that is nobody who lives here yet.
    stay: Callable[[Cast], int | None] = lambda cast: cast.rune.pk

    def mark(self, cast: Cast) -> str:
        """What stands on the page when what was typed does."""
        return self.shows(cast) if self.shows else self.said

    def refused(self, cast: Cast) -> dict[str, Any]:
        """What is typed that cannot be saved."""
        return self.wrong(cast) if self.wrong else {self.words: self.said * 20}

    def url(self, cast: Cast) -> str:
        return reverse(self.name, args=[cast.home.slug, *self.subject(cast)])


def on_board(cast: Cast) -> None:
    cast.put_on_board(cast.rune)


def akut(cast: Cast) -> None:
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")


def planned(cast: Cast) -> None:
    cast.agree("Ringe til søster", owner=cast.mette, due_on=TODAY)


def taken_off(cast: Cast) -> None:
    akut(cast)
    cast.put_on_board(cast.rune, seen=1, access=cast.access(cast.jonas))


def count(model: Any, **where: Any) -> Callable[[Cast], int]:
    return lambda cast: int(model.objects.for_home(cast.home).filter(**where).count())


def the_intervention(cast: Cast) -> list[Any]:
    return [Intervention.objects.for_home(cast.home).get().pk]


def admitted(cast: Cast) -> None:
    residents.situation_change(stay=cast.rune, situation=Situation.ADMITTED, since=TODAY, by=cast.mette)


def partner(cast: Cast) -> int:
    stands = Partner.objects.for_home(cast.home).filter(stay=cast.rune).first()
    if stands is None:
        stands = Partner(
            stay=cast.rune,
            name="Lægen",
            kind="doctor",
            recorded_by=cast.mette,
            recorded_on=TODAY,
            without_resident="unasked",
        )
        stands.insert()
    return int(stands.pk)


def moved(cast: Cast) -> None:
    care.move_out(
        access=cast.access(cast.mette), stay_id=cast.rune.pk, end=StayEnd.OTHER_HOME, on=TODAY,
        moved_to=cast.other_home, key="", today=TODAY,
    )  # fmt: skip


def agreement(cast: Cast) -> dict[str, Any]:
    own = f"p{partner(cast)}-"
    return {own + "agreed": "no", own + "agreed_how": "spoken", own + "agreed_on": TODAY.isoformat()}


BASIS = {
    "kind": "social", "scope": "all", "covers": LONG, "given_by": "resident", "given_how": "written",
    "given_on": TODAY.isoformat(), "to_day": "2027-05-01",
}  # fmt: skip
PLAN = {"track": "social", "what": LONG, "owner": "", "due_on": "", "due_time": "", "partner": "", "deputy": ""}
CASES = [
    Case(
        "level-change",
        lambda cast: {"level": "akut", "criteria": [str(cast.criterion().pk)], "reason": LONG, "told": "no"},
        count(LevelChange, reason=LONG),
    ),
    Case("level-close", lambda cast: {"reason": LONG, "told": "no"}, count(LevelChange, after="none"), before=on_board),
    Case(
        "akut-review",
        lambda cast: {"home_person": cast.mette.pk, "team_person": cast.amina.pk, "outcome": "same", "note": LONG},
        count(AkutReview),
        words="note",
        before=akut,
    ),
    Case("level-dispute", lambda cast: {"why": LONG}, count(EarlySign), words="why", before=taken_off, by="amina"),
    Case("intervention-add", lambda cast: PLAN, count(Intervention), words="what"),
    Case(
        "intervention", lambda cast: PLAN, count(Intervention, what=LONG), the_intervention, "what", planned
    ),
    Case(
        "sign-note",
        lambda cast: {"stay": cast.rune.pk, "text": LONG, "urgency": "meeting"},
        count(EarlySign),
        lambda cast: [],
        words="text",
    ),
    Case(
        "situation-change",
        lambda cast: {"situation": "admitted", "since": TODAY.isoformat(), "place": LONG, "until": ""},
        count(Admission),
        words="place",
    ),
    Case(
        "visit-note",
        lambda cast: {"on": TODAY.isoformat(), "text": LONG},
        count(Visit),
        words="text",
        before=admitted,
    ),
    Case(
        "contact-set",
        lambda cast: {"person": cast.jonas.pk, "deputy": ""},
        lambda cast: count(Contact, person=cast.jonas)(cast),
        words="",
        shows=lambda cast: f'<option value="{cast.jonas.pk}" selected>',
        wrong=lambda cast: {"deputy": cast.jonas.pk},
    ),
    Case(
        "partner-add",
        lambda cast: {"name": LONG, "kind": "doctor", "agreed": "unasked", "agreed_how": "", "agreed_on": ""},
        count(Partner),
        words="name",
    ),
    Case(
        "partner-change",
        agreement,
        count(Partner, without_resident="no"),
        lambda cast: [cast.rune.pk, partner(cast)],
        words="",
        shows=lambda cast: '<option value="no" selected>',
        wrong=lambda cast: {f"p{partner(cast)}-agreed_how": ""},
    ),
    Case("basis-record", lambda cast: BASIS, count(SharingBasis), words="covers"),
    Case(
        "basis-open",
        lambda cast: {"reason": LONG},
        count(SharingBasis),
        lambda cast: [cast.aksel.pk],
        stay=lambda cast: cast.aksel.pk,
    ),
    Case(
        "move-in",
        lambda cast: {"arrival": "", "name": "Ida-Marie", "flat": "31", "from_day": TODAY.isoformat(), "team": ""},
        count(Stay),
        lambda cast: [],
        words="name",
        said="Ida-Marie",
        stay=lambda cast: None,
    ),
    Case(
        "move-out",
        lambda cast: {"end": "moved", "on": "2026-11-16", "moved_to": ""},
        count(Stay, end=StayEnd.MOVED),
        words="",
        shows=lambda cast: 'value="2026-11-16"',
        wrong=lambda cast: {"end": ""},
    ),
    Case(
        "move-correct",
        lambda cast: {"moved_to": ""},
        count(Stay, end=StayEnd.MOVED),
        words="",
        before=moved,
        shows=lambda cast: '<option value="" selected>',
    ),
]  # fmt: skip
REFUSING = [case for case in CASES if case.words or case.wrong]
EACH = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


@dataclass
class Sitting:
    """A person who has the dialog open."""

    cast: Cast
    case: Case
    user: User
    carried: dict[str, str] = field(default_factory=dict)

    def opened(self) -> str:
        page = text_in(self.cast.client(self.user).get(self.case.url(self.cast)))
        self.carried = carried(page, self.case.url(self.cast))
        return page

    def send(self, **more: Any) -> Any:
        sent = {**self.case.typed(self.cast), **self.carried, **more}
        return self.cast.client(self.user).post(self.case.url(self.cast), sent)

    def keep(self, how: str = "keep", **more: Any) -> None:
        sent = {**self.case.typed(self.cast), **self.carried, **more}
        answer = self.cast.client(self.user).post(self.case.url(self.cast), sent, headers={"X-Draft": how})
        assert (answer.status_code, answer.content) == (204, b"")


@pytest.fixture
def sitting(cast: Cast) -> Callable[..., Sitting]:
    def sit(case: Case, by: str = "") -> Sitting:
        return Sitting(cast, case, getattr(cast, by or case.by))

    return sit


# Those about no one resident who lives here, or in a meeting: tried with every other form of the site, found from the
# addresses (tests/fuzz/test_every_form.py).
FOUND = {
    "guest-add", "topic-park", "own-criterion", "tell-add", "settings-change", "wall-screens", "administration-devices",
    "team-start", "team-start-answer",
    # Not on the base, with words all the same: tests/test_plain_drafts.py.
    *APART,
}  # fmt: skip


def test_every_form_that_keeps_a_draft_is_tried_here() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in FILES)
    kept = re.findall(r'FormDraft(?:\.at)?\([^"()]*?f?"([a-z-]+)', source)
    # The resident's dialog names its forms in a table, and one more for each partner.
    assert {case.name for case in CASES} | FOUND == {*kept, *FORMS, "partner-change"}


@EACH
def test_form_sent_twice_is_done_once(cast: Cast, sitting: Callable[..., Sitting], case: Case) -> None:
    case.before(cast)
    before, person = case.rows(cast), sitting(case)
    person.opened()
    assert [person.send().status_code // 100, person.send().status_code // 100] == [2, 2]
    assert case.rows(cast) == before + 1


@EACH
def test_what_is_typed_comes_back_to_its_writer_alone_and_goes_when_it_is_sent(
    cast: Cast, sitting: Callable[..., Sitting], case: Case
) -> None:
    case.before(cast)
    person, other = sitting(case), sitting(case, "jonas")
    assert "kladde" not in person.opened()
    person.keep()
    page = person.opened()
    assert ("Din kladde fra" in page, case.mark(cast) in page) == (True, True)
    assert case.mark(cast) not in other.opened()
    assert person.send().status_code // 100 == 2
    assert not Draft.objects.exists()


def test_day_the_form_began_with_is_the_day_it_was_typed_also_after_midnight(
    cast: Cast, sitting: Callable[..., Sitting], clock: Any
) -> None:
    admitted(cast)
    case = next(case for case in CASES if case.name == "visit-note")
    person = sitting(case)
    person.opened()
    person.keep()
    clock.shift(timedelta(hours=20))
    page = person.opened()
    day = required(re.search(r'<input[^>]* name="on"[^>]*>', page)).group()
    assert (LONG in page, f'value="{TODAY.isoformat()}"' in day) == (True, True), day


@pytest.mark.parametrize("case", REFUSING, ids=[case.name for case in REFUSING])
def test_refused_form_is_a_draft_until_the_person_begins_again(
    cast: Cast, sitting: Callable[..., Sitting], case: Case
) -> None:
    case.before(cast)
    before, person = case.rows(cast), sitting(case)
    person.opened()
    refused = person.send(**case.refused(cast))
    assert (refused.status_code, case.rows(cast)) == (422, before)
    assert case.mark(cast) in person.opened()
    person.keep("drop")
    assert case.mark(cast) not in person.opened()


@EACH
def test_draft_that_arrives_after_its_form_was_saved_is_none(
    cast: Cast, sitting: Callable[..., Sitting], case: Case
) -> None:
    case.before(cast)
    person = sitting(case)
    person.opened()
    person.send()
    person.keep()
    assert not Draft.objects.exists()


@EACH
def test_draft_hangs_on_its_writer_and_the_stay(cast: Cast, sitting: Callable[..., Sitting], case: Case) -> None:
    case.before(cast)
    person = sitting(case)
    person.opened()
    person.keep()
    kept = Draft.objects.get()
    assert (kept.user, kept.home, kept.stay) == (person.user, cast.home, case.stay(cast))


@EACH
def test_stranger_keeps_no_draft(cast: Cast, case: Case) -> None:
    case.before(cast)
    for user, status in ((cast.stranger, 404), (None, 302)):
        answer = cast.client(user).post(case.url(cast), case.typed(cast), headers={"X-Draft": "keep"})
        assert answer.status_code == status
    assert not Draft.objects.exists()


def test_draft_about_nobody_here_is_kept_apart_for_each_home(cast: Cast) -> None:
    Membership.objects.create(user=cast.mette, role=Role.STAFF, home=cast.other_home, from_day=TODAY)
    client = cast.client(cast.mette)
    here, there = (reverse("move-in", args=[home.slug]) for home in (cast.home, cast.other_home))
    client.post(here, {"name": "Ida-Marie"}, headers={"X-Draft": "keep"})
    client.post(there, {"name": "Bo"}, headers={"X-Draft": "keep"})
    client.post(there, {}, headers={"X-Draft": "drop"})
    assert "Ida-Marie" in client.get(here).content.decode()
    assert 'value="Bo"' not in client.get(there).content.decode()


def test_form_that_keeps_no_draft_says_so_and_does_nothing(cast: Cast) -> None:
    cast.write("Står på forkert beboer")
    path = reverse("cell-misfile", args=[cast.home.slug, cast.rune.pk, "status", "home"])
    answer = cast.client(cast.mette).post(path, {"seen": "1"}, headers={"X-Draft": "keep"})
    assert answer.status_code == 400
    assert Cell.objects.for_home(cast.home).get().text == "Står på forkert beboer"


def test_correction_over_another_shows_both_field_by_field_and_is_saved_the_second_time(
    cast: Cast, sitting: Callable[..., Sitting]
) -> None:
    case = next(case for case in CASES if case.name == "intervention")
    case.before(cast)
    mette, jonas = sitting(case), sitting(case, "jonas")
    mette.opened()
    jonas.opened()
    jonas.send(what="Ringe til bror", owner=cast.jonas.pk, due_on="2026-11-20")
    answer = mette.send(due_on="2026-11-19")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert re.findall(r'Nu står der: <span class="[a-z-]+">(.*?)</span>', page) == [
        "Ringe til bror",
        "Jonas",
        "20.11.2026",
    ]
    assert LONG in page
    mette.carried = carried(page, case.url(cast))
    assert mette.send(due_on="2026-11-19").status_code == 204
    assert Intervention.objects.for_home(cast.home).get().what == LONG


def test_draft_over_what_changed_meanwhile_shows_both_at_once(cast: Cast, sitting: Callable[..., Sitting]) -> None:
    case = next(case for case in CASES if case.name == "intervention")
    case.before(cast)
    mette, jonas = sitting(case), sitting(case, "jonas")
    mette.opened()
    mette.keep()
    jonas.opened()
    jonas.send(what="Ringe til bror")
    page = mette.opened()
    assert ("Der er ændret, siden du skrev kladden" in page, LONG in page, "Ringe til bror" in page) == (True,) * 3
    assert mette.send().status_code == 204


def test_level_named_in_the_address_is_not_changed_by_a_draft(cast: Cast, sitting: Callable[..., Sitting]) -> None:
    case = CASES[0]
    person = sitting(case)
    person.opened()
    person.keep(level="akut")
    page = cast.client(cast.mette).get(case.url(cast) + "?til=subakut").content.decode()
    assert LONG in page
    assert re.search(r'<input[^>]*value="subakut"[^>]*checked', page)


@pytest.mark.parametrize(
    ("stands", "mark"), [(0, "0"), (3, "3"), (None, mark_of(None)), (("a", None), mark_of(("a", None)))]
)
def test_mark_is_the_version_or_a_hash_and_anything_else_is_a_conflict(stands: object, mark: str) -> None:
    check_seen(mark, stands, "now")
    with pytest.raises(Conflict) as conflict:
        check_seen(mark + "1", stands, "now")
    assert conflict.value.current == "now"


# What another person saved first, and what then stands at the fields of the one who comes after.
MEANWHILE: dict[str, tuple[Callable[[Cast], dict[str, Any]], list[str]]] = {
    "situation-change": (lambda cast: {"situation": "leave", "place": "Hos sin bror"}, ["På ferie", "Hos sin bror"]),
    "contact-set": (lambda cast: {"person": cast.lis.pk, "deputy": cast.mette.pk}, ["Lis", "Mette"]),
    "partner-change": (lambda cast: {f"p{partner(cast)}-agreed": "yes"}, ["Ja"]),
    "move-correct": (lambda cast: {"moved_to": Home.objects.get(slug="strandbo").pk}, ["Strandbo"]),
    "basis-record": (lambda cast: {"covers": "Aftalt i går"}, []),
}


@pytest.mark.parametrize("name", MEANWHILE)
def test_older_answer_overwrites_no_newer_one_unseen(cast: Cast, sitting: Callable[..., Sitting], name: str) -> None:
    Home.objects.create(organisation=cast.home.organisation, name="Strandbo", slug="strandbo")
    case = next(case for case in CASES if case.name == name)
    theirs, stands = MEANWHILE[name]
    case.before(cast)
    mette, jonas = sitting(case), sitting(case, "jonas")
    mette.opened()
    jonas.opened()
    assert jonas.send(**theirs(cast)).status_code // 100 == 2
    saved = case.rows(cast)
    answer = mette.send()
    page = answer.content.decode()
    assert (answer.status_code, case.rows(cast)) == (409, saved), "what Jonas saved stands"
    assert re.findall(r'Nu står der: <span class="[a-z-]+">(.*?)</span>', page) == stands
    assert case.mark(cast) in page, "what Mette typed stands too"
    mette.carried = carried(page, case.url(cast))
    assert mette.send().status_code // 100 == 2
    assert case.rows(cast) == saved + 1


def test_long_draft_of_a_text_comes_back_whole_and_is_never_cut(cast: Cast) -> None:
    client, lines = cast.client(cast.mette), "\n".join(["Sov ikke."] * 400)
    assert len(lines) == 3999
    sent = {"field": f"{cast.rune.pk}-status-home", "seen": "0", "text": lines.replace("\n", "\r\n")}
    assert client.post(reverse("draft", args=[cast.home.slug]), sent).status_code == 204
    assert Draft.objects.get().text == lines
    refused = client.post(reverse("draft", args=[cast.home.slug]), {**sent, "text": "x" * 20001})
    assert (refused.status_code, "for langt til en kladde" in refused.content.decode()) == (422, True)
    assert Draft.objects.get().text == lines, "what was kept before stands"


def test_form_too_long_to_keep_is_told_and_not_cut(cast: Cast) -> None:
    address = reverse("situation-change", args=[cast.home.slug, cast.rune.pk])
    answer = cast.client(cast.mette).post(address, {"place": "x" * 20001}, headers={"X-Draft": "keep"})
    assert (answer.status_code, "for langt til en kladde" in answer.content.decode()) == (422, True)
    assert not Draft.objects.exists()
