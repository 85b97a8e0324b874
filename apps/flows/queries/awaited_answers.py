"""Systems that have taken a record and tell later what became of it: since when, and when they are asked next, in words."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from apps.flows.engine.states import OperationState
from apps.flows.models import OpenReceipt, Operation
from apps.tenants.templatetags.wording import absolute_words


@dataclass(frozen=True, slots=True)
class Awaited:
    """One answer that is waited for. `asked` counts the questions so far."""

    step: str
    system: str
    taken_at: datetime
    due_at: datetime
    asked: int

    @property
    def sentence(self) -> str:
        """What is waited for, as a sentence of its own."""
        words = {"system": self.system, "since": absolute_words(self.taken_at)}
        return _("%(system)s took it on %(since)s and has not said yet what became of it.") % words

    @property
    def what(self) -> str:
        """What is waited for, after "Waits for"."""
        words = {
            "system": self.system,
            "since": absolute_words(self.taken_at),
            "next": absolute_words(self.due_at),
        }
        return _("the answer of %(system)s, which took it on %(since)s and is asked next on %(next)s") % words


def list_awaited(operation: Operation) -> list[Awaited]:
    """Return the answers that an operation waits for, one at most for each of its steps."""
    if operation.state != OperationState.WAITING:
        return []
    rows = OpenReceipt.objects.select_related("connection").filter(operation_id=operation.id).order_by("id")
    return [Awaited(row.step, row.connection.name, row.taken_at, row.due_at, row.asked) for row in rows]


def get_awaited(operation: Operation) -> Awaited | None:
    """Return the answer that a record waits for that went with its batch; None when it waits for none."""
    return next(iter(list_awaited(operation)), None)
