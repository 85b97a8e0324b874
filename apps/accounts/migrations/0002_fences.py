"""Keep customers' people out of invitations, keys, mails and the trail, and keep everybody from changing the trail."""

from django.db import migrations

from apps.tenants.fences import append_only, staff_only

_REFUSE = """
CREATE FUNCTION accounts_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The audit trail is append-only: % is refused.', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER accounts_auditentry_append_only BEFORE UPDATE OR DELETE ON accounts_auditentry
  FOR EACH ROW EXECUTE FUNCTION accounts_refuse_change();
"""
_ALLOW = """
DROP TRIGGER accounts_auditentry_append_only ON accounts_auditentry;
DROP FUNCTION accounts_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_people_keys_and_audit")]

    operations = [
        staff_only("accounts_invitation"),
        staff_only("accounts_outgoingmail"),
        staff_only("accounts_apikey"),
        staff_only("accounts_auditentry"),
        staff_only("accounts_audithead"),
        append_only("accounts_auditentry"),
        migrations.RunSQL(_REFUSE, _ALLOW),
    ]
