from django.urls import path

from botilbud.lib import paths  # noqa: F401 - registers <nr:…>
from meetings import views

M = "moede/<nr:number>/"

# Below /<home>/
urlpatterns = [
    path("moede/", views.meeting_now, name="meeting-now"),
    path("moede/linje/", views.meeting_line, name="meeting-line"),
    path("moeder/", views.meetings, name="meetings"),
    path(M, views.meeting, name="meeting"),
    path(f"{M}start/", views.meeting_start, name="meeting-start"),
    path(f"{M}aendringer/", views.meeting_changes, name="meeting-changes"),
    path(f"{M}stroem/", views.meeting_stream, name="meeting-stream"),
    path(f"{M}gaa/", views.meeting_go, name="meeting-go"),
    path(f"{M}til-opsamling/", views.meeting_recap, name="meeting-recap"),
    path(f"{M}leder/", views.chair_take, name="chair-take"),
    path(f"{M}referent/", views.referent_take, name="referent-take"),
    path(f"{M}fremmoede/", views.attendance, name="attendance"),
    path(f"{M}punkt/<nr:pk>/", views.agenda_item, name="agenda-item"),
    path(f"{M}punkt/<nr:pk>/siden/", views.agenda_since, name="agenda-since"),
    path(f"{M}punkt/<nr:pk>/beslut/", views.agenda_decide, name="agenda-decide"),
    path(f"{M}opsamling/", views.recap, name="recap"),
    path(f"{M}afslut/", views.meeting_close, name="meeting-close"),
    path(f"{M}genaabn/", views.meeting_reopen, name="meeting-reopen"),
    path(f"{M}referat/", views.minutes, name="minutes"),
    path(f"{M}referat.pdf", views.minutes_pdf, name="minutes-pdf"),
    path("emne/", views.topic, name="topic"),
    path("emne/<nr:pk>/afslut/", views.topic_settle, name="topic-settle"),
]
