"""The one table of texts and of what can cross: that each line is whole, and that a line is all a new text takes."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from boards.columns import board_columns
from boards.live import snapshots
from boards.models import Track
from meetings import services as meetings
from meetings.models import AgendaItem
from organisation.models import Side
from organisation.region import KEEP
from privacy import insight
from residents import services as residents
from residents.models import BasisKind, Given, Giver, SharingBasis
from residents.selectors import basis_lines
from residents.texts import (
    COLUMNS,
    EVERY,
    ON_BOARD,
    PARTS,
    LanePart,
    Part,
    Place,
    TextPart,
    Width,
    agreed_at_discharge,
    covered,
    everything,
    in_words,
)
from tests.conftest import TODAY, Cast, text_in
from tests.meetings.test_wall import link
from tests.residents.test_sharing_matrix import PLACES, WAYS, close, meet
from tests.rooms import ROOT

HOME, TEAM, JOINT = Side.HOME, Side.TEAM, Side.JOINT
CSS = (ROOT / "static/css/board.css").read_text(encoding="utf-8")
MATRIX = "tests/residents/test_sharing_matrix.py"
# The ways out of the matrix that draw a place of the table.
WAY_OF: dict[Place, str] = {
    Place.BOARD: "board", Place.SPOTLIGHT: "spotlight", Place.RESIDENT: "resident", Place.MINUTES: "own minutes",
    Place.BOARD_THEN: "board then", Place.MY_WEEK: "my week",
}  # fmt: skip
HOPE = TextPart(
    "hope", "Håb for året", (JOINT,), empty="Skriv et håb", width=Width.SHORT, wall=True,
    places=(*ON_BOARD, Place.RESIDENT, Place.MY_WEEK), own_words="Mit håb",
)  # fmt: skip


# --- a line is whole --------------------------------------------------------------------------------------------------


def lacks(part: Part) -> list[str]:
    """What a line of the table still needs, in words for whoever added it."""
    found: list[tuple[bool, str]] = [
        (bool(re.fullmatch(r"[a-z_]{1,20}", part.key)), "a key of at most 20 small letters"),
        (bool(part.title.strip()), "a title"),
        (bool(part.sides) and len(set(part.sides)) == len(part.sides), "sides, each once"),
        (bool(part.places) and len(set(part.places)) == len(part.places), "places, each once"),
        (part.kept in KEEP, "how long it is kept: a key of organisation.region.KEEP"),
        (f".width-{part.width} {{" in CSS, f"a rule .width-{part.width} in static/css/board.css"),
        (
            not part.private or not {*part.places} - {Place.RESIDENT},
            "no place but the own page for a side's own",
        ),
        (not part.private or not (part.wall or part.always), "a basis, since it is on the wall or always shared"),
    ]
    if isinstance(part, TextPart):
        found += [
            (bool(part.empty.strip()) or part.private, "what an empty place says"),
            (part.limit > 0, "a limit"),
            (Place.MY_WEEK not in part.places or (JOINT in part.sides and bool(part.own_words)), "words for Min uge"),
        ]
    if isinstance(part, LanePart):
        found += [
            (part.key in Track.values, "a track in boards/models.py"),
            (bool(part.brief) and len(part.sides) == 1, "one side, and a word for it"),
        ]
    else:
        found.append((part.key not in Track.values, "to be a lane, as the track of its name"))
    return [what for holds, what in found if not holds]


def lacks_in_matrix(part: Part) -> list[str]:
    """What the sharing matrix still lacks of the line. The matrix draws every way out and compares."""
    if part.always:
        # The level is a word of the region's and holds no mark of its own.
        return []
    if not {(side, part.key) for side in part.sides} <= set(PLACES):
        return ["a mark for each side"]
    found = []
    for place, name in WAY_OF.items():
        drawn = {key for side in (HOME, TEAM) for _, key in WAYS[name].of(side)}
        if (place in part.places) != (part.key in drawn):
            found.append(f"'{name}' to say as its places do")
    return found


@pytest.mark.parametrize("key", PARTS)
def test_each_line_is_whole(key: str) -> None:
    part = PARTS[key]
    assert key == part.key
    assert lacks(part) == [], f"residents/texts.py, {key} needs"
    assert lacks_in_matrix(part) == [], f"{MATRIX}, {key} needs"


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (replace(HOPE, key="Håb-1"), "a key of at most 20 small letters"),
        (replace(HOPE, title=" "), "a title"),
        (replace(HOPE, sides=()), "sides, each once"),
        (replace(HOPE, places=()), "places, each once"),
        (replace(HOPE, kept="longer"), "how long it is kept: a key of organisation.region.KEEP"),
        (replace(HOPE, width="huge"), "a rule .width-huge in static/css/board.css"),  # type: ignore[arg-type]
        (replace(HOPE, empty=""), "what an empty place says"),
        (replace(HOPE, own_words=""), "words for Min uge"),
        (replace(HOPE, bases=frozenset(), wall=False), "no place but the own page for a side's own"),
        (replace(HOPE, key="social"), "to be a lane, as the track of its name"),
    ],
)
def test_line_that_is_not_whole_is_told_what_it_lacks(part: Part, said: str) -> None:
    assert lacks(HOPE) == []
    assert said in lacks(part)


def test_line_the_matrix_does_not_draw_is_told_so() -> None:
    assert lacks_in_matrix(HOPE) == ["a mark for each side"]
    assert lacks_in_matrix(replace(PARTS["signs"], places=(Place.BOARD,))) == ["'spotlight' to say as its places do"]


def test_every_width_is_in_the_stylesheet_and_no_column_is_counted() -> None:
    assert {f"width-{width}" for width in Width} == set(re.findall(r"\.(width-\w+) \{ width", CSS))
    assert not re.findall(r"th:nth-child", CSS)
    assert {column.width for column in board_columns()} <= set(Width)


def test_every_track_is_a_lane_of_the_table() -> None:
    assert {part.key for part in PARTS.values() if isinstance(part, LanePart)} == set(Track.values)


def test_what_a_discharge_agreement_covers_is_what_its_dialog_says() -> None:
    dialog = " ".join((ROOT / "templates/care/_resident_dialog.html").read_text(encoding="utf-8").split())
    assert "dækker kun indsatser, koordination med andre og det, I siger til beboeren" in dialog
    keys = {key for side in (HOME, TEAM) for key in agreed_at_discharge(side).split()}
    assert keys == {"level", "told", "social", "psychiatric", "coordination"}


def test_no_heading_of_the_table_is_written_anywhere_else() -> None:
    """A heading written by hand does not follow the region."""
    headings = [part.title for part in PARTS.values() if isinstance(part, TextPart | LanePart) and not part.private]
    files = [path for room in ("boards", "care", "meetings", "templates") for path in (ROOT / room).rglob("*.*")]
    sources = [path for path in files if path.suffix in (".py", ".html", ".typ")]
    hits = [(path.name, words) for path in sources for words in headings if f">{words}<" in read(path)]
    hits += [(path.name, words) for path in sources for words in headings if f'"{words}"' in read(path)]
    assert len(sources) > 100
    assert hits == []


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


# --- an older basis never covers a new line ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [BasisKind.CONSENT, BasisKind.OTHER, BasisKind.NEED])
def test_new_line_is_not_covered_by_what_was_given_before_it(kind: BasisKind, monkeypatch: pytest.MonkeyPatch) -> None:
    older = everything(HOME)
    assert in_words(HOME, kind, older) == "Alt på tavlen"
    monkeypatch.setitem(PARTS, "hope", HOPE)
    assert "hope" not in covered(HOME, kind, older)
    assert covered(HOME, kind, older) == covered(HOME, kind, everything(HOME)) - {"hope"}
    assert in_words(HOME, kind, older).startswith("Niveau · Kriterier og begrundelser · Mål og ønsker · ")
    assert HOPE.title not in in_words(HOME, kind, older)
    assert "hope" in covered(HOME, kind, everything(HOME))
    assert in_words(HOME, kind, everything(HOME)) == "Alt på tavlen"


def test_new_line_of_every_kind_is_not_covered_by_an_older_agreement_at_discharge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    older = agreed_at_discharge(HOME)
    monkeypatch.setitem(PARTS, "hope", replace(HOPE, bases=EVERY))
    assert "hope" not in covered(HOME, BasisKind.DISCHARGE, older)
    assert "hope" in covered(HOME, BasisKind.DISCHARGE, agreed_at_discharge(HOME))


def test_new_line_that_always_follows_does_not_follow_an_older_basis(monkeypatch: pytest.MonkeyPatch) -> None:
    older = everything(HOME)
    monkeypatch.setitem(PARTS, "hope", replace(HOPE, always=True))
    assert "hope" not in covered(HOME, BasisKind.CONSENT, older)
    assert "hope" in covered(HOME, BasisKind.CONSENT, everything(HOME))


def test_basis_keeps_what_it_covered_when_it_was_given(cast: Cast) -> None:
    for basis in SharingBasis.objects.for_home(cast.home).filter(stay=cast.rune):
        assert basis.what == everything(basis.from_side)
        assert basis.what.split()[0] == ("level" if basis.from_side == HOME else "grounds")


# --- a made-up line, patched into the table, with no other file touched -----------------------------------------------


@pytest.fixture
def hope(cast: Cast, clock: Any, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Rune is shared on bases from before the line; the home has written in it, and a meeting was held."""
    cast.put_on_board(cast.rune)
    monkeypatch.setitem(PARTS, "hope", HOPE)
    snapshots.forget()
    cast.write("Ud at sejle", column_key="hope", side=JOINT)
    close(cast, meet(cast, clock, 1))
    return cast


def give(cast: Cast) -> None:
    new = residents.NewBasis(
        kind=BasisKind.SOCIAL, covers="", given_by=Giver.RESIDENT, from_day=TODAY, to_day=None, given_how=Given.WRITTEN
    )
    residents.basis_record(stay=cast.rune, side=HOME, acting_side=HOME, new=new, by=cast.mette)


def shared(cast: Cast) -> list[str]:
    """What the home's bases cover, as the dialog says it."""
    return [line.covers for line in basis_lines(cast.home, cast.rune.pk, TODAY) if line.side == HOME]


def pages(cast: Cast, user: str, number: int) -> dict[Place, str]:
    """Each place of the table as the person sees it; the meeting is the one of the number."""
    client = cast.client(getattr(cast, user))
    side = cast.access(getattr(cast, user)).side

    def get(name: str, *rest: object) -> str:
        return client.get(reverse(name, args=[cast.home.slug, *rest]), {"til": side}).content.decode()

    return {
        Place.BOARD: get("board"),
        Place.RESIDENT: get("resident", cast.rune.pk),
        Place.MINUTES: get("minutes", number),
        Place.BOARD_THEN: get("board-then", number),
        Place.MY_WEEK: get("my-week", cast.rune.pk),
    }


def test_made_up_text_stands_in_each_of_its_places(hope: Cast) -> None:
    drawn = pages(hope, "mette", 1)
    assert {place for place, page in drawn.items() if "Ud at sejle" in page} == set(drawn)
    assert '<th scope="col" class="width-short">Håb for året</th>' in drawn[Place.BOARD]
    assert '<th scope="col" class="width-short">Håb for året</th>' in drawn[Place.BOARD_THEN]
    assert "<h3>Håb for året</h3>" in drawn[Place.RESIDENT]
    assert "Mit håb" in drawn[Place.MY_WEEK]
    # On the board it is written, on the resident's page only read: one page never has two fields of one name.
    field = f'id="f{hope.rune.pk}-hope-joint"'
    assert (drawn[Place.BOARD].count(field), drawn[Place.RESIDENT].count(field)) == (1, 0)


def test_made_up_text_stands_in_the_spotlight_where_a_newer_basis_covers_it(hope: Cast, clock: Any) -> None:
    running = meet(hope, clock, 2)
    item = AgendaItem.objects.for_home(hope.home).get(meeting=running, stay=hope.rune)
    url = reverse("agenda-item", args=[hope.home.slug, running.number, item.pk])
    before = hope.client(hope.mette).get(url).content.decode()
    assert re.search(r'<h3>Håb for året</h3><div id="f\d+-unshared-hope-joint"', before)
    assert "Ud at sejle" not in before
    give(hope)
    after = hope.client(hope.mette).get(url).content.decode()
    assert re.search(r'<h3>Håb for året</h3><div id="f\d+-hope-joint"', after)
    assert "Ud at sejle" in after


def test_text_that_may_not_stand_on_the_wall_is_not_offered_there(
    hope: Cast, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(hope)
    assert Client().post(link(hope)).status_code == 302
    running = meet(hope, clock, 2)
    item = AgendaItem.objects.for_home(hope.home).get(meeting=running, stay=hope.rune)
    meetings.spotlight_move(access=hope.access(hope.mette), number=running.number, item_id=item.pk, today=TODAY)
    url = reverse("agenda-item", args=[hope.home.slug, running.number, item.pk])
    show = reverse("wall-show", args=[hope.home.slug, running.number])
    client, felt = hope.client(hope.mette), {"field": f"{hope.rune.pk}-hope-joint"}
    assert "Vis »Håb for året«" in client.get(url).content.decode()
    assert client.post(show, felt).status_code == 204
    monkeypatch.setitem(PARTS, "hope", replace(HOPE, wall=False))
    assert "Vis »Håb for året«" not in client.get(url).content.decode()
    assert client.post(show, felt).status_code == 404


@pytest.mark.parametrize(
    ("user", "name", "args"),
    [("mette", "resident-course", True), ("mette", "undo", False)],
)
def test_made_up_text_is_told_where_texts_are_told(hope: Cast, user: str, name: str, args: bool) -> None:
    url = reverse(name, args=[hope.home.slug, *([hope.rune.pk] if args else [])])
    page = hope.client(getattr(hope, user)).get(url).content.decode()
    assert "Håb for året" in page
    assert "Ud at sejle" in page


def test_made_up_text_is_shared_by_a_newer_basis_alone(hope: Cast, clock: Any) -> None:
    before = pages(hope, "amina", 1)
    assert [place for place, page in before.items() if "Ud at sejle" in page] == []
    assert f'id="f{hope.rune.pk}-unshared-hope-joint"' in before[Place.BOARD]
    assert "Ikke delt" in before[Place.RESIDENT]
    edit = reverse("cell-edit", args=[hope.home.slug, hope.rune.pk, "hope", JOINT])
    assert hope.client(hope.amina).get(edit).status_code == 404
    assert [words.split(" · ")[:2] for words in shared(hope)] == [["Niveau", "Kriterier og begrundelser"]]
    give(hope)
    after = pages(hope, "amina", close(hope, meet(hope, clock, 2)).number)
    assert {place for place, page in after.items() if "Ud at sejle" in page} == set(after)
    assert "Ud at sejle</textarea>" in text_in(hope.client(hope.amina).get(edit))
    assert shared(hope)[-1] == "Alt på tavlen"


def test_made_up_text_of_one_place_is_written_there(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PARTS, "hope", replace(HOPE, places=(Place.RESIDENT,)))
    url = reverse("resident", args=[cast.home.slug, cast.rune.pk])
    ours = cast.client(cast.mette).get(url).content.decode()
    assert f'id="f{cast.rune.pk}-hope-joint"' in ours
    assert "Skriv et håb" in ours
    theirs = cast.client(cast.amina).get(url).content.decode()
    assert f'id="f{cast.rune.pk}-hope-joint"' not in theirs
    assert re.search(r"<h3>Håb for året</h3>\s*<p class=\"meta\">Ikke delt</p>", theirs)


def test_text_the_table_does_not_export_is_in_no_account(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    cast.write("Sov godt")
    access = cast.access(cast.lis)

    def account() -> list[str]:
        of = insight.stay_account(access, cast.rune.pk, TODAY)
        return [text.text for text in insight.gather(access, of, TODAY, timezone.now()).texts]

    assert account() == ["Sov godt"]
    monkeypatch.setitem(PARTS, "status", replace(COLUMNS["status"], export=False))
    assert account() == []
