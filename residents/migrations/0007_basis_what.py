from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("residents", "0006_basis_fields")]

    operations = [
        # A basis from before covers everything on the board; those written from now on say what.
        migrations.AddField(
            "sharingbasis", "what", models.CharField(default="alt", max_length=200), preserve_default=False
        ),
        migrations.AlterField("sharingbasis", "covers", models.CharField(blank=True, max_length=200)),
    ]
