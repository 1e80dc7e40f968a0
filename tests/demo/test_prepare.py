"""`manage.py prepare`: a database of a version that cannot be carried on is refused, and left as it is."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from demo.management.commands import prepare

pytestmark = pytest.mark.both


def test_database_from_before_the_migrations_were_laid_anew_is_refused(db: None) -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_applied("organisation", "0001_initial")
    before = recorder.applied_migrations().keys()
    with pytest.raises(CommandError, match="Begynd med en tom database"):
        call_command("prepare")
    assert recorder.applied_migrations().keys() == before


def test_database_that_lacks_a_table_of_ours_is_refused(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first migration was edited since the database was laid, so there is nothing left to migrate."""
    monkeypatch.setattr(prepare, "call_command", lambda *_args, **_options: None)
    call_command("prepare")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE boards_signread RENAME TO boards_signseen")
    with pytest.raises(CommandError, match="Begynd med en tom database"):
        call_command("prepare")
