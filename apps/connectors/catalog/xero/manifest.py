"""Xero: contacts and sales invoices of the Accounting API, projects of the Projects API, as the canonical model has them.

Paths, parameters and properties: Xero's own OpenAPI files (https://github.com/XeroAPI/Xero-OpenAPI, MIT; version 16.1.0).
Sign-in: https://developer.xero.com/documentation/guides/oauth2/auth-flow. Limits for each organisation:
https://developer.xero.com/documentation/guides/oauth2/limits.
"""

from dataclasses import replace

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.catalog.xero.accounting import ACCOUNTING, CONTACTS, INVOICES
from apps.connectors.catalog.xero.projects import PROJECTS, TASKS, TIME, USERS
from apps.connectors.catalog.xero.records import ZONE
from apps.connectors.catalog.xero.refusals import RULES
from apps.connectors.manifest import ErrorShape, FieldSpec, Limits, ProofLabel, SystemManifest
from apps.connectors.sheet_terms import DayForm, Formats, LimitScope, MoneyForm, TimeForm
from apps.connectors.webhooks.vendors import XERO

MANIFEST = SystemManifest(
    slug="xero",
    name="Xero",
    category="ERP",
    summary="Xero: contacts and draft invoices are read and written; projects, their tasks, time and users are read.",
    proof=ProofLabel.PUBLISHED_CONTRACT,
    documentation="docs/connect/xero.md",
    address="https://api.xero.com",
    auth=AuthSpec(
        AuthScheme.OAUTH_CODE,
        token_path="https://identity.xero.com/connect/token",  # noqa: S106  an address, no secret
        token_scope="offline_access accounting.contacts accounting.transactions accounting.settings.read projects.read",  # noqa: S106  a scope
        authorize_address="https://login.xero.com/identity/connect/authorize",
        refresh_days_unused=60,  # docs/connect/xero.md
    ),
    secrets=(
        SecretSpec("client_id", "Client id", "Of the app at developer.xero.com, on its page “Configuration”."),
        SecretSpec("client_secret", "Client secret", "From the same page; an app for PKCE alone has none."),
    ),
    settings=(
        FieldSpec("tenant", label="Organisation (tenant) id", required=True),
        FieldSpec(ZONE, label="Time zone of the organisation, as Europe/London (UTC when empty)"),
    ),
    headers={"xero-tenant-id": "{tenant}"},
    rights=(
        "The scopes accounting.contacts and accounting.transactions, to read and write contacts and invoices.",
        "The scopes accounting.settings.read and projects.read, to test the connection and to read projects.",
        "A person with the role Standard or Adviser in the organisation, who signs in.",
    ),
    objects=(CONTACTS, INVOICES, PROJECTS, TASKS, TIME, USERS),
    test_path=f"{ACCOUNTING}/Organisation",
    identity_path="Organisations.Name",
    limits=Limits(calls=60, seconds=60, at_once=5, scope=LimitScope.ACCOUNT, remaining_header="X-MinLimit-Remaining"),
    error_shape=ErrorShape(problems_path="Elements.0.ValidationErrors", code_path="", message_path="Message"),
    error_rules=RULES,
    formats=Formats(MoneyForm.NUMBER, TimeForm.MINUTES, DayForm.MILLISECONDS),
    webhook=replace(XERO, objects={"CONTACT": "contacts", "INVOICE": "invoices"}, account_setting="tenant"),
)
