"""Records that have a name are found by its beginning."""

from django.db import migrations, models

_NAMED = (
    "Opportunity",
    "Contract",
    "Project",
    "Assignment",
    "BillingMilestone",
    "PurchaseOrder",
    "Invoice",
    "Payment",
    "Customer",
    "Resource",
)


class Migration(migrations.Migration):
    dependencies = [("flows", "0024_record_references")]

    operations = [
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                condition=models.Q(("canonical_type__in", _NAMED)),
                fields=["label"],
                name="operation_label",
                opclasses=("varchar_pattern_ops",),
            ),
        ),
    ]
