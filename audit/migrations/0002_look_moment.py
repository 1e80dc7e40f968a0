from django.db import migrations, models


class Migration(migrations.Migration):
    """A look is noted with its moment, once in ten minutes instead of once an hour. Older ones keep their hour.

    The column keeps its name, so that web processes of the version before go on while this one comes up.
    """

    dependencies = [("audit", "0001_rooms")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("ReadEntry", "read_once_an_hour"),
                migrations.RemoveIndex("ReadEntry", "read_scope_hour"),
                migrations.RenameField("ReadEntry", "hour", "slot"),
                migrations.AlterField("ReadEntry", "slot", models.DateTimeField(db_column="hour")),
                migrations.AddConstraint(
                    "ReadEntry",
                    models.UniqueConstraint(
                        fields=["viewer", "scope", "screen", "slot", "fingerprint"], name="read_once_an_hour"
                    ),
                ),
                migrations.AddIndex("ReadEntry", models.Index(fields=["scope", "slot"], name="read_scope_hour")),
            ]
        ),
        migrations.AddField("ReadEntry", "at", models.DateTimeField(null=True)),
        migrations.AddIndex("ReadEntry", models.Index(fields=["viewer", "slot"], name="read_viewer_hour")),
    ]
