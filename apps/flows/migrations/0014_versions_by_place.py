"""Versions keep the lines of every place where a flow maps, and who made them; the customer's lines live in them alone."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

from apps.tenants.fences import staff_only

# The owner of the tables is fenced too, so the fence is opened for the moment.
_KEEP_PLACES = """
ALTER TABLE flows_flowversion NO FORCE ROW LEVEL SECURITY;
UPDATE flows_flowversion SET made_at = published_at, made_by = published_by, layers = jsonb_build_object('places',
  CASE WHEN layers ? 'steps' THEN (
    SELECT coalesce(jsonb_object_agg(step.key, jsonb_build_object(
      'object', step.value -> 'object', 'system', step.value -> 'system',
      'template', '[]'::jsonb, 'partner', '[]'::jsonb, 'customer', '[]'::jsonb)), '{}'::jsonb)
    FROM jsonb_each(layers -> 'steps') AS step)
  ELSE jsonb_build_object('delivery', jsonb_build_object(
    'object', '', 'system', layers -> 'system', 'template', layers -> 'template',
    'partner', layers -> 'partner', 'customer', layers -> 'customer'))
  END);
ALTER TABLE flows_flowversion FORCE ROW LEVEL SECURITY;
"""
_TAKE_OVER_PARTNER_LINES = """
INSERT INTO flows_partnerlayer (id, template, place, system, lines, changed_at, changed_by)
SELECT id, template, 'delivery', target_system, lines, changed_at, '' FROM flows_mappinglayer WHERE level = 'partner';
"""


class Migration(migrations.Migration):
    dependencies = [("flows", "0013_comparisons")]

    operations = [
        migrations.AddField("flowversion", "template_version", models.PositiveIntegerField(default=1)),
        migrations.AddField(
            "flowversion",
            "made_after",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="flows.flowversion",
            ),
        ),
        migrations.AddField("flowversion", "made_at", models.DateTimeField(null=True)),
        migrations.AddField("flowversion", "made_by", models.CharField(blank=True, default="", max_length=200)),
        migrations.RunSQL(_KEEP_PLACES),
        migrations.AlterField("flowversion", "made_at", models.DateTimeField()),
        migrations.AlterField("flowversion", "made_by", models.CharField(blank=True, max_length=200)),
        migrations.AlterField("flowversion", "published_at", models.DateTimeField(blank=True, null=True)),
        migrations.CreateModel(
            name="PartnerLayer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("template", models.SlugField(max_length=60)),
                ("place", models.SlugField(max_length=40)),
                ("system", models.SlugField(max_length=40)),
                ("lines", models.JSONField(default=list)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                ("changed_by", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("template", "place", "system"), name="partner_place_once")
                ]
            },
        ),
        staff_only("flows_partnerlayer"),
        migrations.RunSQL(_TAKE_OVER_PARTNER_LINES),
        migrations.DeleteModel("MappingLayer"),
    ]
