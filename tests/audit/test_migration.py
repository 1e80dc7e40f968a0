"""Looks recorded before they had a chain get one."""

import importlib

from django.apps import apps
from django.db import connection

from botilbud.audit import trail, triggers
from botilbud.audit.models import Clock, ReadEntry
from tests.audit.tamper import unlocked
from tests.conftest import Cast


def test_older_looks_get_their_chain_in_the_order_they_were_made(cast: Cast) -> None:
    for scope, count in ((cast.home.scope, 3), (cast.other_home.scope, 2)):
        for stay in range(count):
            trail.record_read(scope, viewer=cast.mette.pk, screen="tavle", stays=[stay])
    wanted = list(ReadEntry.objects.order_by("pk").values_list("scope", "seq", "previous", "hash"))
    with unlocked():
        Clock.objects.filter(scope__startswith="reads:").delete()
        for read in ReadEntry.objects.all():
            ReadEntry.objects.filter(pk=read.pk).update(seq=-read.pk, previous="", hash="")
    migration = importlib.import_module("botilbud.audit.migrations.0002_log")
    with connection.cursor() as cursor:

        class Editor:
            """What the migration uses of a schema editor; a real one cannot open within a test's transaction."""

            connection = connection

            @staticmethod
            def execute(sql: str) -> None:
                cursor.execute(sql)

        migration.chain(apps, Editor())
    assert list(ReadEntry.objects.order_by("pk").values_list("scope", "seq", "previous", "hash")) == wanted
    assert trail.broken_links("reads:" + cast.home.scope) == []
    assert trail.broken_links("reads:" + cast.other_home.scope) == []
    triggers.install()
    assert triggers.names() <= triggers.installed()
