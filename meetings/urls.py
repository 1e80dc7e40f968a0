from django.urls import path

from core import paths  # noqa: F401 - registers <nr:…>
from meetings.views import attendance, calendar, closing, history, lists, minutes, paper, running, wall, week

M = "moede/<nr:number>/"

# Below /<home>/
urlpatterns = [
    path("moede/", lists.meeting_now, name="meeting-now"),
    path("moede/linje/", lists.meeting_line, name="meeting-line"),
    path("moeder/", lists.meetings, name="meetings"),
    path("moede/nu/", calendar.meeting_hold, name="meeting-hold"),
    path("moede/ekstra/", calendar.meeting_extra, name="meeting-extra"),
    path("moede/papir/", paper.paper_enter, name="paper-enter"),
    path("moede/saadan/", calendar.meeting_how_to, name="meeting-how-to"),
    path(M, lists.meeting, name="meeting"),
    path(f"{M}aflys/", calendar.meeting_cancel, name="meeting-cancel"),
    path(f"{M}alligevel/", calendar.meeting_uncancel, name="meeting-uncancel"),
    path(f"{M}flyt/", calendar.meeting_move, name="meeting-move"),
    path(f"{M}videre/", calendar.meeting_next, name="meeting-next"),
    path(f"{M}start/", running.meeting_start, name="meeting-start"),
    path(f"{M}start/fortryd/", running.meeting_unstart, name="meeting-unstart"),
    path(f"{M}aendringer/", running.meeting_changes, name="meeting-changes"),
    path(f"{M}stroem/", running.meeting_stream, name="meeting-stream"),
    path(f"{M}gaa/", running.spotlight_move, name="spotlight-move"),
    path(f"{M}til-opsamling/", running.meeting_recap, name="meeting-recap"),
    path(f"{M}vaagen/", running.meeting_awake, name="meeting-awake"),
    path(f"{M}leder/", running.chair_take, name="chair-take"),
    path(f"{M}referent/", running.referent_take, name="referent-take"),
    path(f"{M}beboeren-er-med/", running.resident_here, name="resident-here"),
    path(f"{M}fremmoede/", attendance.attendance, name="attendance"),
    path(f"{M}fremmoede/gaest/", attendance.guest_add, name="guest-add"),
    path(f"{M}fremmoede/tid/", attendance.attendance_time, name="attendance-time"),
    path(f"{M}fremmoede/<nr:pk>/fjern/", attendance.guest_remove, name="guest-remove"),
    path(f"{M}punkt/<nr:pk>/", running.agenda_item, name="agenda-item"),
    path(f"{M}punkt/<nr:pk>/siden/", running.agenda_since, name="agenda-since"),
    path(f"{M}punkt/<nr:pk>/beslut/", running.agenda_decide, name="agenda-decide"),
    path(f"{M}opsamling/", closing.recap, name="recap"),
    path(f"{M}afslut/", closing.meeting_close, name="meeting-close"),
    path(f"{M}genaabn/", closing.meeting_reopen, name="meeting-reopen"),
    path(f"{M}referat/", minutes.minutes, name="minutes"),
    path(f"{M}referat.pdf", minutes.minutes_pdf, name="minutes-pdf"),
    path(f"{M}tekst/<nr:stay>/", minutes.record_copy, name="record-copy"),
    path(f"{M}journal/<nr:stay>/", minutes.journal_note, name="journal-note"),
    path(f"{M}tavle/", history.board_then, name="board-then"),
    path("moeder/sammenlign/", history.compare_meetings, name="compare-meetings"),
    path(f"{M}punkt/<nr:pk>/sig/", week.tell_add, name="tell-add"),
    path(f"{M}punkt/<nr:pk>/sig/liste/", week.tell_list, name="tell-list"),
    path("beboer/<nr:stay>/min-uge/", week.my_week, name="my-week"),
    path("storskaerme/", wall.wall_screens, name="wall-screens"),
    path("storskaerme/<nr:pk>/luk/", wall.wall_revoke, name="wall-revoke"),
    path(f"{M}storskaerm/sluk/", wall.wall_blank, name="wall-blank"),
    path(f"{M}storskaerm/vis/", wall.wall_show, name="wall-show"),
    path("emne/", running.topic_park, name="topic-park"),
    path("emne/<nr:pk>/afslut/", running.topic_settle, name="topic-settle"),
]

# Of a person, over all homes: at the root, before the homes' own addresses.
person_patterns = [
    path("moeder-i-dag/", calendar.meetings_today, name="meetings-today"),
    # Of a screen on a wall, which nobody is signed in at.
    path("vaeg/", wall.wall, name="wall"),
    path("vaeg/nu/", wall.wall_now, name="wall-now"),
    path("vaeg/<str:code>/", wall.wall_link, name="wall-link"),
]
