"""Contract renewal: a contract that ends soon becomes a deal and a task in time, once, and who sold it is told."""

from django.utils.translation import gettext_noop

from apps.connectors.canonical.registry import canonical_type
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import MappingLine
from apps.flows.engine.definition import CheckOptions, Filter, FlowDefinition, Rule, Step, Undo
from apps.flows.engine.steps import DeliverOptions, MapOptions
from apps.flows.engine.steps.decide import END, DecideOptions
from apps.flows.engine.steps.emit import EmitOptions
from apps.flows.engine.steps.lookup import LookupOptions
from apps.flows.engine.steps.notify import NotifyOptions
from apps.flows.engine.steps.wait import WaitOptions
from apps.flows.templates_library.samples import Delivers, LeftOut, Refused, Sample, Waits
from apps.flows.templates_library.settings import number, settings_schema, whole
from apps.flows.templates_library.template import DAY, HOUR, FlowTemplate, SlaSuggestion

_IN_FORCE = 'r.state in ["signed", "active"] && has(r.ends) && !(has(r.kind) && r.kind == "change_order")'
_LARGE_ENOUGH = "settings.least_amount <= 0.0 || (has(r.amount) && r.amount >= settings.least_amount)"
_DUE_AT = 'timestamp(r.ends + "T00:00:00Z") - duration(string(int(settings.days_before) * 24) + "h")'
_TOO_LATE = "The contract had ended before it was seen here: it is too late to renew it in time."
_IS_NEW = "has(r.steps.renewal_made.created) && r.steps.renewal_made.created"
_NUMBER = "(has(r.number) ? r.number : r.id)"
_CONTRACT = {
    "id": "AG-1",
    "number": "AG-1",
    "name": "Statement of work: Cloud move",
    "kind": "sow",
    "state": "signed",
    "opportunity": "OP-1",
    "client_name": "Okafor Bank",
    "legal_entity": "100",
    "starts": "2026-01-01",
    "ends": "2026-12-31",
    "amount": "50000",
    "currency": "EUR",
    "billing_kind": "time_material",
    "signed_at": "2025-12-01T09:00:00Z",
}
_SOLD = {"found": True, "key": "OP-1", "client": "AC-1", "owner": "mara@firm.example", "service_line": "Data"}


def _of_sold(field: str) -> str:
    return f'has(r.steps.sold.{field}) ? r.steps.sold.{field} : ""'


_RENEWAL = (
    MappingLine("id", "id"),
    MappingLine("name", expression='"Renewal: " + r.name'),
    MappingLine("client", expression='has(r.steps.sold.client) ? r.steps.sold.client : has(r.client) ? r.client : ""'),
    MappingLine("client_name", expression=f'has(r.client_name) ? r.client_name : "Contract " + {_NUMBER}'),
    MappingLine("stage", expression='"qualification"'),
    MappingLine(
        "amount",
        expression="has(r.amount) ? dyn(math.round(r.amount * (100.0 + settings.uplift_percent)) / 100.0) : dyn(null)",
    ),
    MappingLine("currency", "currency"),
    MappingLine("close_date", "ends"),
    MappingLine("legal_entity", "legal_entity"),
    MappingLine("service_line", expression=_of_sold("service_line")),
    MappingLine("billing_kind", "billing_kind"),
    MappingLine("owner", expression=_of_sold("owner")),
    MappingLine("note", expression=f'"Renews contract " + {_NUMBER} + ", which ends on " + r.ends'),
)
_TASK = (
    MappingLine("id", "id"),
    MappingLine("project", expression=f"has(r.project) ? r.project : {_NUMBER}"),
    MappingLine("code", expression=_NUMBER),
    MappingLine("name", expression='"Renew " + r.name + " before " + r.ends'),
    MappingLine("kind", expression='"task"'),
    MappingLine("ends", "ends"),
)

SETTINGS = settings_schema(
    days_before=whole(
        "Days before the end", "How long before its last day a contract is to be renewed.", default=90, least=1, most=365
    ),
    uplift_percent=number(
        "Change of the amount in percent",
        "By how much the renewal's amount differs from the contract's: 3 for three percent more.",
        default=0, least=-50, most=100,
    ),
    least_amount=number(
        "Only from this amount", "Smaller contracts run out by themselves. 0: every contract is renewed.",
        default=0, least=0, most=1_000_000_000,
    ),
)  # fmt: skip

SAMPLES = (
    Sample(
        "A contract that ends within the days becomes a deal and a task",
        _CONTRACT,
        Delivers({
            "renewal_made": {
                "name": "Renewal: Statement of work: Cloud move", "account_id": "AC-1", "stage": "qualification", "amount": 50000.0,
                "close_date": "2026-12-31", "owner": "mara@firm.example",
            },
            "task_made": {"subject": "Renew Statement of work: Cloud move before 2026-12-31"},
            "said": {"contract": "AG-1"},
        }),
        results={"sold": _SOLD, "renewal_made": {"key": "OP-9", "created": True}},
    ),
    Sample("A contract that ends later is waited for", _CONTRACT | {"ends": "2027-12-31"}, Waits("its_time")),
    Sample(
        "The customer wants to begin earlier, and for more",
        _CONTRACT | {"ends": "2027-03-31"},
        Delivers({"renewal_made": {"amount": 51500.0}}),
        settings={"days_before": 180, "uplift_percent": 3},
        results={"sold": _SOLD},
    ),
    Sample("A contract that has ended is left alone", _CONTRACT | {"ends": "2026-06-30"}, LeftOut(_TOO_LATE)),
    Sample("A small contract runs out", _CONTRACT, LeftOut("filtered"), settings={"least_amount": 60_000}),
    Sample("A change order is not renewed", _CONTRACT | {"kind": "change_order"}, LeftOut("filtered")),
    Sample(
        "A contract of nobody's is refused",
        {name: value for name, value in _CONTRACT.items() if name != "opportunity"},
        Refused("check", field="opportunity"),
    ),
)  # fmt: skip

CONTRACT_RENEWAL = FlowTemplate(
    slug="contract-renewal",
    name="Contract renewal",
    summary=(
        "Watches when contracts end: in time before the last day each becomes a renewal deal of the same client and a task with "
        "a day, once, and the people who sold it are told."
    ),
    needs=(
        "Signed contracts carry their last day and name the deal or the client they came from.",
        "The CRM lets deals be begun from outside.",
        "The system for tasks takes tasks from outside.",
    ),
    outcome="Every contract that ends has a deal and a task in time, or a reason why not.",
    records_word=gettext_noop("contracts"),
    record_word=gettext_noop("contract"),
    done_word=gettext_noop("on their way to a renewal"),
    expected_every_seconds=30 * DAY,
    schedule_seconds=6 * HOUR,
    roles={"tasks": gettext_noop("Where tasks are kept")},
    workflow="W15",
    category="Sales",
    accelerator="contract-change",
    changes={1: "The first version."},
    settings=SETTINGS,
    sla=(
        SlaSuggestion(deliver_within=DAY, resolve_within=5 * DAY),
        SlaSuggestion(resolve_within=2 * DAY, business_class=BusinessClass.MISSING_REFERENCE),
    ),
    samples=SAMPLES,
    sample_systems={"target": "sandbox_crm", "tasks": "sandbox_support"},
    target_categories=frozenset({"CRM"}),
    definition=FlowDefinition(
        canonical_type="Contract",
        filter=Filter(expression=f"{_IN_FORCE} && ({_LARGE_ENOUGH})"),
        steps=(
            Step("extract"),
            Step(
                "check",
                CheckOptions(
                    rules=(
                        Rule(
                            "comes_from_somebody",
                            "has(r.opportunity) || has(r.client)",
                            "The contract names neither deal nor client, so nobody knows whose it is. Name one in {source}.",
                            "opportunity",
                            BusinessClass.MISSING_REFERENCE,
                        ),
                    )
                ),
            ),
            Step(
                "wait",
                name="its_time",
                title="Until it is time to renew",
                options=WaitOptions(until=_DUE_AT, give_way=True),
            ),
            Step(
                "decide",
                name="in_time",
                title="Does it still run?",
                options=DecideOptions("r.ends >= r.today", otherwise=END, sentence=_TOO_LATE),
            ),
            Step(
                "lookup",
                name="sold",
                title="The deal it came from",
                condition="has(r.opportunity)",
                timeout_seconds=30,
                queue="master_data",
                options=LookupOptions(
                    "target",
                    "",
                    "r.opportunity",
                    keep=("client", "owner", "service_line"),
                    required=True,
                    type="Opportunity",
                ),
            ),
            Step(
                "map",
                name="renewal",
                title="Renewal deal",
                options=MapOptions.build(canonical_type("Contract"), "Opportunity", _RENEWAL),
            ),
            Step(
                "deliver",
                name="renewal_made",
                title="Renewal deal in the CRM",
                options=DeliverOptions("Opportunity", of="renewal"),
                retry={FailureKind.RETRYABLE: (5, 30, 120, 600, 3_600)},
                timeout_seconds=60,
                queue="delivery",
                undo=Undo.IMPOSSIBLE,  # once it is there it belongs to sales
            ),
            Step(
                "map",
                name="task",
                title="Task",
                options=MapOptions.build(canonical_type("Contract"), "Task", _TASK),
            ),
            Step(
                "deliver",
                name="task_made",
                title="Task for who looks after the client",
                options=DeliverOptions("Task", role="tasks", of="task"),
                retry={FailureKind.RETRYABLE: (5, 30, 120, 600, 3_600)},
                timeout_seconds=60,
                queue="delivery",
            ),
            Step(
                "notify",
                name="told",
                title="Tell the account lead",
                condition=_IS_NEW,
                options=NotifyOptions(
                    subject="{name} ends on {ends}",
                    text="The contract with {client_name} ends on {ends}. The renewal is {steps.renewal_made.key}.",
                    role="delivery_lead",
                ),
            ),
            Step(
                "notify",
                name="told_owner",
                title="Tell who sold it",
                condition=f'{_IS_NEW} && has(r.steps.sold.owner) && r.steps.sold.owner.contains("@")',
                options=NotifyOptions(
                    subject="{name} ends on {ends}",
                    text="Your contract with {client_name} ends on {ends}. The renewal is {steps.renewal_made.key}.",
                    address="r.steps.sold.owner",
                ),
            ),
            Step(
                "emit",
                name="said",
                title="Tell the others",
                condition=_IS_NEW,
                options=EmitOptions("contract.renewal_due", {"contract": _NUMBER, "deal": "r.steps.renewal_made.key"}),
            ),
        ),
    ),
)
