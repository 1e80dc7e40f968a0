"""'Kun botilbuddet' and 'Kun teamet': what a side keeps to itself, on every way out there is."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import NoReverseMatch, get_resolver, reverse
from django.utils import timezone

from boards import services
from boards.live import snapshots
from boards.models import Cell, CellRevision
from meetings import services as meeting_services
from meetings.models import AgendaItem, Meeting, MinutesSection
from organisation.models import Side, User
from residents.sharing import Audience, AudienceKind, sight
from residents.texts import COLUMNS
from tests.conftest import ALL_OF, TODAY, Cast

SECRET = "Kvidrende"
HOME, TEAM = Side.HOME, Side.TEAM
TEAM_ID = 7


def whose(cast: Cast, side: Side) -> tuple[User, User]:
    """The one who writes on the side, and somebody of the other."""
    return (cast.mette, cast.amina) if side == HOME else (cast.amina, cast.mette)


def keep(cast: Cast, side: Side, text: str = SECRET, seen: int = 0) -> Cell:
    cell: Cell = cast.write(text, by=whose(cast, side)[0], column_key="own", side=side, seen=seen)
    return cell


def pages(cast: Cast, meeting: Meeting) -> Iterator[tuple[str, str]]:
    """Every address that can be read with this home, resident, meeting and text."""
    item = AgendaItem.objects.for_home(cast.home).filter(meeting=meeting, stay=cast.rune).first()
    assert item is not None
    values = {
        "slug": cast.home.slug, "stay": cast.rune.pk, "number": meeting.number, "pk": item.pk, "column": "own",
    }  # fmt: skip
    for name in {name for name in get_resolver().reverse_dict if isinstance(name, str)}:
        for pattern in get_resolver().reverse_dict.getlist(name):
            wanted = pattern[0][0][1]
            for side in (HOME, TEAM):
                given = {key: {**values, "side": side}[key] for key in wanted if key in values or key == "side"}
                try:
                    yield name, reverse(name, kwargs=given)
                except NoReverseMatch:
                    continue


@pytest.mark.parametrize("given", [set(), {HOME}, {TEAM}, {HOME, TEAM}])
@pytest.mark.parametrize("teams", [set(), {TEAM_ID}])
@pytest.mark.parametrize("kind", AudienceKind)
def test_own_text_is_in_the_sight_of_its_own_screens_alone(kind, teams, given) -> None:
    found = sight(
        Audience(kind, None if kind == AudienceKind.HOME else TEAM_ID),
        teams=teams,
        given={side: ALL_OF[side] for side in given},
    )
    own = {AudienceKind.HOME: {HOME}, AudienceKind.TEAM: {TEAM}}.get(kind, set()) if found and found.shared else set()
    for column in COLUMNS.values():
        if column.private:
            assert {side for side in Side if found and found.covers(side, column.key)} == own
        elif found:
            assert {side for side in Side if found.covers(side, column.key)} == set(column.sides) & found.sides


@pytest.mark.parametrize("side", [HOME, TEAM])
def test_own_text_stands_on_no_page_of_the_other_side(cast: Cast, side: Side) -> None:
    cast.put_on_board(cast.rune)
    keep(cast, side)
    meeting = cast.start()
    writer, other = whose(cast, side)
    read, theirs, ours = 0, [], set()
    for name, url in set(pages(cast, meeting)):
        if name in ("board-stream", "meeting-stream"):
            continue
        query = {"q": SECRET} if name == "find" else {}
        seen = cast.client(other).get(url, query)
        read += 1
        if SECRET in seen.content.decode(errors="replace") and name != "find":
            theirs.append(name)
        if name == "find":
            assert cast.rune.resident.name not in seen.content.decode()
            assert cast.rune.resident.name in cast.client(writer).get(url, query).content.decode()
        if SECRET in cast.client(writer).get(url).content.decode(errors="replace"):
            ours.add(name)
    assert theirs == []
    assert read > 60
    assert {"resident", "resident-course", "cell", "cell-edit", "cell-history"} <= ours
    # Not where both look, and not on the board that may hang on a wall.
    assert not {"board", "meeting", "agenda-item", "recap", "copy-text"} & ours, ours
    print(f"own text of {side}: {read} addresses read by each side, 0 with the text on the other")  # noqa: T201


@pytest.mark.parametrize("side", [HOME, TEAM])
def test_own_text_reaches_no_other_snapshot_stream_or_minutes(cast: Cast, side: Side) -> None:
    cast.put_on_board(cast.rune)
    keep(cast, side)
    team = cast.team.pk
    others = {
        Audience(AudienceKind.HOME), Audience(AudienceKind.TEAM, team), Audience(AudienceKind.JOINT, team),
        Audience(AudienceKind.WALL, team),
    }  # fmt: skip
    for audience in others:
        shot = snapshots.snapshot(cast.home, audience)
        own = audience.kind.value == side.value
        assert any(SECRET in html for html in shot.fragments.values()) == own
        assert (f"{cast.rune.pk}-own-{side}" in snapshots.visible_fields(shot)) == own
        assert not any(SECRET in html for html in shot.rows.values())
    meeting = cast.start()
    meeting_services.meeting_close(access=cast.access(cast.mette), meeting=meeting, why="Prøve", today=TODAY)
    sections = MinutesSection.objects.for_home(cast.home)
    assert sections.exists()
    assert SECRET not in json.dumps([section.content for section in sections], ensure_ascii=False)


@pytest.mark.parametrize("side", [HOME, TEAM])
def test_the_other_side_cannot_write_confirm_misfile_or_show_it_even_with_the_pen(cast: Cast, side: Side) -> None:
    cast.put_on_board(cast.rune)
    keep(cast, side)
    meeting = cast.start()
    _, other = whose(cast, side)
    access = cast.access(other)
    meeting_services.referent_take(access=access, number=meeting.number, today=TODAY)
    where = services.CellKey(cast.rune.pk, "own", side)
    place: dict[str, Any] = {"access": access, "where": where, "seen": 1, "today": TODAY}
    with pytest.raises(LookupError):
        services.cell_write(**place, text="Nej", key="")
    with pytest.raises(LookupError):
        services.cell_confirm(**place)
    with pytest.raises(LookupError):
        services.cell_misfile(**place, move_to=None)
    for name in ("cell", "cell-edit", "cell-history"):
        url = reverse(name, args=[cast.home.slug, cast.rune.pk, "own", side])
        assert cast.client(other).get(url).status_code == 404
    assert list(CellRevision.objects.for_home(cast.home).values_list("text", flat=True)) == [SECRET]


def test_the_chair_cannot_show_it_on_the_wall(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    keep(cast, HOME)
    meeting = cast.start()
    item = AgendaItem.objects.for_home(cast.home).get(meeting=meeting, stay=cast.rune)
    meeting_services.spotlight_move(access=cast.access(cast.mette), number=meeting.number, item_id=item.pk, today=TODAY)
    for field in (f"{cast.rune.pk}-own-home", f"{cast.rune.pk}-ukendt-home"):
        with pytest.raises(LookupError):
            meeting_services.wall_show(
                access=cast.access(cast.mette), number=meeting.number, cell=field, now=timezone.now()
            )


def test_each_side_has_its_own_and_undoes_it(cast: Cast) -> None:
    keep(cast, HOME, "Botilbuddets")
    keep(cast, TEAM, "Teamets")
    keep(cast, HOME, "Rettet", seen=1)
    (step, *_) = services.steps(cast.access(cast.mette), TODAY, timezone.now())
    assert step.what == "Kun botilbuddet: »Rettet«"
    services.undo(access=cast.access(cast.mette), kind=step.kind, pk=step.pk, today=TODAY)
    texts = Cell.objects.for_home(cast.home).filter(column="own").order_by("side").values_list("side", "text")
    assert list(texts) == [("home", "Botilbuddets"), ("team", "Teamets")]
