from typing import Any

from django.db import migrations, models

KINDS = [("municipal", "Kommunalt"), ("regional", "Regionalt"), ("private", "Privat")]


def regions_own(apps: Any, _: Any) -> None:
    """A region's own homes are regional; of the others it is not known, and an administrator says it."""
    apps.get_model("organisation", "Home").objects.filter(organisation__region=None).update(ownership="regional")


class Migration(migrations.Migration):
    dependencies = [("organisation", "0006_employer_and_offers")]

    operations = [
        migrations.AddField(
            "Home", "ownership", models.CharField(choices=KINDS, default="municipal", max_length=10)
        ),
        migrations.RunPython(regions_own, migrations.RunPython.noop),
    ]
