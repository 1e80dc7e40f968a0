from django.urls import include, path

from administration.health import health
from boards.urls import urlpatterns as board_urls
from boards.views.lists import find
from botilbud.demo import views as demo
from botilbud.lib import paths  # noqa: F401 - registers <nr:…>
from botilbud.organisation import lock_views
from botilbud.organisation.views import home, own_sessions, token
from control.urls import urlpatterns as control_urls
from meetings.urls import person_patterns
from meetings.urls import urlpatterns as meeting_urls

handler400 = "botilbud.organisation.views.bad_request"
handler500 = "botilbud.organisation.views.server_error"

urlpatterns = [
    path("", home, name="home"),
    path("helbred/", health, name="health"),
    path("noegle/", token, name="token"),
    path("laas/", lock_views.screen_lock, name="screen-lock"),
    path("laas/aabn/", lock_views.screen_unlock, name="screen-unlock"),
    path("laas/noegle/", lock_views.screen_passkey, name="screen-passkey"),
    path("laas/aktiv/", lock_views.screen_touch, name="screen-touch"),
    path("kode/", lock_views.pin, name="pin"),
    path("tablet/<str:code>/", lock_views.device_link, name="device-link"),
    path("find/", find, name="find"),
    path("konto/browsere/", own_sessions, name="own-sessions"),
    path("konto/", include("botilbud.organisation.account_urls")),
    path("demo/", demo.people, name="demo-people"),
    path("demo/log-ind/<nr:pk>/", demo.sign_in, name="demo-sign-in"),
    path("", include("reminders.urls")),
    path("styring/", include("administration.urls")),
    path("", include(person_patterns)),
    path("<slug:slug>/", include([*board_urls, *meeting_urls, *control_urls])),
]
