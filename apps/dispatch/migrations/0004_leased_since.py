"""Since when a row is leased: renewing moves the lease's end, so that alone does not tell a worker that never finishes.

A trigger notes it, so that whatever leases rows need not.
"""

from django.db import migrations, models

NOTE = """
CREATE FUNCTION public.dispatch_note_lease() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.leased_at := statement_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER note_lease BEFORE UPDATE OF state ON public.dispatch_duework FOR EACH ROW
  WHEN (OLD.state = 'ready' AND NEW.state = 'leased') EXECUTE FUNCTION public.dispatch_note_lease();
"""
FORGET = """
DROP TRIGGER note_lease ON public.dispatch_duework;
DROP FUNCTION public.dispatch_note_lease();
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0003_caps_and_connections")]

    operations = [
        migrations.AddField(
            model_name="duework",
            name="leased_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(NOTE, FORGET),
    ]
