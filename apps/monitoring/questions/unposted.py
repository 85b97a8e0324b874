"""Which projects have unposted time: hours, money, age, reason and who has the next step."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.flows.engine.reconcile import Cause
from apps.flows.models import Reconciliation
from apps.monitoring.impact import Quality
from apps.monitoring.impact import Sum as MoneySum
from apps.monitoring.queries.held import compared_lately, held_once, of_customer, on_the_way
from apps.monitoring.questions.reader import Reader
from apps.monitoring.questions.rows import NotRead, UnpostedProject
from apps.monitoring.record_kinds import WORK
from apps.tenants.templatetags.wording import count_words

_Key = tuple[UUID, str, str]
_UNKNOWN = Q(operation__amount=None) | Q(operation__currency="") | Q(operation__amount_quality=Quality.UNKNOWN)


def list_unposted(reader: Reader, *, now: datetime, customer_id: UUID | None = None) -> list[UnpostedProject]:
    """Return the work that is not posted by customer and project, the dearest first. Four queries, whatever there is."""
    held, under_way = _held(customer_id), _under_way(customer_id)
    rows = [_row(key, held.get(key, []), under_way.get(key), reader, now) for key in {**held, **under_way}]
    return sorted(rows, key=lambda row: (-row.money.total, -row.records, row.project, row.client, str(row.customer_id)))


def _held(customer_id: UUID | None) -> dict[_Key, list[dict[str, Any]]]:
    found: defaultdict[_Key, list[dict[str, Any]]] = defaultdict(list)
    rows = of_customer(held_once(), customer_id).filter(operation__canonical_type__in=WORK)
    grouped = (
        rows.order_by()
        .values(
            "customer_id",
            "operation__project_ref",
            "operation__client_ref",
            "operation__currency",
            "operation__amount_quality",
            "case__error_class",
            "case__waiting_on",
        )
        .annotate(
            total=Sum("operation__amount", filter=~_UNKNOWN),
            number=Count("id"),
            unknown=Count("id", filter=_UNKNOWN),
            worked=Sum("hours"),
            timed=Count("hours"),
            since=Min("added_at"),
        )
    )
    for row in grouped:
        found[row["customer_id"], row["operation__project_ref"], row["operation__client_ref"]].append(dict(row))
    return found


def _under_way(customer_id: UUID | None) -> dict[_Key, tuple[int, datetime]]:
    rows = of_customer(on_the_way(), customer_id).filter(canonical_type__in=WORK)
    grouped = (
        rows.order_by()
        .values_list("customer_id", "project_ref", "client_ref")
        .annotate(number=Count("business_key", distinct=True), since=Min("created_at"))
    )
    return {(customer, project, client): (number, since) for customer, project, client, number, since in grouped}


def _row(
    key: _Key,
    group: list[dict[str, Any]],
    under_way: tuple[int, datetime] | None,
    reader: Reader,
    now: datetime,
) -> UnpostedProject:
    customer_id, project, client = key
    waiting, waiting_since = under_way or (0, now)
    by_reason: defaultdict[str, int] = defaultdict(int)
    for row in group:
        by_reason[row["case__error_class"]] += row["number"]
    classes = sorted(by_reason, key=lambda name: (-by_reason[name], name))
    parties = sorted({row["case__waiting_on"] for row in group})
    timed = sum(row["timed"] for row in group)
    records = sum(row["number"] for row in group)
    return UnpostedProject(
        customer_id=customer_id,
        customer=reader.name_of(customer_id),
        project=project,
        client=client,
        records=records,
        on_the_way=waiting,
        hours=sum((row["worked"] for row in group if row["worked"] is not None), Decimal(0)) if timed else None,
        without_hours=records - timed + waiting,
        money=reader.money(customer_id, _sums(group), now, sum(row["unknown"] for row in group)),
        since=min([row["since"] for row in group] + ([waiting_since] if waiting else [])),
        reason=_reason(classes, reader),
        classes=tuple(classes),
        waiting_on=tuple(parties),
        waiting_words=", ".join(reader.party(party) for party in parties),
    )


def _sums(group: Iterable[dict[str, Any]]) -> Iterable[MoneySum]:
    for row in group:
        if row["total"] is not None:
            quality = Quality(row["operation__amount_quality"] or Quality.KNOWN)
            yield MoneySum(row["operation__currency"], row["total"], quality, row["number"])


def _reason(classes: list[str], reader: Reader) -> str:
    if not classes:
        return _("On its way: it goes on by itself")
    title, others = reader.reason(classes[0]), len(classes) - 1
    if not others:
        return title
    more = ngettext("and %(count)s other reason", "and %(count)s other reasons", others) % {
        "count": count_words(others)
    }
    return _("%(reason)s, %(more)s") % {"reason": title, "more": more}


def list_not_read(reader: Reader, *, now: datetime, customer_id: UUID | None = None) -> list[NotRead]:
    """Return the work that comparisons saw in the source and no flow has read yet, by comparison. Three queries."""
    rows = of_customer(compared_lately((Cause.NEVER_READ, Cause.WAITING)), customer_id).filter(operation_id=None)
    of_work = Q()
    for name in WORK:
        of_work |= Q(business_key__startswith=f"{name}:")
    found: defaultdict[UUID, list[dict[str, Any]]] = defaultdict(list)
    grouped = rows.filter(of_work).order_by().values("reconciliation_id", "source_currency")
    for row in grouped.annotate(total=Sum("source_amount"), number=Count("id"), priced=Count("source_amount")):
        found[row["reconciliation_id"]].append(dict(row))
    compared = Reconciliation.objects.filter(id__in=found).select_related("flow").order_by("flow__name", "id")
    return [_not_read(one, found[one.id], reader, now) for one in compared]


def _not_read(one: Reconciliation, group: list[dict[str, Any]], reader: Reader, now: datetime) -> NotRead:
    priced = [row for row in group if row["total"] is not None and row["source_currency"]]
    sums = [MoneySum(row["source_currency"], row["total"], Quality.KNOWN, row["priced"]) for row in priced]
    records = sum(row["number"] for row in group)
    unknown = records - sum(row["priced"] for row in priced)
    return NotRead(
        flow=one.flow.name,
        customer_id=one.customer_id,
        customer=reader.name_of(one.customer_id),
        records=records,
        money=reader.money(one.customer_id, sums, now, unknown),
        reconciliation_id=one.id,
        compared_at=one.finished_at or one.begun_at,
    )
