"""What a person does in a sandbox system: change a record, approve time. Its rules hold; the fault switches do not strike."""

from aiohttp import web

from apps.connectors.sandbox import erp, psa
from apps.connectors.sandbox.faults import Faults
from apps.connectors.sandbox.hall import ANNOUNCER, STORE
from apps.connectors.sandbox.store import Company, Record


def change_record(request: web.Request, company: Company, kind: str, key: str, body: bytes) -> web.Response:
    """Change some fields of one record and answer as the system would."""
    if company.system == "erp":
        return erp.Erp(request.app[STORE], company, Faults({})).change(kind, key, body, "")
    return _psa(request, company).change(kind, key, body)


def create_record(request: web.Request, company: Company, kind: str, body: bytes) -> web.Response:
    """Make one record and answer as the system would."""
    if company.system == "erp":
        return erp.Erp(request.app[STORE], company, Faults({})).create(kind, body, "")
    return _psa(request, company).create(kind, body)


def approve_entries(request: web.Request, company: Company, keys: list[str]) -> web.Response:
    """Approve time entries of a PSA; whoever listens is told."""
    return _psa(request, company).approve(keys)


def _psa(request: web.Request, company: Company) -> psa.Psa:
    def announce(event: Record) -> None:
        request.app[ANNOUNCER].announce(company, event)

    return psa.Psa(request.app[STORE], company, Faults({}), announce)
