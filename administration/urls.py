from django.urls import URLPattern, URLResolver, path

from administration.views import absence, criteria, devices, homes, leaving, offers, people, settings, start, units
from core import paths  # noqa: F401 - registers <nr:…>
from privacy.views import account_use, retention, samples

# Below /styring/
urlpatterns: list[URLPattern | URLResolver] = [
    path("kriterier/", criteria.criteria_set, name="administration-criteria-set"),
    path("kriterier/nyt/<nr:region>/", criteria.criterion_create, name="administration-criterion-create"),
    path("kriterier/<nr:pk>/", criteria.criterion_propose, name="administration-criterion-propose"),
    path("kriterier/<nr:pk>/hvile/", criteria.criterion_awake, name="administration-criterion-awake"),
    path("kriterier/<nr:pk>/plads/", criteria.criterion_move, name="administration-criterion-move"),
    path("kriterier/forslag/<nr:pk>/fortryd/", criteria.criterion_withdraw, name="administration-criterion-withdraw"),
    path("godkend/", criteria.approvals, name="administration-approvals"),
    path("godkend/<nr:pk>/", criteria.approval_answer, name="administration-approval-answer"),
    path("indstillinger/<nr:region>/", settings.settings_change, name="administration-settings-change"),
    # Control of the log
    path("stikproever/", samples.samples, name="administration-samples"),
    path("stikproever/<nr:pk>/", samples.sample_answer, name="administration-sample-answer"),
    path("ankre/", samples.anchors, name="administration-anchors"),
    path("ankre/<slug:day>.txt", samples.anchor_fetch, name="administration-anchor-fetch"),
    path("tablets/", devices.devices, name="administration-devices"),
    path("tablets/<nr:pk>/ud/", devices.device_revoke, name="administration-device-revoke"),
    # How long data is kept
    path("opbevaring/", retention.retention, name="administration-retention"),
    path("botilbud/<nr:pk>/fraflyttede/", retention.stays, name="administration-stays"),
    path("botilbud/<nr:pk>/fraflyttede/<nr:stay>/", retention.stay_erase, name="administration-stay-erase"),
    # Organisations, teams, homes
    path("", start.administration, name="administration"),
    path("ur/", start.clock_confirm, name="administration-clock-confirm"),
    path("sletning/ja/", start.erasing_allow, name="administration-erasing-allow"),
    path("organisationer/", units.organisations, name="administration-organisations"),
    path("organisationer/ny/", units.organisation_create, name="administration-organisation-create"),
    path("organisationer/<nr:pk>/", units.organisation, name="administration-organisation"),
    path("team/", units.teams, name="administration-teams"),
    path("team/nyt/", units.team_create, name="administration-team-create"),
    path("team/<nr:pk>/", units.team, name="administration-team"),
    path("team/<nr:pk>/oevebotilbud/", units.practice_create, name="administration-practice-create"),
    path("botilbud/", homes.homes, name="administration-homes"),
    path("botilbud/nyt/", homes.home_create, name="administration-home-create"),
    path("botilbud/<nr:pk>/", homes.home, name="administration-home"),
    path("botilbud/<nr:pk>/ret/", homes.home_change, name="administration-home-change"),
    path("botilbud/<nr:pk>/team/", homes.team_home_add, name="administration-team-home-add"),
    path("botilbud/<nr:pk>/team/<nr:link>/", homes.team_home_change, name="administration-team-home-change"),
    path("botilbud/<nr:pk>/moeder/", homes.series_create, name="administration-series-create"),
    path("botilbud/<nr:pk>/moeder/<nr:series>/", homes.series_end, name="administration-series-end"),
    path("botilbud/<nr:pk>/moeder/<nr:series>/ret/", homes.series_change, name="administration-series-change"),
    path("botilbud/<nr:pk>/forlader/", homes.home_leave, name="administration-home-leave"),
    # People
    path("personer/", people.people, name="administration-people"),
    path("personer/ny/", people.person_create, name="administration-person-create"),
    path("personer/mange/", people.people_read_in, name="administration-people-read-in"),
    path("personer/<nr:pk>/", people.person, name="administration-person"),
    path("personer/<nr:pk>/mail/", people.address_change, name="administration-address-change"),
    path("personer/<nr:pk>/konto/", people.account, name="administration-account"),
    path("personer/<nr:pk>/brug/", account_use.account_use, name="administration-account-use"),
    path("personer/<nr:pk>/ret/", people.person_change, name="administration-person-change"),
    path("personer/<nr:pk>/rolle/", people.membership_give, name="administration-membership-give"),
    path("roller/svar/", offers.role_offers, name="administration-role-offers"),
    path("roller/svar/<nr:pk>/", offers.role_offer_answer, name="administration-role-offer-answer"),
    path("roller/<nr:pk>/", leaving.membership_end, name="administration-membership-end"),
    path("roller/<nr:pk>/overtag/", leaving.membership_hand_on, name="administration-membership-hand-on"),
    path("fravaer/", absence.absence_own, name="administration-absence-own"),
    path("fravaer/<nr:person>/", absence.absence_of, name="administration-absence-of"),
    path("fravaer/ret/<nr:pk>/", absence.absence_shorten, name="administration-absence-shorten"),
]
