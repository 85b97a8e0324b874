"""What the demo set up and found, read from the file `seed_demo` writes, and shown as a box.

The file, all of it required:

    {"addresses": [{"label": "Northwind Advisory portal", "url": "http://..."}],
     "sign_ins": [{"role": "Partner owner", "address": "http://...", "email": "...", "password": "..."}],
     "records": {"read": 0, "written": 0, "unchanged": 0, "skipped": 0, "rejected": 0, "waiting": 0},
     "cases": [{"title": "Unknown person in ...", "records": 3, "amount": "420.00 EUR"}],
     "money_at_risk": ["1,234.00 EUR"],
     "look_first": ["Sign in as ... and open ..."]}
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COUNTS = ("read", "written", "unchanged", "skipped", "rejected", "waiting")
WIDTH = 100
MOST_CASES = 8


class SummaryError(ValueError):
    """The file is not what it should be. The message names the field."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """One person of the demo."""

    role: str
    address: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class OpenCase:
    """One case the first flows opened."""

    title: str
    records: int
    amount: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What a person wants to know after `make demo`."""

    addresses: tuple[tuple[str, str], ...]
    sign_ins: tuple[SignIn, ...]
    records: dict[str, int]
    cases: tuple[OpenCase, ...]
    money_at_risk: tuple[str, ...]
    look_first: tuple[str, ...]


def parse(raw: dict[str, Any]) -> Summary:
    """Return the summary that a decoded file holds.

    Raises:
        SummaryError: a field is missing or of another kind.

    """
    try:
        return Summary(
            addresses=tuple((str(entry["label"]), str(entry["url"])) for entry in raw["addresses"]),
            sign_ins=tuple(SignIn(**entry) for entry in raw["sign_ins"]),
            records={name: int(raw["records"][name]) for name in COUNTS},
            cases=tuple(OpenCase(**entry) for entry in raw["cases"]),
            money_at_risk=tuple(str(amount) for amount in raw["money_at_risk"]),
            look_first=tuple(str(line) for line in raw["look_first"]),
        )
    except (KeyError, TypeError) as problem:
        raise SummaryError(f"The demo's summary lacks or misnames a field: {problem}") from problem


def read(path: Path) -> Summary | None:
    """Return the summary of the last demo, None when there was none yet.

    Raises:
        SummaryError: the file is damaged.

    """
    if not path.exists():
        return None
    try:
        return parse(json.loads(path.read_text(encoding="utf-8")))
    except json.JSONDecodeError as problem:
        raise SummaryError(f"{path} is not JSON: {problem}") from problem


def box(summary: Summary, closing: str) -> str:
    """Return the summary as a box of at least `WIDTH` columns."""
    sections = [
        _addresses(summary),
        _sign_ins(summary),
        _records(summary),
        ["Look at first", *(f"  {number}. {line}" for number, line in enumerate(summary.look_first, start=1))],
        [closing],
    ]
    width = max(WIDTH, *(len(line) + 4 for section in sections for line in section))
    rule = "─" * (width - 2)
    body = f"\n├{rule}┤\n".join("\n".join(f"│ {line:<{width - 4}} │" for line in section) for section in sections)
    return f"┌{rule}┐\n{body}\n└{rule}┘"


def _addresses(summary: Summary) -> list[str]:
    width = max((len(label) for label, _ in summary.addresses), default=0)
    return ["Addresses", *(f"  {label:<{width}}  {url}" for label, url in summary.addresses)]


def _sign_ins(summary: Summary) -> list[str]:
    lines, address = ["Sign-ins"], ""
    widths = [
        max((len(value) for value in column), default=0)
        for column in ([s.role for s in summary.sign_ins], [s.email for s in summary.sign_ins])
    ]
    for person in summary.sign_ins:
        if person.address != address:
            address = person.address
            lines.append(f"  at {address}")
        lines.append(f"    {person.role:<{widths[0]}}  {person.email:<{widths[1]}}  {person.password}")
    return lines


def _records(summary: Summary) -> list[str]:
    counts = "   ".join(f"{name} {summary.records[name]:,}" for name in COUNTS)
    lines = ["First flows", f"  records: {counts}", f"  cases opened: {len(summary.cases)}"]
    for case in summary.cases[:MOST_CASES]:
        noun = "record" if case.records == 1 else "records"
        lines.append(f"    {case.title} ({case.records:,} {noun}{', ' + case.amount if case.amount else ''})")
    if len(summary.cases) > MOST_CASES:
        lines.append(f"    and {len(summary.cases) - MOST_CASES} more, all under Exceptions")
    return [*lines, f"  money at risk: {', '.join(summary.money_at_risk) or 'none'}"]
