"""What claiming costs behind a backlog: `python -m bench.work.claiming ROWS CLAIMS`, in the database of the environment.

Each shape fills the table of due work in its own way, then one worker claims 32 rows at a time, over and over, and
finishes them. Prints one line of milliseconds per shape.
"""

import sys
import time
from statistics import quantiles

import django
import psutil

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402

from apps.dispatch import leases  # noqa: E402
from apps.dispatch.models import Queue  # noqa: E402
from apps.tenants import scope  # noqa: E402
from apps.tenants.models import Partner  # noqa: E402

AT_A_TIME = 32
PARTNERS = 200
# Partner, customer, connection and lane of row number n, as SQL; customers and connections are numbers here.
SHAPES = {
    "one partner, one customer": ("1", "1", "1", "'k' || n"),
    "one partner, 1,000 customers": ("1", "n % 1000", "n % 3000", "'k' || n"),
    "200 partners, 20 customers each": ("1 + n % 200", "n % 4000", "n % 8000", "'k' || n"),
    "200 partners, no lanes": ("1 + n % 200", "n % 4000", "n % 8000", "''"),
    "one with 99 % of it, 199 beside": (
        "CASE WHEN n % 100 = 0 THEN 1 + n / 100 % 200 ELSE 1 END", "n % 4000", "n % 8000", "'k' || n"),
    "50 lanes of one partner": ("1", "n % 50", "n % 50", "'k' || n % 50"),
}  # fmt: skip
_FILL = """
INSERT INTO public.dispatch_duework (partner_id, customer_id, connection_id, kind, reference, lane, queue, state,
  priority, due_at, lease_owner, fence, attempts, lost_leases, last_error, created_at)
SELECT p.id, md5('customer' || {customer})::uuid, md5('connection' || {connection})::uuid, 'bench.none', n::text, {lane},
  'run', 'ready', 10 * (1 + n % 5), now() - make_interval(secs => 1 + random() * 3600), '', 0, 0, 0, '', now()
FROM generate_series(1, {rows}) n JOIN public.tenants_partner p ON p.slug = 'bench-' || {partner}
"""


def prepare() -> None:
    """Make the public tables and the partners, without schemas of their own: claiming looks at public rows alone."""
    call_command("migrate_schemas", shared=True, database="owner", interactive=False, verbosity=0)
    names = [f"bench-{number}" for number in range(1, PARTNERS + 1)]
    with scope.public():
        Partner.objects.bulk_create(Partner(slug=name, name=name, state=Partner.State.ACTIVE) for name in names)


def fill(shape: tuple[str, ...], rows: int) -> None:
    """Put `rows` rows of this shape into an empty table."""
    names = dict(zip(("partner", "customer", "connection", "lane"), (f"({part})" for part in shape), strict=True))
    with connections["owner"].cursor() as cursor:
        cursor.execute("TRUNCATE public.dispatch_duework, public.dispatch_partnerturn")
        cursor.execute(_FILL.format(rows=int(rows), **names))
        cursor.execute("ANALYZE public.dispatch_duework")


def measure(claims: int) -> tuple[list[float], float, int]:
    """Claim and finish `claims` times; returns the milliseconds of each claim, their mean of CPU and the rows got."""
    times, cpu, got = [], 0.0, 0
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = psutil.Process(cursor.fetchone()[0])
    for _ in range(claims):
        began, spent = time.perf_counter(), _cpu_seconds(backend)
        works = leases.claim(queue=Queue.RUN, worker="bench", limit=AT_A_TIME)
        times.append((time.perf_counter() - began) * 1000)
        cpu += _cpu_seconds(backend) - spent
        got += len(works)
        for work in works:
            leases.complete(work)
    return times, cpu * 1000 / claims, got


def _cpu_seconds(backend: psutil.Process) -> float:
    """Return the CPU of this process and of its database session."""
    times = backend.cpu_times()
    return time.process_time() + float(times.user + times.system)


def main() -> None:
    """Measure every shape."""
    rows, claims = int(sys.argv[1]), int(sys.argv[2])
    prepare()
    print(f"{'shape':40}{'median ms':>10}{'p95 ms':>8}{'most ms':>9}{'CPU ms':>8}{'rows a claim':>14}")
    with scope.public():
        for name, shape in SHAPES.items():
            fill(shape, rows)
            measure(5)
            times, cpu, got = measure(claims)
            cuts = quantiles(times, n=20)
            print(f"{name:40}{cuts[9]:10.1f}{cuts[18]:8.1f}{max(times):9.1f}{cpu:8.1f}{got / claims:14.1f}", flush=True)


if __name__ == "__main__":
    main()
