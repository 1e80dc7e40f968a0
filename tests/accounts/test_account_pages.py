"""Every page of the sign-in library a person can reach: our frame, Danish, and nothing the policy would block."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from accounts import account_urls
from organisation.models import User
from tests.accounts.mail_code import prove
from tests.conftest import Cast, text_in

PASSWORD = "en lang og rolig adgangskode"
# A stored passkey as the library keeps it: what a browser answered once, with a key made for this test.
KEY = {
    "name": "Min telefon",
    "credential": {
        "type": "public-key", "id": "AAAA", "rawId": "AAAA", "clientExtensionResults": {},
        "response": {"clientDataJSON": "e30", "attestationObject": ""},
    },
}  # fmt: skip


@pytest.fixture
def mette(cast: Cast) -> User:
    cache.clear()
    cast.mette.set_password(PASSWORD)
    cast.mette.save()
    return cast.mette


def signed_in(user: User) -> Client:
    client = Client()
    client.post("/konto/login/", {"login": user.email, "password": PASSWORD})
    return client


def confirm(client: Client, target: str) -> Any:
    """The page, once the person has shown that it is them."""
    page = client.get(target, follow=True)
    if page.request["PATH_INFO"] == reverse("first-factor") != target:
        prove(client)
        page = client.get(target, follow=True)
    if page.request["PATH_INFO"] == reverse("account_reauthenticate"):
        page = client.post(reverse("account_reauthenticate") + f"?next={target}", {"password": PASSWORD}, follow=True)
    return page


def sound(page: Any) -> str:
    """The page's text, once it is seen to be ours, Danish, and free of what the policy blocks."""
    assert page.status_code == 200
    text = page.content.decode()
    assert 'lang="da"' in text
    assert "Gå til indhold" in text
    assert text.count("<h1") == 1
    for script in re.findall(r"<script[^>]*>", text):
        assert "src=" in script or 'type="application/json"' in script, script
    assert not re.search(r"<style|\sstyle=|\son\w+=|src=\"data:|javascript:", text)
    main = re.sub(
        r"<script.*?</script>|<svg.*?</svg>|<[^>]+>", " ", text.split("<main")[1].split("</main")[0], flags=re.S
    )
    english = (
        r"\b(sign|your|you|password|email|please|code|authenticat\w*|recovery|key|submit|cancel|the|change|log out)\b"
    )
    assert not re.search(english, main, re.I), re.search(english, main, re.I)
    for control in re.findall(r"<(?:input|select|textarea)(?![^>]*type=\"hidden\")[^>]*>", text.split("<main")[1]):
        named = re.search(r' id="(\w+)"', control)
        assert named, control
        assert f'for="{named[1]}"' in text, control
    return main


def names() -> set[str]:
    found: set[str] = set()

    def walk(patterns: list[Any]) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns)
            elif isinstance(pattern, URLPattern) and pattern.name:
                found.add(pattern.name)

    walk(account_urls.urlpatterns)
    return found


CLOSED = {
    "account_signup", "account_email", "account_email_verification_sent", "account_confirm_email",
    "account_set_password", "account_confirm_login_code",
}  # fmt: skip
OUT = ["account_login", "account_inactive", "account_reset_password", "account_reset_password_done",
       "account_reset_password_from_key_done"]  # fmt: skip
IN = ["account_logout", "account_change_password", "account_reauthenticate", "mfa_index", "mfa_activate_totp",
      "mfa_list_webauthn", "mfa_add_webauthn", "first-factor"]  # fmt: skip
WITH_CODES = ["mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_reauthenticate",
              "mfa_index"]  # fmt: skip
ELSEWHERE = {
    # Each in a test of its own below, or in tests/browser/test_passkey.py.
    "account_reset_password_from_key", "mfa_authenticate", "mfa_download_recovery_codes", "mfa_login_webauthn",
    "mfa_reauthenticate_webauthn", "mfa_edit_webauthn", "mfa_remove_webauthn",
    # tests/administration/test_addresses.py
    "new-address",
    # tests/accounts/test_own_provider.py
    "provider-choose", "provider-go-on", "provider-metadata", "provider-start", "provider-answer",
}  # fmt: skip


def test_every_page_of_the_library_is_looked_at() -> None:
    assert names() == CLOSED | {*OUT, *IN, *WITH_CODES} | ELSEWHERE


@pytest.mark.parametrize("name", sorted(CLOSED))
def test_page_that_makes_no_sense_here_is_closed(mette: User, name: str) -> None:
    url = reverse(name, args=["a:b"] if name == "account_confirm_email" else [])
    for client in (Client(), signed_in(mette)):
        assert client.get(url).status_code == 404
        assert client.post(url, {"email": "ny@x.invalid", "password1": PASSWORD}).status_code == 404


@pytest.mark.parametrize("name", OUT)
def test_page_for_somebody_signed_out_is_ours(mette: User, name: str) -> None:
    sound(Client().get(reverse(name)))


@pytest.mark.parametrize("name", IN)
def test_page_for_somebody_signed_in_is_ours(mette: User, name: str) -> None:
    sound(confirm(signed_in(mette), reverse(name)))


@pytest.mark.parametrize("name", [*IN, *WITH_CODES])
def test_page_about_signing_in_is_not_for_strangers(mette: User, name: str) -> None:
    assert Client().get(reverse(name)).status_code in (302, 404)


@pytest.mark.parametrize("name", WITH_CODES)
def test_page_for_somebody_with_codes_is_ours(mette: User, name: str) -> None:
    client = signed_in(mette)
    confirm(client, reverse("account_reauthenticate"))
    totp.TOTP.activate(mette, totp.generate_totp_secret())
    RecoveryCodes.activate(mette)
    sound(confirm(client, reverse(name)))


def test_code_is_asked_for_after_the_password_and_a_wrong_one_is_told_in_danish(mette: User) -> None:
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(mette, secret)
    client = signed_in(mette)
    url = reverse("mfa_authenticate")
    sound(client.get(url))
    assert client.get("/havtornen/tavle/").status_code == 302
    assert "Prøv igen" in sound(client.post(url, {"code": "abc"}))
    code = totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))
    assert client.post(url, {"code": code}).status_code == 302
    assert "Mette · Havtornen" in text_in(client.get("/havtornen/tavle/"))


def test_turning_on_codes_gives_one_time_codes_that_can_be_fetched(mette: User) -> None:
    client = signed_in(mette)
    page = confirm(client, reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert secret in page.content.decode()
    code = totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))
    answer = client.post(reverse("mfa_activate_totp"), {"code": code}, follow=True)
    sound(answer)
    codes = client.get(reverse("mfa_download_recovery_codes"))
    assert codes["Content-Type"].startswith("text/plain")
    assert len(codes.content.decode().split()) == 10


def test_forgotten_password_is_chosen_anew_by_a_link_in_a_danish_mail(mette: User) -> None:
    client = Client()
    sound(client.post(reverse("account_reset_password"), {"email": mette.email}, follow=True))
    assert len(mail.outbox) == 1
    sent = mail.outbox[0]
    assert sent.subject == "Vælg en ny adgangskode"
    assert mette.name not in sent.body + sent.subject
    link = re.search(r"http://testserver(/\S+)", str(sent.body))
    assert link
    page = client.get(link[1], follow=True)
    sound(page)
    again = client.post(page.request["PATH_INFO"], {"password1": "kort"})
    assert 'class="error"' in again.content.decode()
    fresh = "en helt anden rolig adgangskode"
    sound(client.post(page.request["PATH_INFO"], {"password1": fresh, "password2": fresh}, follow=True))
    assert Client().post("/konto/login/", {"login": mette.email, "password": fresh}).status_code == 302
    assert "Linket er brugt" in sound(Client().get(link[1], follow=True))


def test_address_nobody_has_gets_the_same_page_and_no_mail(mette: User) -> None:
    page = Client().post(reverse("account_reset_password"), {"email": "ingen@x.invalid"}, follow=True)
    assert "Hvis nogen har en konto" in sound(page)
    assert mail.outbox == []


def test_wrong_password_when_changing_it_is_told_in_danish(mette: User) -> None:
    answer = signed_in(mette).post(
        reverse("account_change_password"), {"oldpassword": "forkert", "password1": PASSWORD + "x"}
    )
    assert "Det er ikke din adgangskode nu" in sound(answer)


def test_passkey_pages_of_another_person_do_not_exist(cast: Cast, mette: User) -> None:
    other = Authenticator.objects.create(user=cast.lis, type=Authenticator.Type.WEBAUTHN, data=KEY)
    client = signed_in(mette)
    confirm(client, reverse("account_reauthenticate"))
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        assert client.get(reverse(name, args=[other.pk])).status_code == 404
        assert client.post(reverse(name, args=[other.pk]), {"name": "min"}).status_code == 404


def test_passkey_sign_in_with_rubbish_says_so_and_lets_nobody_in(mette: User) -> None:
    client = Client()
    client.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"})
    missing, refused = "Dette felt er påkrævet.", "Koden eller nøglen passer ikke. Prøv igen."
    for rubbish, words in (
        ("", missing), ("{}", missing), ("[]", missing), ("x", "Indtast gyldig JSON."),
        ('{"response": {"userHandle": "MQ"}}', refused), ('{"rawId": 1}', refused),
    ):  # fmt: skip
        answer = client.post(reverse("mfa_login_webauthn"), {"credential": rubbish}, follow=True)
        assert words in sound(answer), rubbish
        assert client.get("/havtornen/tavle/").status_code == 302


def test_locked_door_speaks_danish(mette: User) -> None:
    client = Client()
    pages = [client.post("/konto/login/", {"login": mette.email, "password": "forkert"}) for _ in range(7)]
    assert "kvarter" in pages[-1].content.decode()
    for page in pages:
        assert 'lang="da"' in page.content.decode()
