"""Addresses of connections and of the catalogue of systems."""

from django.urls import path

from apps.connectors.views import (
    accounts,
    calls,
    catalogue,
    connection_list,
    connections,
    credential_links,
    removals,
    shapes,
    shared_credentials,
    sign_in_back,
    sign_ins,
    webhook_keys,
)

app_name = "connectors"
_ONE = "connections/<uuid:connection_id>"
urlpatterns = [
    path("systems/", catalogue.system_list, name="system-list"),
    path("systems/<slug:system>/", catalogue.system_detail, name="system-detail"),
    path("systems/<slug:system>/help/", catalogue.system_help, name="system-help"),
    path("connections/", connection_list.connection_list, name="connection-list"),
    path("connections/test/", connection_list.connection_test_many, name="connection-test-many"),
    path("connections/new/", catalogue.connection_create, name="connection-create"),
    path("connections/new/<slug:system>/", connections.connection_create_for, name="connection-create-for"),
    path("connections/sign-in/back/", sign_in_back.sign_in_back, name="sign-in-back"),
    path(f"{_ONE}/", connections.connection_detail, name="connection-detail"),
    path(f"{_ONE}/calls/", calls.call_list, name="call-list"),
    path(f"{_ONE}/edit/", connections.connection_edit, name="connection-edit"),
    path(f"{_ONE}/test/", connections.connection_test, name="connection-test"),
    path(f"{_ONE}/tests/<uuid:test_id>/", connections.connection_test_live, name="connection-test-live"),
    path(f"{_ONE}/fields/read/", shapes.connection_discover, name="connection-discover"),
    path(f"{_ONE}/fields/live/", shapes.shapes_live, name="connection-fields-live"),
    path(f"{_ONE}/fields/agree/", shapes.shapes_agree, name="connection-fields-agree"),
    path(f"{_ONE}/secrets/<slug:secret>/", connections.secret_replace, name="secret-replace"),
    path(f"{_ONE}/colleague/", credential_links.credential_link_create, name="credential-link-create"),
    path(
        f"{_ONE}/colleague/<uuid:link_id>/take-back/",
        credential_links.credential_link_revoke,
        name="credential-link-revoke",
    ),
    path(f"{_ONE}/account/", accounts.account_confirm, name="account-confirm"),
    path(f"{_ONE}/sign-in/", sign_ins.sign_in_start, name="sign-in-start"),
    path(f"{_ONE}/sign-in/live/", sign_ins.sign_in_live, name="sign-in-live"),
    path(f"{_ONE}/disable/", connections.connection_disable, name="connection-disable"),
    path(f"{_ONE}/enable/", connections.connection_enable, name="connection-enable"),
    path(f"{_ONE}/remove/", removals.connection_remove, name="connection-remove"),
    path(f"{_ONE}/webhooks/new/", connections.endpoint_create, name="endpoint-create"),
    path(f"{_ONE}/webhooks/<uuid:endpoint_id>/close/", connections.endpoint_close, name="endpoint-close"),
    path(f"{_ONE}/webhooks/<uuid:endpoint_id>/key/", webhook_keys.webhook_key, name="webhook-key"),
    path("credentials/<str:token>/", shared_credentials.credential_link, name="credential-link"),
    path("credentials/received/<uuid:link_id>/", shared_credentials.credential_received, name="credential-received"),
]
