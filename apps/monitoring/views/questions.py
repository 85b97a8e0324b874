"""The three questions as pages: what is not posted, which invoices are blocked, where systems disagree."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.customer_directory import list_customer_names
from apps.accounts.list_specs import ListSpec, ListState
from apps.accounts.listing import choices, csv_of_rows, page_of_rows, read_list
from apps.accounts.page_filters import acting_person
from apps.monitoring.queries.held import MOST_ROWS
from apps.monitoring.questions import blocked, disagreements, lists
from apps.monitoring.questions.reader import Reader
from apps.monitoring.questions.rows import Disagreement
from apps.monitoring.questions.unposted import list_not_read, list_unposted
from apps.monitoring.views.customer_home import partner_name
from apps.monitoring.views.question_tiles import blocked_tiles, difference_tiles, unposted_tiles


def reader_of(request: HttpRequest, who: Actor) -> Reader:
    """Return who asks; a customer's people may see the values of their own records."""
    return Reader(who.is_customer, partner_name(request), who.is_customer or who.can(Action.VIEW_PAYLOADS))


def _asked(request: HttpRequest, spec: ListSpec, who: Actor) -> ListState:
    if who.is_customer:
        return read_list(request, lists.OWN[spec.key])
    return read_list(request, spec, {"customer": choices(list_customer_names().items())})


@requires(Action.VIEW_REPORTS)
@require_safe
def question_unposted(request: HttpRequest) -> HttpResponseBase:
    """Show the work that is not posted, by project."""
    who, now = acting_person(request), timezone.now()
    state, reader = _asked(request, lists.UNPOSTED, who), reader_of(request, who)
    rows = lists.fitting_unposted(list_unposted(reader, now=now, customer_id=state.id_of("customer")), state, now)
    if state.wants_csv:
        return csv_of_rows(lists.with_sums(state), rows)
    not_read = list_not_read(reader, now=now, customer_id=state.id_of("customer"))
    records = reverse("monitoring:customer-records" if who.is_customer else "monitoring:report-records")
    return _page(
        request,
        who,
        "question-unposted",
        list=page_of_rows(request, state, rows),
        tiles=unposted_tiles(rows, not_read, records, customer_id=state.id_of("customer")),
        not_read=not_read,
        records_url=records,
    )


@requires(Action.VIEW_REPORTS)
@require_safe
def question_invoices(request: HttpRequest) -> HttpResponseBase:
    """Show the invoices and milestones that are held."""
    who, now = acting_person(request), timezone.now()
    state, reader = _asked(request, lists.BLOCKED, who), reader_of(request, who)
    found = blocked.list_blocked(reader, now=now, customer_id=state.id_of("customer"))
    rows = lists.fitting_blocked(found, state, now)
    if state.wants_csv:
        return csv_of_rows(lists.with_sums(state), rows)
    tiles = blocked_tiles(rows, state, for_customer=who.is_customer)
    return _page(
        request,
        who,
        "question-invoices",
        list=page_of_rows(request, state, rows),
        tiles=tiles,
        can_approve=who.can(Action.APPROVE),
        cut_off_at=MOST_ROWS if blocked.are_cut_off(state.id_of("customer")) else None,
    )


@requires(Action.VIEW_REPORTS)
@require_safe
def question_disagreements(request: HttpRequest) -> HttpResponseBase:
    """Show the records that systems do not agree about."""
    who, now = acting_person(request), timezone.now()
    state, reader = _asked(request, lists.DISAGREEMENTS, who), reader_of(request, who)
    found = disagreements.list_disagreements(reader, customer_id=state.id_of("customer"))
    rows = lists.fitting_disagreements(found.rows, state, now)
    if state.wants_csv:
        return csv_of_rows(state, rows)
    of_any_kind = lists.fitting_disagreements(found.rows, state, now, any_kind=True)
    counts = Counter(row.kind for row in of_any_kind)
    state = state.counted("what", {**{kind.value: counts[kind] for kind in Disagreement}, "": len(of_any_kind)})
    return _page(
        request,
        who,
        "question-disagreements",
        list=page_of_rows(request, state, rows),
        tiles=difference_tiles(counts, state),
        sees_values=reader.sees_values,
        can_follow=who.can(Action.VIEW_FLOWS),
        cut_off_at=MOST_ROWS if found.are_cut_off else None,
    )


@requires(Action.VIEW_REPORTS)
@require_safe
def report_unposted(request: HttpRequest) -> HttpResponseBase:
    """Lead on from where the first question used to stand."""
    kept = {name: request.GET[name] for name in ("customer", "format") if name in request.GET}
    return redirect(reverse("monitoring:question-unposted", query=kept))


def _tabs(open_tab: str) -> Sequence[dict[str, Any]]:
    tabs = (
        ("question-unposted", _("Unposted time")),
        ("question-invoices", _("Blocked invoices")),
        ("question-disagreements", _("Systems that disagree")),
    )
    return [{"label": label, "url": reverse(f"monitoring:{name}"), "active": name == open_tab} for name, label in tabs]


def _page(request: HttpRequest, who: Actor, name: str, **context: Any) -> HttpResponseBase:
    page = {"tabs": _tabs(name), "is_customer": who.is_customer, **context}
    return render(request, f"monitoring/questions/{name.removeprefix('question-')}.html", page)
