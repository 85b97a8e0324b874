"""What a record names is kept with its ledger line, once, as it says now."""

from types import SimpleNamespace
from typing import Any

from uuid_utils.compat import uuid7

from apps.connectors.models import Connection
from apps.customers.services import create_customer
from apps.flows.models import RecordReference
from apps.flows.services.record_references import keep_references
from apps.tenants import scope
from apps.tenants.scope import PartnerRef


def _entry(key: str, *, repeat: str | None = None, **values: Any) -> tuple[Any, None]:
    return SimpleNamespace(repeat=repeat, planned=SimpleNamespace(business_key=key, canonical=values)), None


def test_the_newest_saying_of_each_record_is_kept_and_only_of_what_a_matter_is_followed_by(
    committed: PartnerRef,
) -> None:
    with scope.work_in(committed):
        customer = create_customer(name="Harbour Ltd", currency="EUR")
        source = Connection.objects.create(
            customer=customer, system="sandbox_erp", name="ERP", base_url="https://erp.example/api"
        )

        def keep(kind: str, *entries: tuple[Any, None]) -> dict[str, str]:
            session: Any = SimpleNamespace(
                compiled=SimpleNamespace(described=SimpleNamespace(name=kind)),
                customer_id=customer.id,
                source_id=source.id,
            )
            keep_references(session, entries)
            return dict(RecordReference.objects.values_list("business_key", "outside_key"))

        both = _entry("Payment:x:1", invoice="INV-1"), _entry("Payment:x:2", invoice="INV-2\x00")
        assert keep("Payment", *both) == {"Payment:x:1": "INV-1", "Payment:x:2": "INV-2"}
        first = RecordReference.objects.get(business_key="Payment:x:1")
        assert (first.canonical_type, first.field, first.to_type) == ("Payment", "invoice", "Invoice")
        again = keep(
            "Payment",
            _entry("Payment:x:1", invoice="INV-9"),
            _entry("Payment:x:2"),
            _entry("Payment:x:3", invoice="INV-3", repeat="written"),
        )
        assert again == {"Payment:x:1": "INV-9", "Payment:x:2": "INV-2"}
        assert keep("TimeEntry", _entry(f"TimeEntry:x:{uuid7()}", project="P-1", resource="E-1")) == again
