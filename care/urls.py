from django.urls import path

from care.views import life, resident
from core import paths  # noqa: F401 - registers <nr:…>

# Below /<home>/
urlpatterns = [
    path("beboer/<nr:stay>/", resident.resident, name="resident"),
    path("beboer/<nr:stay>/situation/", resident.situation_change, name="situation-change"),
    path("beboer/<nr:stay>/situation/fejl/", resident.situation_mistaken, name="situation-mistaken"),
    path("beboer/<nr:stay>/kontakt/", resident.contact_set, name="contact-set"),
    path("beboer/<nr:stay>/deling/", resident.basis_record, name="basis-record"),
    path("beboer/<nr:stay>/deling/noed/", resident.basis_open, name="basis-open"),
    path("beboer/<nr:stay>/deling/slut/", resident.basis_withdraw, name="basis-withdraw"),
    path("beboer/<nr:stay>/partner/", resident.partner_add, name="partner-add"),
    path("beboer/<nr:stay>/partner/<nr:pk>/", resident.partner_change, name="partner-change"),
    path("beboer/<nr:stay>/besoeg/", life.visit_note, name="visit-note"),
    path("beboer/<nr:stay>/team/", life.team_change, name="team-change"),
    path("beboer/<nr:stay>/udskrevet/", life.discharge_answer, name="discharge-answer"),
    path("beboer/<nr:stay>/slut/", life.move_out, name="move-out"),
    path("beboer/<nr:stay>/flyttet/", life.move_correct, name="move-correct"),
    path("beboer/<nr:stay>/forloeb/", life.resident_course, name="resident-course"),
    path("beboere/team/", life.team_start, name="team-start"),
    path("beboere/team/<nr:pk>/", life.team_start_answer, name="team-start-answer"),
    path("beboere/ny/", life.move_in, name="move-in"),
]
