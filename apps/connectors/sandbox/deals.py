"""Makes up the deals a firm works on: clients to be, each with one opportunity, a known handful with bad tax numbers."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from apps.connectors.sandbox.vocabulary import DEPARTMENTS, FAMILY, REGIONS, SECOND, SEGMENTS, WORK

Record = dict[str, Any]

OPEN_STAGES = ("qualification", "proposal", "negotiation")
DEAL_PROBLEMS = ("tax number that is not valid", "tax number nobody knows", "no tax number")
_FEWEST = 6
_PROSPECTS_FROM = 5000  # tax numbers of prospects lie apart from those of clients


def tax_number(country: str, number: int) -> str:
    """Return a made-up tax number: the country and nine digits."""
    return f"{country}{100_000_000 + number * 7919:09d}"


def found_deals(
    seed: int, as_of: datetime, people: list[Record], *, problems: bool
) -> tuple[list[Record], list[Record]]:
    """Return the accounts and the opportunities of a firm, one account for each opportunity.

    Every third is won already; with `problems` the first three, still open, have the tax numbers of DEAL_PROBLEMS.
    """
    # Dice of its own: a firm's people and entries stay what they were before there were deals.
    chance = random.Random(f"deals-{seed}")
    accounts, deals = list[Record](), list[Record]()
    for number in range(1, max(_FEWEST, len(people) // 4) + 1):
        account = _account(chance, number, problems=problems)
        accounts.append(account)
        deals.append(_deal(chance, number, account, chance.choice(people), as_of))
    return accounts, deals


def account_part(account: Record) -> Record:
    """Return what a deal shows of its account."""
    left_out = {"created_at", "modified_at", "region"}
    return {name: value for name, value in account.items() if name not in left_out}


def _account(chance: random.Random, number: int, *, problems: bool) -> Record:
    region = chance.choices(tuple(REGIONS), (6, 3, 1))[0]
    country = REGIONS[region][2]
    name = f"{FAMILY[(number * 5 + chance.randrange(5)) % len(FAMILY)]} {SECOND[number % len(SECOND)]}"
    return {
        "id": f"AC-{number:04d}",
        "name": name,
        "legal_name": f"{name} {'AG' if region == 'EMEA' else 'LLC' if region == 'AMER' else 'Pte. Ltd.'}",
        "country": country,
        "region": region,
        "segment": SEGMENTS[number % len(SEGMENTS)],
        "currency": REGIONS[region][1],
        "tax_id": None if problems and number == 3 else tax_number(country, _PROSPECTS_FROM + number),
        "invoice_email": f"invoices@account{number:04d}.example",
        "payment_terms_days": chance.choice((14, 30, 45, 60)),
    }


def _deal(chance: random.Random, number: int, account: Record, owner: Record, as_of: datetime) -> Record:
    won = number > len(DEAL_PROBLEMS) and number % 3 == 0
    changed = as_of - timedelta(days=chance.randrange(1, 25), minutes=number)
    hours = chance.randrange(200, 3000, 50)
    starts = as_of.date() + timedelta(days=chance.randrange(10, 45))
    text = _instant(changed)
    return {
        "id": f"OP-{number:04d}",
        "name": f"{account['name'].split()[0]} {WORK[number % len(WORK)].lower()}",
        "account_id": account["id"],
        "account_name": account["name"],
        "stage": "won" if won else OPEN_STAGES[number % len(OPEN_STAGES)],
        "probability": 1 if won else (0.2, 0.5, 0.8)[number % len(OPEN_STAGES)],
        "amount": f"{Decimal(hours) * chance.choice((120, 150, 180)):.2f}",
        "currency": account["currency"],
        "close_date": (changed.date() if won else _next_quarter_end(as_of.date())).isoformat(),
        "won_at": text if won else None,
        "lost_reason": None,
        "service_line": chance.choice(DEPARTMENTS),
        "legal_entity": REGIONS[account["region"]][0],
        "region": account["region"],
        "owner": owner["email"],
        "owner_name": owner["name"],
        "billing_kind": chance.choice(("time_material", "time_material", "fixed_fee", "milestone")),
        "budget_hours": hours,
        "starts": starts.isoformat(),
        "ends": (starts + timedelta(days=chance.randrange(90, 360))).isoformat(),
        "po_number": None,
        "account": account_part(account),
        "exported": False,
        "exported_at": None,
        "project_code": None,
        "note": None,
        "modified_at": text,
    }


def _next_quarter_end(day: date) -> date:
    month = (day.month - 1) // 3 * 3 + 4
    return date(day.year + (month > 12), (month - 1) % 12 + 1, 1) - timedelta(days=1)


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
