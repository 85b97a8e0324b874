"""Reconcile flows that write step by step: whose step a row is about, which system was asked, and what was made when."""

from django.db import migrations, models
from django.db.models import Q

_SIDES = [
    ("source", "listed by the source"),
    ("target", "listed by the target"),
    ("from_asked", "asked of the source"),
    ("to_asked", "asked of the target"),
    ("made_asked", "asked of a system that steps write to"),
]


class Migration(migrations.Migration):
    dependencies = [("flows", "0028_record_markets")]

    operations = [
        migrations.AddField(
            model_name="reconciliationrow",
            name="step",
            field=models.CharField(blank=True, default="", max_length=40),
        ),
        migrations.AddField(
            model_name="seenpage",
            name="place",
            field=models.CharField(blank=True, default="", max_length=100),
        ),
        migrations.AlterField(
            model_name="seenpage",
            name="side",
            field=models.CharField(choices=_SIDES, max_length=10),
        ),
        migrations.AddIndex(
            model_name="operationstep",
            index=models.Index(fields=["flow", "changed_at"], condition=Q(kind="deliver"), name="step_made"),
        ),
    ]
