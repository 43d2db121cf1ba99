"""A first password ends by itself."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("staff", "0006_places")]

    operations = [
        migrations.AddField(
            model_name="staff",
            name="first_password_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
