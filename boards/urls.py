from django.urls import path

from boards import views

CELL = "felt/<int:stay>/<slug:column>/<slug:side>/"

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
    path("niveau/<int:stay>/", views.level_change, name="level-change"),
    path("niveau/<int:stay>/af/", views.level_close, name="level-close"),
    path("niveau/<int:stay>/uaendret/", views.level_review, name="level-review"),
    path("niveau/<int:stay>/set/", views.akut_see, name="akut-see"),
    path("saet-paa-tavlen/", views.raise_resident, name="raise-resident"),
    path("indsats/ny/<int:stay>/", views.intervention_add, name="intervention-add"),
    path("indsats/<int:pk>/", views.intervention, name="intervention"),
    path("indsats/<int:pk>/afslut/", views.intervention_settle, name="intervention-settle"),
    path("indsats/<int:pk>/flyt/", views.intervention_move, name="intervention-move"),
    path("tidligt-tegn/", views.sign_note, name="sign-note"),
    path("beboer/<int:stay>/", views.resident, name="resident"),
    path("beboer/<int:stay>/situation/", views.resident_situation, name="resident-situation"),
    path("beboer/<int:stay>/kontakt/", views.resident_contact, name="resident-contact"),
    path("beboer/<int:stay>/deling/", views.basis_record, name="basis-record"),
    path("beboer/<int:stay>/deling/slut/", views.basis_withdraw, name="basis-withdraw"),
    path("beboere/", views.residents, name="residents"),
    path("kriterier/", views.criteria, name="criteria"),
]
