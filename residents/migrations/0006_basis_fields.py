from django.db import migrations, models


class Migration(migrations.Migration):
    # Apart from the filling in: PostgreSQL will not alter a table whose rows were changed in the same transaction.
    dependencies = [("residents", "0005_basis")]

    operations = [
        migrations.AlterField("sharingbasis", "given_on", models.DateField()),
        migrations.AlterField(
            "sharingbasis",
            "given_by",
            models.CharField(
                choices=[
                    ("resident", "Beboeren"),
                    ("guardian", "Værgen"),
                    ("attorney", "Fremtidsfuldmægtigen"),
                    ("law", "Ingen, det følger af loven"),
                ],
                max_length=8,
            ),
        ),
        migrations.AlterField(
            "sharingbasis",
            "kind",
            models.CharField(
                choices=[
                    ("consent", "Skriftligt samtykke (sundhedsloven § 43)"),
                    ("health", "Mellem sundhedspersoner (sundhedsloven § 41)"),
                    ("discharge", "Udskrivningsaftale eller koordinationsplan (psykiatriloven § 13 c)"),
                    ("social", "Samtykke efter social lov"),
                    ("other", "Andet"),
                    ("need", "I nød, i 60 minutter"),
                ],
                max_length=10,
            ),
        ),
    ]
