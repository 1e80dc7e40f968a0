"""Admissions and visits, the question after a discharge, and which team treats the resident."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from care import services as care
from core.errors import Denied
from criteria.models import Level
from meetings.models import AgendaItem
from meetings.services.agenda import agenda_entries
from organisation.models import Side, TeamHome, User
from reminders.models import Reminder
from reminders.services import tick
from residents import services
from residents.models import Admission, BasisKind, Giver, Situation, Stay, StayEnd, TeamLink, Visit
from residents.selectors import visits
from tests.conftest import TODAY, Cast, required, text_in
from tests.page import carried, send


def url(cast: Cast, name: str, stay: Stay | None = None) -> str:
    return reverse(name, args=[cast.home.slug, (stay or cast.rune).pk])


def situate(cast: Cast, user: User | None = None, **data: Any) -> Any:
    values = {"situation": "admitted", "since": "2026-11-16", "place": "afsnit 4", "until": "", **data}
    return send(cast.client(user or cast.mette), url(cast, "situation-change"), values)


def rune(cast: Cast) -> Stay:
    found: Stay = Stay.objects.for_home(cast.home).get(pk=cast.rune.pk)
    return found


def admissions(cast: Cast) -> list[tuple[str, date, date | None]]:
    rows = Admission.objects.for_home(cast.home).order_by("pk")
    return list(rows.values_list("place", "from_day", "to_day"))


def board_of(cast: Cast, user: User) -> str:
    return str(cast.client(user).get(f"/{cast.home.slug}/tavle/").content.decode())


@pytest.mark.parametrize("who", ["mette", "amina"])
def test_admission_says_where_since_when_and_until_when(cast: Cast, who: str) -> None:
    assert situate(cast, getattr(cast, who), until="2026-11-20").status_code == 200
    assert admissions(cast) == [("afsnit 4", date(2026, 11, 16), None)]
    assert "Indlagt siden 16.11. · afsnit 4 · ventes hjem 20.11." in board_of(cast, cast.amina)


def test_corrected_admission_is_the_same_one(cast: Cast) -> None:
    situate(cast)
    situate(cast, place="afsnit 5", since="2026-11-15")
    assert admissions(cast) == [("afsnit 5", date(2026, 11, 15), None)]


def test_two_admissions_stand_side_by_side(cast: Cast) -> None:
    situate(cast, since="2026-11-02")
    situate(cast, situation="discharged", since="2026-11-09")
    situate(cast, since="2026-11-16", place="afsnit 9")
    assert admissions(cast) == [
        ("afsnit 4", date(2026, 11, 2), date(2026, 11, 9)), ("afsnit 9", date(2026, 11, 16), None),
    ]  # fmt: skip
    assert not rune(cast).discharge_open, "a new admission answers it"


@pytest.mark.parametrize(("data", "words"), [
    ({"situation": "rejst"}, "Vælg en af de nævnte."),
    ({"situation": ""}, "situation"),
    ({"since": ""}, "Vælg en dag."),
    ({"since": "i går"}, "Skriv dagen som"),
    ({"since": "2026-11-18"}, "ligger frem i tiden"),
    ({"until": "2026-11-15"}, "ligger før »siden«"),
    ({"until": "2028-11-15"}, "mere end et år frem"),
    ({"since": "0026-11-16"}, "Er årstallet rigtigt?"),
    ({"until": "9999-12-31"}, "Er årstallet rigtigt?"),
    ({"place": "x" * 61}, "plads til 60"),
])  # fmt: skip
def test_situation_that_cannot_be_is_refused_and_changes_nothing(cast: Cast, data, words: str) -> None:
    answer = situate(cast, **data)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert rune(cast).situation == Situation.HOME
    assert admissions(cast) == []


def test_nobody_is_discharged_before_the_admission(cast: Cast) -> None:
    situate(cast)
    answer = situate(cast, situation="discharged", since="2026-11-15")
    assert (answer.status_code, "Dagen ligger før indlæggelsen." in answer.content.decode()) == (422, True)
    assert rune(cast).situation == Situation.ADMITTED
    assert admissions(cast)[0][2] is None


def test_situation_begins_no_earlier_than_the_time_in_the_home(cast: Cast) -> None:
    answer = situate(cast, since="2025-12-31")
    assert (answer.status_code, "Dagen ligger før indflytningen." in answer.content.decode()) == (422, True)
    assert rune(cast).situation == Situation.HOME
    situate(cast, since="2026-01-01")
    assert admissions(cast) == [("afsnit 4", date(2026, 1, 1), None)]


def test_change_of_team_does_not_shorten_the_time_in_the_home(cast: Cast) -> None:
    TeamHome.objects.create(team=cast.other_team, home=cast.home, weekdays=[2], from_day=TODAY)
    situate(cast, since="2026-11-10")
    new = care.team_change(
        access=cast.access(cast.mette), stay_id=cast.rune.pk, team=cast.other_team, key="", today=TODAY
    )
    for since, status in (("2026-11-10", 200), ("2026-11-09", 200), ("2025-12-31", 422)):
        data = {"situation": "admitted", "since": since, "place": "afsnit 5", "until": ""}
        assert send(cast.client(cast.mette), url(cast, "situation-change", new), data).status_code == status, since
    assert admissions(cast)[-1] == ("afsnit 5", date(2026, 11, 9), None)


def test_admission_does_not_end_before_it_began_when_the_stay_does(cast: Cast) -> None:
    situate(cast)
    services.stay_end(stay=rune(cast), end=StayEnd.MOVED, on=TODAY - timedelta(days=3), by=cast.mette)
    assert admissions(cast) == [("afsnit 4", date(2026, 11, 16), date(2026, 11, 16))]


def test_situation_changed_with_an_old_row_in_hand_keeps_what_others_wrote(cast: Cast) -> None:
    old = Stay.objects.for_home(cast.home).select_related("home").get(pk=cast.rune.pk)
    Stay.objects.for_home(cast.home).filter(pk=cast.rune.pk).update(last_discussed=TODAY, flat="44")
    services.situation_change(stay=old, situation=Situation.LEAVE, since=TODAY, by=cast.mette, place="Mols")
    assert (rune(cast).last_discussed, rune(cast).flat) == (TODAY, "44")
    assert rune(cast).situation_place == "Mols"


@pytest.mark.parametrize(("after", "asks"), [
    ("discharged", True), ("home", True), ("leave", True), ("moving", True), ("admitted", False),
])  # fmt: skip
def test_discharge_asks_whether_the_resident_goes_on_the_board(cast: Cast, after: str, asks: bool) -> None:
    situate(cast)
    situate(cast, situation=after, since="2026-11-17")
    assert rune(cast).discharge_open is asks
    assert ("Skal Rune på tavlen?" in board_of(cast, cast.amina)) is asks


def discharged(cast: Cast) -> None:
    situate(cast)
    situate(cast, situation="discharged", since="2026-11-17", place="")


def test_not_now_answers_the_question_once(cast: Cast) -> None:
    discharged(cast)
    assert cast.client(cast.amina).post(url(cast, "discharge-answer")).status_code == 204
    assert not rune(cast).discharge_open
    again = cast.client(cast.mette).post(url(cast, "discharge-answer"))
    assert (again.status_code, "allerede svaret" in again.content.decode()) == (422, True)


def test_going_on_the_board_answers_the_question(cast: Cast) -> None:
    discharged(cast)
    link = f"{url(cast, 'level-change')}?kriterie=netop-udskrevet"
    dialog = text_in(cast.client(cast.mette).get(link))
    assert "Sæt Rune på tavlen" in dialog
    assert re.search(r'name="criteria" value="\d+" checked[^>]*><span>Netop udskrevet<', dialog)
    cast.put_on_board(cast.rune, Level.SUBAKUT, "netop-udskrevet")
    assert not rune(cast).discharge_open


def test_resident_who_is_on_the_board_already_is_not_asked_about(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    discharged(cast)
    assert not rune(cast).discharge_open
    assert "Skal Rune på tavlen?" not in board_of(cast, cast.amina)


@pytest.mark.parametrize("who", ["mette", "amina"])
def test_home_from_hospital_without_a_level_is_on_the_board_until_the_question_is_answered(
    cast: Cast, who: str
) -> None:
    discharged(cast)
    group = r'<tbody id="g-udskrevet"[^>]*aria-label="Netop udskrevet"\s*>(.*?)</tbody>'
    shown = required(re.search(group, board_of(cast, getattr(cast, who)), re.S))[1]
    assert "Skal Rune på tavlen?" in shown
    assert "Almindelig" in shown, "no level is shown that is not there"
    cast.client(getattr(cast, who)).post(url(cast, "discharge-answer"))
    assert "Rune" not in required(re.search(group, board_of(cast, getattr(cast, who)), re.S))[1]


def test_home_from_hospital_without_a_level_is_on_the_next_agenda(cast: Cast) -> None:
    discharged(cast)
    for stay in (cast.rune, cast.tove):
        Stay.objects.for_home(cast.home).filter(pk=stay.pk).update(last_discussed=TODAY)
    entries, _ = agenda_entries(cast.meeting(), TODAY)
    assert [(entry.kind, entry.stay) for entry in entries] == [(AgendaItem.Kind.DISCHARGED, cast.rune.pk)]


def test_home_from_hospital_tells_both_contacts_the_same_day_and_once(cast: Cast) -> None:
    discharged(cast)
    for day in (TODAY, TODAY, TODAY + timedelta(days=1)):
        tick(timezone.now(), day=day)
    told = Reminder.objects.for_home(cast.home).filter(kind="discharged").order_by("recipient")
    assert [(row.recipient, row.on, row.due) for row in told] == [
        (user, TODAY, TODAY) for user in sorted((cast.mette, cast.amina), key=lambda user: user.pk)
    ]
    page = cast.client(cast.amina).get("/min-dag/paamindelser/").content.decode()
    assert "Skal beboeren på tavlen?" in page
    cast.client(cast.mette).post(url(cast, "discharge-answer"))
    assert "Skal beboeren på tavlen?" not in cast.client(cast.amina).get("/min-dag/paamindelser/").content.decode()


def test_discharge_typed_in_days_later_is_told_the_day_it_is_known(cast: Cast) -> None:
    situate(cast, since="2026-11-02")
    situate(cast, situation="discharged", since="2026-11-13", place="")
    tick(timezone.now())
    told = Reminder.objects.for_home(cast.home).filter(kind="discharged")
    assert {(row.on, row.due) for row in told} == {(TODAY, date(2026, 11, 13))}


def test_reminder_says_the_day_of_coming_home_whatever_came_after(cast: Cast) -> None:
    discharged(cast)
    tick(timezone.now())
    situate(cast, situation="leave", since="2026-11-17", place="Mols")
    Stay.objects.for_home(cast.home).filter(pk=cast.rune.pk).update(situation_since=date(2026, 12, 1))
    tick(timezone.now(), day=date(2026, 12, 1))
    told = Reminder.objects.for_home(cast.home).filter(kind="discharged")
    assert {row.due for row in told} == {TODAY}
    assert told.count() == 2, "nobody is told twice"


def test_resident_home_again_can_be_put_on_the_board_from_the_list_too(cast: Cast) -> None:
    discharged(cast)
    assert "Rune" in text_in(cast.client(cast.mette).get(reverse("raise-resident", args=[cast.home.slug])))


# Visits


def visit(cast: Cast, user: User | None = None, **data: Any) -> Any:
    values = {"on": "2026-11-17", "text": "Så klarere ud", "key": "k", **data}
    return send(cast.client(user or cast.mette), url(cast, "visit-note"), values)


def test_visit_is_noted_once_and_shown_to_both_sides(cast: Cast) -> None:
    situate(cast)
    for _ in range(2):
        assert visit(cast).status_code == 200
    assert Visit.objects.for_home(cast.home).count() == 1
    assert "17.11. Mette: Så klarere ud" in cast.client(cast.amina).get(url(cast, "resident")).content.decode()


@pytest.mark.parametrize(("data", "words"), [
    ({"on": "2026-11-15"}, "under indlæggelsen"),
    ({"on": "2026-11-18"}, "under indlæggelsen"),
    ({"on": ""}, "Vælg en dag."),
    ({"on": "31.2.2026"}, "Skriv dagen som"),
    ({"text": "x" * 201}, "plads til 200"),
])  # fmt: skip
def test_visit_that_cannot_have_been_is_refused_and_kept_in_the_form(cast: Cast, data, words: str) -> None:
    situate(cast)
    answer = visit(cast, **data)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert not Visit.objects.for_home(cast.home).exists()


def test_nobody_at_home_is_visited_on_the_ward(cast: Cast) -> None:
    assert visit(cast).status_code == 422
    with pytest.raises(Denied):
        services.visit_note(
            home=cast.home, stay_id=cast.rune.pk, on=TODAY, text="", side=Side.HOME, key="", by=cast.mette,
            today=TODAY,
        )  # fmt: skip


def test_teams_visit_is_hidden_from_the_home_when_the_team_stops_sharing(cast: Cast) -> None:
    situate(cast)
    visit(cast, cast.amina, text="Teamets besøg")
    course = url(cast, "resident-course")
    assert "Teamets besøg" in cast.client(cast.mette).get(course).content.decode()
    services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.TEAM, by=cast.amina)
    for page in (course, url(cast, "resident")):
        assert "Teamets besøg" not in cast.client(cast.mette).get(page).content.decode()
    assert "Teamets besøg" in cast.client(cast.amina).get(course).content.decode()


def test_admissions_take_the_same_queries_however_many(cast: Cast, django_assert_num_queries) -> None:
    for day in range(1, 8):
        services.situation_change(
            stay=rune(cast), situation=Situation.ADMITTED, since=date(2026, day, 1), by=cast.mette
        )
        services.situation_change(stay=rune(cast), situation=Situation.HOME, since=date(2026, day, 9), by=cast.mette)
    with django_assert_num_queries(2):
        found = visits(cast.home, cast.rune.pk, list(Side))
    assert [admission.from_day.month for admission, _ in found] == [7, 6, 5, 4, 3, 2, 1]


# Teams


def team_post(cast: Cast, user: User, on: str, stay: Stay | None = None, team: int | None = None) -> Any:
    data = {"team": team or cast.team.pk, "link": on}
    return cast.client(user).post(url(cast, "team-change", stay), data)


def test_home_links_a_team_that_sees_only_the_flat_until_it_is_shared(cast: Cast) -> None:
    for _ in range(2):
        assert team_post(cast, cast.mette, "1", cast.vibeke).status_code == 200
    assert TeamLink.objects.for_home(cast.home).filter(stay=cast.vibeke).count() == 1
    page = board_of(cast, cast.amina)
    assert "Bolig 8" in page
    assert "Vibeke" not in page
    assert cast.client(cast.amina).get(url(cast, "resident", cast.vibeke)).status_code == 404


def test_team_can_end_its_own_link_and_no_more(cast: Cast) -> None:
    assert team_post(cast, cast.amina, "1", cast.tove).status_code == 403
    assert team_post(cast, cast.amina, "0").status_code == 204
    assert cast.client(cast.amina).get(url(cast, "resident")).status_code == 404
    assert team_post(cast, cast.amina, "0").status_code == 404
    again = text_in(team_post(cast, cast.mette, "0"))
    assert "Team Nord behandler ikke Rune." in again, "a second click: it stands so already"


@pytest.mark.parametrize("team", [99999, None])
def test_team_that_does_not_serve_the_home_cannot_be_linked(cast: Cast, team: int | None) -> None:
    assert team_post(cast, cast.mette, "1", cast.vibeke, team or cast.other_team.pk).status_code == 404
    assert not TeamLink.objects.for_home(cast.home).filter(stay=cast.vibeke).exists()


def test_nonsense_for_a_team_is_never_a_server_error(cast: Cast) -> None:
    for team in ("abc", "9" * 40):
        data = {"team": team, "link": "1"}
        assert cast.client(cast.mette).post(url(cast, "team-change"), data).status_code == 400


def test_two_teams_at_one_home_see_each_their_own(cast: Cast) -> None:
    TeamHome.objects.create(team=cast.other_team, home=cast.home, weekdays=[2], from_day=date(2026, 1, 1))
    assert "Rune" not in board_of(cast, cast.other_nurse)
    assert cast.client(cast.other_nurse).get(url(cast, "resident")).status_code == 404
    team_post(cast, cast.mette, "1", cast.vibeke, cast.other_team.pk)
    services.basis_record(
        stay=cast.vibeke,
        side=Side.HOME,
        acting_side=Side.HOME,
        new=services.NewBasis(
            kind=BasisKind.SOCIAL, covers="Alt", given_by=Giver.RESIDENT, from_day=TODAY, to_day=None
        ),
        by=cast.mette,
    )
    cast.put_on_board(cast.vibeke)
    assert "Vibeke" in board_of(cast, cast.other_nurse)
    assert "Vibeke" not in board_of(cast, cast.amina)
    assert team_post(cast, cast.other_nurse, "0", cast.vibeke, cast.team.pk).status_code == 403, "not theirs to end"


def test_link_ended_and_begun_again_the_same_day_holds_once_it_is_shared_anew(cast: Cast) -> None:
    team_post(cast, cast.mette, "0")
    assert cast.client(cast.amina).get(url(cast, "resident")).status_code == 404
    team_post(cast, cast.mette, "1")
    assert cast.client(cast.amina).get(url(cast, "resident")).status_code == 404
    services.basis_record(
        stay=rune(cast),
        side=Side.HOME,
        acting_side=Side.HOME,
        new=services.NewBasis(
            kind=BasisKind.SOCIAL, covers="Alt", given_by=Giver.RESIDENT, from_day=TODAY, to_day=None
        ),
        by=cast.mette,
    )
    assert "Rune" in text_in(cast.client(cast.amina).get(url(cast, "resident")))


def test_link_from_yesterday_ended_today_is_lost_at_once_in_both_years(cast: Cast, clock) -> None:
    clock.move_to("2027-01-01T09:00:00+01:00")
    services.team_unlink(stay=cast.tove, team=cast.team, on=date(2027, 1, 1), by=cast.mette)
    link = TeamLink.objects.for_home(cast.home).get(stay=cast.tove)
    assert link.to_day == date(2027, 1, 1) - timedelta(days=1)
    assert "Tove" not in board_of(cast, cast.amina)


def mistaken(cast: Cast, user: User | None = None) -> Any:
    client = cast.client(user or cast.mette)
    page = client.get(url(cast, "resident")).content.decode()
    seen = carried(page, url(cast, "situation-change"))["seen"]
    return client.post(url(cast, "situation-mistaken"), {"seen": seen})


def test_admission_by_mistake_is_gone_and_nobody_is_asked_or_told_of_a_discharge(cast: Cast) -> None:
    situate(cast)
    assert "Slet indlæggelsen" in text_in(cast.client(cast.amina).get(url(cast, "resident")))
    answer = mistaken(cast, cast.amina)
    assert (answer.status_code, "Slet indlæggelsen" in answer.content.decode()) == (200, False)
    assert admissions(cast) == []
    stay = rune(cast)
    assert (stay.situation, stay.situation_since, stay.situation_place) == (Situation.HOME, None, "")
    assert stay.discharge_open is False
    assert "Indlagt siden" not in board_of(cast, cast.mette)
    entry = Entry.objects.get(action="situation.mistaken")
    assert (entry.actor, entry.data) == (cast.amina.pk, {})


def test_mistake_gives_the_question_after_the_discharge_before_it_back(cast: Cast) -> None:
    situate(cast, since="2026-11-10")
    situate(cast, situation="home", since="2026-11-16", place="")
    situate(cast, since="2026-11-17")
    assert rune(cast).discharge_open is False
    mistaken(cast)
    assert rune(cast).discharge_open is True
    assert admissions(cast) == [("afsnit 4", date(2026, 11, 10), date(2026, 11, 16))]


def test_mistake_gives_back_what_stood_and_asks_no_question_that_was_answered(cast: Cast) -> None:
    situate(cast, since="2026-11-10")
    situate(cast, situation="home", since="2026-11-12", place="")
    cast.client(cast.mette).post(url(cast, "discharge-answer"))
    situate(cast, situation="leave", since="2026-11-15", place="Møn", until="2026-11-20")
    situate(cast, since="2026-11-17")
    mistaken(cast)
    stay = rune(cast)
    assert (stay.situation, stay.situation_since, stay.situation_place, stay.situation_until) == (
        "leave", date(2026, 11, 15), "Møn", date(2026, 11, 20),
    )  # fmt: skip
    assert stay.discharge_open is False


def test_admission_with_a_visit_or_changed_meanwhile_is_no_mistake(cast: Cast) -> None:
    situate(cast)
    old = carried(cast.client(cast.mette).get(url(cast, "resident")).content.decode(), url(cast, "situation-change"))[
        "seen"
    ]
    situate(cast, place="afsnit 5")
    answer = cast.client(cast.mette).post(url(cast, "situation-mistaken"), {"seen": old})
    assert (answer.status_code, "ændret imens" in answer.content.decode()) == (409, True)
    send(cast.client(cast.mette), url(cast, "visit-note"), {"on": "2026-11-17", "text": "Besøgt"})
    answer = mistaken(cast)
    assert (answer.status_code, "Der er skrevet besøg" in answer.content.decode()) == (422, True)
    assert admissions(cast) == [("afsnit 5", date(2026, 11, 16), None)]
    situate(cast, situation="home", since="2026-11-17", place="")
    answer = mistaken(cast)
    assert (answer.status_code, "ændret imens" in answer.content.decode()) == (422, True)
