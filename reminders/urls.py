from django.urls import path

from core import paths  # noqa: F401 - registers <nr:…>
from reminders import views

P = "min-dag/paamindelser/"

urlpatterns = [
    path("min-dag/", views.my_day, name="my-day"),
    path("min-dag/siden-sidst/", views.since_last, name="since-last"),
    path("min-dag/kladde/<nr:pk>/", views.left_draft, name="left-draft"),
    path("min-dag/liste/", views.my_day_list, name="my-day-list"),
    path("min-dag/flueben/", views.tick_late, name="tick-late"),
    path(P, views.reminders, name="reminders"),
    path(f"{P}liste/", views.reminders_list, name="reminders-list"),
    path(f"{P}indstillinger/", views.reminder_prefer, name="reminder-prefer"),
    path(f"{P}<nr:pk>/udskyd/", views.reminder_snooze, name="reminder-snooze"),
    path(f"{P}<nr:pk>/fjern/", views.reminder_hide, name="reminder-hide"),
    path("demo/mails/", views.demo_mails, name="demo-mails"),
]
