"""The product's real path, measured: a person asks for a run, a worker drains the queue to its end, all in one process.

`python -m bench.work.product_line prepare` makes a partner; `... run PLACE ENTRIES TARGET [--batch]` measures.
"""

import cProfile
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from apps.connectors.catalog.sandbox_erp import manifest as erp  # noqa: E402
from apps.connectors.catalog.sandbox_psa import manifest as psa  # noqa: E402
from apps.connectors.manifest import Limits, SystemManifest  # noqa: E402
from apps.connectors.models import Connection  # noqa: E402
from apps.connectors.services import NewConnection, create_connection  # noqa: E402
from apps.customers.models import Customer  # noqa: E402
from apps.customers.services import create_customer  # noqa: E402
from apps.dispatch.models import Queue  # noqa: E402
from apps.dispatch.worker import drain  # noqa: E402
from apps.flows.engine.definition import parse_definition  # noqa: E402
from apps.flows.models import Flow, Run  # noqa: E402
from apps.flows.services.install import install_template  # noqa: E402
from apps.flows.services.start_run import run_now  # noqa: E402
from apps.flows.templates_library import registry as templates  # noqa: E402
from apps.tenants import scope  # noqa: E402
from apps.tenants.models import Partner  # noqa: E402
from apps.tenants.provisioning import NewPartner, create_partner  # noqa: E402
from apps.tenants.scope import PartnerRef  # noqa: E402
from bench.planning import DEFINITION  # noqa: E402
from bench.work.bare_loop import AT_ONCE  # noqa: E402
from bench.work.meter import Meter, report  # noqa: E402

TEMPLATE = "approved-time-to-bill"
WARM_UP = 400
COUNTS = ("read", "written", "unchanged", "skipped", "rejected", "waiting")


def prepare() -> None:
    """Make the tables and one partner in the database of the environment."""
    call_command("migrate_schemas", shared=True, database="owner", interactive=False, verbosity=0)
    create_partner(NewPartner("Bench", "bench"))


def adapt_systems(*, batch: bool) -> None:
    """Let the sandbox's manifests be called as the bare loop calls: as many at once, in batches or one by one."""
    lines, *masters = erp.MANIFEST.objects
    if not batch and lines.writing is not None:
        lines = replace(lines, writing=replace(lines.writing, batch_path="", batch_size=1))
    limits = Limits(at_once=AT_ONCE)
    erp.MANIFEST = _changed(erp.MANIFEST, limits=limits, objects=(lines, *masters))
    psa.MANIFEST = _changed(psa.MANIFEST, limits=limits)
    # The six rules of W1 instead of the template's own; what is published from here on is pinned with them.
    known = templates.TEMPLATES[TEMPLATE]
    templates.TEMPLATES = {TEMPLATE: replace(known, definition=parse_definition(DEFINITION), shaped_by=None)}


def _changed(manifest: SystemManifest, **changes: Any) -> SystemManifest:
    return replace(manifest, **changes)


def install(partner: PartnerRef, place: str, number: int, target: str) -> Flow:
    """Make a customer with both systems and the flow between them."""
    with scope.work_in(partner):
        customer = create_customer(name=f"Customer of {target}", currency="EUR")
        source = _connect(customer, "sandbox_psa", f"http://{place}/psa/{number}/api/v1")
        into = _connect(customer, "sandbox_erp", f"http://{place}/erp/{target}/api/v1")
        return install_template(template=TEMPLATE, name=target, source=source, target=into, installed_by="bench")


def _connect(customer: Customer, system: str, address: str) -> Connection:
    return create_connection(
        customer,
        NewConnection(system=system, name=system, base_url=address, secrets={"token": "bench"}, settings={}),
    )


def carry(partner: PartnerRef, flow: Flow) -> Mapping[str, Any]:
    """Run the flow to its end and return the run's state and counts."""
    with scope.work_in(partner):
        run = run_now(flow, started_by="bench")
    while drain(Queue.RUN, worker="bench", seconds=600):
        pass
    with scope.work_in(partner):
        done = Run.objects.get(id=run.id)
        return {"state": done.state, **{name: getattr(done, name) for name in COUNTS}, "error": done.error_message}


def measure(place: str, number: int, target: str, *, batch: bool) -> None:
    """Warm up on a small source, then measure one run."""
    adapt_systems(batch=batch)
    with scope.public():
        partner = Partner.objects.get(slug="bench").as_ref()
    carry(partner, install(partner, place, WARM_UP, f"{target}-warm"))
    flow = install(partner, place, number, target)
    with scope.work_in(partner), connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    profile = cProfile.Profile() if "BENCH_PROFILE" in os.environ else None
    meter = Meter(backend)
    if profile:
        profile.enable()
    counts = carry(partner, flow)
    cost = meter.stop()
    if profile:
        profile.dump_stats(os.environ["BENCH_PROFILE"])
    report(cost, run=counts)


def main() -> None:
    """Do what the first word says."""
    if sys.argv[1] == "prepare":
        prepare()
    else:
        measure(sys.argv[2], int(sys.argv[3]), sys.argv[4], batch="--batch" in sys.argv)


if __name__ == "__main__":
    main()
