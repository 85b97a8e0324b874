from django.db import migrations

from apps.tenants.fences import fence, staff_only

TABLES = (
    "flow", "flowversion", "trigger", "triggerevent", "run", "batch", "operation", "link", "checkpoint", "correction", "flowday",
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("flows", "0001_initial")]

    operations = [
        *[fence(f"flows_{table}") for table in TABLES],
        staff_only("flows_mappinglayer"),
    ]
