"""Keep the indexes that pages and runs use: fewer to write for each webhook, and a customer's runs in their order."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0005_retention"),
        ("flows", "0009_replay_trials"),
    ]

    operations = [
        migrations.AlterField(
            model_name="run",
            name="customer",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="flow",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="runs", to="flows.flow"
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="version",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="flows.flowversion"
            ),
        ),
        migrations.AlterField(
            model_name="triggerevent",
            name="customer",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
            ),
        ),
        migrations.AlterField(
            model_name="triggerevent",
            name="flow",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="trigger_events",
                to="flows.flow",
            ),
        ),
        migrations.AlterField(
            model_name="triggerevent",
            name="trigger",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="flows.trigger",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["customer", "-id"], name="run_of_customer"),
        ),
    ]
