"""What clients and deals say of themselves is kept with their ledger line, once, as they say it now."""

from types import SimpleNamespace
from typing import Any

from apps.connectors.canonical.registry import canonical_type
from apps.connectors.models import Connection
from apps.customers.services import create_customer
from apps.flows.models import RecordMarket
from apps.flows.services.record_markets import keep_markets
from apps.tenants import scope
from apps.tenants.scope import PartnerRef

Kept = dict[str, tuple[str, ...]]


def _entry(kind: str, key: str, *, repeat: str | None = None, **values: Any) -> tuple[Any, Any]:
    refs = canonical_type(kind).references(values)
    planned = SimpleNamespace(business_key=f"{kind}:x:{key}", source_key=key, canonical=values, refs=refs)
    return SimpleNamespace(repeat=repeat, planned=planned), None


def test_the_newest_saying_of_each_client_and_deal_is_kept_and_nothing_of_other_records(committed: PartnerRef) -> None:
    with scope.work_in(committed):
        customer = create_customer(name="Harbour Ltd", currency="EUR")
        source = Connection.objects.create(
            customer=customer, system="sandbox_crm", name="CRM", base_url="https://crm.example/api"
        )

        def keep(kind: str, *entries: tuple[Any, Any]) -> Kept:
            session: Any = SimpleNamespace(
                compiled=SimpleNamespace(described=canonical_type(kind)), customer_id=customer.id, source_id=source.id
            )
            keep_markets(session, entries)
            rows = RecordMarket.objects.values_list("business_key", "name", "service_line", "segment", "region")
            return {key: tuple(parts) for key, *parts in rows}

        acme = {"name": "Acme", "service_line": "Data", "segment": "Large", "region": "EMEA"}
        told = keep("Customer", _entry("Customer", "1", **acme), _entry("Customer", "2", name="Be\x00t " + "a" * 200))
        assert told == {
            "Customer:x:1": ("Acme", "Data", "Large", "EMEA"),
            "Customer:x:2": (("Bet " + "a" * 200)[:120], "", "", ""),
        }
        first = RecordMarket.objects.get(business_key="Customer:x:1")
        assert (first.canonical_type, first.outside_key, first.connection_id) == ("Customer", "1", source.id)
        told = keep(
            "Customer",
            _entry("Customer", "1", name="Acme", service_line=" Web ", segment="x" * 200),
            _entry("Customer", "2", repeat="written", name="Beta", region="APAC"),
        )
        assert told["Customer:x:1"] == ("Acme", "Web", "x" * 80, "")
        assert told["Customer:x:2"][3] == "", "a record that was settled before says nothing new"
        said = {"service_line": "Cloud", "region": "AMER", "client_segment": "Large"}
        told = keep("Opportunity", _entry("Opportunity", "9", client_name="Acme", project="P-9", **said))
        assert told["Opportunity:x:9"] == ("", "Cloud", "Large", "AMER"), "no line calls a client by the name of a deal"
        assert RecordMarket.objects.get(project="P-9").business_key == "Opportunity:x:9"
        entry = _entry("TimeEntry", "7", client_name="Acme", project="P-1", region="EMEA")
        assert keep("TimeEntry", entry) == told
