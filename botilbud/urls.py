from django.urls import include, path

from boards.urls import urlpatterns as board_urls
from boards.views.lists import find
from botilbud.demo import views as demo
from botilbud.lib import paths  # noqa: F401 - registers <nr:…>
from botilbud.organisation.views import home, token
from control.urls import urlpatterns as control_urls
from meetings.urls import person_patterns
from meetings.urls import urlpatterns as meeting_urls

handler400 = "botilbud.organisation.views.bad_request"

urlpatterns = [
    path("", home, name="home"),
    path("noegle/", token, name="token"),
    path("find/", find, name="find"),
    path("konto/", include("allauth.account.urls")),
    path("konto/2fa/", include("allauth.mfa.urls")),
    path("demo/", demo.people, name="demo-people"),
    path("demo/log-ind/<nr:pk>/", demo.sign_in, name="demo-sign-in"),
    path("", include("reminders.urls")),
    path("styring/", include("administration.urls")),
    path("", include(person_patterns)),
    path("<slug:slug>/", include([*board_urls, *meeting_urls, *control_urls])),
]
