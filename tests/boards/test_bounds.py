"""What one person can take up: drafts of what is a text, so many and no more, tabs that are their own, some streams."""

from typing import Any

import pytest

from boards.live import hub, presence, snapshots, stream
from boards.models import Presence
from organisation import drafts
from organisation.models import Draft, Side
from residents import services as residents
from residents.models import TeamLink
from residents.sharing import Audience, AudienceKind
from tests.conftest import TODAY, Cast
from tests.loops import Ask, on_a_loop

pytestmark = pytest.mark.both


def keep(cast: Cast, user: Any, field: str, text: str = "Halvt skrevet") -> int:
    data = {"field": field, "text": text, "seen": 0}
    return int(cast.client(user).post("/havtornen/tavle/kladde/", data, headers={"HX-Request": "true"}).status_code)


@pytest.mark.parametrize(
    "field", ["{stay}-findesikke-home", "{stay}-status-ward", "99999-status-home", "{elsewhere}-status-home"]
)
def test_draft_is_of_a_text_that_is_there(cast: Cast, field: str) -> None:
    name = field.format(stay=cast.rune.pk, elsewhere=cast.elsewhere.pk)
    assert keep(cast, cast.mette, name) == 422
    assert not Draft.objects.exists()


def test_team_keeps_no_draft_about_somebody_it_has_never_treated(cast: Cast) -> None:
    assert keep(cast, cast.amina, f"{cast.vibeke.pk}-status-team") == 422
    assert keep(cast, cast.amina, f"{cast.rune.pk}-status-team") == 204


def test_what_was_being_typed_as_the_sharing_ended_is_kept(cast: Cast) -> None:
    residents.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    assert keep(cast, cast.amina, f"{cast.rune.pk}-goals-joint") == 204
    TeamLink.objects.for_home(cast.home).filter(stay=cast.rune).update(to_day=TODAY)
    assert keep(cast, cast.amina, f"{cast.rune.pk}-status-team") == 204
    assert Draft.objects.filter(user=cast.amina).count() == 2


def test_so_many_drafts_and_no_more_and_those_there_are_can_be_gone_on_with(cast: Cast, monkeypatch: Any) -> None:
    monkeypatch.setattr(drafts, "MOST", 3)
    fields = [f"{cast.rune.pk}-{column}" for column in ("status-home", "goals-joint", "own-home", "status-team")]
    assert [keep(cast, cast.mette, field) for field in fields] == [204, 204, 204, 422]
    assert keep(cast, cast.mette, fields[0], "Skrevet videre") == 204
    assert keep(cast, cast.mette, fields[1], "") == 204
    assert keep(cast, cast.mette, fields[3]) == 204
    assert keep(cast, cast.jonas, fields[0]) == 204, "another person's are not counted"


def test_nobody_takes_anothers_tab(cast: Cast) -> None:
    presence.arrive(cast.home, cast.mette, "fane", f"{cast.rune.pk}-status-home")
    presence.arrive(cast.home, cast.jonas, "fane")
    presence.leave(cast.home.pk, "fane", cast.jonas.pk)
    presence.still_here([(cast.home.pk, "fane", cast.amina.pk)])
    assert presence.here(cast.home).writing == {f"{cast.rune.pk}-status-home": ("fane", "Mette")}
    assert set(Presence.objects.values_list("user", "tab")) == {(cast.mette.pk, "fane"), (cast.amina.pk, "fane")}


def test_one_person_has_so_many_streams_and_others_theirs(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST", 2)

    async def main(ask: Ask) -> list[int]:
        centre = hub.hub()
        viewer: Any = (1, "session", "havtornen", "home", 0, 0)
        for number in range(2):
            centre.viewers[(*viewer[:5], number)] += 1
        left = []
        for user in (1, 2):
            audience, seen = Audience(AudienceKind.HOME), snapshots.NOTHING_SEEN
            events: Any = stream._events(cast.home, audience, seen, (user, *viewer[1:]), "fane", lambda: None, None)
            with monkeypatch.context() as patch:
                patch.setattr(hub.Hub, "join", lambda *_: (_ for _ in ()).throw(LookupError))
                try:
                    left.append(len([event async for event in events]))
                except LookupError:
                    left.append(-1)
        return left

    assert on_a_loop(monkeypatch, main) == [0, -1], "the first is refused, the second comes in"
