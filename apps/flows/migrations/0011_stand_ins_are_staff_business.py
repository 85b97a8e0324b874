"""Keep customers' people out of the table of stand-ins: it names no customer, so nothing else would part them."""

from django.db import migrations

from apps.tenants.fences import staff_only


class Migration(migrations.Migration):
    dependencies = [("flows", "0010_lean_indexes")]

    operations = [staff_only("flows_delegation")]
