"""Addresses of the settings: one's own profile, people, invitations, API keys, the brand and the audit trail."""

from django.urls import path

from apps.accounts.views import brand, brand_mails, keys, people, saved_views, settings, trail

app_name = "accounts"
urlpatterns = [
    path("settings/", settings.settings_start, name="settings"),
    path("settings/profile/", settings.profile, name="profile"),
    path("settings/language/", settings.language_choose, name="language-choose"),
    path("settings/counts/", settings.navigation_counts, name="navigation-counts"),
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
    path("settings/brand/publish/", brand.brand_publish, name="brand-publish"),
    path("settings/brand/discard/", brand.brand_discard, name="brand-discard"),
    path("settings/brand/try/", brand.brand_try, name="brand-try"),
    path("settings/brand/try/stop/", brand.brand_try_stop, name="brand-try-stop"),
    path("settings/brand/history/", brand.brand_history, name="brand-history"),
    path("settings/brand/history/<int:number>/restore/", brand.brand_restore, name="brand-restore"),
    path("settings/brand/sign-in/", brand.brand_sign_in, name="brand-sign-in"),
    path("settings/brand/mails/", brand_mails.brand_mails, name="brand-mails"),
    path("settings/brand/mails/<str:mail>/", brand_mails.brand_mails, name="brand-mail"),
    path("settings/brand/mails/<str:mail>/page/", brand_mails.brand_mail_page, name="brand-mail-page"),
    path("views/save/", saved_views.view_save, name="view-save"),
    path("views/<uuid:view_id>/", saved_views.view_edit, name="view-edit"),
    path("views/<uuid:view_id>/delete/", saved_views.view_delete, name="view-delete"),
    path("audit/", trail.audit_trail, name="audit"),
    path("audit/trail.csv", trail.audit_csv, name="audit-csv"),
]
