from django.db import migrations

from apps.tenants.fences import fence


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]

    operations = [
        fence("customers_customer", column="id"),
        fence("customers_legalentity"),
        fence("customers_membership"),
    ]
