from django.urls import include, path

from accounts import lock_views
from accounts.views import home, own_sessions, still_shown, token
from boards.urls import urlpatterns as board_urls
from boards.views.lists import find
from care.urls import urlpatterns as care_urls
from core import paths  # noqa: F401 - registers <nr:…>
from demo import views as demo
from meetings.urls import person_patterns
from meetings.urls import urlpatterns as meeting_urls
from operations.health import health
from privacy.urls import urlpatterns as privacy_urls

handler400 = "accounts.views.bad_request"
handler500 = "accounts.views.server_error"

urlpatterns = [
    path("", home, name="home"),
    path("helbred/", health, name="health"),
    path("noegle/", token, name="token"),
    path("vises-stadig/", still_shown, name="still-shown"),
    path("laas/", lock_views.screen_lock, name="screen-lock"),
    path("laas/aabn/", lock_views.screen_unlock, name="screen-unlock"),
    path("laas/noegle/", lock_views.screen_passkey, name="screen-passkey"),
    path("laas/aktiv/", lock_views.screen_touch, name="screen-touch"),
    path("kode/", lock_views.pin, name="pin"),
    path("tablet/<str:code>/", lock_views.device_link, name="device-link"),
    path("find/", find, name="find"),
    path("konto/browsere/", own_sessions, name="own-sessions"),
    path("konto/", include("accounts.account_urls")),
    path("demo/", demo.demo_people, name="demo-people"),
    path("demo/log-ind/<nr:pk>/", demo.demo_sign_in, name="demo-sign-in"),
    path("", include("reminders.urls")),
    path("styring/", include("administration.urls")),
    path("", include(person_patterns)),
    path("<slug:slug>/", include([*board_urls, *care_urls, *meeting_urls, *privacy_urls])),
]
