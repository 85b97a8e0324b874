"""Root records: links lead back to the record it all began with, and join nothing that could be two."""

from django.utils import timezone

from apps.connectors.models import Connection
from apps.flows.models import Flow, Link, Operation
from apps.monitoring.roots import roots_of
from apps.tenants import scope
from tests.monitoring.questions.conftest import Asked


def _root(operation: Operation) -> str:
    return roots_of([Operation.objects.select_related("flow").get(id=operation.id)])[operation.id]


def _third_system(flow: Flow, system: str) -> Connection:
    known = flow.target
    return Connection.objects.create(
        customer=known.customer, system=system, name=f"A further {system}", base_url="http://127.0.0.1:8090"
    )


def test_links_lead_back_over_systems_and_round_in_a_circle(asked: Asked) -> None:
    with scope.work_in(asked.blocked.line.partner):
        there, back = asked.flow("There"), asked.flow("Back", back=True)
        first = asked.line(there, "Project", "1")
        assert _root(first) == "Project:sandbox_psa:1"  # nothing leads anywhere: its own name
        asked.link(there, first, "900")
        again = asked.line(back, "Project", "900")
        assert _root(again) == "Project:sandbox_psa:1"
        further = Flow.objects.create(
            customer=back.customer, name="Onwards", template=back.template,
            source=_third_system(back, "sandbox_crm"), target=back.target,
        )  # fmt: skip
        Link.objects.create(
            customer_id=back.customer_id, connection=further.source, canonical_type="Project",
            business_key=again.business_key, outside_key="77", delivered_at=timezone.now(),
        )  # fmt: skip
        assert _root(asked.line(further, "Project", "77")) == "Project:sandbox_psa:1"
        asked.link(back, again, "1")  # and now the PSA's own record is said to come from the ERP
        assert _root(first) == _root(again) == "Project:sandbox_erp:900"


def test_what_could_be_two_records_is_not_made_one(asked: Asked) -> None:
    with scope.work_in(asked.blocked.line.partner):
        there, back = asked.flow("There"), asked.flow("Back", back=True)
        for number in ("1", "2"):  # two records that the ERP holds as one posting
            asked.link(there, asked.line(there, "Invoice", number), "900")
        assert _root(asked.line(back, "Invoice", "900")) == "Invoice:sandbox_erp:900"
        single = asked.line(there, "Invoice", "3")
        asked.link(there, single, "901")
        status = asked.line(back, "Invoice", "901")
        assert _root(status) == _root(single)
        other = Flow.objects.create(
            customer=there.customer, name="A second PSA", template=there.template,
            source=_third_system(there, "sandbox_psa"), target=there.target,
        )  # fmt: skip
        # Two systems of one kind number their records by themselves: equal numbers are not the same record.
        same_number = asked.line(other, "Invoice", "3")
        assert len({_root(single), _root(same_number), _root(status)}) == 3
