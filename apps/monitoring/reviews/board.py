"""The lists of reviews: all of the partner's with their states, and the parts of one as pages and papers show them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.listing import Column, Filter, ListSpec, ListState, Option
from apps.monitoring.models import ReviewPack
from apps.monitoring.reviews.pack import Section, sections_from_values
from apps.monitoring.reviews.words import ICONS, TITLES

State = ReviewPack.State
REVIEWS = ListSpec(
    key="reviews",
    columns=(
        Column("customer", _("Customer"), sort=("customer__name", "-month"), value=lambda row: row.customer.name, fixed=True),
        Column("month", _("Month"), sort=("month", "customer__name"), value=lambda row: row.month, large_first=True),
        Column("state", _("State"), sort=("state", "-month"), value=lambda row: row.state),
        Column("taken", _("Figures of"), sort=("taken_at",), value=lambda row: row.taken_at, large_first=True),
        Column("edited", _("Changed by"), sort=("edited_by", "-month"), value=lambda row: row.edited_by),
        Column("approved", _("Approved by"), sort=("approved_by", "-month"), value=lambda row: row.approved_by),
        Column("sent", _("Sent"), sort=("sent_at",), value=lambda row: row.sent_at, large_first=True),
        Column("comments", _("Comments"), sort=("comments",), value=lambda row: row.comments, numeric=True, large_first=True),
    ),
    filters=(
        Filter("q", _("Customer"), "search"),
        Filter("state", _("State"), "chips", tuple(Option(one.value, one.label) for one in State)),
    ),
    order="-month",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A figure in words; `url` leads to its rows, "" where it leads nowhere."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A part of a review as its reader sees it. `gone` and `new` say what the last refresh changed."""

    title: str
    icon: str
    text: str
    lines: tuple[ShownLine, ...]
    is_on: bool = True
    gone: tuple[str, ...] = ()
    new: tuple[str, ...] = ()


def fitting_reviews(state: ListState) -> QuerySet[Any]:
    """Return the reviews that fit, with the number of comments."""
    found = ReviewPack.objects.select_related("customer").annotate(comments=Count("copy__comments"))
    if words := state.value("q"):
        found = found.filter(customer__name__icontains=words)
    if wanted := state.value("state"):
        found = found.filter(state=wanted)
    return found


def sent_words(name: str, at: datetime | None) -> str:
    """Return who sent a review when; "" for one that was not sent."""
    return gettext("Sent by %(name)s, %(at)s") % {"name": name, "at": f"{at:%Y-%m-%d %H:%M} UTC"} if at else ""


def shown_sections(sections: Iterable[Section], *, for_customer: bool) -> list[ShownSection]:
    """Return sections with the links that their reader may follow."""
    return [_shown(one, for_customer=for_customer) for one in sections]


def shown_pack(row: ReviewPack, sections: Sequence[Section] | None = None) -> list[ShownSection]:
    """Return a pack's sections for the partner's people, what the last refresh changed included."""
    return [
        _shown(one, for_customer=False, changes=row.changes.get(one.part.value, {}))
        for one in sections or sections_from_values(row.sections)
    ]


def _shown(section: Section, *, for_customer: bool, changes: dict[str, list[str]] | None = None) -> ShownSection:
    said = changes or {}
    return ShownSection(
        title=str(TITLES[section.part]),
        icon=ICONS[section.part],
        text=section.text,
        lines=tuple(ShownLine(line.text, line.own_url if for_customer else line.url) for line in section.lines),
        is_on=section.is_on,
        gone=tuple(said.get("gone", ())),
        new=tuple(said.get("new", ())),
    )
