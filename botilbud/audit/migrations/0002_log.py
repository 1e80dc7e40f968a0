import hashlib
import json
from datetime import UTC

from django.db import migrations, models


def chain(apps, schema_editor):
    """Gives the looks recorded so far their chain, in the order they were recorded."""
    reads, clocks = apps.get_model("audit", "ReadEntry"), apps.get_model("audit", "Clock")
    # The trigger that refuses this is laid again after every migrate (triggers.install).
    table = " ON audit_readentry" if schema_editor.connection.vendor == "postgresql" else ""
    schema_editor.execute(f"DROP TRIGGER IF EXISTS audit_readentry_no_update{table}")
    ends = {}
    for read in reads.objects.order_by("pk").iterator():
        seq, previous = ends.get(read.scope, (0, ""))
        hour = read.hour.astimezone(UTC).isoformat()
        parts = [previous, read.scope, seq + 1, read.viewer, read.screen, hour, read.stays, read.fingerprint]
        digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        reads.objects.filter(pk=read.pk).update(seq=seq + 1, previous=previous, hash=digest)
        ends[read.scope] = (seq + 1, digest)
    for scope, (seq, head) in ends.items():
        clocks.objects.update_or_create(scope=f"reads:{scope}", defaults={"version": seq, "seq": seq, "head": head})


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.AddField("clock", "anchored", models.BigIntegerField(default=0)),
        migrations.AddField("readentry", "seq", models.BigIntegerField(default=0), preserve_default=False),
        migrations.AddField("readentry", "previous", models.CharField(default="", max_length=64), preserve_default=False),
        migrations.AddField("readentry", "hash", models.CharField(default="", max_length=64), preserve_default=False),
        migrations.RunPython(chain, migrations.RunPython.noop),
        migrations.AddConstraint(
            "readentry", models.UniqueConstraint(fields=["scope", "seq"], name="read_scope_seq")
        ),
        migrations.AddIndex("readentry", models.Index(fields=["scope", "hour"], name="read_scope_hour")),
        migrations.CreateModel(
            name="Anchor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(unique=True)),
                ("text", models.TextField()),
                ("digest", models.CharField(max_length=64)),
            ],
        ),
    ]
