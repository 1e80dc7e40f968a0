"""Whoever a page names, the log names: every address of the access matrix, asked by both sides."""

import re
from typing import Any

import pytest
from django.urls import reverse

from audit.models import Clock, Entry, ReadEntry
from boards import services as board_services
from boards.models import Urgency
from criteria.models import Level
from meetings import services as meeting_services
from meetings.models import AgendaItem
from organisation.models import Membership
from residents.models import Resident, Stay
from tests.audit.tamper import unlocked
from tests.conftest import TODAY, Cast
from tests.test_access_matrix import (
    AGENDA_GET,
    HOME_GET,
    INSIGHT,
    INSIGHT_LIST,
    ITEM_GET,
    LEADER_GET,
    LEADER_STAY_GET,
    MEETING_GET,
    MEETING_STAY_GET,
    PERSON_GET,
    SIGN_GET,
    STAY_GET,
    UNIT_PAGES,
)  # fmt: skip

pytestmark = pytest.mark.both

# Names nothing else on a page could be mistaken for.
NAMES = {"rune": "Runevald", "tove": "Tovelise", "aksel": "Akselmann", "vibeke": "Vibekesen"}


@pytest.fixture
def named(cast: Cast) -> dict[int, str]:
    """{stay id: name}, with something written and agreed on each, and the meeting running."""
    found = {}
    for key, name in NAMES.items():
        stay: Stay = getattr(cast, key)
        Resident.objects.system("test").filter(pk=stay.resident_id).update(name=name, search=name.casefold())
        found[stay.pk] = name
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    cast.put_on_board(cast.aksel)
    cast.write("Tekst")
    for stay in (cast.rune, cast.tove):
        cast.agree(stay=stay, owner=cast.amina, due_on=TODAY, track="coordination")
    return found


def addresses(cast: Cast) -> list[str]:
    stay, slug = cast.rune.pk, cast.home.slug
    sign = board_services.sign_note(
        access=cast.access(cast.mette), stay_id=stay, text="Går om natten", urgency=Urgency.SOON, key="", today=TODAY,
    )  # fmt: skip
    meeting = cast.start()
    item = AgendaItem.objects.for_home(cast.home).filter(meeting=meeting, stay=stay).first()
    assert item is not None
    member = Membership.objects.get(user=cast.mette)
    made: list[tuple[str, list[Any]]] = [(name, [slug]) for name in HOME_GET]
    made += [(name, [slug, stay, *rest]) for name, rest in STAY_GET]
    made += [(name, [slug, stay]) for name in [*LEADER_STAY_GET, *INSIGHT]]
    made += [(name, [slug]) for name in INSIGHT_LIST]
    made += [(name, [slug, *rest]) for name, rest in LEADER_GET]
    made += [(name, [slug, cast.agree().pk]) for name in ITEM_GET] + [(name, [slug, sign.pk]) for name in SIGN_GET]
    made += [(name, [slug, meeting.number]) for name in MEETING_GET]
    made += [(name, [slug, meeting.number, item.pk]) for name in AGENDA_GET]
    made += [(name, [slug, meeting.number, stay]) for name in MEETING_STAY_GET]
    made += [(name, []) for name in PERSON_GET] + [(name, []) for name, args in UNIT_PAGES if not args]
    made += [(name, [member.pk]) for name, args in UNIT_PAGES if args == ("member",)]
    finding = [f"{reverse('find')}?q={name[:4]}" for name in NAMES.values()]
    changes = [reverse("board-changes", args=[slug]) + "?since=0"]
    changes += [reverse("meeting-changes", args=[slug, meeting.number]) + "?since=0"]
    return [*(reverse(name, args=args) for name, args in made), *finding, *changes]


@pytest.mark.parametrize(("who", "after"), [("mette", False), ("amina", False), ("lis", True)])
def test_whom_a_page_names_the_log_names(cast: Cast, named: dict[int, str], who: str, after: bool) -> None:
    """While the meeting runs, and `after` it."""
    asked, client, user = addresses(cast), cast.client(getattr(cast, who)), getattr(cast, who)
    if after:
        meeting = cast.meeting()
        meeting_services.meeting_close(access=cast.access(cast.mette), meeting=meeting, why="Nåede det", today=TODAY)
    told = 0
    for address in asked:
        with unlocked():  # as if nobody had looked before
            ReadEntry.objects.all()._raw_delete("default")
            Clock.objects.filter(scope__startswith="reads:").delete()
        answer = client.get(address)
        if answer.status_code != 200 or answer.headers["Content-Type"] == "application/pdf":
            continue
        text = str(answer.json()) if "json" in answer.headers["Content-Type"] else answer.content.decode()
        shown = {stay for stay, name in named.items() if re.search(name, text)}
        noted = {stay for read in ReadEntry.objects.filter(viewer=user.pk) for stay in read.stays}
        assert shown <= noted, (address, shown - noted)
        told += bool(shown)
    assert told > 20


@pytest.mark.parametrize("fil", ["pdf", "json"])
def test_file_of_insight_is_noted_as_a_look_and_as_taken_out(cast: Cast, named: dict[int, str], fil: str) -> None:
    url = reverse("insight", args=[cast.home.slug, cast.rune.pk])
    answer = cast.client(cast.lis).post(url, {"format": fil, "why": "Beboeren"})
    assert (answer.status_code, answer["Content-Type"].split(";")[0]) == (200, f"application/{fil}")
    assert ReadEntry.objects.get(viewer=cast.lis.pk).stays == [cast.rune.pk]
    assert Entry.objects.get(action="exported").data == {"what": f"indsigt-{fil}", "stays": [cast.rune.pk]}
