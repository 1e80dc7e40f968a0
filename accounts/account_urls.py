"""The sign-in library's pages under /konto/, without those that make no sense when an administrator creates people.

The library asks for the addresses of the closed ones by name, so they are answered with 404 and not taken away.
"""

from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path, re_path

from accounts import entrance, first_factor, new_address


def closed(request: HttpRequest) -> HttpResponse:
    """404: nobody signs up, and an administrator keeps the mail addresses."""
    raise Http404("Siden findes ikke.")


urlpatterns = [
    re_path(r"^(?:signup|email|confirm-email|password/set|login/code)/", closed),
    path("login/", entrance.login, name="account_login"),
    path("gennem/", entrance.provider_choose, name="provider-choose"),
    path("gennem/<slug:ident>/", entrance.provider_start, name="provider-start"),
    path("gennem/<slug:ident>/svar/", entrance.provider_answer, name="provider-answer"),
    path("gennem/<slug:ident>/videre/", entrance.provider_go_on, name="provider-go-on"),
    path("gennem/<slug:ident>/metadata/", entrance.provider_metadata, name="provider-metadata"),
    path("ny-mail/<str:token>/", new_address.new_address, name="new-address"),
    path("2fa/mail/", first_factor.first_factor, name="first-factor"),
    path("2fa/totp/activate/", first_factor.proved(totp.activate_totp), name="mfa_activate_totp"),
    path("2fa/webauthn/add/", first_factor.proved(webauthn.add_webauthn), name="mfa_add_webauthn"),
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
]
