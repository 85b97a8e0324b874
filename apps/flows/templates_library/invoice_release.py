"""Invoice release: a drafted invoice or credit is released by those who may, in order, and the books learn what they said."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_noop

from apps.connectors.errors import BusinessClass
from apps.flows.engine.definition import Filter, FlowDefinition, Step
from apps.flows.engine.steps.approve import ApproveOptions
from apps.flows.engine.steps.decide import DecideOptions
from apps.flows.engine.steps.emit import EmitOptions
from apps.flows.engine.steps.lookup import LookupOptions
from apps.flows.engine.steps.notify import NotifyOptions
from apps.flows.engine.steps.write_back import WriteBackOptions
from apps.flows.templates_library.samples import Delivers, LeftOut, Refused, Sample, Waits
from apps.flows.templates_library.settings import choice, number, settings_schema, text, whole
from apps.flows.templates_library.template import DAY, FlowTemplate, SlaSuggestion

NOT_RELEASED = "Not released: refused"  # a draft that bears this is not asked about again
_AMOUNT = "(has(r.gross) ? r.gross : r.net)"
_ASKED = "[r.steps.invoice_agreed, r.steps.credit_agreed, r.steps.large_agreed]"
_REFUSED = f"{_ASKED}.exists(one, has(one.approved) && !one.approved)"
_REFUSED_BEFORE = "[r.steps.invoice_agreed, r.steps.credit_agreed].exists(one, has(one.approved) && !one.approved)"
_BY = f'{_ASKED}.filter(one, has(one.by)).map(one, " by " + one.by).join(" and")'
_BY_NO = f'{_ASKED}.filter(one, has(one.approved) && !one.approved).map(one, " by " + one.by).join(" and")'
_NOTE_SO_FAR = '(has(r.note) ? r.note + "\\n" : "")'
_AS_ASKED = (
    "r.steps.now.found && (!has(r.steps.now.state) || r.steps.now.state == r.state) "
    "&& (!has(r.net) || !has(r.steps.now.net) || double(r.steps.now.net) == r.net)"
)
_CHANGED = "The invoice was changed while people were asked: it is asked about as it is now."
_APPROVERS = {
    "finance_approver": "Finance approver",
    "customer_owner": "Customer owner",
    "finance": "Finance of the partner",
    "owner": "Owner of the partner",
}
_FACTS = {
    "Client": "{client_name}",
    "Project": "{project}",
    "Without tax": "{net} {currency}",
    "With tax": "{gross} {currency}",
    "Day of the invoice": "{issue_date}",
    "Purchase order": "{po_number}",
}
_INVOICE = {
    "id": "IN-1",
    "number": "INV-1",
    "kind": "invoice",
    "client": "C-001",
    "client_name": "Okafor Bank",
    "project": "PRJ-0001",
    "issue_date": "2026-11-20",
    "currency": "EUR",
    "net": "20000",
    "gross": "23800",
    "state": "draft",
}
_UNCHANGED = {"found": True, "key": "IN-1", "net": "20000", "state": "draft"}

SETTINGS = settings_schema(
    release_from=number(
        "Release of invoices from",
        "From this amount on, with tax, somebody must release an invoice. Smaller ones are released at once.",
        default=10_000, least=0, most=1_000_000_000,
    ),
    credit_from=number(
        "Release of credits from",
        "From this amount on somebody must agree to a credit or write-off. Smaller ones are released at once.",
        default=0, least=0, most=1_000_000_000,
    ),
    first_role=choice("Who is asked", "Who releases invoices and credits.", _APPROVERS, default="finance_approver"),
    large_from=number(
        "Second release from",
        "From this amount on a second person must agree, after the first.",
        default=100_000, least=0, most=1_000_000_000,
    ),
    second_role=choice("Who is asked second", "Who agrees to large ones.", _APPROVERS, default="customer_owner"),
    due_hours=whole(
        "Hours to answer", "After these hours the question goes to whoever is asked second, for as long again.",
        default=48, least=1, most=720,
    ),
    state_field=text(
        "Field for the state", "How the books call the field that says an invoice is released.",
        default="state", pattern="^[A-Za-z][A-Za-z0-9_.]*$",
    ),
    released_state=text("State of a released invoice", "What the books write there.", default="approved"),
    note_field=text(
        "Field for the note", "Where the books keep who said what.", default="note", pattern="^[A-Za-z][A-Za-z0-9_.]*$"
    ),
)  # fmt: skip

SAMPLES = (
    Sample(
        "A small invoice is released at once",
        _INVOICE | {"net": "1000", "gross": "1190"},
        Delivers({"released": {"state": "approved", "note": "Released"}}),
        results={"now": _UNCHANGED | {"net": "1000"}},
    ),
    Sample("A larger one waits for somebody", _INVOICE, Waits("invoice_agreed")),
    Sample(
        "A release is written into the books",
        _INVOICE,
        Delivers({"released": {"state": "approved", "note": "Released by Ann"}, "said": {"number": "INV-1"}}),
        results={"invoice_agreed": {"approved": True, "by": "Ann"}, "now": _UNCHANGED},
    ),
    Sample(
        "A refusal is written into the books too",
        _INVOICE | {"note": "Kept."},
        Delivers({"held": {"note": "Kept.\nNot released: refused by Ann"}}),
        results={"invoice_agreed": {"approved": False, "by": "Ann"}, "now": _UNCHANGED},
    ),
    Sample("Every write-off is asked about", _INVOICE | {"kind": "credit", "net": "10", "gross": "11.90"},
           Waits("credit_agreed")),
    Sample(
        "A very large one needs a second person",
        _INVOICE | {"net": "200000", "gross": "238000"},
        Waits("large_agreed"),
        results={"invoice_agreed": {"approved": True, "by": "Ann"}},
    ),
    Sample(
        "What was changed while people were asked is not released",
        _INVOICE,
        LeftOut(_CHANGED),
        results={"invoice_agreed": {"approved": True, "by": "Ann"}, "now": _UNCHANGED | {"net": "25000"}},
    ),
    Sample("A posted invoice is left alone", _INVOICE | {"state": "posted"}, LeftOut("filtered")),
    Sample(
        "Books may call things otherwise",
        _INVOICE | {"net": "1000", "gross": "1190"},
        Delivers({"released": {"Status": "AUTHORISED"}}),
        settings={"state_field": "Status", "released_state": "AUTHORISED"},
        results={"now": _UNCHANGED | {"net": "1000"}},
    ),
    Sample("An invoice without a client is refused", {k: v for k, v in _INVOICE.items() if k != "client"},
           Refused("check", field="client")),
)  # fmt: skip


def _agree(name: str, title: str, question: str, condition: str, free_below: Any, settings: Mapping[str, Any]) -> Step:
    return Step(
        "approve",
        name=name,
        title=title,
        condition=condition,
        options=ApproveOptions(
            question=question,
            role=settings["first_role"],
            facts=_FACTS,
            free_below=Decimal(str(free_below)),
            due_hours=settings["due_hours"],
            remind_hours=24,
            escalate_to=settings["second_role"],
            go_on_refused=True,
        ),
    )


def _second(settings: Mapping[str, Any]) -> Step:
    step = _agree(
        "large_agreed",
        "Release by a second person",
        "Release {number} for {client_name} as well?",
        f"{_AMOUNT} >= settings.large_from && !({_REFUSED_BEFORE})",
        0,
        settings,
    )
    asked = ApproveOptions(
        question="Release {number} for {client_name} as well?",
        role=settings["second_role"],
        facts=_FACTS,
        due_hours=settings["due_hours"],
        remind_hours=24,
        go_on_refused=True,
    )
    return replace(step, options=asked)


def _definition(settings: Mapping[str, Any]) -> FlowDefinition:
    return FlowDefinition(
        canonical_type="Invoice",
        filter=Filter(
            expression=f'has(r.state) && r.state == "draft" && !(has(r.note) && r.note.contains("{NOT_RELEASED}"))'
        ),
        steps=(
            Step("extract"),
            Step("check"),
            _agree(
                "invoice_agreed",
                "Release of the invoice",
                "Release {number} for {client_name}?",
                '!has(r.kind) || r.kind != "credit"',
                settings["release_from"],
                settings,
            ),
            _agree(
                "credit_agreed",
                "Agreement to the credit",
                "Give {client_name} the credit {number}?",
                'has(r.kind) && r.kind == "credit"',
                settings["credit_from"],
                settings,
            ),
            _second(settings),
            Step(
                "lookup",
                name="now",
                title="The invoice as it is now",
                timeout_seconds=30,
                options=LookupOptions("target", "", "r.number", keep=("net", "state"), type="Invoice"),
            ),
            Step(
                "decide",
                name="as_asked",
                title="Is it still what people were asked about?",
                options=DecideOptions(
                    _AS_ASKED,
                    otherwise="end",
                    sentence=_CHANGED,
                ),
            ),
            Step(
                "write_back",
                name="released",
                title="Release it in the books",
                condition=f"!({_REFUSED})",
                timeout_seconds=60,
                options=WriteBackOptions({
                    settings["state_field"]: "settings.released_state",
                    settings["note_field"]: f'{_NOTE_SO_FAR} + "Released" + {_BY}',
                }),
            ),
            Step(
                "write_back",
                name="held",
                title="Note the refusal in the books",
                condition=_REFUSED,
                timeout_seconds=60,
                options=WriteBackOptions({settings["note_field"]: f'{_NOTE_SO_FAR} + "{NOT_RELEASED}" + {_BY_NO}'}),
            ),
            Step(
                "notify",
                name="told",
                title="Tell the delivery lead of the refusal",
                condition=_REFUSED,
                options=NotifyOptions(
                    subject="{number} for {client_name} was not released",
                    text="{number} of {net} {currency} was refused. Clear it up, remove the note, and it is asked about again.",
                    role="delivery_lead",
                ),
            ),
            Step(
                "emit",
                name="said",
                title="Tell the others",
                condition=f"!({_REFUSED})",
                options=EmitOptions("invoice.released", {"number": "r.number", "project": "r.?project.orValue('')"}),
            ),
        ),
    )  # fmt: skip


_DEFAULTS = {name: described["default"] for name, described in SETTINGS["properties"].items()}

INVOICE_RELEASE = FlowTemplate(
    slug="invoice-release",
    name="Invoice release",
    summary=(
        "Asks the right people, in order, before an invoice above an amount, or any credit and write-off, leaves the draft; "
        "reminds them, asks somebody else when they do not answer, and writes what was said into the books."
    ),
    needs=(
        "Invoices and credits are drafted in the ERP and wait there for their release.",
        "The ERP lets a draft's state and note be set from outside, under the names that the settings say.",
        "Those who are asked have the role that the settings name.",
        "Source and target are the same ERP.",
    ),
    outcome="Nothing above its amount leaves the draft before somebody named here has agreed, and every no is on record.",
    records_word=gettext_noop("drafted invoices"),
    record_word=gettext_noop("drafted invoice"),
    done_word=gettext_noop("decided"),
    expected_every_seconds=30 * DAY,
    schedule_seconds=900,
    workflow="W17",
    category="Finance",
    accelerator="billing-readiness",
    changes={1: "The first version."},
    settings=SETTINGS,
    shaped_by=_definition,
    sla=(
        SlaSuggestion(deliver_within=4 * DAY, resolve_within=DAY),
        SlaSuggestion(resolve_within=DAY, business_class=BusinessClass.MISSING_APPROVAL),
    ),
    samples=SAMPLES,
    sample_systems={"target": "sandbox_erp"},
    source_categories=frozenset({"ERP"}),
    target_categories=frozenset({"ERP"}),
    definition=_definition(_DEFAULTS),
)
