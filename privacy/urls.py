from django.urls import path

from core import paths  # noqa: F401 - registers <nr:…>
from privacy.views import resident

# Below /<home>/
urlpatterns = [
    path("beboer/<nr:stay>/set-af/", resident.who_looked, name="who-looked"),
    path("beboer/<nr:stay>/indsigt/", resident.insight, name="insight"),
    path("indsigt/", resident.insight_list, name="insight-list"),
]
