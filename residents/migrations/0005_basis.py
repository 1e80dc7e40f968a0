from django.db import migrations, models
from django.db.models import F


def say_who_and_when(apps, schema_editor):
    """What was typed becomes a choice; it was given no later than the day it held from, and how is not known."""
    Basis = apps.get_model("residents", "SharingBasis")
    Basis.objects.update(given_on=F("from_day"))
    for basis in Basis.objects.all():
        said = basis.given_by.lower()
        basis.given_by = "guardian" if "værge" in said else "attorney" if "fuldmægtig" in said else "resident"
        basis.save(update_fields=["given_by"])


class Migration(migrations.Migration):
    dependencies = [("residents", "0004_one_team")]

    operations = [
        migrations.AddField("sharingbasis", "given_on", models.DateField(null=True)),
        migrations.AddField(
            "sharingbasis",
            "given_how",
            models.CharField(
                blank=True,
                choices=[("written", "Skriftligt"), ("spoken", "Mundtligt, og noteret")],
                default="",
                max_length=7,
            ),
            preserve_default=False,
        ),
        migrations.AddField("sharingbasis", "open_until", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "sharingbasis", "reason", models.CharField(blank=True, default="", max_length=200), preserve_default=False
        ),
        migrations.RunPython(say_who_and_when, migrations.RunPython.noop),
    ]
