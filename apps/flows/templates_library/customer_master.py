"""Customer master: one hierarchy of clients in CRM, ERP and PSA, where each system keeps the fields it is the owner of."""

from typing import Any

from django.utils.translation import gettext_noop

from apps.connectors.canonical.registry import canonical_type
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import MappingLine
from apps.flows.engine.definition import CheckOptions, Filter, FlowDefinition, Rule, Step, Undo
from apps.flows.engine.steps import DeliverOptions, MapOptions
from apps.flows.engine.steps.emit import EmitOptions
from apps.flows.templates_library.samples import Delivers, LeftOut, Refused, Sample
from apps.flows.templates_library.settings import settings_schema, yes_no
from apps.flows.templates_library.template import DAY, HOUR, FlowTemplate, SlaSuggestion

# Bill-to, terms and tax are finance's own: what is entered there is never overwritten from outside.
_OF_FINANCE = frozenset(
    {
        "tax_id", "registration_no", "payment_terms_days", "currency", "invoice_email", "street", "postal", "city",
        "country",
    }
)  # fmt: skip
# A subsidiary that comes before its parent is refused, and tried again when that one has arrived.
_AFTER_ITS_PARENT = {FailureKind.REJECTED: (5, 30, 120)}
_RULES = (
    Rule(
        name="not_its_own_parent",
        expression="!has(r.parent) || r.parent != r.id",
        sentence="The client belongs to itself. Choose another parent in {source}, or none.",
        field="parent",
    ),
)
_CARRIED = (
    "id", "name", "legal_name", "kind", "parent", "country", "street", "postal", "city", "tax_id", "registration_no",
    "payment_terms_days", "currency", "invoice_email", "segment", "service_line", "region", "state",
)  # fmt: skip
_LINES = (
    *(MappingLine(name, name) for name in _CARRIED),
    # Everybody knows the client by the number it is billed under.
    MappingLine("number", expression="r.steps.in_erp.key"),
)
_SETTINGS = settings_schema(
    carry_prospects=yes_no(
        "Carry prospects as well",
        "Otherwise an account is set up elsewhere once the CRM no longer counts it as a prospect.",
        default=False,
    ),
)

_ACCOUNT: dict[str, Any] = {
    "id": "AC-7",
    "name": "Alder Brewery",
    "legal_name": "Alder Brewery GmbH",
    "country": "DE",
    "currency": "EUR",
    "tax_id": "DE136695976",
    "invoice_email": "invoices@alder.example",
    "payment_terms_days": "30",
    "region": "EMEA",
}

CUSTOMER_MASTER = FlowTemplate(
    slug="customer-master",
    name="Customer master",
    summary=(
        "Keeps one hierarchy of clients in CRM, ERP and PSA. Names and who belongs to whom come from the CRM; bill-to, terms "
        "and tax stay as finance has them."
    ),
    needs=(
        "Every client has an account in the CRM, with name, country and currency.",
        "A client that belongs to another names that one in the CRM.",
        "ERP and PSA are connected.",
    ),
    outcome="Every client is in all systems once, under its parent, or has a reason and an owner.",
    records_word=gettext_noop("clients"),
    record_word=gettext_noop("client"),
    done_word=gettext_noop("the same everywhere"),
    expected_every_seconds=30 * DAY,
    schedule_seconds=HOUR,
    roles={"psa": gettext_noop("Clients of the PSA")},
    changes={1: "The first version."},
    workflow="W9",
    category="Finance",
    accelerator="client-onboarding",
    settings=_SETTINGS,
    sla=(
        SlaSuggestion(deliver_within=4 * HOUR, resolve_within=2 * DAY),
        SlaSuggestion(resolve_within=DAY, business_class=BusinessClass.DUPLICATE),
    ),
    source_categories=frozenset({"CRM", "Webhooks"}),
    target_categories=frozenset({"ERP"}),
    fill_only={"in_erp": _OF_FINANCE},
    definition=FlowDefinition(
        canonical_type="Customer",
        filter=Filter(expression='settings.carry_prospects || r.?state.orValue("active") != "prospect"'),
        steps=(
            Step("extract"),
            Step("check", CheckOptions(rules=_RULES)),
            Step(
                "deliver",
                name="in_erp",
                title="Customer in the ERP",
                options=DeliverOptions("Customer"),
                queue="finance",
                undo=Undo.APPROVAL,
                retry=_AFTER_ITS_PARENT,
            ),
            Step(
                "map",
                name="client",
                title="Client as the PSA knows it",
                options=MapOptions.build(canonical_type("Customer"), "Customer", _LINES),
            ),
            Step(
                "deliver",
                name="in_psa",
                title="Client in the PSA",
                options=DeliverOptions("Customer", role="psa", of="client"),
                queue="master_data",
                retry=_AFTER_ITS_PARENT,
            ),
            Step(
                "emit",
                title="Tell the others",
                condition="has(r.steps.in_erp.created) && r.steps.in_erp.created",
                options=EmitOptions("customer.activated", {"number": "r.steps.in_erp.key", "name": "r.name"}),
            ),
        ),
    ),
    samples=(
        Sample(
            "A client is set up in ERP and PSA",
            _ACCOUNT,
            Delivers(
                {
                    "in_erp": {"external_id": "AC-7", "name": "Alder Brewery", "payment_terms_days": 30},
                    "in_psa": {"external_id": "AC-7", "name": "Alder Brewery", "country": "DE"},
                    "emit": {"number": "C-1007", "name": "Alder Brewery"},
                }
            ),
            results={"in_erp": {"key": "C-1007", "created": True}},
        ),
        Sample(
            "A client that was there is brought up to date and not announced again",
            _ACCOUNT,
            Delivers({"in_psa": {"name": "Alder Brewery"}, "emit": {"number": None}}),
            results={"in_erp": {"key": "C-1007", "created": False}},
        ),
        Sample("A prospect is left out", _ACCOUNT | {"state": "prospect"}, LeftOut("filtered")),
        Sample(
            "A prospect is carried where the customer wants it",
            _ACCOUNT | {"state": "prospect"},
            Delivers({"in_erp": {"name": "Alder Brewery"}}),
            settings={"carry_prospects": True},
        ),
        Sample(
            "A client that belongs to itself is refused",
            _ACCOUNT | {"parent": "AC-7"},
            Refused("check", "not_its_own_parent"),
        ),
        Sample(
            "A client without a country is refused by the ERP's mapping",
            {name: value for name, value in _ACCOUNT.items() if name != "country"},
            Refused("in_erp", field="country"),
        ),
    ),
    sample_systems={"target": "sandbox_erp", "psa": "sandbox_psa"},
)
