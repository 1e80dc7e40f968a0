"""Signing in through an organisation's own provider: a real, certified one, run by the test on 127.0.0.1.

A provider that lies is the same one with its answer changed on the way.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import oidc, screens, waiting
from accounts.models import ProviderIdentity
from audit.models import Entry
from boards.live import hub
from organisation.models import Home, Membership, Organisation, Role, Team, User
from tests.conftest import NOW, TODAY, Cast, text_in

HERE = Path(__file__).parent / "oidc"
CACHE = Path(__file__).resolve().parent.parent.parent / "var" / "oidc"
CALLBACK = "http://testserver/konto/gennem/kommunen/svar/"
PASSWORD = "en lang og rolig adgangskode"


def _installed() -> Path:
    """The provider's packages, exactly those of the lock file; nothing of theirs is run to install them."""
    if not (shutil.which("node") and shutil.which("npm")):
        reason = "node og npm er her ikke"
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    wanted = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = CACHE / wanted
    if not (folder / "ready").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder / name)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        (folder / "ready").touch()
    shutil.copy(HERE / "server.mjs", folder / "server.mjs")
    return folder


class _Stays(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


@dataclass
class Idp:
    """The provider, its people, and a browser that is at it."""

    issuer: str
    jar: CookieJar = field(default_factory=CookieJar)

    def ask(self, address: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """(status, where to, page) of one request; redirects are not followed."""
        opener = build_opener(HTTPCookieProcessor(self.jar), _Stays)
        data = urlencode(form).encode() if form is not None else None
        try:
            answer = opener.open(Request(address, data=data), timeout=20)
        except OSError as error:
            answer = error  # an HTTPError is an answer too
        return answer.status, answer.headers.get("Location", ""), answer.read().decode()

    def people(self, **people: dict[str, Any]) -> None:
        request = Request(self.issuer + "/people", data=json.dumps(people).encode())
        build_opener().open(request, timeout=20).close()

    def sign_in(self, address: str, login: str) -> str:
        """Goes to the provider, signs in there, and gives the address it sends the browser back to."""
        self.jar.clear()
        where, form = address, None
        for _ in range(8):
            status, to, page = self.ask(where, form)
            form = None
            if status == 200 and 'name="login"' in page:
                form = {"login": login}
                continue
            assert status in (302, 303), page
            where = urljoin(where, to)
            if where.startswith(CALLBACK):
                return where
        raise AssertionError("the provider never sent the browser back")


def _served(folder: Path, mode: str) -> Iterator[Idp]:
    moment = str(int(timezone.make_aware(NOW).timestamp()))
    process = subprocess.Popen(
        ["node", "server.mjs", mode, moment], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        issuer = process.stdout.readline().strip()
        assert issuer.startswith("http://127.0.0.1:"), issuer
        yield Idp(issuer)
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture(scope="module")
def real() -> Iterator[Idp]:
    yield from _served(_installed(), "token")


@pytest.fixture(scope="module")
def reserved() -> Iterator[Idp]:
    """One that says nothing but who it is in the token, and the rest when asked."""
    yield from _served(_installed(), "userinfo")


FILE = """
[[provider]]
id = "kommunen"
name = "Sundbæk Kommune"
issuer = "{issuer}"
client_id = "tavlen"
client_secret = "en-hemmelighed-der-kun-er-til-test"
organisations = [{organisation}]
scopes = ["openid", "profile", "email", "groups"]
{more}
[[provider.role]]
claim = "tavlen-havtornen"
role = "staff"
home = "havtornen"
[[provider.role]]
claim = "tavlen-havtornen-ledere"
role = "leader"
home = "havtornen"
[[provider.role]]
claim = "tavlen-nord"
role = "staff"
team = "Team Nord"
"""


@pytest.fixture
def provider(cast: Cast, real: Idp, settings: Any, tmp_path: Path) -> Any:
    return _configured(cast, real, settings, tmp_path)


@pytest.fixture(autouse=True)
def _forgotten() -> None:
    oidc.forget()


def _configured(cast: Cast, idp: Idp, settings: Any, folder: Path, more: str = 'acr = ["niveau-2"]') -> Idp:
    cache.clear()
    path = folder / f"providers-{hashlib.sha256(more.encode()).hexdigest()[:8]}.toml"
    path.write_text(FILE.format(issuer=idp.issuer, organisation=cast.home.organisation_id, more=more))
    settings.PROVIDERS_FILE = str(path)
    settings.PUBLIC_URL = "http://testserver"
    return idp


def person(mail: str = "mette@x.invalid", *groups: str, acr: str = "niveau-2", **more: Any) -> dict[str, Any]:
    claims = {"email": mail, "email_verified": True, "name": "Mette Mikkelsen", "groups": list(groups), **more}
    return {"acr": acr, "claims": claims}


def begin(client: Client) -> str:
    """The address at the provider that our sign-in page leads to."""
    page = client.get("/konto/login/")
    assert "Log ind gennem Sundbæk Kommune" in page.content.decode()
    answer = client.get("/konto/gennem/kommunen/")
    assert answer.status_code == 302
    return str(answer["Location"])


def back(client: Client, address: str) -> Any:
    """The browser comes back to us from the provider."""
    return client.get(urlsplit(address).path, dict(parse_qsl(urlsplit(address).query)))


def through(idp: Idp, login: str, client: Client | None = None) -> tuple[Client, Any]:
    """All the way: our page, the provider, and back."""
    client = client or Client()
    return client, back(client, idp.sign_in(begin(client), login))


def said(answer: Any, why: str, status: int = 403) -> str:
    """The sentence of a refusal, once it is seen that nobody came in and that it was noted why."""
    assert answer.status_code == status
    text = answer.content.decode()
    assert 'lang="da"' in text
    assert answer.client.get("/havtornen/tavle/").status_code == 302
    noted = Entry.objects.filter(scope="sign-in", action="provider.refused").order_by("seq").last()
    assert noted is not None
    assert noted.data["why"].startswith(why), noted.data
    found = re.search(r'role="alert">([^<]+)<', text)
    assert found
    return found[1]


def roles(user: User) -> set[tuple[str, str, str]]:
    """(role, where, who gave it) of today."""
    return {
        (member.role, str(member.home or member.team or member.organisation), member.source)
        for member in Membership.objects.active(TODAY).filter(user=user)
    }


def test_person_created_by_an_administrator_is_met_and_gets_what_the_claims_say(cast: Cast, provider: Idp) -> None:
    provider.people(abc=person("Mette@x.invalid", "tavlen-havtornen", "tavlen-havtornen-ledere", "andet"))
    client, answer = through(provider, "abc")
    assert answer.status_code == 302
    assert client.get("/", follow=True).redirect_chain[-1][0] == "/havtornen/tavle/"
    assert roles(cast.mette) == {("staff", "Havtornen", ""), ("leader", "Havtornen", "kommunen")}
    assert ProviderIdentity.objects.get(user=cast.mette).subject == "abc"
    given = Entry.objects.get(scope=cast.home.organisation.scope, action="provider.role_given")
    assert given.data["role"] == "leader"


def test_second_sign_in_with_fewer_roles_ends_the_role_at_once(cast: Cast, provider: Idp) -> None:
    provider.people(ny=person("ny@x.invalid", "tavlen-havtornen", "tavlen-havtornen-ledere"))
    client, _ = through(provider, "ny")
    new = User.objects.get(email="ny@x.invalid")
    assert new.name == "Mette Mikkelsen"
    assert not new.has_usable_password()
    assert "Nyt kriterium kun her" in text_in(client.get(reverse("own-criterion", args=["havtornen"])))
    viewer = (new.pk, client.session.session_key or "", "havtornen", "home", 0, client.session[screens.KEY])
    assert hub.allowed({viewer}) == {viewer}
    provider.people(ny=person("ny@x.invalid", "tavlen-havtornen"))
    through(provider, "ny")
    assert roles(new) == {("staff", "Havtornen", "kommunen")}
    assert client.get(reverse("own-criterion", args=["havtornen"])).status_code == 403
    provider.people(ny=person("ny@x.invalid"))
    through(provider, "ny")
    assert roles(new) == set()
    assert client.get("/havtornen/tavle/").status_code == 302, "signed out"
    assert cast.client(new).get("/havtornen/tavle/").status_code == 404
    assert hub.allowed({viewer}) == set()
    ended = Entry.objects.filter(scope=cast.home.organisation.scope, action="provider.role_ended")
    assert ended.count() == 2
    provider.people(ny=person("ny@x.invalid", "tavlen-havtornen"))
    through(provider, "ny")
    assert roles(new) == {("staff", "Havtornen", "kommunen")}, "and comes back"


def test_what_an_administrator_gave_is_never_ended_by_claims(cast: Cast, provider: Idp) -> None:
    provider.people(abc=person("mette@x.invalid"))
    client, _ = through(provider, "abc")
    assert roles(cast.mette) == {("staff", "Havtornen", "")}
    provider.people(abc=person("mette@x.invalid", "tavlen-havtornen"))
    through(provider, "abc")
    assert Membership.objects.filter(user=cast.mette).count() == 1, "and never given twice"
    assert "Mette · Havtornen" in text_in(client.get("/havtornen/tavle/"))


def test_provider_gives_nothing_outside_the_organisations_it_speaks_for(cast: Cast, provider: Idp) -> None:
    provider.people(ny=person("ny@x.invalid", "tavlen-nord"))
    _, answer = through(provider, "ny")
    assert "ikke oprettet" in said(answer, "no role")
    provider.people(ny=person("ny@x.invalid", "tavlen-nord", "tavlen-havtornen"))
    through(provider, "ny")
    assert roles(User.objects.get(email="ny@x.invalid")) == {("staff", "Havtornen", "kommunen")}


def test_provider_signs_in_its_own_people_alone_and_a_role_elsewhere_takes_that_from_nobody(
    cast: Cast, provider: Idp
) -> None:
    for user in (cast.amina, cast.karla):
        provider.people(abc=person(user.email, "tavlen-havtornen"))
        _, answer = through(provider, "abc")
        assert "adgangskode" in said(answer, "foreign")
        assert not ProviderIdentity.objects.exists()
    provider.people(abc=person("mette@x.invalid"))
    through(provider, "abc")
    Membership.objects.create(user=cast.mette, role=Role.STAFF, team=cast.team, from_day=TODAY)
    client, _ = through(provider, "abc")
    assert "Mette · Havtornen" in text_in(client.get("/havtornen/tavle/"))


def test_weaker_sign_in_than_asked_for_is_refused(cast: Cast, provider: Idp) -> None:
    assert "acr_values=niveau-2" in begin(Client())
    provider.people(abc=person("mette@x.invalid", acr="niveau-1"))
    assert "sikrere" in said(through(provider, "abc")[1], "acr")
    del (nothing := person("mette@x.invalid"))["acr"]
    provider.people(abc=nothing)
    said(through(provider, "abc")[1], "acr")


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_address_that_is_not_verified_meets_nobody(cast: Cast, provider: Idp, verified: Any) -> None:
    provider.people(abc=person("mette@x.invalid", "tavlen-havtornen", email_verified=verified))
    assert "mailadresse" in said(through(provider, "abc")[1], "unverified")
    assert not ProviderIdentity.objects.exists()


def test_another_claim_may_say_that_the_address_is_verified(
    cast: Cast, real: Idp, settings: Any, tmp_path: Path, liar: "Liar"
) -> None:
    _configured(cast, real, settings, tmp_path, more='[provider.claims]\nverified = "domaenet_er_vores"')
    real.people(abc=person("mette@x.invalid"))
    said(through(real, "abc")[1], "unverified")
    liar.tells(domaenet_er_vores=True)
    assert through(real, "abc")[1].status_code == 302


def test_subject_is_who_somebody_is_and_not_their_address(cast: Cast, provider: Idp) -> None:
    provider.people(abc=person("mette@x.invalid"))
    through(provider, "abc")
    provider.people(abc=person("lis@x.invalid", email_verified=False))
    client, _ = through(provider, "abc")
    assert client.get("/noegle/").json()["user"] == cast.mette.pk
    provider.people(xyz=person("mette@x.invalid"))
    assert "kender en anden" in said(through(provider, "xyz")[1], "other subject")


def test_unknown_person_without_a_role_is_told_so_and_not_kept(cast: Cast, provider: Idp) -> None:
    before = User.objects.count()
    provider.people(ny=person("ny@x.invalid", "andet"))
    assert "Spørg din leder" in said(through(provider, "ny")[1], "no role")
    assert User.objects.count() == before
    assert not ProviderIdentity.objects.exists()


def test_closed_account_stays_closed(cast: Cast, provider: Idp) -> None:
    User.objects.filter(pk=cast.mette.pk).update(is_active=False)
    provider.people(abc=person("mette@x.invalid", "tavlen-havtornen"))
    said(through(provider, "abc")[1], "inactive")


def test_state_of_another_browser_or_none_lets_nobody_in(cast: Cast, provider: Idp) -> None:
    provider.people(abc=person("mette@x.invalid"))
    client = Client()
    address = provider.sign_in(begin(client), "abc")
    assert "Begynd forfra" in said(back(Client(), address), "state")
    told = dict(parse_qsl(urlsplit(address).query))
    for state in ("", "x", told["state"] + "x", told["state"][:-1]):
        said(client.get(CALLBACK, {**told, "state": state}), "state")
    said(client.get(CALLBACK), "state")
    assert back(client, address).status_code == 302, "the right one still does"


def test_answer_can_be_used_once_and_only_within_ten_minutes(cast: Cast, provider: Idp, clock: Any) -> None:
    provider.people(abc=person("mette@x.invalid"))
    client = Client()
    address = provider.sign_in(begin(client), "abc")
    clock.shift(waiting.WAIT + 1)
    said(back(client, address), "state")


def test_code_replayed_in_a_sign_in_of_ones_own_is_refused(cast: Cast, provider: Idp) -> None:
    provider.people(abc=person("mette@x.invalid"), lis=person("lis@x.invalid"))
    victim = Client()
    stolen = dict(parse_qsl(urlsplit(provider.sign_in(begin(victim), "abc")).query))["code"]
    thief = Client()
    own = dict(parse_qsl(urlsplit(provider.sign_in(begin(thief), "lis")).query))
    said(thief.get(CALLBACK, {**own, "code": stolen}), "code")
    assert through(provider, "abc")[1].status_code == 302
    used = Client()
    address = provider.sign_in(begin(used), "abc")
    assert back(used, address).status_code == 302
    used.post("/konto/logout/")
    said(back(used, address), "state")


def test_who_stops_at_the_provider_is_told_how_to_go_on(cast: Cast, provider: Idp) -> None:
    provider.people(abc=person())
    assert "Du stoppede" in said(through(provider, "fortryd")[1], "stopped")


class Liar:
    """Changes what the provider answers: the claims, who signed them, or how."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.patch = monkeypatch
        self.exchange, self.ask = oidc.exchange, oidc.ask

    def tells(self, *, known_key: bool = True, alg: str = "RS256", **changes: Any) -> None:
        """From now on the token says this instead; None takes a claim out."""

        def exchange(*args: Any) -> dict[str, Any]:
            answer = self.exchange(*args)
            claims = {**jwt.decode(answer["id_token"], options={"verify_signature": False}), **changes}
            claims = {name: value for name, value in claims.items() if value is not None}
            key: Any = {"RS256": self.key, "HS256": "en-hemmelighed-der-kun-er-til-test", "none": None}[alg]
            return {**answer, "id_token": jwt.encode(claims, key, algorithm=alg, headers={"kid": "loegn"})}

        def ask(address: str, **rest: Any) -> dict[str, Any]:
            found = self.ask(address, **rest)
            if "keys" in found and known_key:
                public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
                return {"keys": [{**public, "kid": "loegn", "use": "sig", "alg": "RS256"}]}
            return found

        self.patch.setattr(oidc, "exchange", exchange)
        self.patch.setattr(oidc, "ask", ask)


@pytest.fixture
def liar(monkeypatch: pytest.MonkeyPatch) -> Liar:
    return Liar(monkeypatch)


def test_answer_signed_by_the_key_it_should_and_unchanged_is_let_in(cast: Cast, provider: Idp, liar: Liar) -> None:
    provider.people(abc=person("mette@x.invalid"))
    liar.tells()
    assert through(provider, "abc")[1].status_code == 302, "what follows is refused for what is changed"


@pytest.mark.parametrize(
    ("lie", "why"),
    [
        ({"nonce": "en anden"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"iss": "https://en.anden.invalid"}, "token:InvalidIssuer"),
        ({"aud": "en anden"}, "token:InvalidAudience"),
        ({"aud": ["tavlen", "en anden"]}, "audience"),
        ({"aud": None}, "token:MissingRequiredClaim"),
        ({"exp": 1}, "token:ExpiredSignature"),
        ({"exp": None}, "token:MissingRequiredClaim"),
        ({"iat": 4_000_000_000}, "token:ImmatureSignature"),
        ({"sub": None}, "token:MissingRequiredClaim"),
        ({"sub": ""}, "subject"),
        ({"known_key": False}, "key"),
        ({"alg": "HS256"}, "algorithm"),
        ({"alg": "none"}, "algorithm"),
    ],
    ids=str,
)
def test_answer_that_lies_lets_nobody_in(cast: Cast, provider: Idp, liar: Liar, lie: dict[str, Any], why: str) -> None:
    provider.people(abc=person("mette@x.invalid"))
    liar.tells(**lie)
    said(through(provider, "abc")[1], why)


def test_answer_of_another_issuer_is_refused(cast: Cast, provider: Idp, monkeypatch: pytest.MonkeyPatch) -> None:
    provider.people(abc=person("mette@x.invalid"))
    client = Client()
    address = provider.sign_in(begin(client), "abc")
    told = dict(parse_qsl(urlsplit(address).query))
    said(client.get(CALLBACK, {**told, "iss": "https://en.anden.invalid"}), "issuer")
    ask = oidc.ask
    oidc.forget()
    monkeypatch.setattr(oidc, "ask", lambda address, **rest: {**ask(address, **rest), "issuer": "https://x.invalid"})
    said(Client().get("/konto/gennem/kommunen/"), "issuer")


@pytest.mark.parametrize("rubbish", ["x", "", "a.b.c", "æ.ø.å"])
def test_token_that_is_none_is_refused(
    cast: Cast, provider: Idp, monkeypatch: pytest.MonkeyPatch, rubbish: str
) -> None:
    provider.people(abc=person("mette@x.invalid"))
    monkeypatch.setattr(oidc, "exchange", lambda *args: {"id_token": rubbish})
    said(through(provider, "abc")[1], "token")


def test_what_the_provider_says_only_when_asked_counts_too(
    cast: Cast, reserved: Idp, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _configured(cast, reserved, settings, tmp_path)
    reserved.people(ny=person("ny@x.invalid", "tavlen-havtornen"))
    through(reserved, "ny")
    assert roles(User.objects.get(email="ny@x.invalid")) == {("staff", "Havtornen", "kommunen")}
    ask = oidc.ask

    def another(address: str, **rest: Any) -> dict[str, Any]:
        found = ask(address, **rest)
        return {**found, "sub": "en anden"} if "email_verified" in found else found

    monkeypatch.setattr(oidc, "ask", another)
    said(through(reserved, "ny")[1], "userinfo")


def test_level_counts_only_where_it_is_signed(
    cast: Cast, reserved: Idp, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _configured(cast, reserved, settings, tmp_path)
    reserved.people(abc=person("mette@x.invalid", acr="niveau-1"))
    ask = oidc.ask

    def higher(address: str, **rest: Any) -> dict[str, Any]:
        found = ask(address, **rest)
        return {**found, "acr": "niveau-2"} if "email_verified" in found else found

    monkeypatch.setattr(oidc, "ask", higher)
    said(through(reserved, "abc")[1], "acr")


def test_provider_that_is_down_is_told_in_a_sentence(cast: Cast, provider: Idp, settings: Any, tmp_path: Path) -> None:
    provider.people(abc=person("mette@x.invalid"))
    client = Client()
    address = provider.sign_in(begin(client), "abc")
    gone = Idp("http://127.0.0.1:9")
    _configured(cast, gone, settings, tmp_path, more="")
    assert "svarer ikke" in said(Client().get("/konto/gennem/kommunen/"), "silent", 502)
    told = {name: value for name, value in parse_qsl(urlsplit(address).query) if name != "iss"}
    assert "svarer ikke" in said(client.get(CALLBACK, told), "silent", 502)


def test_demanded_second_factor_is_waived_for_an_accepted_level_and_for_no_other(
    cast: Cast, real: Idp, settings: Any, tmp_path: Path
) -> None:
    settings.SECOND_FACTOR = "everybody"
    real.people(abc=person("mette@x.invalid"))
    _configured(cast, real, settings, tmp_path)
    client, _ = through(real, "abc")
    assert "Mette · Havtornen" in text_in(client.get("/havtornen/tavle/"))
    _configured(cast, real, settings, tmp_path, more="")
    client, _ = through(real, "abc")
    assert client.get("/havtornen/tavle/")["Location"] == reverse("mfa_index")


def test_password_is_closed_where_the_organisation_says_so(
    cast: Cast, real: Idp, settings: Any, tmp_path: Path
) -> None:
    for user in (cast.mette, cast.amina):
        user.set_password(PASSWORD)
        user.save()
    _configured(cast, real, settings, tmp_path, more='acr = ["niveau-2"]\npassword = false')
    client = Client()
    answer = client.post("/konto/login/", {"login": cast.mette.email, "password": PASSWORD}, follow=True)
    assert "sit eget log ind" in answer.content.decode()
    assert client.get("/havtornen/tavle/").status_code == 302
    assert Client().post("/konto/login/", {"login": cast.amina.email, "password": PASSWORD})["Location"] == "/"
    real.people(abc=person("mette@x.invalid"))
    client, _ = through(real, "abc", client)
    assert "Mette · Havtornen" in text_in(client.get("/havtornen/tavle/"))
    Membership.objects.create(user=cast.mette, role=Role.STAFF, team=cast.team, from_day=TODAY)
    cache.clear()
    # A role elsewhere opens no way past her own organisation's, and closes none.
    assert Client().post("/konto/login/", {"login": cast.mette.email, "password": PASSWORD})["Location"] != "/"
    client, _ = through(real, "abc")
    assert "Mette · Havtornen" in text_in(client.get("/havtornen/tavle/"))


def test_one_comes_back_to_the_page_asked_for_and_to_no_other_site(cast: Cast, provider: Idp) -> None:
    provider.people(abc=person("mette@x.invalid"))
    for asked, wanted in (("/havtornen/beboere/", "/havtornen/beboere/"), ("https://ond.invalid/", "/")):
        client = Client()
        to = client.get("/konto/gennem/kommunen/", {"next": asked})["Location"]
        assert back(client, provider.sign_in(to, "abc"))["Location"] == wanted


def test_place_is_chosen_once_where_there_are_several_providers(
    cast: Cast, real: Idp, settings: Any, tmp_path: Path
) -> None:
    _configured(cast, real, settings, tmp_path)
    path = Path(settings.PROVIDERS_FILE)
    region = FILE.format(issuer=real.issuer, organisation=cast.team.organisation_id, more="")
    both = tmp_path / "both.toml"
    both.write_text(path.read_text() + region.replace('"kommunen"', '"regionen"').replace("Sundbæk K", "Region K"))
    settings.PROVIDERS_FILE = str(both)
    client = Client()
    page = client.get("/konto/login/?next=/min-dag/").content.decode()
    assert re.findall(r'<option value="(\w+)">([^<]+)<', page) == [
        ("kommunen", "Havtornen"), ("regionen", "Region Sundbæk"), ("kommunen", "Sandkrogen"),
        ("kommunen", "Sundbæk Kommune"), ("regionen", "Team Fjord"), ("regionen", "Team Nord"),
    ]  # fmt: skip
    answer = client.get("/konto/gennem/", {"sted": "regionen", "next": "/min-dag/"})
    assert answer["Location"] == "/konto/login/?next=%2Fmin-dag%2F"
    page = client.get(answer["Location"]).content.decode()
    assert "Log ind gennem Region Kommune" in page
    assert "<option" not in page
    assert "<option" in client.get("/konto/login/?skift=1").content.decode()
    for unknown in ("", "x", "kommunen'"):
        assert client.get("/konto/gennem/", {"sted": unknown}).status_code == 404
    assert client.get("/konto/gennem/ukendt/").status_code == 404
    assert client.get("/konto/gennem/ukendt/svar/").status_code == 404


def test_nothing_of_what_the_provider_says_is_kept_but_the_subject(cast: Cast, provider: Idp) -> None:
    provider.people(abc=person("mette@x.invalid", "tavlen-havtornen-ledere", phone_number="70001234"))
    client, _ = through(provider, "abc")
    kept = json.dumps(dict(client.session.items()), default=str)
    for word in ("Mikkelsen", "tavlen-havtornen-ledere", "70001234", "access_token", "id_token"):
        assert word not in kept
    assert set(connection.introspection.table_names()).isdisjoint({"socialaccount_socialaccount"})


def test_page_is_read_and_never_posted_to(cast: Cast, provider: Idp) -> None:
    for url in ("/konto/gennem/", "/konto/gennem/kommunen/", "/konto/gennem/kommunen/svar/"):
        assert Client().post(url).status_code == 405
    assert cast.client(cast.mette).get("/konto/gennem/kommunen/")["Location"] == "/"


def test_names_of_units_elsewhere_do_not_help(cast: Cast, provider: Idp, settings: Any) -> None:
    """A home of another organisation with the slug the file names gives nothing."""
    Home.objects.filter(pk=cast.home.pk).update(slug="et-andet")
    other = Organisation.objects.create(name="Nabo Kommune")
    Home.objects.create(organisation=other, name="Havtornen", slug="havtornen")
    Team.objects.filter(pk=cast.team.pk).update(name="Team Syd")
    provider.people(ny=person("ny@x.invalid", "tavlen-havtornen"))
    said(through(provider, "ny")[1], "no role")
