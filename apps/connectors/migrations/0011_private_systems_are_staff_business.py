"""How a partner describes its systems is nobody's business but its staff's: a customer's people see the systems' names."""

from django.db import migrations

from apps.tenants.fences import staff_only


class Migration(migrations.Migration):
    dependencies = [("connectors", "0010_accounts")]

    operations = [
        staff_only("connectors_privatesystem"),
        staff_only("connectors_privateversion"),
    ]
