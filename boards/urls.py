from django.urls import path

from boards import views
from botilbud.lib import paths  # noqa: F401 - registers <nr:…>

CELL = "felt/<nr:stay>/<slug:column>/<slug:side>/"

# Below /<home>/
urlpatterns = [
    path("tavle/", views.board, name="board"),
    path("tavle/aendringer/", views.board_changes, name="board-changes"),
    path("tavle/stroem/", views.board_stream, name="board-stream"),
    path("tavle/her/", views.board_here, name="board-here"),
    path("tavle/kladde/", views.draft, name="draft"),
    path(CELL, views.cell, name="cell"),
    path(f"{CELL}rediger/", views.cell_edit, name="cell-edit"),
    path(f"{CELL}gaelder/", views.cell_confirm, name="cell-confirm"),
    path(f"{CELL}historik/", views.cell_history, name="cell-history"),
    path("niveau/<nr:stay>/", views.level_change, name="level-change"),
    path("niveau/<nr:stay>/af/", views.level_close, name="level-close"),
    path("niveau/<nr:stay>/uaendret/", views.level_review, name="level-review"),
    path("niveau/<nr:stay>/set/", views.akut_see, name="akut-see"),
    path("saet-paa-tavlen/", views.raise_resident, name="raise-resident"),
    path("indsats/ny/<nr:stay>/", views.intervention_add, name="intervention-add"),
    path("indsats/<nr:pk>/", views.intervention, name="intervention"),
    path("indsats/<nr:pk>/afslut/", views.intervention_settle, name="intervention-settle"),
    path("indsats/<nr:pk>/flyt/", views.intervention_move, name="intervention-move"),
    path("tidligt-tegn/", views.sign_note, name="sign-note"),
    path("beboer/<nr:stay>/", views.resident, name="resident"),
    path("beboer/<nr:stay>/situation/", views.resident_situation, name="resident-situation"),
    path("beboer/<nr:stay>/kontakt/", views.resident_contact, name="resident-contact"),
    path("beboer/<nr:stay>/deling/", views.basis_record, name="basis-record"),
    path("beboer/<nr:stay>/deling/slut/", views.basis_withdraw, name="basis-withdraw"),
    path("beboere/", views.residents, name="residents"),
    path("kriterier/", views.criteria, name="criteria"),
]
