"""What the audit trail's deeds are called on pages, in the reader's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.accounts.audit import AuditAction

DEED_WORDS: dict[AuditAction, Promise] = {
    AuditAction.SIGNED_IN: _("Signed in"),
    AuditAction.SIGN_IN_FAILED: _("Sign-in failed"),
    AuditAction.SIGNED_OUT: _("Signed out"),
    AuditAction.PASSWORD_CHANGED: _("Password changed"),
    AuditAction.TWO_STEP_CHANGED: _("Two-step sign-in changed"),
    AuditAction.PROFILE_CHANGED: _("Profile changed"),
    AuditAction.PERSON_CREATED: _("Person created"),
    AuditAction.PERSON_INVITED: _("Person invited"),
    AuditAction.INVITATION_WITHDRAWN: _("Invitation withdrawn"),
    AuditAction.PERSON_JOINED: _("Person joined"),
    AuditAction.ROLE_CHANGED: _("Role changed"),
    AuditAction.PERSON_DEACTIVATED: _("Person deactivated"),
    AuditAction.PERSON_REACTIVATED: _("Person let in again"),
    AuditAction.BRAND_CHANGED: _("Brand changed"),
    AuditAction.PARTNER_CREATED: _("Partner created"),
    AuditAction.PARTNER_CHANGED: _("Partner changed"),
    AuditAction.CUSTOMER_CREATED: _("Customer created"),
    AuditAction.CUSTOMER_CHANGED: _("Customer changed"),
    AuditAction.ONBOARDING_STARTED: _("Onboarding started"),
    AuditAction.ONBOARDING_CHANGED: _("Onboarding changed"),
    AuditAction.ONBOARDING_ASKED: _("Onboarding step sent"),
    AuditAction.ONBOARDING_LINK_REVOKED: _("Onboarding link revoked"),
    AuditAction.ONBOARDING_ANSWERED: _("Onboarding step answered"),
    AuditAction.ONBOARDING_FINISHED: _("Onboarding finished"),
    AuditAction.CONNECTION_CREATED: _("Connection created"),
    AuditAction.CONNECTION_CHANGED: _("Connection changed"),
    AuditAction.CONNECTION_REMOVED: _("Connection removed"),
    AuditAction.CREDENTIAL_SET: _("Credential set"),
    AuditAction.CREDENTIAL_LINK_MADE: _("Link to enter credentials made"),
    AuditAction.CREDENTIAL_LINK_REVOKED: _("Link to enter credentials taken back"),
    AuditAction.CONNECTION_TESTED: _("Connection tested"),
    AuditAction.PRIVATE_SYSTEM_CREATED: _("Own system described"),
    AuditAction.PRIVATE_SYSTEM_CHANGED: _("Own system changed"),
    AuditAction.PRIVATE_SYSTEM_LIVE: _("Own system made live"),
    AuditAction.FLOW_INSTALLED: _("Flow installed"),
    AuditAction.FLOW_PUBLISHED: _("Flow published"),
    AuditAction.FLOW_PROMOTED: _("Flow promoted"),
    AuditAction.CHANGE_ASKED: _("Change asked for"),
    AuditAction.CHANGE_DECIDED: _("Change decided"),
    AuditAction.CHANGE_WITHDRAWN: _("Change withdrawn"),
    AuditAction.CHANGE_WENT_LIVE: _("Approved change went live"),
    AuditAction.CHANGE_POLICY_SET: _("Demands of changes set"),
    AuditAction.ROLLOUT_STARTED: _("Rollout started"),
    AuditAction.ROLLOUT_STOPPED: _("Rollout stopped"),
    AuditAction.ROLLOUT_ENDED: _("Rollout done"),
    AuditAction.RECONCILIATION_SIGNED: _("Reconciliation signed"),
    AuditAction.FLOW_PAUSED: _("Flow paused"),
    AuditAction.FLOW_RESUMED: _("Flow resumed"),
    AuditAction.FLOW_SCHEDULED: _("Flow scheduled"),
    AuditAction.RUN_STARTED: _("Run started"),
    AuditAction.RUN_CANCELLED: _("Run cancelled"),
    AuditAction.OPERATION_REPLAYED: _("Record retried"),
    AuditAction.OPERATION_EDITED: _("Record corrected"),
    AuditAction.OPERATION_SKIPPED: _("Record skipped"),
    AuditAction.OPERATION_ROLLED_BACK: _("Record rolled back"),
    AuditAction.APPROVAL_DECIDED: _("Approval decided"),
    AuditAction.DELEGATION_CHANGED: _("Stand-in changed"),
    AuditAction.MAPPING_VALUE_ADDED: _("Mapping value added"),
    AuditAction.CONFIGURATION_IMPORTED: _("Configuration imported"),
    AuditAction.OWNER_CHANGED: _("Owner of a field changed"),
    AuditAction.OWNER_REVIEW_DECIDED: _("Change of another system's field decided"),
    AuditAction.CASE_ASSIGNED: _("Exception assigned"),
    AuditAction.CASE_NOTED: _("Note on an exception"),
    AuditAction.CASE_CLOSED: _("Exception closed"),
    AuditAction.SERVICE_LEVEL_CHANGED: _("Service level changed"),
    AuditAction.BREACH_EXCUSED: _("Missed promise excused"),
    AuditAction.API_KEY_CREATED: _("API key created"),
    AuditAction.API_KEY_REVOKED: _("API key revoked"),
    AuditAction.WEBHOOK_ENDPOINT_CREATED: _("Webhook address created"),
    AuditAction.AUDIT_EXPORTED: _("Audit trail exported"),
}


def deed_words(action: str) -> str:
    """Return a deed in words; one that the code no longer knows keeps its own name."""
    if action not in set(AuditAction):
        return action
    known = AuditAction(action)
    return str(DEED_WORDS.get(known, known.label))
