"""The figures on top of the three questions, each with where its rows are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.list_specs import ListState
from apps.monitoring.blame import WaitingOn
from apps.monitoring.questions.rows import (
    BlockedInvoice,
    Blocker,
    Disagreement,
    Money,
    NotRead,
    UnpostedProject,
    money_together,
)
from apps.monitoring.views.figures import Detail, Tile, sum_words, with_query
from apps.tenants.templatetags.wording import count_words, hours_words

ROWS = "#rows"


def unposted_tiles(
    rows: Sequence[UnpostedProject], not_read: Sequence[NotRead], records_url: str, *, customer_id: UUID | None
) -> list[Tile]:
    """Return hours, money, records and the oldest of the work that is not posted."""
    whose = {"customer": customer_id} if customer_id else {}
    held_url = with_query(records_url, what="held", kind="work", **whose)
    way_url = with_query(records_url, what="waiting", kind="work", **whose)
    held, way = sum(row.records for row in rows), sum(row.on_the_way for row in rows)
    seen = sum(one.records for one in not_read)
    known = [row.hours for row in rows if row.hours is not None]
    without = sum(row.without_hours for row in rows if row.hours is not None or row.on_the_way)
    hours = Tile("hours", _("Hours"), hours_words(sum(known)) if known else "—", _tone(rows), "clock", held_url)
    if without:
        words = ngettext("%(count)s record has no hours yet", "%(count)s records have no hours yet", without)
        hours = hours.saying(words % {"count": count_words(without)})
    on_their_way = Detail(_("%(number)s on their way") % {"number": count_words(way)}, way_url)
    not_seen = Detail(_("%(number)s not read yet") % {"number": count_words(seen)}, "#not-read", "warning")
    records = Tile.counted("records", _("Records held up"), held, icon="hourglass", link=held_url, tone=_tone(rows))
    return [
        hours,
        _money_tile([row.money for row in rows], held_url),
        records.with_details((*((on_their_way,) if way else ()), *((not_seen,) if seen else ()))),
        _oldest_tile([row.since for row in rows]),
    ]


def blocked_tiles(rows: Sequence[BlockedInvoice], state: ListState, *, for_customer: bool) -> list[Tile]:
    """Return number, money and the oldest of the invoices that are held, and for whom they wait."""
    parties = (
        (
            WaitingOn.CUSTOMER.value,
            _("%(number)s waiting on you") if for_customer else _("%(number)s waiting on the customer"),
        ),
        (WaitingOn.PARTNER.value, _("%(number)s with the support team")),
        (WaitingOn.PROVIDER.value, _("%(number)s with a system's provider")),
        (Blocker.APPROVAL.value, _("%(number)s waiting for an approval")),
        (Blocker.WAITING.value, _("%(number)s on their way")),
    )
    details = tuple(
        Detail(words % {"number": count_words(many)}, f"{state.address({'waiting': party})}{ROWS}")
        for party, words in parties
        if (many := sum(row.waiting_on == party for row in rows))
    )
    tile = Tile.counted("invoices", _("Blocked now"), len(rows), icon="file-text", link=ROWS, tone=_tone(rows))
    return [
        tile.with_details(details),
        _money_tile([row.money for row in rows], ROWS),
        _oldest_tile([row.since for row in rows]),
    ]


def difference_tiles(counts: Mapping[Disagreement, int], state: ListState) -> list[Tile]:
    """Return how many records systems do not agree about, by why."""
    kinds = (
        (Disagreement.DECISION, _("To decide"), "user-check", "warning"),
        (Disagreement.REFUSED, _("Not taken"), "circle-x", "danger"),
        (Disagreement.UNEXPLAINED, _("Unexplained"), "alert-circle", "danger"),
        (Disagreement.CHANGED, _("Changed after posting"), "history", "warning"),
    )
    return [
        Tile.counted(
            kind.value,
            label,
            counts[kind],
            icon=icon,
            link=f"{state.address({'what': kind.value})}{ROWS}",
            tone=tone if counts[kind] else "success",
        )
        for kind, label, icon, tone in kinds
    ]


def _tone(rows: Sequence[object]) -> str:
    return "danger" if rows else "success"


def _money_tile(parts: Sequence[Money], link: str) -> Tile:
    totals = money_together(parts)
    words = [sum_words(part) for one in totals for part in one.sums]
    unknown = sum(one.unknown for one in totals)
    hint = ""
    if unknown:
        said = ngettext("%(count)s record has no amount", "%(count)s records have no amount", unknown)
        hint = said % {"count": count_words(unknown)}
    elif any(one.estimated for one in totals):
        hint = _("≈ is estimated in part")
    first, *others = words or [_("None")]
    return Tile("money", _("Money"), first, _tone(words), "coin", link, hint, others=tuple(others))


def _oldest_tile(moments: Sequence[datetime]) -> Tile:
    if not moments:
        return Tile("oldest", _("Oldest"), "—", "success", "calendar-due", hint=_("Nothing waits."))
    return Tile("oldest", _("Oldest"), "", "neutral", "calendar-due", ROWS, moment=min(moments))
