"""BottleCRM over its REST API: what the manifest cannot say - records without what hangs on them, and where a deal stands."""

from typing import Any
from uuid import UUID

from apps.connectors.answers import at_path
from apps.connectors.catalog.bottlecrm.manifest import DEALS
from apps.connectors.catalog.bottlecrm.refusals import problems_of
from apps.connectors.contract import OutsideRecord
from apps.connectors.errors import BusinessClass, FieldProblem, RejectedError
from apps.connectors.judgement import Answer
from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_problems import with_problems

_ENDED = frozenset({"won", "lost"})


class BottleCalls(Calls):
    """What reading, finding and writing of this connector share."""

    def path_of(self, template: str, key: str) -> str:
        """Return the path of the record called `key`. Raises RejectedError for a key that no record can have."""
        try:
            UUID(key)
        except ValueError:
            problem = FieldProblem("", f"{key!r} cannot be the number of a record.", BusinessClass.MISSING_REFERENCE)
            raise RejectedError(problem.message, problems=(problem,), status=404) from None
        return super().path_of(template, key)

    def as_told(self, answer: Answer) -> Answer:
        """Return a refusal with its problems field by field."""
        return with_problems(answer, problems_of)

    def shaped(self, spec: ObjectManifest, record: OutsideRecord) -> OutsideRecord:
        """Return what the manifest names: deals, tickets and sums that hang on an account are no change of it."""
        held = {**record, "phase": _phase(record)} if spec.name == DEALS.name else record
        kept: dict[str, Any] = {}
        for field in spec.fields:
            outer, _, inner = field.name.partition(".")
            if inner:
                kept[outer] = {**(kept.get(outer) or {}), inner: at_path(held, field.name)}
            else:
                kept[outer] = held.get(outer)
        return {name: value for name, value in kept.items() if name in held}


class BottleConnector(RestConnector):
    """One open connection to one organization."""

    calls_class = BottleCalls


def _phase(deal: OutsideRecord) -> Any:
    """Return how a deal ended, else the code of its stage: won and lost are kinds, whatever a firm calls them."""
    kind = deal.get("stage_kind")
    return kind if kind in _ENDED else deal.get("stage")


CONNECTOR = BottleConnector
