from datetime import date, datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from boards import rules, services
from boards.models import AkutRead, Episode, EpisodeCriterion, Intervention, LevelChange, Told
from core.errors import Conflict, Denied
from criteria.models import Criterion, CriterionVersion, Level
from organisation.models import Absence, Membership
from tests.conftest import TODAY, Cast, text_in


def close(cast: Cast, seen: int = 1, reason: str = "Tegnene er væk."):
    off = services.OffBoard(reason=reason, told=Told.YES, crisis_plan_seen=True, follow_on=cast.jonas)
    access = cast.access(cast.mette)
    return services.level_close(access=access, stay_id=cast.rune.pk, off=off, seen=seen, key="", today=TODAY)


def test_going_on_the_board_sets_level_reason_review_and_first_intervention(cast: Cast) -> None:
    plan = services.Plan(what="Kigger ind kl. 8", track="social", owner=cast.jonas)
    episode = cast.put_on_board(cast.rune, Level.AKUT, "akut-krise", first=plan)
    assert (episode.level, episode.review_by) == (Level.AKUT, TODAY + timedelta(days=2))
    assert Intervention.objects.for_home(cast.home).get().what == "Kigger ind kl. 8"
    assert AkutRead.objects.for_home(cast.home).get().user == cast.mette


def test_second_open_episode_is_refused_as_a_change_since(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    with pytest.raises(Conflict):
        cast.put_on_board(cast.rune)
    assert Episode.objects.for_home(cast.home).count() == 1


def test_dialog_answers_a_second_opening_with_what_happened_and_keeps_what_was_typed(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    data = {
        "level": "akut", "criteria": [cast.criterion().pk], "reason": "Mine ord", "told": "no", "seen": "0",
        "key": "k",
    }  # fmt: skip
    answer = cast.client(cast.jonas).post(reverse("level-change", args=[cast.home.slug, cast.rune.pk]), data)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "beboeren står nu som subakut" in page
    assert "Mine ord" in page


@pytest.mark.parametrize(("change", "field", "words"), [
    ({"level": ""}, "level", "Vælg akut eller subakut."),
    ({"level": "meget"}, "level", "Vælg en af de nævnte."),
    ({"criteria": []}, "criteria", "Vælg mindst ét kriterium."),
    ({"criteria": ["99999"]}, "criteria", "bruges ikke mere"),
    ({"criteria": ["æ"]}, "criteria", "bruges ikke mere"),
    ({"reason": "  "}, "reason", "Skriv noget her."),
    ({"told": ""}, "told", "Vælg ja, nej eller ikke nu."),
    ({"review_by": "2026-11-16"}, "review_by", "Dagen er gået."),
    ({"review_by": "2027-11-16"}, "review_by", "Kriteriet siger senest"),
    ({"review_by": "i morgen"}, "review_by", "Skriv dagen som"),
    ({"what": "Ringe", "due_on": "2026-11-01"}, "due_on", "Dagen er gået."),
    ({"owner": "99999"}, "owner", "Personen arbejder ikke her."),
])  # fmt: skip
def test_wrong_value_gets_a_sentence_at_its_field_and_changes_nothing(cast: Cast, change, field, words) -> None:
    data = {
        "level": "akut", "criteria": [cast.criterion().pk], "reason": "Sover ikke", "told": "later", "review_by": "",
        "what": "", "owner": "", "due_on": "", "seen": "0", "key": "k", **change,
    }  # fmt: skip
    answer = cast.client(cast.mette).post(reverse("level-change", args=[cast.home.slug, cast.rune.pk]), data)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    if field != "reason":
        assert "Sover ikke" in answer.content.decode()
    assert not Episode.objects.for_home(cast.home).exists()
    assert not Intervention.objects.for_home(cast.home).exists()


def test_other_reason_needs_words(cast: Cast) -> None:
    with pytest.raises(Denied):
        cast.put_on_board(cast.rune, key="andet")
    cast.put_on_board(cast.rune, key="andet", other="Vaskemaskinen")
    assert "Vaskemaskinen" in cast.client(cast.amina).get("/havtornen/tavle/").content.decode()


def test_retired_criterion_stays_on_the_episode_and_cannot_be_chosen_anew(cast: Cast) -> None:
    episode = cast.put_on_board(cast.rune, key="rusmidler")
    version = cast.criterion("rusmidler")
    CriterionVersion.objects.filter(pk=version.pk).update(awake=False)
    assert "Øget brug af rusmidler" in cast.client(cast.mette).get("/havtornen/tavle/").content.decode()
    with pytest.raises(Denied):
        cast.put_on_board(cast.tove, criteria=[version.pk])
    services.level_change(
        access=cast.access(cast.mette),
        stay_id=cast.rune.pk,
        new=services.NewLevel(level=Level.AKUT, criteria=[version.pk], reason="Værre", told=Told.NO, review_by=TODAY),
        seen=episode.version,
        key="",
        today=TODAY,
    )


def test_sleeping_criterion_is_not_offered(cast: Cast) -> None:
    asleep = Criterion.objects.get(key="fysisk-helbred")
    with pytest.raises(Denied):
        cast.put_on_board(cast.rune, criteria=[asleep.versions.get().pk])


def test_stepping_down_is_as_easy_and_keeps_the_history(cast: Cast) -> None:
    episode = cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    cast.put_on_board(cast.rune, Level.SUBAKUT, "tidlige-tegn", seen=episode.version, reason="Sover igen.")
    changes = LevelChange.objects.for_home(cast.home).order_by("pk").values_list("before", "after")
    assert list(changes) == [("none", "akut"), ("akut", "subakut")]
    links = EpisodeCriterion.objects.for_home(cast.home).order_by("pk")
    assert [link.to_day for link in links] == [TODAY, None]


def test_coming_off_brings_one_follow_up_after_fourteen_days(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    episode = close(cast)
    assert episode.follow_up_on == TODAY + timedelta(days=14)
    page = cast.client(cast.mette).get("/havtornen/tavle/").content.decode()
    group = 'aria-label="Opfølgning efter 14 dage">'
    assert f'{group}<tr id="r{cast.rune.pk}"' in page
    services.level_followed_up(access=cast.access(cast.mette), stay_id=cast.rune.pk, today=TODAY)
    assert f'id="r{cast.rune.pk}"' not in cast.client(cast.mette).get("/havtornen/tavle/").content.decode()
    with pytest.raises(Denied):
        services.level_followed_up(access=cast.access(cast.mette), stay_id=cast.rune.pk, today=TODAY)


def test_closing_twice_or_without_a_reason_is_refused(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    with pytest.raises(Denied):
        close(cast, reason=" ")
    close(cast)
    with pytest.raises(Conflict):
        close(cast, seen=2)


def test_unchanged_starts_the_next_term(cast: Cast) -> None:
    episode = cast.put_on_board(cast.rune, key="netop-udskrevet")
    assert episode.review_by == TODAY + timedelta(days=3)
    reviewed = services.level_review(
        access=cast.access(cast.amina), stay_id=cast.rune.pk, seen=1, today=TODAY + timedelta(days=3)
    )
    assert reviewed.review_by > TODAY + timedelta(days=14)


def test_everyone_sees_who_has_seen_an_akut(cast: Cast) -> None:
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    client = cast.client(cast.amina)
    for _ in range(2):
        assert client.post(reverse("akut-read", args=[cast.home.slug, cast.rune.pk])).status_code == 204
    assert AkutRead.objects.for_home(cast.home).count() == 2
    assert "Set af Mette, Amina" in cast.client(cast.jonas).get("/havtornen/tavle/").content.decode()


def test_seeing_somebody_who_is_no_longer_akut_says_so(cast: Cast) -> None:
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    cast.put_on_board(cast.rune, seen=1)
    answer = cast.client(cast.amina).post(reverse("akut-read", args=[cast.home.slug, cast.rune.pk]))
    assert (answer.status_code, "Niveauet er ændret siden." in answer.content.decode()) == (422, True)


def test_admitted_resident_stays_on_the_board_without_a_level(cast: Cast) -> None:
    cast.rune.situation = "admitted"
    cast.rune.save()
    page = cast.client(cast.mette).get("/havtornen/tavle/").content.decode()
    assert f'<tbody id="g-indlagt" data-group="indlagt" aria-label="Indlagt"><tr id="r{cast.rune.pk}"' in page


@pytest.mark.parametrize(("now", "expected"), [
    (datetime(2026, 11, 17, 9, 0), "nu"),
    (datetime(2026, 11, 17, 7, 0), "i dag kl. 8"),
    (datetime(2026, 11, 17, 16, 0), "onsdag kl. 8"),
    (datetime(2026, 11, 20, 17, 0), "mandag kl. 8"),
    (datetime(2026, 11, 21, 9, 0), "mandag kl. 8"),
    (datetime(2026, 12, 24, 17, 0), "mandag kl. 8"),  # over Christmas
])  # fmt: skip
def test_dialog_says_honestly_when_the_team_sees_it(now, expected) -> None:
    assert rules.team_sees(time(8), time(16), timezone.make_aware(now))[1] == expected


@pytest.mark.parametrize(("back", "expected"), [
    (date(2026, 11, 17), "nu"),
    (date(2026, 11, 18), "onsdag kl. 8"),
    (date(2026, 11, 24), "tirsdag 24. november kl. 8"),
    (date(2027, 1, 4), "først, når nogen er tilbage"),
])  # fmt: skip
def test_team_sees_nothing_on_a_day_nobody_of_it_is_there(back: date, expected: str) -> None:
    now = timezone.make_aware(datetime(2026, 11, 17, 9, 0))
    assert rules.team_sees(time(8), time(16), now, lambda day: day >= back)[1] == expected


def test_level_dialog_says_when_the_team_is_back_from_its_course(cast: Cast, clock) -> None:
    clock.move_to(timezone.make_aware(datetime(2026, 11, 17, 9, 0)))
    address = reverse("level-change", args=[cast.home.slug, cast.rune.pk])
    team = [member.user for member in Membership.objects.filter(team=cast.team).select_related("user")]
    for user in team[1:]:
        Absence.objects.create(user=user, deputy=team[0], from_day=TODAY, to_day=TODAY + timedelta(days=1))
    assert "Team Nord ser det på tavlen nu." in text_in(cast.client(cast.mette).get(address)), "one is there"
    Absence.objects.create(user=team[0], deputy=cast.mette, from_day=TODAY, to_day=TODAY + timedelta(days=1))
    assert "Team Nord ser det torsdag kl. 8." in text_in(cast.client(cast.mette).get(address))
    duty = text_in(cast.client(cast.mette).get(reverse("duty", args=[cast.home.slug])))
    assert "Team Nord har lukket nu" in duty


def test_change_of_grounds_keeps_the_read_receipt_of_the_raise(cast: Cast) -> None:
    episode = cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    cast.put_on_board(cast.rune, Level.AKUT, "vold-eller-trusler", seen=episode.version, reason="Også trusler.")
    services.akut_read(access=cast.access(cast.amina), stay_id=cast.rune.pk, today=TODAY)
    assert AkutRead.objects.for_home(cast.home).filter(user=cast.amina).count() == 1
    assert "Set af Mette, Amina" in cast.client(cast.mette).get("/havtornen/tavle/").content.decode()


def test_second_tap_of_unchanged_is_no_change_of_somebody_elses(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    address = reverse("level-review", args=[cast.home.slug, cast.rune.pk])
    client = cast.client(cast.mette)
    assert [client.post(address, {"seen": 1}).status_code for _ in range(2)] == [204, 204]
    assert Episode.objects.for_home(cast.home).get().version == 2, "once"


def test_two_who_press_unchanged_at_once_are_both_right(cast: Cast) -> None:
    episode = cast.put_on_board(cast.rune)
    address = reverse("level-review", args=[cast.home.slug, cast.rune.pk])
    seen = {"seen": episode.version}
    assert cast.client(cast.mette).post(address, seen).status_code == 204
    assert cast.client(cast.jonas).post(address, seen).status_code == 204
    again = Episode.objects.for_home(cast.home).get(pk=episode.pk)
    assert again.version == episode.version + 1
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise", seen=again.version)
    assert cast.client(cast.jonas).post(address, {"seen": again.version}).status_code == 409, "another level since"
