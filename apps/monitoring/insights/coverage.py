"""What a look had to go by, part by part: how many records, what was not kept, what no system could tell."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from apps.tenants.templatetags.wording import count_words

# Why a system was not asked, or did not answer, where it said nothing itself: stored in English, said in the reader's language.
AWAY = gettext_noop("It is away just now.")
SEALED = gettext_noop("A stored secret cannot be opened any more: replace it.")
LATE = gettext_noop("It did not answer in time.")
_OUR_WORDS = frozenset({AWAY, SEALED, LATE})


class Part(StrEnum):
    """The parts of a look, each with what it goes by."""

    TIME = "time"
    AMOUNTS = "amounts"
    VOLUMES = "volumes"
    MISSING = "missing"
    PROJECTS = "projects"
    MILESTONES = "milestones"
    PLANS = "plans"


LABELS = {
    Part.TIME: gettext_lazy("Days of work and rates"),
    Part.AMOUNTS: gettext_lazy("Amounts of expenses and invoices"),
    Part.VOLUMES: gettext_lazy("Records a day"),
    Part.MISSING: gettext_lazy("Data of clients, deals, contracts and projects"),
    Part.PROJECTS: gettext_lazy("Projects and their budgets"),
    Part.MILESTONES: gettext_lazy("Billing milestones"),
    Part.PLANS: gettext_lazy("People and who is planned"),
}


@dataclass(frozen=True, slots=True)
class Cover:
    """What one part went by. `none`: no flow carries such records and no system of the customer lists them.

    `system` is the system that was asked, "" where the records had passed through; `problem` is why it did not answer: one of
    the sentences above, else what the system said.
    """

    part: Part
    seen: int = 0
    without: int = 0  # whose contents are not kept (any more)
    cut: bool = False  # there are more than were looked at
    none: bool = False
    system: str = ""
    problem: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return what is stored."""
        return {**asdict(self), "part": self.part.value, "problem": self.problem[:300]}


def read_parts(stored: Sequence[Mapping[str, Any]]) -> list[Cover]:
    """Return what was stored; what another version of this program stored and nobody knows any more is left out."""
    known = {part.value for part in Part}
    return [
        Cover(Part(one["part"]), **{k: v for k, v in one.items() if k != "part"})
        for one in stored
        if one["part"] in known
    ]


def words_of(cover: Cover) -> str:
    """Return in words what a part went by, or why it says nothing."""
    if cover.problem:
        problem = _(cover.problem) if cover.problem in _OUR_WORDS else cover.problem
        return _("%(system)s did not answer: %(problem)s") % {"system": cover.system, "problem": problem}
    if cover.none:
        return _("Not known: no flow carries such records, and none of the connected systems lists them.")
    told = [
        ngettext("%(number)s record", "%(number)s records", cover.seen) % {"number": count_words(cover.seen)}
        if not cover.system
        else ngettext("%(number)s record in %(system)s", "%(number)s records in %(system)s", cover.seen)
        % {"number": count_words(cover.seen), "system": cover.system}
    ]
    if cover.without:
        told.append(
            ngettext(
                "the contents of %(number)s are not kept",
                "the contents of %(number)s are not kept",
                cover.without,
            )
            % {"number": count_words(cover.without)}
        )
    if cover.cut:
        told.append(_("there are more than were looked at"))
    return "; ".join(told)
