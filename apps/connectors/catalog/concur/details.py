"""A Concur report with all its details (XML) as the expenses it holds (pure).

Elements: https://developer.concur.com/api-reference/expense/expense-report/expense-report-get.html. Every entry lists at least one
itemization, of the type Regular; where the entry is itemized the others are of the type Child, and only those count. Amounts are in
the currency of the report, percentages are written "60.00000000%". Bank accounts and cards come along: none of that is kept.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from apps.connectors.answers import at_path
from apps.connectors.canonical.currencies import round_money

Part = Mapping[str, Any]
_WHOLE = Decimal(100)


class DetailsError(ValueError):
    """The document is cut short, or is no report."""


def read_details(body: bytes) -> dict[str, Any]:
    """Return a report's elements by name, lists as lists, what is empty as None. Raises DetailsError."""
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise DetailsError(str(error)) from error
    report = _value(root)
    if _name(root) != "ReportDetails" or not isinstance(report, dict):
        raise DetailsError(f"<{_name(root)}> is no report")
    return report


def expenses_in(details: Part, project_field: str) -> Iterator[dict[str, Any]]:
    """Yield the expenses of a report as flat records: one for each itemization, or for each share of one that is divided.

    Each has id ("report:itemization" or "report:itemization:share"), amount, spent_on, category, note and project: what
    the innermost part that has a `project_field` ("Custom5.Code") says. Personal ones are left out.
    """
    for entry in _parts(details, "ExpenseEntriesList"):
        items = _parts(entry, "ItemizationsList") or [entry]
        children = [item for item in items if item.get("ItemType") == "Child"]
        for item in children or items:
            if "Y" not in {entry.get("IsPersonal"), item.get("IsPersonal")}:
                yield from _shares(details, entry, item, project_field)


def _shares(details: Part, entry: Part, item: Part, project_field: str) -> Iterator[dict[str, Any]]:
    common = {
        "spent_on": item.get("TransactionDate") or entry.get("TransactionDate"),
        "category": item.get("ExpenseTypeName") or entry.get("ExpenseTypeName"),
        "note": item.get("BusinessPurpose") or entry.get("BusinessPurpose") or entry.get("VendorDescription"),
    }
    key = f"{details.get('ReportID')}:{item.get('ItemizationID') or entry.get('ReportEntryID')}"
    amount = item.get("ApprovedAmount") or item.get("PostedAmount")
    allocations = _parts(item, "AllocationsList")
    if len(allocations) < 2:
        project = _project(project_field, *allocations, item, entry, details)
        yield {"id": key, "amount": amount, "project": project, **common}
        return
    amounts = divided(amount, [share.get("Percentage") for share in allocations], details.get("CurrencyCode") or "")
    for share, part in zip(allocations, amounts, strict=True):
        project = _project(project_field, share, item, entry, details)
        yield {"id": f"{key}:{share.get('AllocationID')}", "amount": part, "project": project, **common}


def divided(amount: str | None, percentages: list[str | None], currency: str) -> list[str | None]:
    """Return an amount in its shares, to the currency's smallest unit; what rounding leaves over goes to the last one.

    Shares that do not say how large they are, or are not the whole, have no amount: a person must look at those.
    """
    try:
        whole = Decimal(amount or "")
        rates = [Decimal((text or "").rstrip("% ")) for text in percentages]
    except InvalidOperation:
        return [None] * len(percentages)
    if round(sum(rates), 4) != _WHOLE or not whole.is_finite():
        return [None] * len(percentages)
    parts = [round_money(whole * rate / _WHOLE, currency) for rate in rates[:-1]]
    return [str(part) for part in (*parts, round_money(whole, currency) - sum(parts))]


def _project(field: str, *places: Part) -> str | None:
    found = (at_path(place, field) for place in places)
    return next((text for text in found if isinstance(text, str) and text), None)


def _parts(part: Part, name: str) -> list[Part]:
    listed = part.get(name)
    return [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []


def _value(element: Element) -> Any:
    if _name(element).endswith("List"):
        return [_value(child) for child in element]
    if len(element):
        return {_name(child): _value(child) for child in element}
    return (element.text or "").strip() or None


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]
