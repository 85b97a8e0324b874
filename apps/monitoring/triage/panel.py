"""Reading the proposal of one case: what it says, on what evidence, and what its reader can do about it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.actor import Actor
from apps.monitoring.blame import verdict_for
from apps.monitoring.case_words import queue_words, title_words
from apps.monitoring.models import ExceptionCase, TriageProposal
from apps.monitoring.triage import words
from apps.monitoring.triage.applying import hindrance, ruling_of
from apps.monitoring.triage.pages import ProposalPanel, Seen
from apps.monitoring.triage.policy import Handling


def open_proposal(case: ExceptionCase) -> TriageProposal | None:
    """Return the proposal that waits for a decision."""
    waiting = TriageProposal.objects.filter(case=case, state__in=TriageProposal.WAITING)
    return waiting.select_related("team").first() if case.is_open else None


def get_panel(proposal: TriageProposal, case: ExceptionCase, who: Actor, now: datetime) -> ProposalPanel:
    """Return what a case's page shows of its proposal."""
    ruling = ruling_of(proposal, case, now)
    said = words.filled(proposal)
    return ProposalPanel(
        id=proposal.id,
        deed=proposal.deed,
        deed_name=proposal.get_deed_display(),
        sentence=words.deed_words(proposal.deed, said),
        cause=words.cause_of(proposal, case),
        seems=_(verdict_for(proposal.seems_class).title) if proposal.seems_class else "",
        queue=queue_words(proposal.queue) if proposal.queue and proposal.queue != case.queue else "",
        team=proposal.team.name if proposal.team and proposal.team_id != case.team_id else "",
        source=proposal.get_source_display(),
        confidence=proposal.confidence,
        client_sentence=words.client_sentence(proposal.error_class, proposal.deed, proposal.client_sentence),
        evidence=tuple(seen for one in proposal.evidence if (seen := _seen(one, proposal.error_class)) is not None),
        handling=words.handling_words(ruling.handling, ruling.reason),
        needs_two=ruling.handling is Handling.TWO_PEOPLE,
        hindered=hindrance(proposal, ruling, who),
        first_name=proposal.first_name,
        made_at=proposal.made_at,
    )


def _seen(evidence: Mapping[str, Any], error_class: str) -> Seen | None:
    kind = evidence.get("kind")
    if kind == "rule":
        return Seen(words.rule_words(str(evidence.get("name"))))
    if kind == "past":
        return _past(evidence, error_class)
    if kind == "value":
        url = reverse("flows:flow-detail", args=[evidence["flow"]])
        return Seen(_("It is in use in “%(flow)s”.") % {"flow": evidence.get("name", "")}, url)
    if kind == "model":
        return Seen(_("The language model %(name)s proposed it.") % {"name": evidence.get("name", "")})
    return None


def _past(evidence: Mapping[str, Any], error_class: str) -> Seen:
    deed = TriageProposal.Deed(evidence["deed"]).label
    held = _("it helped") if evidence.get("held") else _("it did not help")
    likeness = _("%(number)d%% alike") % {"number": int(evidence.get("likeness", 0))}
    title = title_words(str(evidence.get("title", "")), error_class)
    return Seen(title, reverse("monitoring:case-detail", args=[evidence["case"]]), f"{deed}: {held} · {likeness}")
