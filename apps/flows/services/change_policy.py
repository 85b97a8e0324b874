"""What is demanded before a change of a production flow goes live: the partner's default, or a customer's own."""

from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.accounts.staff_scope import as_staff
from apps.customers.models import Customer
from apps.flows.models import ChangeDefault, ChangePolicy

MOST_APPROVALS = 2


@dataclass(frozen=True, slots=True)
class Demands:
    """What a change needs: approvals of people who did not ask for it, a comparison over history, samples that hold."""

    approvals: int = 0
    what_if: bool = False
    samples: bool = False

    @property
    def any(self) -> bool:
        """False when a change goes live at once."""
        return bool(self.approvals or self.what_if or self.samples)


def default_demands() -> Demands:
    """Return what the partner demands for customers without a policy of their own. One query."""
    with as_staff():
        return _read(ChangeDefault.objects.first())


def own_demands(customer_id: UUID) -> Demands | None:
    """Return what is demanded for one customer instead of the partner's default, None where that holds. One query."""
    found = ChangePolicy.objects.filter(customer_id=customer_id).first()
    return None if found is None else _read(found)


def demands_for(customer_id: UUID) -> Demands:
    """Return what holds for a customer. One query or two."""
    own = own_demands(customer_id)
    return default_demands() if own is None else own


def set_default(demands: Demands) -> None:
    """Set what the partner demands; requests that are open keep the number of approvals they were asked with.

    Raises:
        ValidationError: more approvals than can be demanded.

    """
    _require_possible(demands)
    before = default_demands()
    if before == demands:
        return
    with transaction.atomic():
        ChangeDefault.objects.update_or_create(only=True, defaults=_columns(demands))
        details = {"demanded of changes": [words_of(before), words_of(demands)]}
        audit.record(AuditAction.CHANGE_POLICY_SET, subject="change policy", details=details)


def set_policy(customer: Customer, demands: Demands | None) -> None:
    """Set what is demanded for one customer; None lets the partner's default hold again. Raises ValidationError."""
    if demands is not None:
        _require_possible(demands)
    before = own_demands(customer.id)
    if before == demands:
        return
    with transaction.atomic():
        if demands is None:
            ChangePolicy.objects.filter(customer=customer).delete()
        else:
            ChangePolicy.objects.update_or_create(customer=customer, defaults=_columns(demands))
        told = ["the partner's default" if one is None else words_of(one) for one in (before, demands)]
        details = {"demanded of changes": told}
        audit.record(AuditAction.CHANGE_POLICY_SET, subject="customer", subject_id=str(customer.id), details=details)


def words_of(demands: Demands) -> str:
    """Return demands as the audit trail says them."""
    parts = [f"{demands.approvals} approvals"] if demands.approvals else []
    parts += ["a comparison over history"] if demands.what_if else []
    parts += ["samples that hold"] if demands.samples else []
    return ", ".join(parts) or "nothing"


def _require_possible(demands: Demands) -> None:
    if not 0 <= demands.approvals <= MOST_APPROVALS:
        raise ValidationError({"approvals": _("Demand up to %(most)d approvals.") % {"most": MOST_APPROVALS}})


def _read(row: ChangeDefault | ChangePolicy | None) -> Demands:
    return Demands() if row is None else Demands(row.approvals, row.what_if, row.samples)


def _columns(demands: Demands) -> dict[str, object]:
    return {"approvals": demands.approvals, "what_if": demands.what_if, "samples": demands.samples}
