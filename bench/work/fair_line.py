"""The product's side of the fairness bench: `python -m bench.work.fair_line PLACE ENTRIES EVENTS BACKFILLS`.

Makes one partner with a customer that backfills and one that gets webhooks, and another partner whose customer gets
webhooks as well; says where they listen. Then it does what its input says: "start" begins the backfills, "look" tells
how many of them are not over.
"""

import sys
from datetime import date
from urllib.parse import urlsplit

from bench.work import product_line  # it sets Django up

from django.core.management import call_command  # isort: skip
from django.utils import timezone  # isort: skip
from apps.connectors.webhook_endpoints import create_webhook_endpoint  # isort: skip
from apps.flows.engine.states import RUN_TERMINAL  # isort: skip
from apps.flows.models import Flow, Run  # isort: skip
from apps.flows.services.backfill import start_backfill  # isort: skip
from apps.flows.triggers.webhook import listen  # isort: skip
from apps.tenants import scope  # isort: skip
from apps.tenants.provisioning import NewPartner, create_partner  # isort: skip
from apps.tenants.scope import PartnerRef  # isort: skip
from bench.work.meter import report  # isort: skip

FIRST = date(2025, 12, 31)  # before the first change of any entry


def listening(partner: PartnerRef, place: str, events: int, target: str) -> dict[str, str]:
    """Install a flow that listens and return where, and the secret its callers sign with."""
    flow = product_line.install(partner, place, events, target)
    with scope.work_in(partner):
        endpoint, address, secret = create_webhook_endpoint(flow.source)
        listen(Flow.objects.get(id=flow.id), endpoint)
    return {"path": urlsplit(address).path, "host": f"{partner.slug}.localhost", "secret": secret, "target": target}


def start(partner: PartnerRef, flows: list[Flow]) -> None:
    """Begin a backfill of each flow, from before its first entry until today."""
    for flow in flows:
        with scope.work_in(partner):
            fresh = Flow.objects.select_related("customer").get(id=flow.id)
            start_backfill(
                fresh, first=FIRST, last=timezone.localdate(), started_by="bench", today=timezone.localdate()
            )


def look(partner: PartnerRef) -> None:
    """Report how many backfills are not over, and what came of the others."""
    with scope.work_in(partner):
        runs = Run.objects.filter(mode=Run.Mode.BACKFILL)
        states = list(runs.values_list("state", "written", "error_message"))
    report(None, under_way=sum(state not in RUN_TERMINAL for state, _, _ in states), runs=states)


def main() -> None:
    """Prepare, then do as told."""
    place, entries, events, backfills = sys.argv[1], *map(int, sys.argv[2:5])
    call_command("migrate_schemas", shared=True, database="owner", interactive=False, verbosity=0)
    product_line.adapt_systems(batch=True)
    one, two = (create_partner(NewPartner(name, name.lower())).as_ref() for name in ("Bench", "Beside"))
    near, far = listening(one, place, events, "near"), listening(two, place, events, "far")
    flows = [product_line.install(one, place, entries, f"big{number}") for number in range(backfills)]
    report(None, near=near, far=far)
    for line in sys.stdin:
        if line.strip() == "start":
            start(one, flows)
        look(one)


if __name__ == "__main__":
    main()
