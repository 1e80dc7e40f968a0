"""What changes nothing is noted too: refusals, searches, exports, sign-ins; and never moves a home's board."""

from typing import Any

import pytest
from allauth.account import signals
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.test import Client

from accounts.middleware import MESSAGE
from audit import trail
from audit.models import Entry, EntryDetail
from meetings import services as meeting_services
from organisation import acts
from organisation.models import Home, User
from tests.accounts.mail_code import prove
from tests.audit.tamper import unwritable
from tests.conftest import TODAY, Cast

pytestmark = pytest.mark.both

PASSWORD = "en lang og rolig adgangskode"
OUTSIDE = "ingen.bestemt@x.invalid"


def noted(action: str, **where: Any) -> list[Entry]:
    return list(Entry.objects.filter(action=action, **where).order_by("pk"))


def everything() -> str:
    """All that the open part of the log holds."""
    return str(list(Entry.objects.values_list("scope", "subject", "data")))


# --- refusals ---


@pytest.mark.parametrize(
    ("who", "path", "page", "status"),
    [
        ("stranger", "/havtornen/tavle/", "board", 404),
        ("gone", "/havtornen/beboere/", "residents", 404),
        ("amina", "/havtornen/beboere/ny/", "move-in", 403),
        ("mette", "/havtornen/kriterier/nyt/", "own-criterion", 403),
        ("mette", "/havtornen/beboer/99999/", "resident stay 99999", 404),
    ],
)
def test_refusal_at_a_home_is_noted_there(cast: Cast, who: str, path: str, page: str, status: int) -> None:
    user = getattr(cast, who)
    client, before = cast.client(user), trail.version_of(cast.home.scope)
    assert client.get(path).status_code == status
    (entry,) = noted("refused")
    assert (entry.scope, entry.actor, entry.subject) == (cast.home.log_scope, user.pk, f"page:{page}")
    assert entry.data == {"status": status}
    assert trail.version_of(cast.home.scope) == before, "no open board fetches anything"
    assert trail.broken_links(cast.home.log_scope) == []


def test_address_is_not_kept(cast: Cast) -> None:
    cast.client(cast.mette).get("/havtornen/beboer/98765/?navn=Hemmelig")
    assert noted("refused")[0].subject == "page:resident stay 98765"
    assert "Hemmelig" not in everything()
    assert "/beboer/" not in everything()


@pytest.mark.parametrize("path", ["/styring/", "/styring/personer/", "/styring/kriterier/"])
def test_refusal_in_styring_is_noted_with_the_person(cast: Cast, path: str) -> None:
    assert cast.client(cast.mette).get(path).status_code == 404
    (entry,) = noted("refused")
    assert (entry.scope, entry.actor) == (cast.mette.scope, cast.mette.pk)


def test_home_that_is_not_there_is_noted_with_the_person(cast: Cast) -> None:
    cast.client(cast.mette).get("/findes-ikke/tavle/")
    assert noted("refused")[0].scope == cast.mette.scope


def test_each_number_tried_is_noted_and_a_hundred_are_enough(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("organisation.acts.REFUSALS_AN_HOUR", 3)
    client = cast.client(cast.mette)
    for number in range(70001, 70008):
        client.get(f"/havtornen/beboer/{number}/")
    tried = [entry.subject for entry in noted("refused")]
    assert tried == [*(f"page:resident stay {number}" for number in (70001, 70002, 70003)), "page:resident"]


def test_number_that_does_not_fit_is_left_out_whole(cast: Cast) -> None:
    tried = {"pk": 12345, "link": 9876543210123}
    acts.refused(cast.mette.scope, cast.mette, "administration-team-home-change", 404, tried)
    assert noted("refused")[0].subject == "page:administration-team-home-change link 9876543210123"


def test_refusal_is_noted_once_an_hour_for_a_person_and_page(cast: Cast, clock) -> None:
    stranger, nurse = cast.client(cast.stranger), cast.client(cast.other_nurse)
    for _ in range(3):
        stranger.get("/havtornen/tavle/")
    assert len(noted("refused")) == 1
    nurse.get("/havtornen/tavle/")
    stranger.get("/havtornen/beboere/")
    assert len(noted("refused")) == 3
    clock.shift(3600)
    stranger.get("/havtornen/tavle/")
    assert len(noted("refused")) == 4


def test_who_is_let_in_or_not_signed_in_is_no_refusal(cast: Cast) -> None:
    cast.client(cast.mette).get("/havtornen/tavle/")
    cast.client(None).get("/havtornen/tavle/")
    cast.client(cast.lis).get("/styring/")
    assert noted("refused") == []


def test_refusal_that_cannot_be_noted_is_no_page_either(cast: Cast) -> None:
    client = cast.client(cast.stranger)
    with unwritable("audit_entry"):
        answer = client.get("/havtornen/tavle/")
    assert answer.status_code == 503
    assert MESSAGE in answer.content.decode()


# --- searches and exports ---


def test_search_is_noted_with_its_words_in_the_erasable_part(cast: Cast) -> None:
    before = trail.version_of(cast.home.scope)
    cast.client(cast.mette).get("/find/?q=Rune+Hemmelig")
    (entry,) = noted("searched")
    assert (entry.scope, entry.actor, entry.data) == (cast.mette.scope, cast.mette.pk, {"length": 13})
    assert entry.detail.data == {"words": "Rune Hemmelig"}
    assert "Hemmelig" not in everything()
    assert trail.version_of(cast.home.scope) == before
    EntryDetail.objects.filter(entry=entry).delete()
    assert trail.broken_links(cast.mette.scope) == []


def test_nothing_searched_for_is_no_search(cast: Cast) -> None:
    cast.client(cast.mette).get("/find/?q=++")
    cast.client(cast.mette).get("/find/")
    assert noted("searched") == []


def test_every_export_is_noted(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    meeting = cast.start()
    meeting_services.meeting_close(access=cast.access(cast.mette), meeting=meeting, why="Nåede det ikke", today=TODAY)
    before = trail.version_of(cast.home.scope)
    client, m = cast.client(cast.mette), f"/havtornen/moede/{meeting.number}"
    for path, what in (
        (f"{m}/referat.pdf", "referat-pdf-joint"),
        (f"{m}/referat.pdf?til=home", "referat-pdf-home"),
        (f"{m}/tekst/{cast.rune.pk}/", "referat-tekst"),
        (f"/havtornen/beboer/{cast.rune.pk}/min-uge/", "min-uge"),
    ):
        assert client.get(path).status_code == 200, path
        client.get(path)
        entries = noted("exported", data__what=what)
        assert len(entries) == 2, "each time, not once an hour"
        assert (entries[0].scope, entries[0].actor) == (cast.home.log_scope, cast.mette.pk)
        assert cast.rune.pk in entries[0].data["stays"]
    assert trail.version_of(cast.home.scope) == before
    with unwritable("audit_entry"):
        assert client.get(f"{m}/referat.pdf").status_code == 503


# --- signing in ---


@pytest.fixture
def member(cast: Cast) -> User:
    cache.clear()
    cast.mette.set_password(PASSWORD)
    cast.mette.save()
    return cast.mette


def sign_in(client: Client, mail: str, password: str = PASSWORD) -> Any:
    return client.post("/konto/login/", {"login": mail, "password": password})


def test_signing_in_and_out_is_noted(member: User) -> None:
    client = Client()
    assert sign_in(client, member.email).status_code == 302
    client.post("/konto/logout/")
    entries = Entry.objects.filter(scope=member.scope).order_by("seq")
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("sign_in.done", member.pk), ("sign_in.ended", member.pk),
    ]  # fmt: skip
    assert trail.broken_links(member.scope) == []


def test_wrong_password_is_noted_with_the_person_it_was_tried_for(member: User) -> None:
    sign_in(Client(), member.email.upper(), "forkert-adgangskode")
    (entry,) = noted("sign_in.failed")
    assert (entry.scope, entry.actor) == (member.scope, None)
    assert "forkert-adgangskode" not in everything() + str(list(EntryDetail.objects.values_list("data")))


def test_unknown_address_is_a_keyed_hash_and_nothing_more(member: User, settings) -> None:
    for mail in (OUTSIDE, OUTSIDE.upper(), "en.anden@x.invalid"):
        sign_in(Client(), mail, "forkert")
    first, again, other = noted("sign_in.failed", scope="sign-in")
    assert first.subject == again.subject != other.subject
    assert "ingen" not in everything()
    assert "invalid" not in everything() + str(list(EntryDetail.objects.values_list("data")))
    settings.SECRET_KEY = "another key"
    sign_in(Client(), OUTSIDE, "forkert")
    assert noted("sign_in.failed", scope="sign-in")[-1].subject != first.subject


@pytest.mark.parametrize("known", [True, False])
def test_lock_out_is_noted_once_an_hour(member: User, known: bool) -> None:
    mail = member.email if known else OUTSIDE
    for _ in range(9):
        sign_in(Client(), mail, "forkert")
    (entry,) = noted("sign_in.locked")
    assert entry.scope == (member.scope if known else "sign-in")


def test_too_many_tries_are_noted_where_the_library_stops_them_first(member: User, settings) -> None:
    settings.AXES_ENABLED = False
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "5/m/ip"}
    for _ in range(7):
        sign_in(Client(), OUTSIDE, "forkert")
    assert len(noted("sign_in.locked")) == 1


def test_new_password_and_second_factor_are_noted(member: User, django_capture_on_commit_callbacks) -> None:
    client = Client()
    sign_in(client, member.email)
    other = "en ny og lige så lang adgangskode"
    data = {"oldpassword": PASSWORD, "password1": other, "password2": other}
    assert client.post("/konto/password/change/", data).status_code == 302
    assert len(noted("password.changed", scope=member.scope, actor=member.pk)) == 1
    client.post("/konto/reauthenticate/", {"password": other})
    prove(client)
    secret = client.get("/konto/2fa/totp/activate/").context["form"].secret
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/konto/2fa/totp/activate/", {"code": code}).status_code == 302
    assert noted("second_factor.added", scope=member.scope)
    # A second sign-in stops at the code, and a wrong one is noted.
    later = Client()
    assert "2fa" in sign_in(later, member.email, other)["Location"]
    later.post("/konto/2fa/authenticate/", {"code": "000000"})
    assert len(noted("second_factor.failed", scope=member.scope)) == 1
    assert len(noted("sign_in.done", scope=member.scope)) == 1, "not in before the second step"
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/konto/2fa/totp/deactivate/").status_code == 302
    assert noted("second_factor.removed", scope=member.scope)


def test_password_chosen_by_a_link_is_noted(member: User) -> None:
    signals.password_reset.send(sender=User, request=None, user=member)
    assert len(noted("password.reset", scope=member.scope)) == 1


def test_sign_in_that_cannot_be_noted_lets_nobody_in(member: User) -> None:
    client = Client()
    with unwritable("audit_entry"):
        assert sign_in(client, member.email).status_code == 503
    assert client.get("/havtornen/tavle/").status_code == 302, "not signed in"
    assert sign_in(client, member.email).status_code == 302
    with unwritable("audit_entry"):
        client.post("/konto/logout/")
    assert client.get("/havtornen/tavle/").status_code == 302, "signing out never waits for the log"


def test_chains_of_the_log_are_not_a_home_s_own(cast: Cast) -> None:
    assert cast.home.log_scope != cast.home.scope
    assert Home.objects.get(pk=cast.home.pk).log_scope == f"log:home:{cast.home.pk}"
