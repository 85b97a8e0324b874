"""The catalogue as people search it: its cards, what it can be narrowed to, and which systems fit."""

from collections import Counter
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from apps.accounts.customer_directory import list_customer_names
from apps.accounts.list_specs import Column, Filter, ListSpec, ListState, Option
from apps.accounts.listing import choices
from apps.connectors import registry
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.capabilities import proof_sentence
from apps.connectors.manifest import ProofLabel, SystemManifest

# The badge of a card: the whole sentence stands beside it.
_PROOF_BADGES: dict[ProofLabel, tuple[str, str | Promise]] = {
    ProofLabel.REAL_SYSTEM: ("clean", gettext_lazy("Real system")),
    ProofLabel.PUBLISHED_CONTRACT: ("clean", gettext_lazy("Published contract")),
    ProofLabel.DOCUMENTATION: ("untested", gettext_lazy("From documentation")),
    ProofLabel.TRIED_LIVE: ("draft", gettext_lazy("Your own, tried")),
    ProofLabel.DRAFTED: ("draft", gettext_lazy("Your own")),
    ProofLabel.SIMULATED: ("sandbox", gettext_lazy("Simulated")),
}


@dataclass(frozen=True, slots=True)
class SystemCard:
    """One system of the catalogue in words. `badge` is a state of the product, `badge_words` the proof in two words."""

    system: SystemManifest
    reads: str
    writes: str
    proof: str
    badge: str
    badge_words: str

    @property
    def initials(self) -> str:
        """Return one or two letters that stand for the system."""
        words = [word for word in self.system.name.replace("(", "").split() if word[0].isalnum()]
        return "".join(word[0].upper() for word in words[:2])


CATALOGUE = ListSpec(
    key="systems",
    columns=(
        Column("name", gettext_lazy("System"), key=lambda card: card.system.name.casefold(), value=lambda card: card.system.name, fixed=True),
        Column("category", gettext_lazy("Category"), key=lambda card: (_(card.system.category), card.system.name.casefold()), value=lambda card: _(card.system.category), fixed=True),
        Column("proof", gettext_lazy("Proof"), key=lambda card: (proof_rank(card.system), card.system.name.casefold()), value=lambda card: card.proof, fixed=True),
        Column("reads", gettext_lazy("Reads"), value=lambda card: card.reads, fixed=True),
        Column("writes", gettext_lazy("Writes"), value=lambda card: card.writes, fixed=True),
    ),
    filters=(
        Filter("q", gettext_lazy("System, or what it holds"), "search"),
        Filter("proof", gettext_lazy("Proof"), "select", all_label=gettext_lazy("However proven")),
        Filter("reads", gettext_lazy("Reads"), "select", all_label=gettext_lazy("Reads anything")),
        Filter("writes", gettext_lazy("Writes"), "select", all_label=gettext_lazy("Writes anything")),
        Filter("category", gettext_lazy("Category"), "chips"),
        Filter("customer", gettext_lazy("Customer"), "hidden"),
    ),
    order="name",
    page_size=100,
)  # fmt: skip


def system_card(system: SystemManifest) -> SystemCard:
    """Return what a system reads and writes, in words."""
    reads = ", ".join(_in_a_sentence(kind.label) for kind in system.objects if kind.reading)
    writes = ", ".join(_in_a_sentence(kind.label) for kind in system.objects if kind.writing)
    badge, words = _PROOF_BADGES.get(system.proof, ("untested", system.proof.value))
    return SystemCard(system, reads, writes, proof_sentence(system), badge, str(words))


def proof_rank(system: SystemManifest) -> int:
    """Return how far down the scale of proofs a system stands, 0 for the best."""
    return list(ProofLabel).index(system.proof)


def system_choices(*, for_customer: bool = False) -> dict[str, list[Option]]:
    """Return what the catalogue can be narrowed to: only what some system fits; customers where one was asked for."""
    systems = registry.all_manifests()
    read = {kind.canonical_type for system in systems for kind in system.objects if kind.reading}
    written = {kind.canonical_type for system in systems for kind in system.objects if kind.writing}
    categories = sorted({system.category for system in systems}, key=lambda name: _(name).casefold())
    return {
        "category": choices((name, _(name)) for name in categories),
        "proof": choices(
            (proof.name.lower(), _(proof.value.capitalize()))
            for proof in ProofLabel
            if any(system.proof is proof for system in systems)
        ),
        "reads": _types(read),
        "writes": _types(written),
        "customer": choices(list_customer_names().items()) if for_customer else [],
    }


def fitting_cards(state: ListState) -> tuple[ListState, list[SystemCard]]:
    """Return the systems that fit, and the state with the number of each category that fits the other filters."""
    fitting = [card for card in map(system_card, registry.all_manifests()) if _fits(card, state)]
    counts = Counter(card.system.category for card in fitting)
    chosen = state.value("category")
    return state.counted("category", {**counts, "": len(fitting)}), [
        card for card in fitting if chosen in ("", card.system.category)
    ]


def _fits(card: SystemCard, state: ListState) -> bool:
    system, proof, words = card.system, state.value("proof"), state.value("q").casefold().split()
    reads, writes = state.value("reads"), state.value("writes")
    return (
        (not proof or system.proof.name.lower() == proof)
        and (not reads or any(kind.canonical_type == reads and kind.reading for kind in system.objects))
        and (not writes or any(kind.canonical_type == writes and kind.writing for kind in system.objects))
        and all(word in _searched(card) for word in words)
    )


def _searched(card: SystemCard) -> str:
    """Return the words by which a system is found: its own, and those of what it holds."""
    system = card.system
    kinds = [_(CANONICAL_TYPES[k.canonical_type].label) for k in system.objects if k.canonical_type in CANONICAL_TYPES]
    said = (system.name, system.slug, system.category, _(system.category), _(system.summary), card.reads, card.writes)
    return " ".join((*said, *kinds)).casefold()


def _types(names: set[str]) -> list[Option]:
    described = {_(CANONICAL_TYPES[name].plural): name for name in names if name in CANONICAL_TYPES}
    return choices((described[label], label) for label in sorted(described, key=str.casefold))


def _in_a_sentence(label: str) -> str:
    """Return a label as it stands among other words: German nouns keep their capital."""
    return _(label) if (get_language() or "").startswith("de") else _(label).lower()
