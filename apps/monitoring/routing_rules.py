"""What people do with teams and routing rules: write, order, switch off, remove, and apply them to what is open."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.actor import Actor
from apps.accounts.audit import AuditAction
from apps.monitoring import asked_order, routing_book
from apps.monitoring.cases import require_workers
from apps.monitoring.models import RoutingRule, Team, TeamMember

MOST_TAGS = 10
LONGEST_TAG = 30
_CONDITIONS = ("error_class", "customer_id", "flow_id", "system", "canonical_type", "amount_from", "currency")
_RESULTS = ("queue", "team_id", "owner_id", "priority", "tags", "watchers")
_TAG = re.compile(r"[\w][\w .&+/-]*")


def read_tags(text: str) -> list[str]:
    """Return the tags of "Month end, KEY account": small letters, sorted, each once.

    Raises:
        ValidationError: more than MOST_TAGS, one that is too long, or one with other signs than a tag has.

    """
    tags = sorted({" ".join(part.split()).lower() for part in text.split(",")} - {""})
    if len(tags) > MOST_TAGS:
        raise ValidationError({"tags": _("At most %(most)d tags: leave some out.") % {"most": MOST_TAGS}})
    for tag in tags:
        if len(tag) > LONGEST_TAG:
            words = _("“%(tag)s” is too long: a tag has at most %(most)d letters.")
            raise ValidationError({"tags": words % {"tag": tag, "most": LONGEST_TAG}})
        if not _TAG.fullmatch(tag):
            words = _("“%(tag)s” cannot be a tag: use letters, digits, spaces and hyphens.")
            raise ValidationError({"tags": words % {"tag": tag}})
    return tags


def draft_rule(rule: RoutingRule | None, values: Mapping[str, Any]) -> RoutingRule:
    """Return the rule as it would be with these values, not stored.

    `values` has every field of the rule but its place; people are given as ids.

    Raises:
        ValidationError: it would change nothing, an amount has no currency, or a person cannot work cases.

    """
    made = rule or RoutingRule(position=asked_order.last_place(RoutingRule))
    for name in ("name", "is_on", *_CONDITIONS, *_RESULTS):
        setattr(made, name, values[name])
    if made.amount_from is not None and not made.currency:
        raise ValidationError({"currency": _("Say in which currency the amount is, for example EUR.")})
    if made.amount_from is None:
        made.currency = ""
    if made.currency and not re.fullmatch("[A-Z]{3}", made.currency):
        raise ValidationError({"currency": _("Write the currency as three capital letters, for example EUR.")})
    if routing_book.as_rule(made).destination.is_nowhere:
        raise ValidationError(_("Say what the rule does: choose a queue, a team, a person, a priority or tags."))
    require_workers([made.owner_id] if made.owner_id else [], field="owner_id")
    require_workers(made.watchers, field="watchers")
    return made


def save_rule(rule: RoutingRule | None, values: Mapping[str, Any], *, by: Actor) -> RoutingRule:
    """Store a rule; a new one comes last. Raises ValidationError as `draft_rule`, and for a name that is taken."""
    made = draft_rule(rule, values)
    with transaction.atomic():
        if RoutingRule.objects.filter(name__iexact=made.name).exclude(id=made.id).exists():
            raise ValidationError({"name": _("There is a rule with this name already: choose another.")})
        made.changed_at, made.changed_by = timezone.now(), by.shown_name
        made.save()
        _record("rule", made.id, made.name)
    return made


def remove_rule(rule: RoutingRule) -> None:
    """Take a rule away; what it routed stays where it is."""
    with transaction.atomic():
        _record("rule", rule.id, rule.name, removed=True)
        rule.delete()


def move_rule(rule_id: UUID, *, down: bool) -> None:
    """Let a rule change places with its neighbour; the first stays first, the last last."""
    with transaction.atomic():
        moved = asked_order.change_places(RoutingRule, rule_id, down=down)
        if moved is not None:
            _record("rule", rule_id, moved.name, place=moved.position)


def apply_to_open(*, by: Actor) -> int:
    """Send every open case where the rules say now; returns how many changed."""
    with transaction.atomic():
        moved = routing_book.route_open(timezone.now(), by.shown_name)
        _record("rules", "", "", moved=moved)
    return moved


def save_team(team: Team | None, *, name: str, people: Sequence[UUID]) -> Team:
    """Store a team with these people in it. Raises ValidationError for a taken name or somebody who cannot work cases."""
    made = team or Team()
    require_workers(people, field="people")
    with transaction.atomic():
        if Team.objects.filter(name__iexact=name).exclude(id=made.id).exists():
            raise ValidationError({"name": _("There is a team with this name already: choose another.")})
        made.name = name
        made.save()
        TeamMember.objects.filter(team=made).exclude(person_id__in=people).delete()
        TeamMember.objects.bulk_create(
            [TeamMember(team=made, person_id=person) for person in people], ignore_conflicts=True
        )
        _record("team", made.id, name, people=len(people))
    return made


def remove_team(team: Team) -> None:
    """Take a team away; its cases and rules stay, without a team."""
    with transaction.atomic():
        _record("team", team.id, team.name, removed=True)
        team.delete()


def _record(subject: str, subject_id: UUID | str, name: str, **details: object) -> None:
    audit.record(
        AuditAction.ROUTING_CHANGED, subject=subject, subject_id=str(subject_id), details={"name": name, **details}
    )
