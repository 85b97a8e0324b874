"""A customer's cases in the customer's own words: what waits, for whom, since when, and what is being done."""

from collections import defaultdict

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.translation import gettext as _

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.record_words import record_words
from apps.monitoring import impact
from apps.monitoring.blame import WaitingOn
from apps.monitoring.case_words import SAYS_ENOUGH
from apps.monitoring.customer_pages import Matter, MatterList, Share
from apps.monitoring.customer_words import words_for
from apps.monitoring.impact import Quality
from apps.monitoring.models import CaseAmount, CaseOperation, ExceptionCase
from apps.monitoring.queries.at_risk import list_over
from apps.monitoring.queries.customer_topics import template_of

MATTERS_A_PAGE = 25
# What a customer's list can be asked for, in the order it is offered.
VIEWS = ("open", "yours", "ours", "settled")
_OPEN = ~Q(state=ExceptionCase.State.CLOSED)
_YOURS = Q(waiting_on=WaitingOn.CUSTOMER)
_FILTERS = {
    "open": _OPEN,
    "yours": _OPEN & _YOURS,
    "ours": _OPEN & ~_YOURS,
    # One that was merged goes on as another.
    "settled": Q(state=ExceptionCase.State.CLOSED, merged_into__isnull=True),
}


def told(cases: QuerySet[ExceptionCase], partner: str, *, first: int = 0, most: int = MATTERS_A_PAGE) -> list[Matter]:
    """Return some cases as matters, in their order; `partner` is who works for the customer. Two queries."""
    one = CaseOperation.objects.filter(case=OuterRef("pk"), open=True).order_by("id")
    found = (
        cases.select_related("owner", "flow")
        .prefetch_related("amounts")
        .annotate(
            hours=Sum("case_operations__hours", filter=Q(case_operations__open=True)),
            example=Subquery(one.values("operation__label")[:1]),
        )
    )
    return [as_matter(case, partner) for case in found[first : first + most]]


def as_matter(case: ExceptionCase, partner: str) -> Matter:
    """Return one case in words; `hours` and `example` are the annotations of `told`."""
    words = words_for(case.error_class)
    parts = (impact.Sum(a.currency, a.amount, Quality(a.quality), a.records) for a in case.amounts.all())
    yours = case.waiting_on == WaitingOn.CUSTOMER
    return Matter(
        id=case.id,
        title=str(words.title),
        happened=str(words.happened),
        about=_about(case),
        example=record_words(getattr(case, "example", None) or ""),
        doing=str(words.yours if yours else words.ours),
        yours=str(words.yours),
        waits_for=case.waiting_on,
        who=_who(case, partner),
        records=case.operation_count,
        hours=getattr(case, "hours", None),
        sums=impact.added(parts),
        quality=case.amount_quality,
        since=case.opened_at,
        is_open=case.is_open,
        is_resolving=case.state == ExceptionCase.State.RESOLVING,
        closed_at=case.closed_at,
        ended=_ended(case),
    )


def _about(case: ExceptionCase) -> str:
    """Return the field to blame as people call it; "" for none, and for what only the other system names."""
    if case.error_class in SAYS_ENOUGH:
        return ""
    template = template_of(case.flow) if case.flow and case.error_field else None
    described = CANONICAL_TYPES.get(template.definition.canonical_type) if template else None
    spec = described.field_named(case.error_field) if described else None
    return _(spec.label) if spec else ""


def _who(case: ExceptionCase, partner: str) -> str:
    if case.waiting_on == WaitingOn.CUSTOMER:
        return ""
    if case.waiting_on == WaitingOn.PROVIDER and case.flow is not None:
        return _("whoever looks after your system")
    return case.owner.name if case.owner and case.owner.name else partner


_ENDINGS = ExceptionCase.ClosedHow


def _ended(case: ExceptionCase) -> str:
    if case.is_open:
        return ""
    words: dict[str, str] = {
        _ENDINGS.SETTLED: _("Everything in it is settled."),
        _ENDINGS.RAN_WELL: _("It works again."),
        _ENDINGS.ARRIVED: _("Something has come since."),
        _ENDINGS.BY_PERSON: _("It was closed by us."),
        _ENDINGS.FLOW_STOPPED: _("This work is no longer carried over."),
    }
    return words.get(case.closed_how, "")


def find_matters(view: str, page: int, *, partner: str) -> MatterList:
    """Return one page of the matters that fit; four queries, whatever their number."""
    counts = {name: Count("id", filter=wanted) for name, wanted in _FILTERS.items()}
    by_view = ExceptionCase.objects.order_by().aggregate(**counts)
    total = by_view[view]
    pages = max(-(-total // MATTERS_A_PAGE), 1)
    page = min(page, pages)
    order = ("-closed_at", "-id") if view == "settled" else ("due_at", "-id")
    chosen = ExceptionCase.objects.filter(_FILTERS[view]).order_by(*order)
    rows = told(chosen, partner, first=(page - 1) * MATTERS_A_PAGE)
    return MatterList(tuple(rows), total, page, pages, by_view)


def needing_customer() -> QuerySet[ExceptionCase]:
    """Return what waits for the customer, the most urgent and then the dearest first."""
    dearest = F("amount").desc(nulls_last=True)
    return ExceptionCase.objects.filter(_FILTERS["yours"]).order_by("due_at", dearest, "id")


def money_by_party(partner: str) -> tuple[Share, ...]:
    """Return the money held up, by currency and by who has the next step, each root record once. Three queries."""
    labels = {
        WaitingOn.CUSTOMER: _("waits for you"),
        WaitingOn.PARTNER: _("with %(partner)s") % {"partner": partner},
        WaitingOn.PROVIDER: _("with whoever looks after your system"),
    }
    rows = (
        CaseAmount.objects.exclude(case__state=ExceptionCase.State.CLOSED)
        .order_by()
        .values_list("case__waiting_on", "currency", "quality")
        .annotate(total=Sum("amount"), number=Sum("records"), cases=Count("case", distinct=True))
    )
    parts: defaultdict[tuple[str, str], list[impact.Sum]] = defaultdict(list)
    cases: defaultdict[tuple[str, str], int] = defaultdict(int)
    for waits_for, currency, quality, total, number, many in rows:
        parts[currency, waits_for].append(impact.Sum(currency, total, Quality(quality), number))
        cases[currency, waits_for] += many
    over = _counted_again()
    shares = [
        Share(key[1], labels[WaitingOn(key[1])], part, cases[key])
        for key, sums in parts.items()
        for part in impact.less(sums, over[key])
    ]
    party = {WaitingOn.CUSTOMER: 0, WaitingOn.PARTNER: 1, WaitingOn.PROVIDER: 2}
    return tuple(sorted(shares, key=lambda share: (share.part.currency, party[WaitingOn(share.waits_for)])))


def _counted_again() -> defaultdict[tuple[str, str], list[impact.Sum]]:
    """Return what cases count of records that count in another already, by currency and who has the next step."""
    found: defaultdict[tuple[str, str], list[impact.Sum]] = defaultdict(list)
    over = [one for _customer, one in list_over("customer_id")]
    parties = dict(ExceptionCase.objects.filter(id__in={one.case_id for one in over}).values_list("id", "waiting_on"))
    for one in over:
        found[one.part.currency, parties[one.case_id]].append(one.part)
    return found
