"""What a person does in a sandbox system: change a record, approve time. Its rules hold; the fault switches do not strike."""

from aiohttp import web

from apps.connectors.sandbox.desk import Desk
from apps.connectors.sandbox.faults import Faults
from apps.connectors.sandbox.hall import ANNOUNCER, STORE
from apps.connectors.sandbox.store import Company, Record
from apps.connectors.sandbox.systems import SYSTEMS


def desk_of(request: web.Request, company: Company, faults: Faults | None = None, *, copies: int = 1) -> Desk:
    """Return the desk that answers for a company; what it announces goes out `copies` times at once."""

    def announce(event: Record) -> None:
        request.app[ANNOUNCER].announce(company, event, copies=copies)

    return SYSTEMS[company.system](request.app[STORE], company, faults or Faults({}), announce)
