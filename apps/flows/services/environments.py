"""Whether a flow moves real records: sandbox or production, as its connections say.

A simulated system holds nobody's records, so that it goes with either; between real systems, one flow is either in
production or in a sandbox, never both: trial records must not reach real books, and real ones no trial.
"""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.connectors import registry
from apps.connectors.manifest import ProofLabel
from apps.connectors.models import Connection
from apps.flows.models import Flow
from apps.flows.services.walk_session import systems_of

PRODUCTION, SANDBOX = Connection.Environment.PRODUCTION, Connection.Environment.SANDBOX


def environment_of(flow: Flow) -> str:
    """Return "production" or "sandbox". One query besides the flow's two connections."""
    return common_environment(systems_of(flow).values())


def common_environment(connections: Iterable[Connection]) -> str:
    """Return what a flow between these connections is: what the real systems say, else whether any is in production."""
    known = list(connections)
    real = [one for one in known if not is_simulated(one.system)]
    return PRODUCTION if any(one.environment == PRODUCTION for one in real or known) else SANDBOX


def require_one_environment(connections: Iterable[Connection]) -> None:
    """Raise ValidationError when real systems of both environments would play in one flow, naming both."""
    real = [one for one in connections if not is_simulated(one.system)]
    live = next((one for one in real if one.environment == PRODUCTION), None)
    trial = next((one for one in real if one.environment == SANDBOX), None)
    if live is not None and trial is not None:
        words = _(
            "%(trial)s is a sandbox and %(live)s is in production: trial records would mix with real ones. "
            "Choose connections of one environment."
        )
        raise ValidationError({"target": words % {"trial": trial.name, "live": live.name}})


def is_simulated(system: str) -> bool:
    """Return whether a system of the catalogue is one of ours that only plays a real one."""
    try:
        return registry.manifest(system).proof is ProofLabel.SIMULATED
    except KeyError:
        return False
