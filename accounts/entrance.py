"""The sign-in page with its ways in, and the way through an organisation's own provider and back."""

from collections.abc import Callable, Mapping
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import get_next_redirect_url, perform_login
from allauth.account.views import LoginView
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from accounts import first_factor, oidc, own_provider, rules, saml, saml_answers, second_factor
from accounts.access import today
from accounts.providers import Provider
from accounts.rules import Refused
from accounts.waiting import WaitingSignIn, remember, take

CHOSEN_FOR = 365 * 24 * 60 * 60
STOPPED = "Du stoppede hos {name}. Prøv igen, eller log ind på en anden måde."
SILENT = "{name} svarer ikke lige nu. Prøv igen om lidt, eller log ind på en anden måde."


class Login(LoginView):  # type: ignore[misc]
    """The sign-in page, with the provider of the place chosen in this browser, or of the only ones there are."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The library's own, `provider` and, where one must be chosen first, `spots`."""
        there = own_provider.providers()
        chosen = self.request.COOKIES.get(settings.PROVIDER_COOKIE_NAME, "")
        provider = next((offered for offered in there if offered.id == chosen or len(there) == 1), None)
        choosing = len(there) > 1 and (provider is None or "skift" in self.request.GET)
        return {
            **super().get_context_data(**kwargs),
            "provider": None if choosing else provider,
            "several": len(there) > 1,
            "spots": own_provider.spots() if choosing else [],
        }


login = Login.as_view()


@require_safe
def provider_choose(request: HttpRequest) -> HttpResponse:
    """Remembers in this browser which provider the place has, and goes back to the sign-in page."""
    provider = _provider(request.GET.get("sted", ""))
    next_url = get_next_redirect_url(request)
    answer = redirect(reverse("account_login") + (f"?{urlencode({'next': next_url})}" if next_url else ""))
    answer.set_cookie(
        settings.PROVIDER_COOKIE_NAME,
        provider.id,
        max_age=CHOSEN_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return answer


@require_safe
def provider_start(request: HttpRequest, ident: str) -> HttpResponse:
    """Off to the provider."""
    provider = _provider(ident)
    if request.user.is_authenticated:
        return redirect("home")
    next_url = get_next_redirect_url(request) or ""
    if provider.kind == "saml":
        asked, there = saml.request(provider, _here(provider), timezone.now())
        remember(request.session, provider, asked, WaitingSignIn("", "", next_url))
        return redirect(there)
    try:
        return redirect(oidc.start(request.session, provider, _callback(provider), next_url))
    except oidc.Silent:
        return _stopped(request, provider, "silent", SILENT.format(name=provider.name), 502)
    except Refused as refusal:
        return _stopped(request, provider, refusal.why, refusal.message, 403)


@csrf_exempt
def provider_answer(request: HttpRequest, ident: str) -> HttpResponse:
    """Back from the provider. With SAML the provider's page posts the answer, and it has no token of ours."""
    provider = _provider(ident)
    view: Callable[..., HttpResponse] = _posted if provider.kind == "saml" else _asked
    return view(request, provider)


@require_safe
def _asked(request: HttpRequest, provider: Provider) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("home")
    told = request.GET
    try:
        waiting = take(request.session, provider, told.get("state", ""))
        if "code" not in told:
            return _stopped(request, provider, "stopped", STOPPED.format(name=provider.name), 403)
        claims = oidc.claims(provider, waiting, told["code"], told.get("iss", ""), _callback(provider))
        return _let_in(request, provider, claims, waiting)
    except oidc.Silent:
        return _stopped(request, provider, "silent", SILENT.format(name=provider.name), 502)
    except Refused as refusal:
        return _stopped(request, provider, refusal.why, refusal.message, 403)


@require_POST
def _posted(request: HttpRequest, provider: Provider) -> HttpResponse:
    """A SAML answer, from any browser. It is read and waits for the browser that asked. Nobody is let in here."""
    now = timezone.now()
    try:
        told = saml.read(provider, _here(provider), request.POST.get("SAMLResponse", ""), now)
        code = saml_answers.keep(provider, told, now)
    except Refused as refusal:
        return _stopped(request, provider, refusal.why, refusal.message, 403)
    onwards = redirect(f"{reverse('provider-go-on', args=[provider.id])}?{urlencode({'kode': code})}")
    onwards.status_code = 303
    return onwards


@require_safe
def provider_go_on(request: HttpRequest, ident: str) -> HttpResponse:
    """The browser that brought a SAML answer, now with its session. If it was the one that asked, it is let in."""
    provider = _provider(ident, "saml")
    if request.user.is_authenticated:
        return redirect("home")
    try:
        asked, claims = saml_answers.take(provider, request.GET.get("kode", ""), timezone.now())
        return _let_in(request, provider, claims, take(request.session, provider, asked))
    except Refused as refusal:
        return _stopped(request, provider, refusal.why, refusal.message, 403)


@require_safe
def provider_metadata(request: HttpRequest, ident: str) -> HttpResponse:
    """What those who run the provider need to know of us, for SAML."""
    return HttpResponse(
        saml.metadata(_here(_provider(ident, "saml"))), content_type="application/samlmetadata+xml; charset=utf-8"
    )


def _let_in(
    request: HttpRequest, provider: Provider, claims: Mapping[str, Any], waiting: WaitingSignIn
) -> HttpResponse:
    """Signs in whom the claims speak of. Raises Refused."""
    user = own_provider.arrive(provider, rules.arrival(provider, claims), today())
    record_authentication(
        request, user, second_factor.OWN_PROVIDER, provider=provider.id, strong=bool(provider.acr) or None
    )
    response: HttpResponse = perform_login(request, user, redirect_url=waiting.next or None)
    if request.user.is_authenticated:
        # Their address may be no mailbox, and the provider has just asked them who they are.
        first_factor.prove(request, user)
    return response


def _provider(ident: str, kind: str = "") -> Provider:
    try:
        provider = own_provider.provider_of(ident)
    except LookupError:
        raise Http404("Siden findes ikke.") from None
    if kind not in ("", provider.kind):
        raise Http404("Siden findes ikke.")
    return provider


def _here(provider: Provider) -> saml.OurAddresses:
    return saml.OurAddresses(
        settings.PUBLIC_URL + reverse("provider-metadata", args=[provider.id]), _callback(provider)
    )


def _callback(provider: Provider) -> str:
    return settings.PUBLIC_URL + reverse("provider-answer", args=[provider.id])


def _stopped(request: HttpRequest, provider: Provider, why: str, message: str, status: int) -> HttpResponse:
    own_provider.refused(provider, why)
    # A token would start a session. A browser sends no session with a form from another site, so the new one would
    # replace the person's own, and any site that posts rubbish here could sign people out. This page posts nothing.
    context = {"message": message, "provider": provider, "csrf_token": ""}
    return render(request, "accounts/provider_refused.html", context, status=status)
