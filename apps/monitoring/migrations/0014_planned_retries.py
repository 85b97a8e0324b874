"""Let a retry wait for a moment, or for what another flow brings."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0005_retention"),
        ("flows", "0023_samples"),
        ("monitoring", "0013_bulk_values"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="exceptioncase",
            name="retry_after",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="flows.run",
            ),
        ),
        migrations.AddField(
            model_name="exceptioncase",
            name="retry_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="exceptioncase",
            name="retry_planned_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="exceptioncase",
            index=models.Index(
                condition=models.Q(("retry_at__isnull", False), ("retry_after__isnull", False), _connector="OR"),
                fields=["id"],
                name="case_retry_planned",
            ),
        ),
    ]
