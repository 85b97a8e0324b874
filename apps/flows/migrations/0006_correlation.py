"""What caused an event: its correlation id and, where the caller traced, the trace it belongs to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("flows", "0005_walks")]

    operations = [
        migrations.AddField(
            model_name="triggerevent",
            name="correlation_id",
            field=models.CharField(blank=True, default="", max_length=40),
        ),
        migrations.AddField(
            model_name="triggerevent",
            name="traceparent",
            field=models.CharField(blank=True, default="", max_length=55),
        ),
        migrations.AddIndex(
            model_name="triggerevent",
            index=models.Index(
                condition=models.Q(("correlation_id", ""), _negated=True),
                fields=["correlation_id"],
                name="event_correlation",
            ),
        ),
    ]
