"""'Hvem har set': the list a resident can get, and who has changed something."""

import re
from dataclasses import replace
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.offices import office_of
from administration.services import people
from audit import trail
from audit.models import Entry, EntryDetail, ReadEntry
from boards import services as board_services
from boards.models import Urgency
from care import services as care
from core.seen import mark_of
from organisation.models import Membership, Side, User
from privacy import selectors
from residents import services as resident_services
from residents.models import Stay, StayEnd
from tests.conftest import EVERY_PART, TODAY, Cast
from tests.privacy.conftest import Looks

pytestmark = pytest.mark.both


def address(stay: Stay, slug: str = "havtornen") -> str:
    return reverse("who-looked", args=[slug, stay.pk])


def text(cast: Cast, user: User, stay: Stay) -> str:
    answer = cast.client(user).get(address(stay))
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " | ", answer.content.decode().split("<h1>")[1]).split())


def test_list_says_who_when_where_and_what_newest_first(looks: Looks) -> None:
    cast = looks.cast
    cast.jonas.title = "pædagog"
    cast.jonas.save()
    looks.at(cast.jonas, cast.rune.pk, day=10, hour=9)
    looks.at(cast.jonas, cast.rune.pk, cast.tove.pk, day=10, hour=10, screen="referat-joint")
    looks.at(cast.jonas, cast.rune.pk, day=10, hour=11)
    looks.at(cast.amina, cast.rune.pk, day=12)
    looks.at(cast.mette, cast.tove.pk, day=13)
    found = selectors.looked(cast.home, cast.rune.pk, TODAY)
    assert [(one.day.day, one.who, one.unit, one.screens) for one in found] == [
        (12, "Amina", "Team Nord", ["Tavlen"]), (10, "Jonas, pædagog", "Havtornen", ["Referat", "Tavlen"]),
    ]  # fmt: skip
    page = text(cast, cast.lis, cast.rune)
    for words in (
        "Hvem har set Rune", "bolig 4",
        "10.11.2026 kl. 9.20–11.20, 3 opslag | | Jonas, pædagog | | Havtornen | | Referat, Tavlen",
        "12.11.2026 kl. 9.20 | | Amina | | Team Nord | | Tavlen",
        "17.11.2026 kl. 9.30 | | Lis | | Havtornen | | Hvem har set",
    ):  # fmt: skip
        assert words in page, words
    assert page.index("17.11.2026 kl. 9.30 | | Lis") < page.index("12.11.2026 kl.") < page.index("10.11.2026 kl.")
    assert "13.11.2026" not in page.split("Hvem har ændret")[0]


def test_name_is_the_one_they_had_that_day(looks: Looks, clock) -> None:
    cast = looks.cast
    looks.at(cast.jonas, cast.rune.pk, day=10)
    boss = looks.leader("Bo", home=cast.home)
    office = replace(office_of(boss), own=frozenset({cast.home.organisation_id}))
    for name in ("Jonas Holm", "Jonas Lind"):
        stands = people.person_facts(cast.jonas)
        people.person_change(
            office=office, person=cast.jonas, facts=replace(stands, name=name), seen=mark_of(stands), today=TODAY
        )
        clock.shift(3600)
        cast.jonas.refresh_from_db()
        with trail.as_of(timezone.now()):
            trail.record_read(cast.home.scope, viewer=cast.jonas.pk, screen="tavle", stays=[cast.rune.pk])
        clock.shift(86400)
    found = selectors.looked(cast.home, cast.rune.pk, TODAY)
    assert [one.who for one in found] == ["Jonas Lind", "Jonas Holm", "Jonas"]
    # What the first change said has gone by its term: the second says what the name was before it.
    first = Entry.objects.filter(action="person.changed").order_by("seq").first()
    EntryDetail.objects.filter(entry=first)._raw_delete("default")
    assert [one.who for one in selectors.looked(cast.home, cast.rune.pk, TODAY)][:2] == ["Jonas Lind", "Jonas Holm"]


def test_number_within_another_number_is_another_resident(looks: Looks) -> None:
    cast = looks.cast
    looks.at(cast.jonas, int(f"{cast.rune.pk}9"), int(f"7{cast.rune.pk}"))
    assert selectors.looked(cast.home, cast.rune.pk, TODAY) == []


def test_a_year_back_and_no_more(looks: Looks, clock) -> None:
    cast = looks.cast
    looks.at(cast.jonas, cast.rune.pk, day=10)
    clock.move_to("2027-11-10T09:00:00+01:00")
    assert len(selectors.looked(cast.home, cast.rune.pk, date(2027, 11, 10))) == 1
    assert selectors.looked(cast.home, cast.rune.pk, date(2027, 11, 11)) == []


def test_one_who_has_left_stands_with_where_they_worked(looks: Looks) -> None:
    cast = looks.cast
    looks.at(cast.jonas, cast.rune.pk)
    Membership.objects.filter(user=cast.jonas).update(to_day=date(2026, 11, 12))
    assert selectors.looked(cast.home, cast.rune.pk, TODAY)[0].unit == "Havtornen"


def test_page_is_itself_noted_as_a_look_and_a_copy_taken(cast: Cast) -> None:
    text(cast, cast.lis, cast.rune)
    assert ReadEntry.objects.filter(screen="set-af", viewer=cast.lis.pk, stays=[cast.rune.pk]).count() == 1
    entry = Entry.objects.get(action="exported")
    assert (entry.scope, entry.data) == (cast.home.log_scope, {"what": "set-af", "stays": [cast.rune.pk]})


def test_page_is_printable(cast: Cast) -> None:
    page = cast.client(cast.lis).get(address(cast.rune)).content.decode()
    assert "data-print" in page


def test_changes_are_told_without_what_was_written(cast: Cast) -> None:
    cast.put_on_board(cast.rune, reason="Hemmelig grund")
    cast.write("Hemmelig tekst")
    cast.agree("Hemmelig aftale")
    board_services.sign_note(
        access=cast.access(cast.amina), stay_id=cast.rune.pk, text="Hemmeligt tegn", urgency=Urgency.SOON, key="",
        today=TODAY,
    )  # fmt: skip
    cast.write("Om Tove", stay=cast.tove)
    found = selectors.changed(cast.home, cast.rune.pk, EVERY_PART, TODAY)
    said = [(one.who, one.sentence) for one in found]
    assert said[:4] == [
        ("Amina", "noterede et tidligt tegn"), ("Mette", "aftalte en indsats"), ("Mette", "skrev på tavlen"),
        ("Mette", "satte beboeren på tavlen"),
    ]  # fmt: skip
    assert ("Mette", "registrerede, at en beboer flyttede ind") in said
    assert sum(one.sentence == "skrev på tavlen" for one in found) == 1, "Tove's is hers"
    page = text(cast, cast.lis, cast.rune)
    assert "17.11.2026 kl. 9.30 | | Mette | | skrev på tavlen" in page
    assert "Hemmelig" not in page


def test_what_the_other_side_does_not_share_is_not_told(cast: Cast) -> None:
    cast.write("Teamets", by=cast.amina, side=Side.TEAM)
    assert "Amina | | skrev på tavlen" in text(cast, cast.lis, cast.rune)
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.TEAM, by=cast.amina)
    assert "Amina | | skrev på tavlen" not in text(cast, cast.lis, cast.rune)


def test_stay_that_has_ended_is_the_home_s_to_look_up(looks: Looks) -> None:
    cast = looks.cast
    nina = looks.leader("Nina", team=cast.team)
    looks.at(cast.jonas, cast.rune.pk)
    care.move_out(
        access=cast.access(cast.mette), stay_id=cast.rune.pk, end=StayEnd.MOVED, on=TODAY, moved_to=None, key="",
        today=TODAY,
    )  # fmt: skip
    page = text(cast, cast.lis, cast.rune)
    assert "Hvem har set Rune" in page
    assert "Jonas" in page
    assert cast.client(nina).get(address(cast.rune)).status_code == 404


@pytest.mark.parametrize("who", ["mette", "jonas", "amina", "soeren"])
def test_staff_are_told_that_it_is_a_leader_s(cast: Cast, who: str) -> None:
    for stay in (cast.rune, cast.vibeke, cast.elsewhere):
        answer = cast.client(getattr(cast, who)).get(address(stay))
        assert answer.status_code == 403
        assert "Det er en leder, der kan se og printe, hvem der har set en beboer." in answer.content.decode()


def test_team_s_leader_sees_it_for_residents_shared_with_the_team(looks: Looks) -> None:
    cast = looks.cast
    nina = looks.leader("Nina", team=cast.team)
    assert "Hvem har set Rune" in text(cast, nina, cast.rune)
    for hidden in (cast.aksel, cast.vibeke, cast.elsewhere):
        assert cast.client(nina).get(address(hidden)).status_code == 404


def test_list_costs_the_same_for_few_and_for_many(looks: Looks, django_assert_max_num_queries) -> None:
    cast = looks.cast
    looks.many(cast.jonas, 200, cast.rune.pk)
    for turn in range(20):
        cast.write(f"Tekst {turn}", seen=turn)
    client = cast.client(cast.lis)
    client.get(address(cast.rune))
    with django_assert_max_num_queries(59):
        page = client.get(address(cast.rune)).content.decode()
    assert page.count("skrev på tavlen") == 20
