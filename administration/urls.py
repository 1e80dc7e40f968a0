from django.urls import URLPattern, URLResolver, path

from administration.views import absence, criteria, devices, homes, leaving, people, settings, start, units
from core import paths  # noqa: F401 - registers <nr:…>
from privacy.views import retention, samples

# Below /styring/
urlpatterns: list[URLPattern | URLResolver] = [
    path("kriterier/", criteria.criteria_set, name="admin-criteria"),
    path("kriterier/nyt/<nr:region>/", criteria.criterion_new, name="admin-criterion-new"),
    path("kriterier/<nr:pk>/", criteria.criterion_change, name="admin-criterion"),
    path("kriterier/<nr:pk>/hvile/", criteria.criterion_awake, name="admin-criterion-awake"),
    path("kriterier/<nr:pk>/plads/", criteria.criterion_place, name="admin-criterion-place"),
    path("kriterier/forslag/<nr:pk>/fortryd/", criteria.proposal_withdraw, name="admin-proposal-withdraw"),
    path("godkend/", criteria.approvals, name="admin-approvals"),
    path("godkend/<nr:pk>/", criteria.approval_answer, name="admin-approval"),
    path("indstillinger/<nr:region>/", settings.region_settings, name="admin-settings"),
    # Control of the log
    path("stikproever/", samples.samples, name="administration-samples"),
    path("stikproever/<nr:pk>/", samples.sample_answer, name="administration-sample"),
    path("ankre/", samples.anchor_list, name="administration-anchors"),
    path("ankre/<slug:day>.txt", samples.anchor_file, name="administration-anchor"),
    path("tablets/", devices.tablets, name="administration-tablets"),
    path("tablets/<nr:pk>/ud/", devices.tablet_revoke, name="administration-tablet-revoke"),
    # How long data is kept
    path("opbevaring/", retention.kept, name="administration-retention"),
    path("botilbud/<nr:pk>/fraflyttede/", retention.stays, name="administration-stays"),
    path("botilbud/<nr:pk>/fraflyttede/<nr:stay>/", retention.stay_now, name="administration-stay-erase"),
    # Organisations, teams, homes
    path("", start.start, name="administration"),
    path("organisationer/", units.organisations, name="administration-organisations"),
    path("organisationer/ny/", units.organisation_new, name="administration-organisation-new"),
    path("organisationer/<nr:pk>/", units.organisation, name="administration-organisation"),
    path("team/", units.teams, name="administration-teams"),
    path("team/nyt/", units.team_new, name="administration-team-new"),
    path("team/<nr:pk>/", units.team, name="administration-team"),
    path("team/<nr:pk>/oevebotilbud/", units.practice_new, name="administration-practice-new"),
    path("botilbud/", homes.homes, name="administration-homes"),
    path("botilbud/nyt/", homes.home_new, name="administration-home-new"),
    path("botilbud/<nr:pk>/", homes.home, name="administration-home"),
    path("botilbud/<nr:pk>/ret/", homes.home_change, name="administration-home-change"),
    path("botilbud/<nr:pk>/team/", homes.link_new, name="administration-link-new"),
    path("botilbud/<nr:pk>/team/<nr:link>/", homes.link, name="administration-link"),
    path("botilbud/<nr:pk>/moeder/", homes.series_new, name="administration-series-new"),
    path("botilbud/<nr:pk>/moeder/<nr:series>/", homes.series_end, name="administration-series-end"),
    path("botilbud/<nr:pk>/forlader/", homes.home_leave, name="administration-home-leave"),
    # People
    path("personer/", people.people, name="administration-people"),
    path("personer/ny/", people.person_new, name="administration-person-new"),
    path("personer/mange/", people.many, name="administration-many"),
    path("personer/<nr:pk>/", people.person, name="administration-person"),
    path("personer/<nr:pk>/ret/", people.person_change, name="administration-person-change"),
    path("personer/<nr:pk>/rolle/", people.role_new, name="administration-role-new"),
    path("roller/<nr:pk>/", leaving.role, name="administration-role"),
    path("roller/<nr:pk>/overtag/", leaving.hand_on, name="administration-hand-on"),
    path("fravaer/", absence.own, name="administration-absence"),
    path("fravaer/<nr:person>/", absence.of_person, name="administration-absence-of"),
    path("fravaer/ret/<nr:pk>/", absence.shorten, name="administration-absence-shorten"),
]
