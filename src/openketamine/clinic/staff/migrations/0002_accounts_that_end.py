from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("staff", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="staff",
            name="ends_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
