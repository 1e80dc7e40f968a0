"""A second factor that is demanded stands before every page of the app, fragments and streams too."""

import re
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import rules, screens, second_factor
from accounts.adapter import opened
from accounts.models import Remembered
from audit.models import Entry
from boards.live import hub
from botilbud import settings as real
from core import env
from organisation.models import Membership, Role, User
from tests.accounts.mail_code import prove, sent
from tests.conftest import TODAY, Cast, text_in
from tests.page import read
from tests.test_access_matrix import HOME_GET, PERSON_GET, STREAMS

pytestmark = pytest.mark.both

PASSWORD = "en lang og rolig adgangskode"


@pytest.fixture(autouse=True)
def _committed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library tells of a new factor when the change is committed, within the request; a test never commits."""
    monkeypatch.setattr(transaction, "on_commit", lambda work, **_: work())


def sign_in(user: User) -> Client:
    cache.clear()
    user.set_password(PASSWORD)
    user.save()
    client = Client()
    assert client.post("/konto/login/", {"login": user.email, "password": PASSWORD}).status_code == 302
    return client


def set_up_codes(client: Client, *, proved: bool = False) -> str:
    """Turns codes on as a person does, and returns the secret."""
    if not proved:
        prove(client)
    again = reverse("account_reauthenticate") + "?next=" + reverse("mfa_activate_totp")
    page = client.post(again, {"password": PASSWORD}, follow=True)
    secret = str(page.context["form"].secret)
    answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)}, follow=True)
    assert "Engangskoder" in text_in(answer)
    return secret


def code_of(secret: str) -> str:
    return str(totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time())))))


@pytest.mark.parametrize(
    ("demand", "roles", "asked"),
    [
        ("nobody", [Role.LEADER, Role.SYSTEM], False),
        ("leaders", [Role.STAFF], False),
        ("leaders", [Role.STAFF, Role.LEADER], True),
        *(("leaders", [role], True) for role in (Role.LEADER, Role.CRITERIA, Role.APPROVER, Role.SUPPORT, Role.SYSTEM)),
        ("everybody", [Role.STAFF], True),
        ("everybody", [], False),
        ("leaders", [], False),
    ],
)
def test_who_is_asked_for_a_second_factor(demand: str, roles: list[str], asked: bool) -> None:
    assert rules.demands_second_factor(demand, roles) == asked


def test_setting_with_an_unknown_word_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOTILBUD_SECOND_FACTOR", "alle")
    with pytest.raises(ImproperlyConfigured, match="skal være nobody, leaders eller everybody"):
        env.choice("BOTILBUD_SECOND_FACTOR", ("nobody", "leaders", "everybody"), "nobody")


def test_a_code_is_used_once_whichever_process_answers(cast: Cast, settings: Any) -> None:
    settings.CACHES = real.CACHES
    secret = set_up_codes(sign_in(cast.mette))
    Remembered.objects.all().delete()  # tries so far; the code that turned them on
    ask, code = reverse("mfa_authenticate"), code_of(secret)
    for answers, reached in ((302, True), (200, False)):
        client = Client()
        assert client.post("/konto/login/", {"login": cast.mette.email, "password": PASSWORD}).status_code == 302
        assert client.post(ask, {"code": code}).status_code == answers
        assert ("Mette · Havtornen" in read(client.get("/havtornen/tavle/").content.decode())) is reached
        assert Remembered.objects.filter(cache_key__contains="totp").exists(), "no process keeps it to itself"


def test_no_page_fragment_or_stream_opens_until_a_second_factor_stands(cast: Cast, settings: Any) -> None:
    settings.SECOND_FACTOR = "everybody"
    client = sign_in(cast.mette)
    pages = [reverse(name, args=[cast.home.slug]) for name in HOME_GET if name != "compare-meetings"]
    pages += [reverse(name) for name in PERSON_GET] + ["/", reverse("administration")]
    for url in pages:
        assert client.get(url).headers.get("Location") == reverse("mfa_index"), url
    for url in [*pages, *(reverse(name, args=[cast.home.slug]) for name in STREAMS if name != "meeting-stream")]:
        answer = client.get(url, headers={"HX-Request": "true"})
        assert answer.status_code == 401, url
        assert "Rune" not in answer.content.decode()
    page = client.get("/", follow=True).content.decode()
    assert "Din rolle kræver et ekstra trin" in page
    assert cast.home.slug not in page, "the menu leads nowhere yet"
    set_up_codes(client)
    assert "Mette · Havtornen" in text_in(client.get(reverse("board", args=[cast.home.slug])))


def test_leaders_are_held_and_staff_are_not_where_leaders_are_asked(cast: Cast, settings: Any) -> None:
    settings.SECOND_FACTOR = "leaders"
    board = reverse("board", args=[cast.home.slug])
    assert "Mette · Havtornen" in text_in(sign_in(cast.mette).get(board))
    assert sign_in(cast.lis).get(board).headers["Location"] == reverse("mfa_index")
    assert sign_in(cast.karla).get("/").headers["Location"] == reverse("mfa_index")


def test_role_that_is_over_asks_for_nothing_and_one_to_come_does(cast: Cast, settings: Any) -> None:
    settings.SECOND_FACTOR = "leaders"
    later = Membership.objects.create(user=cast.mette, role=Role.LEADER, home=cast.home, from_day=TODAY.replace(day=18))
    assert second_factor.held(sign_in(cast.mette).session)
    later.from_day, later.to_day = TODAY.replace(day=1), TODAY.replace(day=16)
    later.save()
    assert not second_factor.held(sign_in(cast.mette).session)


def test_who_removes_the_last_factor_is_held_again_and_loses_the_open_stream(cast: Cast, settings: Any) -> None:
    settings.SECOND_FACTOR = "everybody"
    client = sign_in(cast.mette)
    set_up_codes(client)
    viewer = (cast.mette.pk, client.session.session_key or "", cast.home.slug, "home", 0, client.session[screens.KEY])
    assert hub.allowed({viewer}) == {viewer}
    client.post(reverse("mfa_deactivate_totp"))
    assert client.get(reverse("board", args=[cast.home.slug])).status_code == 302
    assert hub.allowed({viewer}) == set()


def test_password_and_code_together_are_let_in_at_once(cast: Cast, settings: Any) -> None:
    settings.SECOND_FACTOR = "everybody"
    secret = set_up_codes(sign_in(cast.mette))
    cache.clear()
    client = Client()
    answer = client.post("/konto/login/", {"login": cast.mette.email, "password": PASSWORD})
    assert answer["Location"] == reverse("mfa_authenticate")
    assert client.get(reverse("board", args=[cast.home.slug])).status_code == 302
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert "Mette · Havtornen" in text_in(client.get(reverse("board", args=[cast.home.slug])))


def test_demand_costs_a_request_no_query(cast: Cast, settings: Any) -> None:
    def queries() -> int:
        client = sign_in(cast.mette)
        client.get(reverse("residents", args=[cast.home.slug]))
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert "Rune" in text_in(client.get(reverse("residents", args=[cast.home.slug])))
        return len(asked)

    free = queries()
    settings.SECOND_FACTOR = "leaders"
    assert queries() == free


def test_page_where_a_factor_is_set_up_asks_nothing_of_the_screen(cast: Cast, settings: Any) -> None:
    """Every question of somebody who lacks a factor is refused: a page that asked would be drawn anew for ever."""
    settings.SECOND_FACTOR = "everybody"
    client = sign_in(cast.mette)
    assert second_factor.held(client.session)
    page = client.get(reverse("mfa_index")).content.decode()
    assert ("data-touch-url" in page, "lock.js" in page) == (False, False)


def test_secret_of_a_code_app_is_sealed_in_the_database_and_its_code_fits(cast: Cast, settings: Any) -> None:
    settings.FACTOR_KEYS = ["den gamle"]
    secret = totp.generate_totp_secret()
    row = totp.TOTP.activate(cast.mette, secret).instance
    kept = Authenticator.objects.get(pk=row.pk).data["secret"]
    assert secret not in str(kept)
    assert code_fits(row, secret)
    settings.FACTOR_KEYS = ["den nye", "den gamle"]
    assert code_fits(row, secret), "an older key still opens what it sealed"
    out = StringIO()
    call_command("factors_reseal", stdout=out)
    assert out.getvalue() == "1 forseglet med den nyeste nøgle, 0 kunne ikke læses.\n"
    settings.FACTOR_KEYS = ["den nye"]
    assert code_fits(row, secret)


def test_code_fits_no_secret_that_no_key_opens(cast: Cast, settings: Any) -> None:
    settings.FACTOR_KEYS = ["den gamle"]
    secret = totp.generate_totp_secret()
    row = totp.TOTP.activate(cast.mette, secret).instance
    settings.FACTOR_KEYS = ["en anden"]
    assert not code_fits(row, secret)
    assert not code_fits(row, ""), "nor the code of no secret at all"
    out = StringIO()
    call_command("factors_reseal", stdout=out)
    assert out.getvalue() == "0 forseglet med den nyeste nøgle, 1 kunne ikke læses.\n"


def test_codes_to_write_down_are_sealed(cast: Cast) -> None:
    codes = RecoveryCodes.activate(cast.mette)
    seed = Authenticator.objects.get(pk=codes.instance.pk).data["seed"]
    assert opened(seed)
    assert opened(seed) not in str(codes.instance.data)
    assert RecoveryCodes(Authenticator.objects.get(pk=codes.instance.pk)).validate_code(codes.get_unused_codes()[0])


def code_fits(row: Authenticator, secret: str) -> bool:
    """Whether the code app's code of the moment is taken for the factor."""
    cache.clear()
    row.refresh_from_db()
    code = totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))
    return bool(totp.TOTP(row).validate_code(code))


def test_wrong_codes_are_counted_by_the_person_wherever_they_come_from(cast: Cast, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(cast.mette, secret)
    cast.mette.set_password(PASSWORD)
    cast.mette.save()
    cache.clear()
    refused = []
    for number in range(8):
        client = Client(headers={"X-Forwarded-For": f"203.0.113.{number}"})
        client.post("/konto/login/", {"login": cast.mette.email, "password": PASSWORD})
        page = client.post("/konto/2fa/authenticate/", {"code": "000000"}).content.decode()
        refused.append("Det var mange forsøg" in page)
    assert refused == [False] * 5 + [True] * 3
    code = totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))
    assert "Det var mange forsøg" in client.post("/konto/2fa/authenticate/", {"code": code}).content.decode()


# --- the first one ---


@pytest.mark.parametrize("page", ["mfa_activate_totp", "mfa_add_webauthn"])
def test_password_alone_takes_no_first_factor_in_use(cast: Cast, page: str) -> None:
    client = sign_in(cast.mette)
    asked = f"{reverse('first-factor')}?videre={page}"
    for answer in (client.get(reverse(page)), client.post(reverse(page), {"code": "000000"})):
        assert (answer.status_code, answer.headers["Location"]) == (302, asked)
    assert not Authenticator.objects.exists()
    assert "sender vi en kode til mette@x.invalid" in text_in(client.get(asked))
    assert mail.outbox == [], "nothing is sent by looking"
    assert "Koden fra mailen" in text_in(client.post(asked, {"send": "1"}))
    (letter,) = mail.outbox
    assert letter.to == [cast.mette.email]
    assert cast.mette.name not in f"{letter.subject}{letter.body}"
    assert reverse("account_reset_password") in letter.body
    # As somebody types it who reads it from a phone.
    answer = client.post(asked, {"code": sent().lower().replace(" ", "-")})
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse(page))
    again = client.get(reverse(page), follow=True).request["PATH_INFO"]
    assert again in (reverse(page), reverse("account_reauthenticate"))
    assert [e.action for e in Entry.objects.filter(action__startswith="first_factor").order_by("pk")] == [
        "first_factor.sent", "first_factor.proved",
    ]  # fmt: skip


def test_code_from_the_mail_holds_for_this_session_a_quarter_of_an_hour_and_five_tries(cast: Cast, clock) -> None:
    client, other, ask = sign_in(cast.mette), Client(), reverse("first-factor")
    other.post("/konto/login/", {"login": cast.mette.email, "password": PASSWORD})
    client.post(ask, {"send": "1"})
    code = sent()
    answer = other.post(ask, {"code": code})
    assert (answer.status_code, "Koden gælder ikke mere" in read(answer.content.decode())) == (422, True)
    for _ in range(5):
        answer = client.post(ask, {"code": "2222 2222"})
        assert (answer.status_code, "Koden passer ikke" in read(answer.content.decode())) == (422, True)
    answer = client.post(ask, {"code": code})
    assert (answer.status_code, "Koden gælder ikke mere" in read(answer.content.decode())) == (422, True)
    cache.clear()
    client.post(ask, {"send": "1"})
    clock.shift(14 * 60)
    client.get("/noegle/")
    clock.shift(90)
    answer = client.post(ask, {"code": sent()})
    assert (answer.status_code, "Koden gælder ikke mere" in read(answer.content.decode())) == (422, True)


def test_second_mail_within_a_minute_is_not_sent_and_another_session_shuts_nobody_out(
    cast: Cast, clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, ask = sign_in(cast.mette), reverse("first-factor")
    other = Client()
    other.post("/konto/login/", {"login": cast.mette.email, "password": PASSWORD})
    mail.outbox.clear()  # a new browser is told of
    other.post(ask, {"send": "1"})
    client.post(ask, {"send": "1"})
    answer = client.post(ask, {"send": "1"})
    assert (answer.status_code, "Vent et minut" in read(answer.content.decode())) == (422, True)
    assert len(mail.outbox) == 2
    assert client.post(ask, {"code": sent()}).status_code == 302
    # Not without end either.
    monkeypatch.setattr("accounts.first_factor.MOST", 3)
    for answers in (200, 422):
        clock.shift(10 * 60)
        assert other.post(ask, {"send": "1"}).status_code == answers
    assert len(mail.outbox) == 3


def test_what_the_code_showed_holds_a_quarter_of_an_hour_and_for_one_factor(cast: Cast, clock) -> None:
    client, page = sign_in(cast.mette), reverse("mfa_activate_totp")
    prove(client)
    for _ in range(2):
        clock.shift(7 * 60)
        assert client.get(page).headers.get("Location", "").startswith(reverse("first-factor")) is False
    clock.shift(2 * 60)
    assert client.get(page).headers["Location"].startswith(reverse("first-factor"))
    client.post(reverse("first-factor"), {"send": "1"})
    client.post(reverse("first-factor"), {"code": sent()})
    set_up_codes(client, proved=True)
    Authenticator.objects.all().delete()
    assert client.get(page).headers["Location"].startswith(reverse("first-factor"))


def test_who_just_chose_a_password_by_a_link_is_asked_for_no_code(cast: Cast) -> None:
    client = Client()
    client.post(reverse("account_reset_password"), {"email": cast.mette.email})
    link = re.search(r"http://testserver(/\S+)", str(mail.outbox[-1].body))
    assert link
    form = client.get(link[1], follow=True).request["PATH_INFO"]
    client.post(form, {"password1": PASSWORD, "password2": PASSWORD})
    client.post("/konto/login/", {"login": cast.mette.email, "password": PASSWORD})
    set_up_codes(client, proved=True)
    # The same browser, another person.
    client.post("/konto/logout/")
    cast.jonas.set_password(PASSWORD)
    cast.jonas.save()
    client.post("/konto/login/", {"login": cast.jonas.email, "password": PASSWORD})
    assert client.get(reverse("mfa_activate_totp")).headers["Location"].startswith(reverse("first-factor"))


def test_mail_server_that_is_away_is_told_and_asked_again_at_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client, ask = sign_in(cast.mette), reverse("first-factor")
    client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr("accounts.first_factor.send_mail", _away)
        assert client.post(ask, {"send": "1"}).status_code == 503
    assert "Koden fra mailen" in text_in(client.post(ask, {"send": "1"}))


def _away(*_: Any) -> None:
    raise ConnectionRefusedError


def test_who_has_a_factor_already_is_asked_for_that_and_no_mail(cast: Cast) -> None:
    client = sign_in(cast.mette)
    set_up_codes(client)
    assert client.get(reverse("first-factor")).headers["Location"] == reverse("mfa_index")
    page = client.get(reverse("mfa_add_webauthn"), follow=True)
    assert page.request["PATH_INFO"] in (reverse("mfa_add_webauthn"), reverse("mfa_reauthenticate"))


def test_stranger_is_asked_to_sign_in_and_goes_nowhere_else(cast: Cast) -> None:
    assert Client().get(reverse("first-factor")).headers["Location"].startswith("/konto/login/")
    client = sign_in(cast.mette)
    prove(client)
    answer = client.get(reverse("first-factor") + "?videre=https://ond.example")
    assert answer.headers["Location"] == reverse("mfa_index")
