"""Proposals as people read them, in their language: what a rule says, what a deed will do, what the customer is told."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.monitoring.case_words import sentence_words, waiting_words
from apps.monitoring.customer_words import words_for
from apps.monitoring.models import ExceptionCase, TriageProposal
from apps.monitoring.triage.advice import Deed
from apps.monitoring.triage.policy import Handling, Reason
from apps.tenants.templatetags.wording import absolute_words

_RULES: dict[str, str | Promise] = {
    "own_value": gettext_lazy("The same value already has this translation in another flow of this customer."),
    "known_value": gettext_lazy("Several customers' flows into the same system translate this value the same way."),
    "bring": gettext_lazy("One live flow writes to the system in which something is missing."),
    "transient": gettext_lazy("Failures of this kind usually pass by themselves: trying again is safe."),
    "look_again": gettext_lazy("Looking again costs nothing and shows whether it is still so."),
    "duplicate": gettext_lazy("The receiving system says that it holds the same record already."),
    "customer_knows": gettext_lazy("Only the customer's people can put this right, or say what is right."),
}
_REASONS: dict[Reason, str | Promise] = {
    Reason.USUAL: gettext_lazy("The policy of this kind of failure says so."),
    Reason.MUCH_MONEY: gettext_lazy("The money at risk is above the limit of the policy."),
    Reason.NO_RATE: gettext_lazy(
        "No stored rate leads to the currency of the policy, so it counts as above its limit."
    ),
    Reason.DESTRUCTIVE: gettext_lazy("It cannot be taken back by trying again."),
    Reason.FELL_BACK: gettext_lazy("Proposals of this kind were wrong too often: decide by hand, below."),
    Reason.IN_A_PERSONS_NAME: gettext_lazy("It is done in a person's name."),
    Reason.TRIED: gettext_lazy("Something was applied to this exception before, and it came back."),
}
_HANDLINGS: dict[Handling, str | Promise] = {
    Handling.ALONE: gettext_lazy("It is applied by itself within a minute."),
    Handling.ONE_CLICK: gettext_lazy("One click applies it."),
    Handling.TWO_PEOPLE: gettext_lazy("Two people must agree."),
    Handling.NEVER: gettext_lazy("It is for reading only."),
}


def rule_words(name: str) -> str:
    """Return why a rule proposes something."""
    return str(_RULES.get(name, name))


def handling_words(handling: Handling, reason: Reason) -> str:
    """Return who has to agree, and why."""
    return f"{_HANDLINGS[handling]} {_REASONS[reason]}"


def cause_of(proposal: TriageProposal, case: ExceptionCase) -> str:
    """Return the cause in a sentence: as the model said it, else as the case says."""
    return proposal.cause or sentence_words(case.explanation, case.error_class)


def client_sentence(error_class: str, deed: str, said: str = "") -> str:
    """Return what the customer's people can be told, as it was said, else in the words of the class."""
    if said:
        return said
    words = words_for(error_class)
    last = words.yours if deed == Deed.ASK else words.ours
    return f"{words.happened} {last}"


def filled(proposal: TriageProposal) -> dict[str, str]:
    """Return a proposal's arguments with the texts that were left to the reader's language."""
    said = {name: str(value) for name, value in proposal.arguments.items()}
    if proposal.deed == Deed.ASK and not said.get("question"):
        said["question"] = client_sentence(proposal.error_class, proposal.deed, proposal.client_sentence)
    if proposal.deed == Deed.SKIP and not said.get("reason"):
        said["reason"] = _("It is there already.")
    return said


def deed_words(deed: str, said: Mapping[str, str]) -> str:
    """Return what will be done, in a sentence."""
    return _SENTENCES[Deed(deed)](said)


def _retry(_said: Mapping[str, str]) -> str:
    return _("Try everything in this exception again; nothing can arrive twice.")


def _add_value(said: Mapping[str, str]) -> str:
    words = _("Translate “%(outside_value)s” to “%(new_value)s” in %(target)s, and try the records again.")
    return words % {name: said.get(name, "") for name in ("outside_value", "new_value", "target")}


def _bring(said: Mapping[str, str]) -> str:
    return _("Run “%(flow)s”, which brings what is missing, and try the records again after it.") % {
        "flow": said.get("name", "")
    }


def _ask(said: Mapping[str, str]) -> str:
    return _("Ask the customer: “%(question)s” Their people have the next step then.") % {
        "question": said.get("question", "")
    }


def _wait(said: Mapping[str, str]) -> str:
    return _("Wait for %(party)s: the time is booked on them.") % {
        "party": waiting_words(said.get("party", "provider"))
    }


def _plan(said: Mapping[str, str]) -> str:
    moment = read_moment(said.get("at", ""))
    words = absolute_words(moment) if moment else said.get("at", "")
    return _("Try everything again at %(moment)s.") % {"moment": words}


def _skip(said: Mapping[str, str]) -> str:
    return _("Leave the blocked records out for good: %(reason)s") % {"reason": said.get("reason", "")}


_SENTENCES: dict[Deed, Callable[[Mapping[str, str]], str]] = {
    Deed.RETRY: _retry,
    Deed.ADD_VALUE: _add_value,
    Deed.BRING: _bring,
    Deed.ASK: _ask,
    Deed.WAIT: _wait,
    Deed.PLAN: _plan,
    Deed.SKIP: _skip,
}


def read_moment(text: str) -> datetime | None:
    """Return a moment with its zone as it stands in a proposal; None for anything else."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
