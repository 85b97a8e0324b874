"""Limit every table of the room to its customer; alerts name the partner's people and stay with staff."""

from django.db import migrations

from apps.tenants.fences import fence, staff_only


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0001_cases")]

    operations = [
        fence("monitoring_exceptioncase"),
        fence("monitoring_caseoperation"),
        fence("monitoring_caseamount"),
        fence("monitoring_casenote"),
        fence("monitoring_casestep"),
        fence("monitoring_alert"),
        staff_only("monitoring_alert"),
    ]
