"""What a customer's people see first, in business words: is my work arriving, what needs me, what is held up."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.customers.queries import upcoming_cut_offs
from apps.flows.models import Flow
from apps.flows.queries.coming_updates import count_coming_updates
from apps.monitoring.customer_pages import CustomerHome
from apps.monitoring.health import Colour, Figures
from apps.monitoring.queries import customer_matters, customer_topics
from apps.monitoring.queries.figures import tallies
from apps.tenants.templatetags.wording import count_words

if TYPE_CHECKING:
    from apps.monitoring.questions.rows import UnpostedProject

SHOWN_MATTERS = 3
SHOWN_PROJECTS = 6
SHOWN_TRANSFERS = 8
CUT_OFFS_WITHIN = timedelta(days=31)
SHOWN_CUT_OFFS = 3


def get_customer_home(
    customer_id: UUID, name: str, *, partner: str, unposted: "Iterable[UnpostedProject]", now: datetime
) -> CustomerHome:
    """Return the overview of the customer whose scope is open; `partner` is who works for them, `unposted` what is not posted.

    Twenty-two queries at most, and those of `unposted`, however much there is.
    """
    whole = tallies("customer_id", now=now)[customer_id]
    days = customer_topics.recent_days(now)
    topics = customer_topics.list_topics(now, days)
    flows = {flow.id: flow for flow in Flow.objects.select_related("target")}
    figures, health = whole.figures(), whole.health()
    held = [row for row in unposted if row.records]
    needs_you = whole.cases.get("with_customer", 0)
    with_us = whole.cases.get("open", 0) - needs_you
    what = together(topic.records_word for topic in topics) or ngettext("record", "records", 2)
    return CustomerHome(
        customer=name,
        colour=health.colour,
        answer=answer(health.colour, figures, what),
        reasons=reasons(figures, needs_you, with_us, what),
        topics=tuple(topics),
        needs_you=tuple(customer_matters.told(customer_matters.needing_customer(), partner, most=SHOWN_MATTERS)),
        needs_you_count=needs_you,
        with_us_count=with_us,
        blocked=whole.at_risk,
        shares=customer_matters.money_by_party(partner) if whole.at_risk else (),
        projects=tuple(held[:SHOWN_PROJECTS]),
        more_projects=max(len(held) - SHOWN_PROJECTS, 0),
        held_hours=hours_together(held),
        transfers=tuple(customer_topics.transfers(flows, days)[:SHOWN_TRANSFERS]),
        cut_offs=tuple(upcoming_cut_offs(CUT_OFFS_WITHIN, now=now, customer_id=customer_id)[:SHOWN_CUT_OFFS]),
        last_success_at=whole.days.get("last_success_at"),
        updates=count_coming_updates(customer_id),
    )


def hours_together(held: "Iterable[UnpostedProject]") -> Decimal | None:
    """Return all hours that are held up, None when none are known."""
    known = [project.hours for project in held if project.hours is not None]
    return sum(known, Decimal(0)) if known else None


def answer(colour: Colour, figures: Figures, what: str) -> str:
    """Return one sentence: is it arriving?"""
    words = {"records": what}
    if colour is Colour.GREEN:
        return _("Your %(records)s are arriving.") % words
    if colour is Colour.GREY:
        return _("Your %(records)s have not started to arrive yet.") % words
    if figures.broken_connections or figures.silent_flows or not figures.last_success_at:
        return _("Your %(records)s are not arriving as they should.") % words
    return _("Your %(records)s are arriving, but some are held up.") % words


def reasons(figures: Figures, needs_you: int, with_us: int, what: str) -> tuple[str, ...]:
    """Return why it is as the answer says, the gravest first."""
    mostly_refused = figures.read and figures.rejected * 2 > figures.read
    broken = figures.broken_connections
    refused = {"refused": count_words(figures.rejected), "all": count_words(figures.read), "records": what}
    told = (
        (
            broken,
            ngettext(
                "We cannot sign in to one of your systems.", "We cannot sign in to %(count)s of your systems.", broken
            ),
            broken,
        ),
        (figures.silent_flows, _("Nothing has come for longer than usual."), 0),
        (mostly_refused, _("%(refused)s of %(all)s %(records)s were not accepted.") % refused, 0),
        (figures.paused_flows, _("Part of it is paused for now; nothing is lost."), 0),
        (
            needs_you,
            ngettext("One matter waits for you.", "%(count)s matters wait for you.", needs_you),
            needs_you,
        ),
        (with_us, ngettext("We are working on one matter.", "We are working on %(count)s matters.", with_us), with_us),
    )
    found = tuple(
        sentence % {"count": count_words(count)} if count else sentence for applies, sentence, count in told if applies
    )
    return found or (_("Nothing needs your attention."),)


def together(words: Iterable[str]) -> str:
    """Return "time entries, expenses and projects"."""
    several = list(dict.fromkeys(words))
    if len(several) < 2:
        return "".join(several)
    return _("%(first)s and %(last)s") % {"first": ", ".join(several[:-1]), "last": several[-1]}
