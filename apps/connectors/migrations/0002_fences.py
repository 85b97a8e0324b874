from django.db import migrations

from apps.tenants.fences import fence, staff_only


class Migration(migrations.Migration):
    dependencies = [("connectors", "0001_initial")]

    operations = [
        fence("connectors_connection"),
        fence("connectors_connectiontest"),
        fence("connectors_credential"),
        fence("connectors_webhookendpoint"),
        # Sealed secrets are nobody's business but the workers', who act as staff.
        staff_only("connectors_credential"),
        staff_only("connectors_webhookendpoint"),
        staff_only("connectors_partnerkey"),
    ]
