from typing import Any

from django.db import migrations, models
from django.db.models import F, Q


def chosen_before(apps: Any, schema_editor: Any) -> None:
    """What people moved before there was a field for it."""
    waiting = apps.get_model("meetings", "Meeting").objects.filter(kind="weekly", state__in=["open", "planned"])
    moved = Q(moved_from__isnull=False) & ~Q(why="Vi har fået en ny fast mødetid")
    other_hour = waiting.exclude(time=F("series__time")).values("pk")
    waiting.filter(moved | Q(pk__in=list(other_hour.values_list("pk", flat=True)))).update(day_chosen=True)


class Migration(migrations.Migration):
    dependencies = [("meetings", "0004_minutes_proved")]

    operations = [
        migrations.AddField(
            model_name="meeting",
            name="day_chosen",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunPython(chosen_before, migrations.RunPython.noop),
    ]
