"""What vendors write about their webhooks, ready for their manifests; each from the vendor's own page.

A manifest takes one of these with `dataclasses.replace(XERO, objects={"INVOICE": "invoices"}, account_setting="tenant_id")`:
what the sender calls objects, and which setting of a connection holds its company's id.
"""

from apps.connectors.webhook_spec import EventShape, HmacSpec, StampForm, WebhookSpec

_HUBSPOT_EVENTS = EventShape(
    object_path="subscriptionType",  # "contact.propertyChange"
    object_pattern=r"^([^.]+)",
    key_path="objectId",
    # HubSpot does not promise that eventId is unique; attemptNumber alone changes when an event is sent again.
    id_paths=("eventId", "subscriptionId", "objectId", "occurredAt"),
    account_path="portalId",
)
_HUBSPOT_KEY = "Client secret"
_HUBSPOT_HELP = "The client secret of the app that sends the webhooks, from its page “Auth”."

# https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
HUBSPOT = WebhookSpec(
    scheme="hmac",
    signature_header="X-HubSpot-Signature-v3",
    hmac=HmacSpec(
        encoding="base64",
        signed=("method", "decoded_url", "body", "timestamp"),
        timestamp_header="X-HubSpot-Request-Timestamp",
        stamp_form=StampForm.MILLISECONDS,
    ),
    shapes=(_HUBSPOT_EVENTS,),
    answer_status=200,
    key_label=_HUBSPOT_KEY,
    key_help=_HUBSPOT_HELP,
)

# https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests
HUBSPOT_V1 = WebhookSpec(
    scheme="hubspot_v1",
    shapes=(_HUBSPOT_EVENTS,),
    answer_status=200,
    key_label=_HUBSPOT_KEY,
    key_help=_HUBSPOT_HELP,
)

# https://developers.docusign.com/platform/webhooks/connect/validate
# https://developers.docusign.com/platform/webhooks/connect/json-sim-event-model
DOCUSIGN = WebhookSpec(
    scheme="hmac",
    signature_header="X-DocuSign-Signature-{n}",
    hmac=HmacSpec(encoding="base64"),
    shapes=(
        EventShape(
            object_path="event",  # "envelope-completed"
            object_pattern=r"^([^-]+)",
            key_path="data.envelopeId",
            # retryCount changes when an event is sent again.
            id_paths=("event", "data.envelopeId", "data.recipientId", "generatedDateTime"),
            account_path="data.accountId",
        ),
    ),
    objects={"recipient": "envelope"},  # what happens to a recipient is read with its envelope
    answer_status=200,
    most_keys=10,
    key_label="Connect keys",
    key_help="The HMAC keys of Connect, from the page “Connect Keys”. Several are parted by spaces.",
)

# https://developer.xero.com/documentation/guides/webhooks/configuring-your-server/
XERO = WebhookSpec(
    scheme="hmac",
    signature_header="x-xero-signature",
    hmac=HmacSpec(encoding="base64"),
    shapes=(
        EventShape(
            events_path="events",  # none while Xero tests the intent to receive
            object_path="eventCategory",
            key_path="resourceId",
            id_paths=("tenantId", "resourceId", "eventType", "eventDateUtc"),
            account_path="tenantId",
        ),
    ),
    answer_status=200,
    key_label="Webhook key",
    key_help="The key that Xero shows on the app's page “Webhooks”.",
)

# https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks/managing-webhooks-notifications
INTUIT = WebhookSpec(
    scheme="hmac",
    signature_header="intuit-signature",
    hmac=HmacSpec(encoding="base64"),
    shapes=(
        EventShape(
            events_path="eventNotifications.dataChangeEvent.entities",
            object_path="name",
            key_path="id",
            id_paths=("name", "id", "operation", "lastUpdated"),
        ),
        EventShape(  # CloudEvents, which Intuit sends since 2026
            object_path="type",  # "qbo.invoice.created.v1"
            object_pattern=r"^qbo\.([^.]+)\.",
            key_path="intuitentityid",
            id_paths=("id",),
            account_path="intuitaccountid",
        ),
    ),
    answer_status=200,
    key_label="Verifier token",
    key_help="The token that Intuit shows on the app's page “Webhooks”.",
)

# https://developer.zendesk.com/documentation/webhooks/verifying/
# https://developer.zendesk.com/documentation/webhooks/anatomy-of-a-webhook-request/
ZENDESK = WebhookSpec(
    scheme="hmac",
    signature_header="X-Zendesk-Webhook-Signature",
    delivery_header="X-Zendesk-Webhook-Invocation-Id",
    hmac=HmacSpec(
        encoding="base64",
        signed=("timestamp", "body"),
        timestamp_header="X-Zendesk-Webhook-Signature-Timestamp",
        stamp_form=StampForm.ISO,
    ),
    shapes=(
        EventShape(
            object_path="subject",  # "zen:ticket:35436"
            object_pattern=r"^zen:([^:]+)",
            key_path="detail.id",
            id_paths=("id",),
        ),
    ),
    answer_status=200,
    key_label="Signing secret",
    key_help="The secret that Zendesk shows on the webhook's own page.",
)

# https://developer.box.com/guides/webhooks/v2/signatures-v2/
# https://developer.box.com/guides/webhooks/v2/
BOX = WebhookSpec(
    scheme="hmac",
    signature_header="BOX-SIGNATURE-PRIMARY BOX-SIGNATURE-SECONDARY",
    hmac=HmacSpec(
        encoding="base64",
        signed=("body", "timestamp"),
        timestamp_header="BOX-DELIVERY-TIMESTAMP",
        stamp_form=StampForm.ISO,
        window_seconds=600,
    ),
    shapes=(EventShape(object_path="source.type", key_path="source.id", id_paths=("id",)),),
    answer_status=200,
    key_label="Signature keys",
    key_help="The primary key, and the secondary one behind a space, from the app's page “Webhooks”.",
)

# https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging_wsdl.htm
SALESFORCE = WebhookSpec(
    scheme="outbound_message",
    shapes=(EventShape("notifications", object_path="type", key_path="fields.Id", id_paths=("id",)),),
    answer_status=200,
    key_label="Organisation ID",
    key_help="Salesforce shows it on the page “Company Information”: 15 or 18 letters and digits.",
)

# https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
# https://learn.microsoft.com/graph/change-notifications-lifecycle-events
MICROSOFT_GRAPH = WebhookSpec(
    scheme="client_state",
    client_state_path="clientState",
    handshake_parameter="validationToken",
    shapes=(
        # What happens to the subscription itself names no record: it starts a reading of what has changed, which is
        # what Microsoft asks for when notifications were missed or the subscription is gone.
        EventShape(
            events_path="value",
            object_path="resource",  # "users/{id}"
            object_pattern=r"^/?([^/('?]+)",
            key_path="resourceData.id",
        ),
    ),
    repeats_look_alike=True,
)

# https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/dynamics-subscriptions
BUSINESS_CENTRAL = WebhookSpec(
    scheme="client_state",
    client_state_path="clientState",
    handshake_parameter="validationToken",
    shapes=(
        EventShape(
            events_path="value",
            object_path="resource",  # "api/v2.0/companies(..)/items(..)"; a collection has no key: it is read anew
            object_pattern=r"/([^/()?]+)(?:\([^/()]*\)|\?.*)?$",
            key_path="resource",
            key_pattern=r"^[^?]*\(([^/()?]+)\)$",
            id_paths=("subscriptionId", "resource", "changeType", "lastModifiedDateTime"),
        ),
    ),
    answer_status=200,
)
