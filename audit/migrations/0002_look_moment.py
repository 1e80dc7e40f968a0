from django.db import migrations, models


class Migration(migrations.Migration):
    """A look is noted with its moment, once in ten minutes instead of once an hour. Older ones keep their hour."""

    dependencies = [("audit", "0001_rooms")]

    operations = [
        migrations.RemoveConstraint("ReadEntry", "read_once_an_hour"),
        migrations.RemoveIndex("ReadEntry", "read_scope_hour"),
        migrations.RenameField("ReadEntry", "hour", "slot"),
        migrations.AddField("ReadEntry", "at", models.DateTimeField(null=True)),
        migrations.AddConstraint(
            "ReadEntry",
            models.UniqueConstraint(
                fields=["viewer", "scope", "screen", "slot", "fingerprint"], name="read_once_a_slot"
            ),
        ),
        migrations.AddIndex("ReadEntry", models.Index(fields=["scope", "slot"], name="read_scope_slot")),
        migrations.AddIndex("ReadEntry", models.Index(fields=["viewer", "slot"], name="read_viewer_slot")),
    ]
