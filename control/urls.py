from django.urls import path

from botilbud.lib import paths  # noqa: F401 - registers <nr:…>
from control import views

# Below /<home>/
urlpatterns = [
    path("beboer/<nr:stay>/set-af/", views.seen_by, name="seen-by"),
    path("beboer/<nr:stay>/indsigt/", views.insight, name="insight"),
    path("indsigt/", views.insight_list, name="insight-list"),
]
