"""What is in a backup and what is not, and that nothing of what was in it lets anybody in after a restore."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from allauth.account.forms import default_token_generator
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.utils import timezone

from accounts import devices
from accounts.models import Device, DeviceSignIn, OpenSession, Screen
from audit import trail
from audit.models import Clock, Entry
from meetings import services as meeting_services
from meetings.models import WallScreen
from operations import tables
from organisation.models import User
from privacy.models import Cause, Erasure
from privacy.retention.stays import journal
from tests.conftest import TODAY, Cast, text_in

pytestmark = pytest.mark.both

# Every table in a backup today. A new one fails here first: does it hold anything that lets somebody in? Then it stands
# in LEFT_OUT, or a restore ends it (operations.services.shut_ways_in).
IN_IT = {
    "account_emailaddress", "audit_anchor", "audit_checkpoint", "audit_clock", "audit_entry", "audit_entrydetail",
    "audit_readentry", "auth_group", "auth_group_permissions", "auth_permission", "axes_accessattempt",
    "axes_accessattemptexpiration", "axes_accessfailurelog", "axes_accesslog", "boards_akutreview", "boards_akutread",
    "boards_cell", "boards_cellrevision", "boards_episode", "boards_episodecriterion", "boards_intervention",
    "boards_interventionevent", "boards_lastmet", "boards_levelchange", "boards_earlysign", "boards_pen",
    "boards_presence", "boards_signread", "boards_unagreedread", "privacy_sample", "privacy_sampleline",
    "criteria_approval", "criteria_criterion", "criteria_criterionversion", "django_content_type", "django_migrations",
    "meetings_agendaitem", "meetings_attendance", "meetings_carryover", "meetings_journalnote", "meetings_meeting",
    "meetings_minutes", "meetings_minutessection", "meetings_parkedtopic", "meetings_series", "meetings_wallscreen",
    "mfa_authenticator", "organisation_absence", "accounts_device", "organisation_draft", "organisation_home",
    "organisation_idempotencykey", "accounts_knownbrowser", "organisation_membership", "organisation_organisation",
    "accounts_pin", "accounts_provideridentity", "organisation_regionsettings", "organisation_team",
    "organisation_teamhome", "organisation_user", "organisation_user_groups", "organisation_user_user_permissions",
    "organisation_roleoffer", "organisation_roleyes",
    "reminders_anchormail", "reminders_demomail", "reminders_digest", "reminders_lasttick", "reminders_preference",
    "reminders_reminder",
    "residents_admission", "residents_contact", "residents_partner", "residents_resident", "residents_sharingbasis",
    "residents_stay", "residents_teamlink", "residents_teamstart", "residents_visit", "privacy_erasure",
    "privacy_receipt",
    "privacy_run",
}  # fmt: skip


@pytest.mark.django_db
def test_every_table_is_in_a_backup_or_named_as_left_out() -> None:
    assert tables.there() == tables.known(), "every table has a model"
    assert tables.there() - set(tables.LEFT_OUT) == IN_IT
    assert set(tables.LEFT_OUT) < tables.there()
    assert all(tables.LEFT_OUT.values())


@pytest.mark.django_db
def test_every_column_of_every_table_is_in_its_rows_and_the_order_is_by_a_number() -> None:
    by_table = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    for table in IN_IT - {tables.MIGRATIONS}:
        shape = tables.shape_of(table)
        assert set(shape.columns) == {field.column for field in by_table[table]._meta.local_concrete_fields}, table
        key = by_table[table]._meta.pk
        while isinstance(key, models.ForeignKey):
            key = key.target_field
        assert isinstance(key, models.IntegerField), f"{table}: text is not sorted alike everywhere"


def test_nothing_in_a_backup_points_at_what_is_not() -> None:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.db_table in tables.LEFT_OUT:
            continue
        for field in model._meta.local_concrete_fields:
            if isinstance(field, models.ForeignKey):
                assert field.related_model._meta.db_table not in tables.LEFT_OUT, field


def finish() -> str:
    out = StringIO()
    call_command("restore", after_other_restore=True, without_journal=True, stdout=out)
    return out.getvalue()


def test_nobody_is_let_in_by_what_was_in_the_backup(cast: Cast) -> None:
    now = timezone.now()
    client = cast.client(cast.mette)
    assert "Mette · Havtornen" in text_in(client.get("/havtornen/tavle/"))
    tablet, code = devices.device_add(unit=cast.home, name="Køkken", key="", by=cast.lis)
    own = devices.device_open(code, now)
    _, unused = devices.device_add(unit=cast.team, name="Bil", key="", by=cast.amina)
    DeviceSignIn.objects.create(device=tablet, user=cast.mette, at=now)
    wall, wall_code = meeting_services.wall_add(access=cast.access(cast.lis), team=cast.team, name="Stue", key="")
    wall_own = meeting_services.wall_open(wall_code, now)
    assert own and wall_own and meeting_services.wall_of(wall_own)  # noqa: PT018
    newcomer = User.objects.create_user("ny@x.invalid", name="Ny")
    signed_in = User.objects.create_user("ind@x.invalid", "en lang adgangskode", name="Ind")
    never = User.objects.create_user("aldrig@x.invalid", "en lang adgangskode", name="Aldrig")
    User.objects.filter(pk=signed_in.pk).update(last_login=now - timedelta(days=2))
    people = [User.objects.get(pk=one.pk) for one in (newcomer, signed_in, never)]
    links = {one.pk: default_token_generator.make_token(one) for one in people}
    for one in people:
        assert default_token_generator.check_token(one, links[one.pk])
    versions = dict(Clock.objects.values_list("scope", "version"))

    said = finish()

    assert "Alle er logget ud. 2 delte tablets og 1 storskærme skal have et nyt link." in said
    assert client.get("/havtornen/tavle/").status_code == 302
    for model in (Session, OpenSession, Screen, DeviceSignIn):
        assert not model.objects.exists(), model
    assert devices.device_open(unused, now) is None
    assert not Device.objects.exclude(key_hash="", code_hash="").exists()
    assert meeting_services.wall_of(wall_own) is None
    assert WallScreen.objects.for_home(cast.home).get(pk=wall.pk).revoked_at == now
    for one in people:
        assert not default_token_generator.check_token(User.objects.get(pk=one.pk), links[one.pk]), one.name
    assert not User.objects.get(pk=newcomer.pk).has_usable_password()
    assert User.objects.get(pk=newcomer.pk).last_login is None, "still somebody who has never been here"
    assert User.objects.get(pk=never.pk).check_password("en lang adgangskode")
    # No page from before meets a version it has seen.
    for scope, version in versions.items():
        assert trail.version_of(scope) >= version + 1_000_000, scope
    told = dict(Entry.objects.filter(actor=None).values_list("action", "scope"))
    assert {"device.revoked", "wall.revoked", "database.restored"} <= set(told)
    assert Entry.objects.get(action="database.restored").scope == "log:backup"
    assert "Mette · Havtornen" in text_in(cast.client(cast.mette).get("/havtornen/tavle/"))
    call_command("audit_verify", verbosity=0)


def test_database_prepared_and_not_used_counts_as_empty(db: None) -> None:
    assert tables.filled() == set()
    User.objects.create_user("en@x.invalid", name="En")
    assert tables.filled() == {"organisation_user"}


def test_journal_of_another_database_is_refused(cast: Cast, tmp_path: Path) -> None:
    Erasure.objects.create(
        home=cast.home, stay=99, resident=99, from_day=TODAY, cause=Cause.TERM, at=timezone.now()
    )  # fmt: skip
    path, lines = tmp_path / "journal.txt", list(journal(timezone.now()))
    path.write_text(json.dumps({**json.loads(lines[-1]), "lines": 0}))
    with pytest.raises(CommandError, match="mangler 1 sletninger"):
        call_command("restore", after_other_restore=True, journal=str(path))
    path.write_text("\n".join(lines))
    call_command("restore", after_other_restore=True, journal=str(path), stdout=StringIO())


def test_finishing_a_restore_is_all_or_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    device, _ = devices.device_add(unit=cast.home, name="Køkken", key="", by=cast.lis)

    def fails() -> Any:
        raise CommandError("home:1: brud ved nr. 3")

    real, calls = call_command, []

    def once(name: str, **more: Any) -> Any:
        calls.append(name)
        return real(name, **more) if len(calls) == 1 else fails()

    monkeypatch.setattr("operations.services.call_command", once)
    with pytest.raises(CommandError, match="Loggen holder ikke"):
        finish()
    assert calls == ["audit_verify", "audit_verify"]
    assert Device.objects.get(pk=device.pk).revoked_at is None
    assert not Entry.objects.filter(action="database.restored").exists()


def test_words_the_command_does_not_understand_are_told(cast: Cast) -> None:
    for words in ({}, {"after_other_restore": True}, {"file": "x", "after_other_restore": True},
                  {"after_other_restore": True, "rehearse": True, "without_journal": True}):  # fmt: skip
        with pytest.raises(CommandError, match="Skriv"):
            call_command("restore", **words)
    assert connection.in_atomic_block
