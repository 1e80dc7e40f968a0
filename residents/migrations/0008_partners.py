import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("residents", "0007_basis_what"),
    ]

    operations = [
        # Nothing wrote in the first table, so it is made anew with what a partner is.
        migrations.DeleteModel("Partner"),
        migrations.CreateModel(
            name="Partner",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("doctor", "Egen læge"),
                            ("caseworker", "Kommunal sagsbehandler"),
                            ("ward", "Døgnafsnit"),
                            ("substance", "Rusmiddelcenter"),
                            ("job", "Jobcenter"),
                            ("probation", "Kriminalforsorgen"),
                            ("kin", "Pårørende"),
                            ("other", "Andet"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "without_resident",
                    models.CharField(choices=[("yes", "Ja"), ("no", "Nej"), ("unasked", "Ikke aftalt")], max_length=7),
                ),
                (
                    "agreed_how",
                    models.CharField(
                        blank=True,
                        choices=[("written", "Skriftligt"), ("spoken", "Mundtligt, og noteret")],
                        max_length=7,
                    ),
                ),
                ("agreed_on", models.DateField(blank=True, null=True)),
                ("recorded_on", models.DateField()),
                ("ended_on", models.DateField(blank=True, null=True)),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "stay",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="residents.stay"),
                ),
            ],
            options={"abstract": False},
        ),
    ]
