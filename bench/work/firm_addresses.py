"""Which pages of the portal are asked for: every address of the partner's host that a row can be found for, and lists as people use them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Model, QuerySet
from django.utils import timezone

from apps.accounts.models import ApiKey, SavedView, User
from apps.connectors.models import Connection
from apps.customers.models import Customer, CutOff, LegalEntity
from apps.flows.models import ApprovalRequest, Flow, Operation, Reconciliation, Run
from apps.monitoring.models import (
    BusinessCalendar,
    ExceptionCase,
    SlaBreach,
    SlaClock,
    SlaPolicy,
)
from tests.architecture.addresses import PARTNER_URLS, Address, all_addresses

# Signing out ends the walk; the descriptions of the API are made once and are no page of the ledger.
_NOT_ASKED = frozenset({"account_logout", "api:schema", "api:reference"})


def addresses_of(*, customers: bool) -> list[str]:
    """Return the paths, for rows of the first customer; lists are asked for with filters, too. In the partner's scope."""
    known = _rows()
    paths = [path for address in all_addresses() if (path := _path(address, known))]
    return [*paths, *(_lists_of_customers(known) if customers else _lists(known))]


def _path(address: Address, known: Mapping[str, Any]) -> str:
    if address.urlconf != PARTNER_URLS or address.name in _NOT_ASKED or "get" not in address.methods():
        return ""
    if any(word not in known for _, word in address.names):
        return ""
    return address.path(dict(known))


def _rows() -> dict[str, Any]:
    customer = Customer.objects.order_by("name")[0]
    flow = Flow.objects.filter(customer=customer).order_by("id")[0]
    case = ExceptionCase.objects.filter(flow=flow).exclude(state="closed").order_by("-operation_count")[0]
    rows: dict[str, QuerySet[Any]] = {
        "entity_id": LegalEntity.objects.filter(customer=customer),
        "cut_off_id": CutOff.objects.filter(customer=customer),
        "run_id": Run.objects.filter(flow=flow).order_by("-id"),
        "operation_id": Operation.objects.filter(case_operations__case=case).order_by("-id"),
        "request_id": ApprovalRequest.objects.filter(customer=customer, state="open"),
        "reconciliation_id": Reconciliation.objects.filter(flow=flow).order_by("-id"),
        "breach_id": SlaBreach.objects.filter(customer=customer),
        "clock_id": SlaClock.objects.filter(customer=customer),
        "policy_id": SlaPolicy.objects.all(),
        "calendar_id": BusinessCalendar.objects.all(),
        "person_id": User.objects.filter(email="s1@bench.example"),
        "view_id": SavedView.objects.all(),
        "key_id": ApiKey.objects.all(),
    }
    found = {word: _first(queryset) for word, queryset in rows.items()}
    return {
        "customer_id": customer.id,
        "connection_id": Connection.objects.filter(customer=customer).order_by("id")[0].id,
        "flow_id": flow.id,
        "case_id": case.id,
        "number": 1,
        "target": "company",
        "step": "company",
        "system": "sandbox_psa",
        "template": "approved-time-to-bill",
        "type_name": "TimeEntry",
        "mail": "invitation",
        **{word: row.pk for word, row in found.items() if row is not None},
    }


def _first(rows: QuerySet[Any]) -> Model | None:
    row: Model | None = rows.first()
    return row


def _lists(known: Mapping[str, Any]) -> list[str]:
    customer, flow = known["customer_id"], known["flow_id"]
    operation = Operation.objects.get(id=known["operation_id"])
    today = timezone.now().date()
    year = f"period=chosen&since={today - timedelta(days=360)}&until={today}"
    return [
        "/operations/?state=rejected",
        "/operations/?state=written",
        f"/operations/?customer={customer}",
        f"/operations/?flow={flow}",
        f"/operations/?flow={flow}&state=written",
        f"/operations/?run={known['run_id']}",
        "/operations/?page=3",
        f"/operations/?q={operation.source_key}",
        "/operations/?q=person+12",
        "/operations/?format=csv&state=rejected",
        "/runs/?state=partial",
        f"/runs/?flow={flow}",
        "/runs/?page=3",
        "/exceptions/?state=closed",
        "/exceptions/?queue=finance",
        f"/exceptions/?customer={customer}",
        "/exceptions/?q=period",
        "/exceptions/?page=3",
        "/connections/?q=psa",
        f"/reports/?{year}",
        f"/reports/held/?{year}",
        f"/reports/activity/?{year}",
        f"/reports/records/?{year}",
        f"/reports/?customer={customer}",
        f"/reports/?customer={customer}&{year}",
        f"/search/?q={operation.source_key}",
        "/search/?q=TL-4711",
        "/search/?q=customer",
        "/search/?q=nothing+has+this+name",
        f"/api/v1/operations/?flow={flow}",
    ]


def _lists_of_customers(known: Mapping[str, Any]) -> list[str]:
    today = timezone.now().date()
    return [
        "/my/records/?state=rejected",
        "/my/records/?page=3",
        "/my/records/?q=TE-4711",
        f"/reports/?period=chosen&since={today - timedelta(days=360)}&until={today}",
        f"/my/records/{known['operation_id']}/",
        "/search/?q=TL-4711",
    ]
