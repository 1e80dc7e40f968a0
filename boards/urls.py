from django.urls import path

from boards.views import cells, duty, interventions, levels, lists, own_criteria, page, signs, undo
from core import paths  # noqa: F401 - registers <nr:…>

CELL = "felt/<nr:stay>/<slug:column>/<slug:side>/"

# Below /<home>/
urlpatterns = [
    path("tavle/", page.board, name="board"),
    path("tavle/aendringer/", page.board_changes, name="board-changes"),
    path("tavle/stroem/", page.board_stream, name="board-stream"),
    path("tavle/her/", page.board_here, name="board-here"),
    path("tavle/kladde/", cells.draft, name="draft"),
    path(CELL, cells.cell, name="cell"),
    path(f"{CELL}rediger/", cells.cell_edit, name="cell-edit"),
    path(f"{CELL}gaelder/", cells.cell_confirm, name="cell-confirm"),
    path(f"{CELL}historik/", cells.cell_history, name="cell-history"),
    path(f"{CELL}forkert/", cells.cell_misfile, name="cell-misfile"),
    path("niveau/<nr:stay>/", levels.level_change, name="level-change"),
    path("niveau/<nr:stay>/af/", levels.level_close, name="level-close"),
    path("niveau/<nr:stay>/uaendret/", levels.level_review, name="level-review"),
    path("niveau/<nr:stay>/set/", levels.akut_read, name="akut-read"),
    path("niveau/<nr:stay>/gennemgang/", levels.akut_review, name="akut-review"),
    path("niveau/gennemgang/<nr:pk>/bekraeft/", levels.akut_review_confirm, name="akut-review-confirm"),
    path("niveau/<nr:stay>/uenig/", levels.level_dispute, name="level-dispute"),
    path("saet-paa-tavlen/", levels.raise_resident, name="raise-resident"),
    path("indsats/ny/<nr:stay>/", interventions.intervention_add, name="intervention-add"),
    path("indsats/<nr:pk>/", interventions.intervention, name="intervention"),
    path("indsats/<nr:pk>/afslut/", interventions.intervention_settle, name="intervention-settle"),
    path("indsats/<nr:pk>/flyt/", interventions.intervention_move, name="intervention-move"),
    path("indsats/<nr:pk>/uden-aftale/", interventions.unagreed_read, name="unagreed-read"),
    path("indsats/<nr:pk>/forkert/", interventions.intervention_misfile, name="intervention-misfile"),
    path("tidligt-tegn/<nr:pk>/", signs.sign, name="sign"),
    path("tidligt-tegn/<nr:pk>/set/", signs.sign_read, name="sign-read"),
    path("tidligt-tegn/<nr:pk>/svar/", signs.sign_handle, name="sign-handle"),
    path("tidligt-tegn/", signs.sign_note, name="sign-note"),
    path("fortryd/", undo.undo, name="undo"),
    path("vagt/", duty.duty, name="duty"),
    path("beboere/", lists.residents, name="residents"),
    path("kriterier/", lists.criteria, name="criteria"),
    path("kriterier/nyt/", own_criteria.own_criterion, name="own-criterion"),
    path("kriterier/<nr:pk>/svar/", own_criteria.own_criterion_answer, name="own-criterion-answer"),
]
