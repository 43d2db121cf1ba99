"""The same bundle may come again after another: a record may go back to what it was."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("patients", "0002_append_only")]

    operations = [
        migrations.RemoveConstraint(model_name="bundleimport", name="patients_bundle_once"),
    ]
