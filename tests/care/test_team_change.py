"""Another team treats the resident: the home's own goes along, the former team's stays, nothing is shared yet."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from boards import services
from boards.models import Cell, EarlySign, Episode, EpisodeCriterion, Intervention, LevelChange, State, Told, Urgency
from core.errors import Denied
from core.seen import mark_of
from criteria.models import Level
from meetings import services as meeting_services
from meetings.models import Series
from organisation.models import Side, TeamHome, User
from residents import services as residents
from residents.models import Admission, BasisKind, Contact, Giver, SharingBasis, Situation, Stay, StayEnd, TeamLink
from tests.conftest import TODAY, Cast

pytestmark = pytest.mark.both


@pytest.fixture
def both(cast: Cast) -> Cast:
    """Team Fjord comes to Havtornen too."""
    TeamHome.objects.create(team=cast.other_team, home=cast.home, weekdays=[2], from_day=date(2026, 1, 1))
    return cast


def url(cast: Cast, name: str, *rest: Any) -> str:
    return reverse(name, args=[cast.home.slug, *rest])


def change(cast: Cast, user: User | None = None, key: str = "skift") -> Any:
    data = {"team": cast.other_team.pk, "link": "switch", "key": key}
    return cast.client(user or cast.mette).post(url(cast, "team-change", cast.rune.pk), data)


def new_stay(cast: Cast) -> Stay:
    found: Stay = Stay.objects.for_home(cast.home).get(resident=cast.rune.resident_id, to_day=None)
    return found


def share(cast: Cast, stay: Stay) -> None:
    residents.basis_record(
        stay=stay,
        side=Side.HOME,
        acting_side=Side.HOME,
        new=residents.NewBasis(
            kind=BasisKind.SOCIAL, covers="Alt", given_by=Giver.RESIDENT, from_day=TODAY, to_day=None
        ),
        by=cast.mette,
    )


def pages(cast: Cast, user: User, stay: Stay) -> str:
    client = cast.client(user)
    names: list[tuple[Any, ...]] = [("board",), ("residents",), ("undo",)]
    names += [("resident-course", stay.pk), ("resident", stay.pk)]
    return " ".join(client.get(url(cast, *name)).content.decode() for name in names)


def full_row(cast: Cast) -> None:
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise", reason="Sover ikke")
    cast.write("Botilbuddets status")
    cast.write("Teamets hemmelige status", side="team", by=cast.amina)
    cast.agree("Botilbuddets aftale", owner=cast.mette, due_on=TODAY)
    cast.agree("Aftale hos teamets ejer", owner=cast.amina, due_on=TODAY)
    services.intervention_add(
        access=cast.access(cast.amina), stay_id=cast.rune.pk, key="t", today=TODAY,
        plan=services.Plan(track="psychiatric", what="Teamets hemmelige indsats", owner=cast.amina, due_on=TODAY),
    )  # fmt: skip
    for who, text in ((cast.amina, "Teamets hemmelige tegn"), (cast.mette, "Botilbuddets tegn")):
        services.sign_note(
            access=cast.access(who), stay_id=cast.rune.pk, text=text, urgency=Urgency.SOON, key="", today=TODAY
        )


def test_home_takes_its_own_along_and_the_former_team_keeps_its(both: Cast) -> None:
    full_row(both)
    old = both.rune.pk
    answer = change(both)
    assert answer.status_code == 200
    stay = new_stay(both)
    assert (stay.flat, stay.from_day) == ("4", TODAY)
    ended = Stay.objects.for_home(both.home).get(pk=old)
    assert (ended.to_day, ended.end) == (TODAY, StayEnd.OTHER_TEAM)
    home = pages(both, both.mette, stay)
    for text in ("Botilbuddets status", "Botilbuddets aftale", "Botilbuddets tegn", "Fulgte med ved skiftet"):
        assert text in home, text
    assert "Sover ikke" not in home
    assert "hemmelige" not in home
    episode = Episode.objects.for_home(both.home).get(stay=stay)
    assert (episode.level, episode.closed_on) == (Level.AKUT, None)
    assert EpisodeCriterion.objects.for_home(both.home).get(episode=episode).to_day is None
    owners = dict(Intervention.objects.for_home(both.home).filter(stay=stay).values_list("what", "owner__name"))
    assert owners == {"Botilbuddets aftale": "Mette", "Aftale hos teamets ejer": None}
    contacts = Contact.objects.for_home(both.home).filter(stay=stay)
    assert [(row.side, row.person.name) for row in contacts] == [("home", "Mette")]
    left = Intervention.objects.for_home(both.home).get(stay=old)
    assert (left.what, left.state) == ("Teamets hemmelige indsats", State.DROPPED)
    assert EarlySign.objects.for_home(both.home).get(stay=old).handled_on == TODAY
    assert Cell.objects.for_home(both.home).get(stay=old).side == Side.TEAM


def test_neither_team_sees_a_thing_until_the_home_shares_anew(both: Cast) -> None:
    full_row(both)
    change(both)
    stay = new_stay(both)
    assert "Rune" not in pages(both, both.amina, stay)
    assert both.client(both.amina).get(url(both, "resident", stay.pk)).status_code == 404
    seen = pages(both, both.other_nurse, stay)
    assert "Rune" not in seen
    assert "olig 4" in seen
    share(both, stay)
    seen = pages(both, both.other_nurse, stay)
    assert "Botilbuddets status" in seen
    assert "hemmelige" not in seen
    assert "Sover ikke" not in seen
    assert "Rune" not in pages(both, both.amina, stay)
    for name in ("status", "goals"):
        history = both.client(both.other_nurse).get(url(both, "cell-history", stay.pk, name, "team"))
        assert "hemmelig" not in history.content.decode()
    for who in (both.other_nurse, both.amina):
        assert both.client(who).get(url(both, "resident-course", both.rune.pk)).status_code == 404


def test_home_sees_nothing_of_the_new_team_until_that_team_shares(both: Cast) -> None:
    change(both)
    stay = new_stay(both)
    share(both, stay)
    both.write("Fjords hemmelige status", by=both.other_nurse, stay=stay, side=Side.TEAM)
    assert "Fjords" in pages(both, both.other_nurse, stay)
    assert "Fjords" not in pages(both, both.mette, stay)


def test_follow_up_still_to_come_goes_along(both: Cast) -> None:
    episode = both.put_on_board(both.rune)
    services.level_close(
        access=both.access(both.mette),
        stay_id=both.rune.pk,
        off=services.OffBoard(reason="Bedre", told=Told.YES, crisis_plan_seen=True),
        seen=episode.version,
        key="",
        today=TODAY,
    )
    change(both)
    rows = Episode.objects.for_home(both.home).order_by("pk")
    assert [(row.stay_id, bool(row.followed_up_on)) for row in rows] == [
        (both.rune.pk, True), (new_stay(both).pk, False),
    ]  # fmt: skip
    assert rows[1].follow_up_on == rows[0].follow_up_on == TODAY + timedelta(days=14)
    assert LevelChange.objects.for_home(both.home).filter(episode=rows[1]).count() == 1


def test_admission_goes_along(both: Cast) -> None:
    since = TODAY - timedelta(days=2)
    residents.situation_change(
        stay=both.rune, situation=Situation.ADMITTED, since=since, place="afsnit 4", by=both.mette
    )
    change(both)
    stay = new_stay(both)
    assert (stay.situation, stay.situation_place) == (Situation.ADMITTED, "afsnit 4")
    assert Admission.objects.for_home(both.home).get(stay=stay).from_day == since
    residents.situation_change(stay=stay, situation=Situation.DISCHARGED, since=TODAY, by=both.mette)
    assert new_stay(both).discharge_open


def test_second_click_and_the_teams_own_hand_change_nothing(both: Cast) -> None:
    assert change(both, both.amina).status_code == 403
    assert change(both, both.other_nurse).status_code == 404
    assert change(both).status_code == 200
    assert change(both).status_code == 404, "the old stay is nobody's any more"
    assert Stay.objects.for_home(both.home).filter(resident=both.rune.resident_id).count() == 2


def test_team_cannot_be_linked_beside_another_or_after_one(both: Cast) -> None:
    data = {"team": both.other_team.pk, "link": "1"}
    for ended in (False, True):
        if ended:
            residents.team_unlink(stay=both.rune, team=both.team, on=TODAY, by=both.mette)
        assert both.client(both.mette).post(url(both, "team-change", both.rune.pk), data).status_code == 200
        assert not TeamLink.objects.for_home(both.home).filter(stay=both.rune, team=both.other_team).exists()
    dialog = both.client(both.mette).get(url(both, "resident", both.rune.pk)).content.decode()
    assert "Skift til Team Fjord" in dialog
    assert "Team Nord behandler ikke Rune. " in dialog
    TeamLink(stay=both.vibeke, team=both.team, from_day=TODAY).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        TeamLink(stay=both.vibeke, team=both.other_team, from_day=TODAY).save()


def test_unlinked_team_leaves_its_contact_and_what_was_shared(both: Cast) -> None:
    residents.team_unlink(stay=both.rune, team=both.team, on=TODAY, by=both.mette)
    assert not SharingBasis.objects.for_home(both.home).filter(stay=both.rune, withdrawn_at=None).exists()
    assert not Contact.objects.for_home(both.home).filter(stay=both.rune, side=Side.TEAM).exists()
    residents.team_link(stay=both.rune, team=both.team, from_day=TODAY, by=both.mette)
    assert both.client(both.amina).get(url(both, "resident", both.rune.pk)).status_code == 404


def test_nothing_is_shared_with_no_team(cast: Cast) -> None:
    with pytest.raises(Denied, match="Knyt først"):
        share(cast, cast.vibeke)
    form = {"kind": "social", "scope": "all", "covers": "Alt", "given_by": "resident", "to_day": TODAY.isoformat()}
    form |= {"given_how": "spoken", "given_on": TODAY.isoformat()}
    client, address = cast.client(cast.mette), url(cast, "basis-record", cast.vibeke.pk)
    assert address not in client.get(address).content.decode(), "the form itself is not offered"
    answer = client.post(address, {**form, "seen": mark_of([])})
    assert answer.status_code == 422
    assert "Knyt først Vibeke til et team" in answer.content.decode()


def test_team_that_no_longer_comes_treats_nobody(cast: Cast, clock: Any) -> None:
    TeamHome.objects.filter(home=cast.home).update(to_day=TODAY)
    client = cast.client(cast.mette)
    assert "Team Nord behandler Rune" in client.get(url(cast, "resident", cast.rune.pk)).content.decode()
    clock.move_to((TODAY + timedelta(days=1)).isoformat() + "T10:00:00+01:00")
    client = cast.client(cast.mette)
    assert "Team Nord behandler Rune" not in client.get(url(cast, "resident", cast.rune.pk)).content.decode()


def test_topic_about_the_cooperation_is_for_one_teams_meetings(both: Cast) -> None:
    theirs = Series(home=both.home, team=both.other_team, weekday=2, time=both.meeting().time)
    theirs.insert()
    client = both.client(both.mette)
    dialog = client.get(url(both, "topic-park")).content.decode()
    assert "Til mødet med" in dialog
    none = client.post(url(both, "topic-park"), {"text": "Nøgler", "key": "a"})
    assert none.status_code == 422
    assert "Vælg, hvilket team" in none.content.decode()
    other = {"text": "Nøgler", "key": "b", "team": both.other_team.pk}
    assert client.post(url(both, "topic-park"), other).status_code == 204
    assert both.client(both.amina).post(url(both, "topic-park"), {"text": "Parkering", "key": "c"}).status_code == 204
    ours = Series.objects.for_home(both.home).get(team=both.team)
    assert [topic.text for topic in meeting_services.waiting_topics(ours)] == ["Parkering"]
    assert [topic.text for topic in meeting_services.waiting_topics(theirs)] == ["Nøgler"]
    pk = meeting_services.waiting_topics(theirs)[0].pk
    assert both.client(both.amina).post(url(both, "topic-settle", pk)).status_code == 404
