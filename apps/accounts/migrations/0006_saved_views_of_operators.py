"""Let operators keep views too: in the public schema nobody becomes a partner's staff, so the fence there kept them out."""

from django.db import migrations

from apps.tenants.database_roles import APP

_OPEN = f"""
DO $$ BEGIN
  IF current_schema() = 'public' THEN
    CREATE POLICY operators ON accounts_savedview TO {APP} USING (true) WITH CHECK (true);
  END IF;
END $$;
"""
_CLOSE = "DROP POLICY IF EXISTS operators ON accounts_savedview;"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_preferences")]

    operations = [migrations.RunSQL(_OPEN, _CLOSE)]
