"""Language and time zone become a choice: nobody could make one before, so what is stored there is only the old default."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_fences")]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="language",
            field=models.CharField(blank=True, choices=[("en-gb", "English"), ("de", "Deutsch")], max_length=10),
        ),
        migrations.AlterField(
            model_name="user",
            name="time_zone",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.RunSQL("UPDATE accounts_user SET language = '', time_zone = ''", reverse_sql=migrations.RunSQL.noop),
    ]
