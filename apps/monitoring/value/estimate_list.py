"""The list of estimates: its columns and filter, and what each comes to in the expected case."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.listing import Column, Filter, ListSpec, ListState
from apps.monitoring.models import Estimate
from apps.monitoring.value.estimate_pages import payback_words
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
    """One estimate of the list, with what it comes to in the expected case."""

    estimate: Estimate
    expected: Outlook

    @property
    def payback(self) -> str:
        """Return after how long it has paid, in words."""
        return payback_words(self.expected)


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
