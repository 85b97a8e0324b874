"""Every page of a partner's portal over a large firm's work: each asked for several times, its statements watched.

`python -m bench.work.dashboard_pages OPERATIONS` in the environment of a bench; returns 1 when a page is over its budget, 2
when there is none. It fills the partner when there is none yet.
"""

import logging
import re
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import django

django.setup()

from django.core.cache import cache  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from apps.accounts.models import User  # noqa: E402
from apps.tenants import scope  # noqa: E402
from apps.tenants.collector import spare_the_collector  # noqa: E402
from apps.tenants.models import Partner  # noqa: E402
from apps.tenants.scope import PartnerRef  # noqa: E402
from bench.work.firm import PEOPLE, SLUG, Size, count_rows, fill_partner, found_partner, grow  # noqa: E402
from bench.work.firm_addresses import addresses_of  # noqa: E402
from bench.work.watching import explained, watched  # noqa: E402

SHOWN_STATEMENTS = 5
BUDGET_MS = 200.0  # of the server's time for a page, wherever it is spent
ROUNDS = 3  # in which what was over it is asked for again, after all others: a shared machine has slow minutes


@dataclass(frozen=True, slots=True)
class Row:
    """One page as one person got it."""

    who: str
    path: str
    best_ms: float
    cpu_ms: float  # of this process and of its server in the database: what neighbours lengthen little
    median_ms: float
    worst_ms: float
    database_ms: float
    statements: int
    slowest_ms: float
    plan: str
    statement: str  # the slowest one


def measure(client: Client, partner: PartnerRef, asked: str, repeats: int) -> Row | None:
    """Ask for a page some times; None where this person is refused or sent elsewhere, or no page is there."""
    who, _, path = asked.partition(" ")
    took, spent, worked, watches = [], [], [], []
    for turn in range(repeats + 1):
        begun, busy = time.perf_counter(), _busy()
        with watched() as watch:
            answer = client.get(path)
            b"".join(answer)  # a download comes in pieces
        if answer.status_code != 200:
            return None
        if turn:  # the first one fills the caches
            took.append((time.perf_counter() - begun) * 1000)
            spent.append((_busy() - busy) * 1000)
            worked.append(watch.milliseconds)
            watches.append(watch)
    best = min(watches, key=lambda one: one.slowest[0])
    slowest = best.slowest
    plan = explained(partner, slowest[1], slowest[2]) if slowest[0] >= 5 else ""
    return Row(
        who,
        path,
        min(took),
        min(spent),
        statistics.median(took),
        max(took),
        min(worked),
        len(best.seen),
        slowest[0],
        plan,
        slowest[1],
    )


def _busy() -> float:
    """Return the processor's seconds of this process and of the one that serves it in the database, where that is on this machine."""
    try:
        server = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text().split()[0]
    except (AttributeError, OSError):
        server = "0"
    return time.process_time() + int(server) / 1e9


class Pace:
    """How long the same loop takes from time to time: how quick the machine is, whatever the product does."""

    def __init__(self) -> None:
        self.all_ms: list[float] = []

    def take(self) -> None:
        """Note the milliseconds of a loop that does nothing but count."""
        begun = time.perf_counter()
        sum(number * number for number in range(200_000))
        self.all_ms.append((time.perf_counter() - begun) * 1000)


def measured(partner: PartnerRef, pace: Pace, only: str = "", repeats: str = "5") -> Iterator[Row]:
    """Ask for every page as everybody, or for those whose address fits `only`."""
    for who, _role in PEOPLE:
        client = _signed_in(partner, who)
        with scope.work_in(partner):
            paths = addresses_of(customers=who.startswith("customer"))
        for path in paths:
            row = measure(client, partner, f"{who} {path}", int(repeats)) if re.search(only, path) else None
            if row:
                pace.take()
                yield row


def _signed_in(partner: PartnerRef, who: str) -> Client:
    client = Client(headers={"host": f"{SLUG}.localhost"})
    with scope.work_in(partner):
        client.force_login(User.objects.get(email=f"{who}@bench.example"))
    return client


def asked_again(partner: PartnerRef, rows: list[Row], repeats: str = "5") -> list[Row]:
    """Return the pages with those over the budget asked for again: of each, the round in which it was quickest."""
    for _ in range(ROUNDS):
        late = [at for at, row in enumerate(rows) if row.best_ms > BUDGET_MS]
        for at in late:
            row = rows[at]
            other = measure(_signed_in(partner, row.who), partner, f"{row.who} {row.path}", int(repeats))
            rows[at] = min(row, other or row, key=lambda one: one.best_ms)
    return rows


def make_firm(operations: int) -> PartnerRef:
    """Return the partner, filled now; one that was kept from an earlier call has its tables brought up to date, and only grows."""
    call_command("migrate_schemas", database="owner", interactive=False, verbosity=0)
    with scope.public():
        known = Partner.objects.filter(slug=SLUG).first()
    if known:
        more = grow(known.as_ref(), Size(operations), now=timezone.now())
        print(f"{more:,} operations added to those that were kept", flush=True)
        return known.as_ref()
    begun = time.perf_counter()
    partner = found_partner()
    fill_partner(partner, Size(operations), now=timezone.now())
    print(f"{operations:,} operations made in {time.perf_counter() - begun:.0f} s", flush=True)
    return partner


def show(rows: list[Row]) -> None:
    """Print the table, the slowest page first."""
    print(
        f"\n{'who':15}{'page':72}{'best':>8}{'of it CPU':>10}{'median':>8}{'worst':>8}{'database':>10}{'statements':>12}{'slowest':>9}  how that reads"
    )
    for row in sorted(rows, key=lambda one: -one.median_ms):
        print(
            f"{row.who:15}{row.path[:70]:72}{row.best_ms:8.0f}{row.cpu_ms:10.0f}{row.median_ms:8.0f}{row.worst_ms:8.0f}{row.database_ms:10.1f}"
            f"{row.statements:12}{row.slowest_ms:9.1f}  {row.plan[:110]}"
        )


def main() -> int:
    """Measure and print; 1 when a page takes too long."""
    logging.disable(logging.ERROR)  # pages that take posts alone say so, once each
    cache.clear()
    partner = make_firm(int(sys.argv[1]))
    spare_the_collector()  # as config/wsgi.py does
    pace = Pace()
    rows = list(measured(partner, pace, *sys.argv[2:]))
    if not rows:
        print(f"No page's address fits {sys.argv[2]!r}.")
        return 2
    first = [f"{row.who} {row.path} ({row.best_ms:.0f})" for row in rows if row.best_ms > BUDGET_MS]
    rows = asked_again(partner, rows, *sys.argv[3:4])
    show(rows)
    print("\n" + ", ".join(f"{table} {number:,}" for table, number in count_rows(partner) if number >= 1000))
    for row in sorted(rows, key=lambda one: -one.slowest_ms)[:SHOWN_STATEMENTS]:
        print(f"\n{row.slowest_ms:.0f} ms, {row.who} {row.path}\n{' '.join(row.statement.split())[:1500]}")
    late = [f"{row.who} {row.path}" for row in rows if row.best_ms > BUDGET_MS]
    medians = [row.median_ms for row in rows]
    works = [row.cpu_ms for row in rows]
    print(f"\n{len(rows)} pages, median {statistics.median(medians):.0f} ms, slowest {max(medians):.0f} ms")
    print(f"of it processor time: median {statistics.median(works):.0f} ms, most {max(works):.0f} ms")
    paces = pace.all_ms
    print(
        f"a loop that only counts took {min(paces):.0f} to {max(paces):.0f} ms beside, median {statistics.median(paces):.0f} ms"
    )
    print(f"over {BUDGET_MS:.0f} ms at first, and asked for again up to {ROUNDS} times: {', '.join(first) or 'none'}")
    print(f"over {BUDGET_MS:.0f} ms each time: {', '.join(late) or 'none'}")
    busy = [f"{row.who} {row.path}" for row in rows if row.cpu_ms > BUDGET_MS]
    print(f"by their processor time alone: {', '.join(busy) or 'none'}")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
