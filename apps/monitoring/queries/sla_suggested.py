"""What the templates of a customer's flows suggest to promise: the starting values where nothing is promised yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.flows.models import Flow
from apps.flows.templates_library import TEMPLATES, SlaSuggestion
from apps.monitoring.blame import Severity, verdict_for
from apps.monitoring.models import SlaPolicy
from apps.monitoring.sla.opening import always
from apps.monitoring.sla.terms import Promise, Target, Terms
from apps.monitoring.sla_settings import Package, package_of
from apps.monitoring.sla_words import PROMISE_LABELS, span_words


@dataclass(frozen=True, slots=True)
class Suggested:
    """One time and the template that suggests it."""

    target: Target
    template: str

    @property
    def words(self) -> str:
        """Return "Resolved, The accounting period is closed: 4 h (Approved time to bill)"."""
        label = str(PROMISE_LABELS[self.target.promise])
        if self.target.business_class:
            label = f"{label}, {_(verdict_for(self.target.business_class).title)}"
        time = span_words(timedelta(minutes=self.target.minutes))
        return _("%(promise)s: %(time)s (%(template)s)") % {"promise": label, "time": time, "template": self.template}


def suggested_for(customer_id: UUID) -> tuple[Suggested, ...]:
    """Return what the templates of a customer's flows suggest, () when they suggest nothing. One query."""
    flows = Flow.objects.filter(customer_id=customer_id).exclude(state=Flow.State.RETIRED)
    slugs = flows.order_by("template").values_list("template", flat=True).distinct()
    known = [TEMPLATES[slug] for slug in slugs if slug in TEMPLATES]
    return merge([(_(template.name), template.sla) for template in known])


def merge(templates: Iterable[tuple[str, Sequence[SlaSuggestion]]]) -> tuple[Suggested, ...]:
    """Return for each promise the shortest time that any of the templates suggests: it keeps the others as well."""
    shortest: dict[tuple[str, str], Suggested] = {}
    for name, suggestions in templates:
        for target in (target for one in suggestions for target in _targets(one)):
            key = (target.promise.value, target.business_class)
            if key not in shortest or target.minutes < shortest[key].target.minutes:
                shortest[key] = Suggested(target, name)
    return tuple(sorted(shortest.values(), key=_rank))


def as_package(suggested: Sequence[Suggested]) -> Package:
    """Return a new package with the suggested times; what stops its clocks and what it gives back is for people to say."""
    return Package("", "", tuple(one.target for one in suggested), frozenset(), (), cap_percent=Decimal(100))


def fitting_policy(policies: Iterable[SlaPolicy], suggested: Sequence[Suggested]) -> SlaPolicy | None:
    """Return the package that keeps all suggested times and asks the least beyond them; None when none does."""
    fitting = []
    for policy in policies:
        times = [_promised(package_of(policy), one.target) for one in suggested]
        if all(time is not None and time <= one.target.minutes for time, one in zip(times, suggested, strict=True)):
            fitting.append((sum(time or 0 for time in times), policy))
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def _targets(one: SlaSuggestion) -> Iterable[Target]:
    if one.deliver_within:
        yield Target(Promise.DELIVERY, one.deliver_within // 60)
    if one.resolve_within:
        yield Target(Promise.RESOLVE, one.resolve_within // 60, business_class=str(one.business_class or ""))


def _rank(one: Suggested) -> tuple[bool, bool, int, str]:
    """Order deliveries first, then what holds for all failures, then kinds of failure, the shortest first."""
    target = one.target
    return target.promise is not Promise.DELIVERY, bool(target.business_class), target.minutes, target.business_class


def _promised(package: Package, wanted: Target) -> int | None:
    """Return the minutes in which a package promises what is suggested, None for never."""
    terms = Terms(package.name, always(), package.targets)
    severity = Severity.NORMAL if wanted.promise is Promise.RESOLVE else ""
    found = terms.target(wanted.promise, severity=severity, business_class=wanted.business_class)
    return None if found is None else int(found.total_seconds()) // 60
