"""The rules about the client who pays: the tax can be told, and an invoice could go out today."""

from datetime import date

from apps.connectors.canonical.shapes import CanonicalValues, gettext_noop
from apps.connectors.errors import BusinessClass
from apps.flows.business_rules.rule import BusinessRule, Facts, Question, Sample, words

_KIND = "Customer"
_BLOCKED = {"blocked": "blocked", "closed": "closed"}


def _name(values: CanonicalValues, client: CanonicalValues) -> str:
    return words(client.get("name") or values.get("client_name") or values.get("client") or "?")


def _tax_known(values: CanonicalValues, facts: Facts, _today: date) -> str:
    client = facts.records.get(_KIND)
    if client is None or client.get("country"):
        return ""
    return (
        f"The tax for {_name(values, client)} cannot be told: {{asked}} holds no country for this client. "
        "Fill it in there, then retry."
    )


def _bill_to_ready(values: CanonicalValues, facts: Facts, _today: date) -> str:
    client = facts.records.get(_KIND)
    if client is None:
        return ""
    name, state = _name(values, client), _BLOCKED.get(str(client.get("state")))
    if state is not None:
        return (
            f"{name} is {state} in {{asked}}, so nothing can be billed. Ask finance to release the client, then retry."
        )
    if client.get("credit_hold") is True:
        return f"{name} is on credit hold in {{asked}}, so nothing can be billed. Ask finance to lift it, then retry."
    if client.get("tax_id"):
        return ""
    return (
        f"{name} has no tax number in {{asked}}, and nothing there shows that none is needed. "
        "Have the number entered there, or its exemption, then retry."
    )


def _client(**values: object) -> Facts:
    return Facts(records={_KIND: {"name": "Okafor Bank", **values}})


_VALUES = {"client": "C-001", "client_name": "Okafor"}

TAX_KNOWN = BusinessRule(
    name="tax_known",
    types=("TimeEntry", "Expense", "Invoice", "Project"),
    title=gettext_noop("The tax cannot be told"),
    summary=gettext_noop("the tax can be told from the client's country"),
    looks_at=gettext_noop("the country of the client in the receiving system"),
    business_class=BusinessClass.VALIDATION,
    queue="master_data",
    runbook=gettext_noop(
        "Have the client's country entered in the system named above, from the contract or the client's registration, "
        "then retry. Nothing was posted."
    ),
    judge=_tax_known,
    asks=(Question(_KIND, "client", ("country",)),),
    blames="client",
    samples=(
        Sample("country known", _VALUES, _client(country="DE")),
        Sample("not found there", _VALUES, Facts(records={_KIND: None})),
        Sample("no client named", {}, Facts()),
        Sample(
            "no country",
            _VALUES,
            _client(),
            "The tax for Okafor Bank cannot be told: {asked} holds no country for this client. Fill it in there, then retry.",
        ),
    ),
)
BILL_TO_READY = BusinessRule(
    name="bill_to_ready",
    types=("TimeEntry", "Expense", "Invoice", "Project"),
    title=gettext_noop("The client cannot be billed yet"),
    summary=gettext_noop("the client who pays is not blocked and has a tax number"),
    looks_at=gettext_noop("the client's state, credit hold and tax number in the receiving system"),
    business_class=BusinessClass.VALIDATION,
    queue="finance",
    runbook=gettext_noop(
        "Ask finance what keeps the client from being billed. Release the client or enter the tax number in the system named "
        "above, then retry. Nothing was posted."
    ),
    judge=_bill_to_ready,
    asks=(Question(_KIND, "client", ("tax_id",)),),
    blames="client",
    samples=(
        Sample("ready", _VALUES, _client(tax_id="DE123456789", state="active")),
        Sample("no client named", {}, Facts()),
        Sample(
            "no tax number",
            _VALUES,
            _client(state="active"),
            "Okafor Bank has no tax number in {asked}, and nothing there shows that none is needed. Have the number entered there, or its exemption, then retry.",
        ),
        Sample(
            "blocked",
            _VALUES,
            _client(tax_id="DE123456789", state="blocked"),
            "Okafor Bank is blocked in {asked}, so nothing can be billed. Ask finance to release the client, then retry.",
        ),
        Sample(
            "on credit hold",
            _VALUES,
            _client(tax_id="DE123456789", credit_hold=True),
            "Okafor Bank is on credit hold in {asked}, so nothing can be billed. Ask finance to lift it, then retry.",
        ),
    ),
)
