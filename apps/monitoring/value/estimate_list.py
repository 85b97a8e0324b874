"""The list of estimates: its columns and filter, and what each comes to in the expected case."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.listing import Column, Filter, ListSpec, ListState
from apps.monitoring.models import Estimate
from apps.monitoring.value.roi import Outlook, inputs_from_values, outlook

ESTIMATES = ListSpec(
    key="estimates",
    columns=(
        Column("name", _("Prospect"), sort=("name",), value=lambda row: row.estimate.name, fixed=True),
        Column("benefit", _("Benefit, a month"), value=lambda row: row.expected.benefit, numeric=True),
        Column("first_year", _("Net of the first year"), value=lambda row: row.expected.first_year, numeric=True),
        Column("payback", _("Has paid after"), value=lambda row: row.expected.payback_months, numeric=True),
        Column("currency", _("Currency"), sort=("currency", "name"), value=lambda row: row.estimate.currency),
        Column("changed", _("Changed"), sort=("changed_at",), value=lambda row: row.estimate.changed_at, large_first=True),
        Column("changed_by", _("By"), sort=("changed_by",), value=lambda row: row.estimate.changed_by),
    ),
    filters=(Filter("q", _("Prospect"), "search"),),
    order="-changed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class EstimateRow:
    """One estimate of the list. `payback` in months; None: it never pays."""

    estimate: Estimate
    expected: Outlook

    @property
    def payback(self) -> Decimal | None:
        """Return after how many months it has paid."""
        return self.expected.payback_months

    def is_shared(self, now: datetime) -> bool:
        """Return whether a link opens it."""
        until = self.estimate.link_until
        return until is not None and until > now


def fitting_estimates(state: ListState) -> QuerySet[Estimate]:
    """Return the estimates that fit."""
    words = state.value("q")
    return Estimate.objects.filter(name__icontains=words) if words else Estimate.objects.all()


def estimate_rows(shown: Sequence[Estimate]) -> list[EstimateRow]:
    """Return estimates with what they come to."""
    rows = []
    for estimate in shown:
        inputs = inputs_from_values(estimate.inputs)
        rows.append(EstimateRow(estimate, outlook(inputs, inputs.expected)))
    return rows
