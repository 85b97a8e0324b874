"""A Coupa expense report as the expenses it holds: one for each line, or for each share of a line that is split."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from apps.connectors.answers import at_path
from apps.connectors.contract import SourceRecord
from apps.connectors.protocols.rest_reading import fingerprint

LINES = "expense-lines"
_SHARES = "account-allocations"


def expenses_of(report: SourceRecord, project_field: str) -> Iterator[SourceRecord]:
    """Yield the expenses of a report, each with the report's version: whatever is changed in it changes the report.

    Each has the line's own fields, its report as "report", and as "project" what `project_field` leads to. Its key is the
    number of the line; of a line that is split between accounts, that and the number of the share ("77-12").
    """
    header = {name: value for name, value in report.values.items() if name != LINES}
    for line in _records(report.values.get(LINES)):
        for key, part in _parts(line):
            project = at_path(part, project_field)
            values = {**part, "id": key, "report": header, "project": None if isinstance(project, dict) else project}
            # One without a number goes by its content, so that it can still be judged.
            yield replace(report, key=key or f"unnumbered-{fingerprint(part)[:16]}", values=values)


def line_of(key: str) -> str:
    """Return the number of the line that an expense belongs to, "" when the key is none of ours."""
    line = key.partition("-")[0]
    return line if line.isascii() and line.isdigit() else ""


def _parts(line: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    shares, number = _records(line.get(_SHARES)), str(line.get("id") or "")
    for share in shares:
        yield (
            f"{number}-{share.get('id')}" if number and share.get("id") else "",
            {**line, "amount": share.get("amount"), "account": share.get("account")},
        )
    if not shares:
        approved = line.get("approved-amount")
        yield number, {**line, "amount": line.get("amount") if approved is None else approved}


def _records(listed: Any) -> list[Mapping[str, Any]]:
    return [record for record in listed if isinstance(record, Mapping)] if isinstance(listed, list) else []
