from django.urls import path

from reminders import views

urlpatterns = [
    path("min-dag/", views.my_day, name="my-day"),
    path("min-dag/liste/", views.my_day_list, name="my-day-list"),
    path("demo/mails/", views.demo_mails, name="demo-mails"),
]
