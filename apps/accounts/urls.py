"""Addresses of people, invitations, API keys, the brand and the audit trail."""

from django.urls import path

from apps.accounts.views import brand, keys, people, trail

app_name = "accounts"
urlpatterns = [
    path("people/", people.people, name="people"),
    path("people/invite/", people.person_invite, name="person-invite"),
    path("people/<uuid:person_id>/role/", people.person_role, name="person-role"),
    path("people/<uuid:person_id>/deactivate/", people.person_deactivate, name="person-deactivate"),
    path("people/<uuid:person_id>/reactivate/", people.person_reactivate, name="person-reactivate"),
    path("people/invitations/<uuid:invitation_id>/withdraw/", people.invitation_withdraw, name="invitation-withdraw"),
    path("join/<str:token>/", people.invitation_accept, name="invitation-accept"),
    path("accounts/email/", people.email_is_fixed, name="email-is-fixed"),
    path("api-keys/", keys.api_keys, name="api-keys"),
    path("api-keys/new/", keys.api_key_create, name="api-key-create"),
    path("api-keys/<uuid:key_id>/revoke/", keys.api_key_revoke, name="api-key-revoke"),
    path("settings/brand/", brand.brand_edit, name="brand-edit"),
    path("audit/", trail.audit_trail, name="audit"),
    path("audit/trail.csv", trail.audit_csv, name="audit-csv"),
]
