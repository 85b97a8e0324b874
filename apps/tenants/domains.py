"""From a host name to a partner, remembered for thirty seconds in this process."""

import time
from dataclasses import dataclass

from apps.tenants.models import Domain, Partner
from apps.tenants.scope import PartnerRef

REMEMBER_SECONDS = 30.0
_hosts: dict[str, "tuple[float, HostAnswer | None]"] = {}
_MOST_REMEMBERED = 10_000  # an attacker's invented hosts must not fill the memory


@dataclass(frozen=True, slots=True)
class HostAnswer:
    """Whose host it is. `state` is a Partner.State."""

    partner: PartnerRef
    state: str

    @property
    def active(self) -> bool:
        """Return whether the portal is open."""
        return self.state == Partner.State.ACTIVE


def partner_for_host(host: str) -> HostAnswer | None:
    """Return the partner that answers at `host` (no port), or None when nobody owns it. Call in public scope."""
    now = time.monotonic()
    remembered = _hosts.get(host)
    if remembered and remembered[0] > now:
        return remembered[1]
    domain = Domain.objects.select_related("tenant").filter(domain=host, verified_at__isnull=False).first()
    answer = HostAnswer(domain.tenant.as_ref(), domain.tenant.state) if domain is not None else None
    if len(_hosts) >= _MOST_REMEMBERED:
        _hosts.clear()
    _hosts[host] = (now + REMEMBER_SECONDS, answer)
    return answer


def forget_hosts() -> None:
    """Drop what this process remembers, after a domain or a partner changed."""
    _hosts.clear()


def primary_host(partner: PartnerRef) -> str:
    """Return the partner's main host name: what mails link to, never the request's host."""
    host: str = Domain.objects.get(tenant_id=partner.id, is_primary=True).domain
    return host
