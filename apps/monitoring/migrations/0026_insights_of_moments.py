"""Tell of work that began at an unusual time of the day, or was done on a holiday."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0025_markets_of_failures"),
    ]

    operations = [
        migrations.AlterField(
            model_name="insight",
            name="cause",
            field=models.CharField(
                choices=[
                    ("long_day", "Long day"),
                    ("odd_day", "Unusual weekday"),
                    ("odd_hour", "Unusual time of day"),
                    ("holiday", "Work on a holiday"),
                    ("rate", "Unusual rate"),
                    ("amount", "Unusual amount"),
                    ("volume", "Unusual volume"),
                    ("incomplete", "Data missing"),
                    ("budget_hours", "Budget in hours"),
                    ("budget_money", "Budget in money"),
                    ("end_passed", "Work after the end"),
                    ("behind", "Behind its plan"),
                    ("milestone_late", "Milestone late"),
                    ("open_request", "Somebody is looked for"),
                    ("overbooked", "Planned for too much"),
                ],
                max_length=16,
            ),
        ),
    ]
