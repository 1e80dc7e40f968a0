"""'Stopper': nothing is left without an owner, and an administrator sees no resident on the way."""

from datetime import date, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts import screens
from accounts.models import OpenSession
from audit import trail
from audit.models import ReadEntry
from boards.live import hub
from boards.models import Intervention, Pen
from meetings.models import Meeting
from organisation.models import Membership, Role, Side, TeamHome, User
from residents import services as resident_services
from residents.models import Contact, StayEnd
from tests.administration.conftest import Offices
from tests.conftest import TODAY, text_in


def path(offices: Offices, user, **place) -> str:
    return f"/styring/roller/{offices.member(user, **place).pk}/"


def test_leader_sees_what_a_person_stands_for_and_hands_it_on(offices: Offices) -> None:
    cast = offices.cast
    cast.agree("Te kl. 8", owner=cast.mette, daily=True)
    cast.agree("Tur til havnen", owner=cast.jonas, deputy=cast.mette, due_on=TODAY + timedelta(days=2))
    here = path(offices, cast.mette)
    page = offices.text(cast.lis, here)
    assert "Rune · bolig 4: Te kl. 8" in page
    assert page.count("Kontaktperson, kontaktperson") == 3
    assert offices.post(cast.lis, here, {"to_day": "2026-11-30"}).status_code == 422, "five things are left"
    before = trail.version_of(cast.home.scope)
    assert cast.client(cast.lis).post(f"{here}overtag/", {"everything": cast.jonas.pk}).status_code == 302
    assert trail.version_of(cast.home.scope) > before, "the board is told"
    rows = {row.what: row for row in Intervention.objects.for_home(cast.home)}
    assert (rows["Te kl. 8"].owner, rows["Te kl. 8"].version) == (cast.jonas, 2)
    assert (rows["Tur til havnen"].owner, rows["Tur til havnen"].deputy) == (cast.jonas, None)
    assert not Contact.objects.for_home(cast.home).filter(person=cast.mette).exists()
    assert "Ingenting. Rollen kan slutte." in offices.text(cast.lis, here)
    assert offices.post(cast.lis, here, {"to_day": "2026-11-30"}).status_code == 302
    assert Membership.objects.get(user=cast.mette).to_day == date(2026, 11, 30)
    assert ReadEntry.objects.filter(viewer=cast.lis.pk, screen="stopper").exists()
    assert trail.broken_links(cast.home.scope) == []


def test_one_is_chosen_for_each_thing(offices: Offices) -> None:
    cast = offices.cast
    row = cast.agree("Te kl. 8", owner=cast.mette, daily=True)
    here = path(offices, cast.mette)
    chosen = {f"intervention-{row.pk}": cast.amina.pk, "everything": cast.jonas.pk}
    assert cast.client(cast.lis).post(f"{here}overtag/", chosen).status_code == 302
    assert Intervention.objects.for_home(cast.home).get(pk=row.pk).owner == cast.amina
    people = set(Contact.objects.for_home(cast.home).filter(side=Side.HOME).values_list("person", flat=True))
    assert people == {cast.jonas.pk}


@pytest.mark.parametrize("who", ["stranger", "other_nurse", "mette", "gone"])
def test_nobody_takes_over_who_does_not_work_there(offices: Offices, who: str) -> None:
    cast = offices.cast
    row = cast.agree("Te kl. 8", owner=cast.mette, daily=True)
    answer = cast.client(cast.lis).post(
        f"{path(offices, cast.mette)}overtag/", {f"intervention-{row.pk}": getattr(cast, who).pk}
    )
    assert answer.status_code == 422
    assert "Personen arbejder ikke her" in answer.content.decode()
    assert Intervention.objects.for_home(cast.home).get(pk=row.pk).owner == cast.mette


def test_contact_role_is_not_taken_by_the_other_side(offices: Offices) -> None:
    cast = offices.cast
    contact = Contact.objects.for_home(cast.home).get(stay=cast.rune, side=Side.HOME)
    row = cast.agree("Te kl. 8", owner=cast.mette, daily=True)
    chosen = {f"intervention-{row.pk}": cast.jonas.pk, f"contact-{contact.pk}": cast.amina.pk}
    assert cast.client(cast.lis).post(f"{path(offices, cast.mette)}overtag/", chosen).status_code == 422
    assert Intervention.objects.for_home(cast.home).get(pk=row.pk).owner == cast.mette, "all or none"


def test_handing_on_what_is_gone_or_nothing_is_harmless(offices: Offices) -> None:
    cast = offices.cast
    here = f"{path(offices, cast.mette)}overtag/"
    assert cast.client(cast.lis).post(here, {"intervention-99999": cast.jonas.pk}).status_code == 302
    assert cast.client(cast.lis).post(here, {}).status_code == 422
    assert cast.client(cast.lis).post(here, {"everything": "x"}).status_code == 400
    assert Contact.objects.for_home(cast.home).filter(person=cast.mette).count() == 3


def test_administrator_sees_kinds_and_counts_and_hands_on_nothing(offices: Offices) -> None:
    cast = offices.cast
    cast.agree("Te kl. 8", owner=cast.mette, daily=True)
    here = path(offices, cast.mette)
    page = offices.text(offices.bo, here)
    assert "Indsats: 1" in page
    assert "Kontaktperson: 3" in page
    for secret in ("Rune", "Te kl. 8", "bolig 4"):
        assert secret not in page
    answer = offices.post(offices.bo, here, {"to_day": "2026-11-30"})
    assert answer.status_code == 422
    assert "Mette står stadig for 4 ting" in answer.content.decode()
    assert cast.client(offices.bo).post(f"{here}overtag/", {"everything": cast.jonas.pk}).status_code == 404


def test_team_leader_sees_a_flat_where_nothing_is_shared(offices: Offices) -> None:
    cast = offices.cast
    page = offices.text(offices.peter, path(offices, cast.amina))
    assert "bolig 10 (ikke delt)" in page
    assert "Aksel" not in page
    assert "Rune" in page
    assert cast.client(cast.lis).get(path(offices, cast.amina)).status_code == 404
    here = f"{path(offices, cast.amina)}overtag/"
    assert cast.client(offices.peter).post(here, {"everything": cast.soeren.pk}).status_code == 302
    team = Contact.objects.for_home(cast.home).filter(side=Side.TEAM)
    assert set(team.values_list("person", flat=True)) == {cast.soeren.pk}


def test_running_meeting_is_handed_on_too(offices: Offices) -> None:
    cast = offices.cast
    meeting = cast.start(by=cast.jonas)
    here = path(offices, cast.jonas)
    assert "mødeleder og referent" in offices.text(cast.lis, here)
    assert offices.post(cast.lis, here, {"to_day": "2026-11-17"}).status_code == 422
    assert cast.client(cast.lis).post(f"{here}overtag/", {f"meeting-{meeting.pk}": cast.mette.pk}).status_code == 302
    found = Meeting.objects.for_home(cast.home).get(pk=meeting.pk)
    assert (found.chair, found.referent) == (cast.mette, cast.mette)
    assert Pen.objects.get(home=cast.home).user == cast.mette


def test_role_beside_another_in_the_same_home_ends_at_once(offices: Offices, clock) -> None:
    cast = offices.cast
    Membership.objects.create(user=cast.mette, role=Role.LEADER, home=cast.home, from_day=date(2026, 1, 1))
    staff = Membership.objects.get(user=cast.mette, role=Role.STAFF)
    assert offices.post(offices.bo, f"/styring/roller/{staff.pk}/", {"to_day": "2026-11-17"}).status_code == 302
    clock.move_to(timezone.make_aware(datetime(2026, 11, 18, 9)))
    assert "Mette · Havtornen" in text_in(cast.client(cast.mette).get("/havtornen/beboere/"))


def test_person_with_nothing_loses_access_after_the_last_day(offices: Offices, clock) -> None:
    cast = offices.cast
    here = path(offices, cast.jonas)
    client = cast.client(cast.lis)
    stale = offices.seen(client, here)
    assert offices.post(cast.lis, here, {"to_day": "2026-11-15"}).status_code == 422, "gone"
    assert offices.post(cast.lis, here, {"to_day": "2025-11-15"}).status_code == 422, "before it began"
    assert offices.post(cast.lis, here, {"to_day": "snart"}).status_code == 422
    assert offices.post(cast.lis, here, {"to_day": "2026-11-17"}).status_code == 302
    assert client.post(here, {"to_day": "", "seen": stale}).status_code == 409
    assert "Rune" in text_in(cast.client(cast.jonas).get("/havtornen/beboere/"))
    clock.move_to(timezone.make_aware(datetime(2026, 11, 18, 0, 1)))
    assert cast.client(cast.jonas).get("/havtornen/beboere/").status_code == 404


def test_role_given_by_mistake_is_taken_back_at_once(offices: Offices) -> None:
    cast = offices.cast
    given = Membership.objects.create(user=cast.stranger, role=Role.STAFF, home=cast.home, from_day=TODAY)
    assert "Rune" in text_in(cast.client(cast.stranger).get("/havtornen/beboere/"))
    assert offices.post(cast.lis, f"/styring/roller/{given.pk}/", {"to_day": "2026-11-16"}).status_code == 302
    assert cast.client(cast.stranger).get("/havtornen/beboere/").status_code == 404


def test_leader_ends_no_leader_and_nobody_elsewhere(offices: Offices) -> None:
    cast = offices.cast
    other = Membership.objects.create(user=cast.jonas, role=Role.LEADER, home=cast.home, from_day=date(2026, 1, 1))
    assert cast.client(cast.lis).post(f"/styring/roller/{other.pk}/", {"to_day": "2026-12-01"}).status_code == 404
    assert cast.client(cast.lis).get(path(offices, cast.stranger)).status_code == 404
    assert cast.client(cast.mette).get(f"/styring/roller/{other.pk}/").status_code == 404


def test_leader_prolongs_a_substitute_three_months_at_most(offices: Offices) -> None:
    cast = offices.cast
    vikar = Membership.objects.get(user=cast.gone)
    Membership.objects.filter(pk=vikar.pk).update(from_day=date(2026, 11, 1), to_day=date(2026, 12, 1))
    here = f"/styring/roller/{vikar.pk}/"
    assert offices.post(cast.lis, here, {"to_day": "2027-03-01"}).status_code == 422
    assert offices.post(cast.lis, here, {"to_day": "2027-02-10"}).status_code == 302


def test_resident_who_moved_out_holds_nobody_back(offices: Offices) -> None:
    cast = offices.cast
    stay = resident_services.stay_begin(
        home=cast.home, name="Otto", flat="20", from_day=date(2026, 1, 1), by=cast.mette
    )
    resident_services.contact_set(stay=stay, side=Side.HOME, person=cast.jonas, deputy=None, by=cast.mette)
    assert offices.post(cast.lis, path(offices, cast.jonas), {"to_day": "2026-11-17"}).status_code == 422
    resident_services.stay_end(stay=stay, end=StayEnd.MOVED, on=TODAY, by=cast.mette)
    assert offices.post(cast.lis, path(offices, cast.jonas), {"to_day": "2026-11-17"}).status_code == 302


def test_second_team_takes_over_neither_the_first_teams_meeting_nor_a_resident_it_does_not_treat(
    offices: Offices,
) -> None:
    cast = offices.cast
    TeamHome.objects.create(team=cast.other_team, home=cast.home, weekdays=[2], from_day=date(2026, 1, 1))
    row = cast.agree(owner=cast.mette)
    meeting = cast.start()
    here = f"{path(offices, cast.mette)}overtag/"
    for key in (f"meeting-{meeting.pk}", f"intervention-{row.pk}"):
        assert cast.client(cast.lis).post(here, {key: cast.other_nurse.pk}).status_code == 422
    assert Meeting.objects.for_home(cast.home).get(pk=meeting.pk).chair == cast.mette
    assert Intervention.objects.for_home(cast.home).get(pk=row.pk).owner == cast.mette


def watcher(client: Client, user: User) -> hub.Viewer:
    return (user.pk, client.session.session_key or "", "havtornen", "home", 0, client.session[screens.KEY])


def test_leaving_a_job_ends_its_sessions_and_streams_and_nobody_elses(offices: Offices) -> None:
    cast = offices.cast
    jonas, phone, mette = cast.client(cast.jonas), cast.client(cast.jonas), cast.client(cast.mette)
    watching = {watcher(jonas, cast.jonas), watcher(phone, cast.jonas), watcher(mette, cast.mette)}
    assert hub.allowed(watching) == watching
    keys = [client.session.session_key for client in (jonas, phone)]
    assert offices.post(cast.lis, path(offices, cast.jonas), {"to_day": "2026-11-16"}).status_code == 302
    assert not Session.objects.filter(session_key__in=keys).exists()
    assert not OpenSession.objects.filter(user=cast.jonas).exists()
    assert hub.allowed(watching) == {watcher(mette, cast.mette)}
    assert hub.CHECK_EVERY + hub.TICK < 5
    for client in (jonas, phone):
        assert client.get("/havtornen/tavle/").status_code == 302
        assert client.get("/havtornen/tavle/aendringer/", headers={"X-Requested-With": "board"}).status_code == 401
    assert "Mette · Havtornen" in text_in(mette.get("/havtornen/tavle/"))


def test_a_session_stands_while_another_role_holds_at_the_same_place(offices: Offices, clock) -> None:
    cast = offices.cast
    Membership.objects.create(user=cast.mette, role=Role.LEADER, home=cast.home, from_day=date(2026, 1, 1))
    staff = Membership.objects.get(user=cast.mette, role=Role.STAFF)
    here = f"/styring/roller/{staff.pk}/"
    assert offices.post(offices.bo, here, {"to_day": "2026-11-17"}).status_code == 302
    clock.move_to(timezone.make_aware(datetime(2026, 11, 17, 23, 58)))
    late = cast.client(cast.mette)
    assert "Mette · Havtornen" in text_in(late.get("/havtornen/tavle/"))
    clock.move_to(timezone.make_aware(datetime(2026, 11, 18, 0, 1)))
    assert "Mette · Havtornen" in text_in(late.get("/havtornen/tavle/"))
    assert offices.post(offices.bo, here, {"to_day": "2026-11-17"}).status_code == 302
    assert "Mette · Havtornen" in text_in(late.get("/havtornen/tavle/"))


def test_one_who_works_two_places_is_signed_out_when_leaving_one(offices: Offices) -> None:
    cast = offices.cast
    Membership.objects.create(user=cast.jonas, role=Role.STAFF, home=cast.other_home, from_day=date(2026, 1, 1))
    client = cast.client(cast.jonas)
    here = path(offices, cast.jonas, home=cast.home)
    assert offices.post(cast.lis, here, {"to_day": "2026-11-16"}).status_code == 302
    assert client.get("/havtornen/tavle/").status_code == 302
    again = cast.client(cast.jonas)
    assert again.get("/havtornen/tavle/").status_code == 404
    assert "Jonas · Sandkrogen" in text_in(again.get(f"/{cast.other_home.slug}/tavle/"))


def test_a_role_that_ends_by_its_date_ends_the_sessions_from_before_midnight(offices: Offices, clock) -> None:
    cast = offices.cast
    assert offices.post(cast.lis, path(offices, cast.jonas), {"to_day": "2026-11-17"}).status_code == 302
    clock.move_to(timezone.make_aware(datetime(2026, 11, 17, 23, 58)))
    client, mette = cast.client(cast.jonas), cast.client(cast.mette)
    watching = {watcher(client, cast.jonas), watcher(mette, cast.mette)}
    key = client.session.session_key
    assert "Jonas · Havtornen" in text_in(client.get("/havtornen/tavle/"))
    clock.move_to(timezone.make_aware(datetime(2026, 11, 18, 0, 0)))
    assert hub.allowed(watching) == {watcher(mette, cast.mette)}
    assert client.get("/havtornen/tavle/").status_code == 302
    assert not Session.objects.filter(session_key=key).exists()
    assert "Mette · Havtornen" in text_in(mette.get("/havtornen/tavle/"))
    assert cast.client(cast.jonas).get("/havtornen/tavle/").status_code == 404, "signed in anew, the place is gone"
