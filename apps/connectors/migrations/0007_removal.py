"""Connections that were removed but are still named by the history, and since when a connection is in its state."""

from django.db import migrations, models
from django.db.models import Q

# A trigger, not code: the state is set in many places, and none of them may forget the moment.
_SINCE = """
CREATE FUNCTION note_connection_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.state_since := now();
  RETURN NEW;
END $$;
CREATE TRIGGER note_state BEFORE INSERT ON connectors_connection FOR EACH ROW EXECUTE FUNCTION note_connection_state();
CREATE TRIGGER note_other_state BEFORE UPDATE ON connectors_connection FOR EACH ROW
  WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION note_connection_state();
"""
_NOT_SINCE = """
DROP TRIGGER note_other_state ON connectors_connection;
DROP TRIGGER note_state ON connectors_connection;
DROP FUNCTION note_connection_state();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0006_credentials"),
    ]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="state_since",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="connection",
            name="removed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RemoveConstraint(model_name="connection", name="connection_name_once"),
        migrations.AddConstraint(
            model_name="connection",
            constraint=models.UniqueConstraint(
                fields=("customer", "name"), condition=Q(removed_at=None), name="connection_name_once"
            ),
        ),
        migrations.RunSQL(_SINCE, _NOT_SINCE),
    ]
