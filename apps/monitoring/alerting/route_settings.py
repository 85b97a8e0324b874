"""What people do with alert routes and channels: write, order, remove. What is secret is sealed and never read back to them."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.actor import Actor
from apps.accounts.audit import AuditAction
from apps.accounts.models import User
from apps.accounts.staff_scope import as_staff
from apps.connectors.contract import SignatureError
from apps.connectors.egress import EgressRefusedError
from apps.connectors.webhook_signatures import new_secret, sign_standard
from apps.monitoring import asked_order
from apps.monitoring.alerting.bodies import TicketTemplateError, read_template
from apps.monitoring.alerting.deciding import give_up
from apps.monitoring.alerting.posting import check_address
from apps.monitoring.alerting.sending import opened_secret, sealed_secret
from apps.monitoring.models import AlertChannel, AlertRoute, AlertSubscription, AlertTelling

ROUTE_FIELDS = (
    "name",
    "is_on",
    "goes_on",
    "nature",
    "severity_from",
    "queue",
    "error_class",
    "customer_id",
    "flow_id",
    "team_id",
    "amount_from",
    "currency",
    "steps",
    "most_an_hour",
    "quiet_from",
    "quiet_until",
    "quiet_zone",
    "quiet_lets_severe",
    "tells_recovery",
    "remind_hours",
)
_SIGNED = frozenset({AlertChannel.Kind.WEBHOOK, AlertChannel.Kind.TICKET})


def draft_route(route: AlertRoute | None, values: Mapping[str, Any]) -> AlertRoute:
    """Return the route as it would be with these values, not stored. Raises ValidationError, at the field."""
    made = route or AlertRoute(position=asked_order.last_place(AlertRoute))
    for name in ROUTE_FIELDS:
        setattr(made, name, values[name])
    if made.amount_from is None:
        made.currency = ""
    elif not re.fullmatch("[A-Z]{3}", made.currency):
        raise ValidationError({"currency": _("Say in which currency the amount is, for example EUR.")})
    if (made.quiet_from is None) != (made.quiet_until is None):
        raise ValidationError({"quiet_until": _("Quiet hours need a beginning and an end.")})
    return made


def save_route(route: AlertRoute | None, values: Mapping[str, Any], *, by: Actor) -> AlertRoute:
    """Store a route; a new one comes last. Raises ValidationError as `draft_route`, and for a name that is taken."""
    made = draft_route(route, values)
    with transaction.atomic():
        if AlertRoute.objects.filter(name__iexact=made.name).exclude(id=made.id).exists():
            raise ValidationError({"name": _("There is a route with this name already: choose another.")})
        made.changed_at, made.changed_by = timezone.now(), by.shown_name
        made.save()
        record("route", made.id, made.name)
    return made


def remove_route(route: AlertRoute) -> None:
    """Take a route away; what it would tell goes the usual way from then on."""
    with transaction.atomic():
        waiting = AlertTelling.objects.filter(route=route, state=AlertTelling.State.WAITING).select_related("case")
        give_up(list(waiting), timezone.now())
        record("route", route.id, route.name, removed=True)
        route.delete()


def move_route(route_id: UUID, *, down: bool) -> None:
    """Let a route change places with its neighbour; the first stays first, the last last."""
    with transaction.atomic():
        _note_move(route_id, asked_order.change_places(AlertRoute, route_id, down=down))


def place_route(route_id: UUID, place: int) -> None:
    """Give a route a place, 1 for the first; the others close up. Beyond the last is the last."""
    with transaction.atomic():
        _note_move(route_id, asked_order.put_at(AlertRoute, route_id, place))


def _note_move(route_id: UUID, moved: AlertRoute | None) -> None:
    if moved is not None:
        record("route", route_id, moved.name, place=moved.position)


def save_channel(channel: AlertChannel | None, values: Mapping[str, Any], *, by: Actor) -> AlertChannel:
    """Store a channel. `address` and `signing` "" keep what is sealed already; a webhook without a key gets a new one.

    Raises:
        ValidationError: a taken name, an address that may not be posted to, a key or a ticket's template that is wrong.

    """
    made = channel or AlertChannel()
    kind = channel.kind if channel else values["kind"]
    template = _template(values["ticket_template"]) if kind == AlertChannel.Kind.TICKET else ""
    with transaction.atomic():
        if AlertChannel.objects.filter(name__iexact=values["name"]).exclude(id=made.id).exists():
            raise ValidationError({"name": _("There is a channel with this name already: choose another.")})
        if values["address"] or values["signing"] or channel is None:
            _seal(made, values["address"], values["signing"], signed=kind in _SIGNED)
        made.name, made.kind, made.ticket_template, made.language = values["name"], kind, template, values["language"]
        made.changed_at, made.changed_by = timezone.now(), by.shown_name
        made.save()
        record("channel", made.id, made.name, kind=kind, host=made.host, address_changed=bool(values["address"]))
    return made


def signing_key_of(channel: AlertChannel) -> str:
    """Return the key that signs a webhook's messages, to be shown once: right after it was made."""
    return opened_secret(channel.secret)["signing"]


def remove_channel(channel: AlertChannel) -> None:
    """Take a channel away. Raises ValidationError while a route still goes to it."""
    require_unused(f"channel:{channel.id}")
    with transaction.atomic():
        record("channel", channel.id, channel.name, removed=True)
        secret = channel.secret
        channel.delete()
        secret.delete()


def require_unused(to: str) -> None:
    """Raise ValidationError while a step of a route goes to this receiver."""
    for route in AlertRoute.objects.all():
        if any(step["to"] == to for step in route.steps):
            raise ValidationError(_("The route “%(name)s” goes there: change it first.") % {"name": route.name})


def save_subscription(person: User, customer_id: UUID, values: Mapping[str, Any]) -> AlertSubscription:
    """Store what one of a customer's people wants to be told. `address` "" keeps what is there while `by` is "webhook".

    Raises:
        ValidationError: an address that may not be posted to, or none.

    """
    with transaction.atomic():
        made = AlertSubscription.objects.filter(person=person, customer_id=customer_id).first()
        made = made or AlertSubscription(person=person, customer_id=customer_id)
        made.matters, made.only_severe = values["matters"], values["only_severe"]
        with as_staff():
            held = made.secret
            if values["by"] == "mail":
                made.secret, made.host, made.failing_since, made.problem = None, "", None, ""
            elif values["address"] or held is None:
                host = _checked(values["address"])
                made.secret, made.host = sealed_secret(values["address"], new_secret(), held), host
                made.failing_since, made.problem = None, ""
            made.save()
            if made.secret is None and held is not None:
                held.delete()
            record("subscription", made.id, person.email, matters=made.matters, by=values["by"], host=made.host)
    return made


def record(subject: str, subject_id: UUID, name: str, **details: object) -> None:
    """Leave a trace of a change to who is told what."""
    audit.record(
        AuditAction.ALERTS_CHANGED, subject=subject, subject_id=str(subject_id), details={"name": name, **details}
    )


def _seal(channel: AlertChannel, address: str, signing: str, *, signed: bool) -> None:
    is_kept = channel.secret_id is not None
    held = opened_secret(channel.secret) if is_kept else {"address": "", "signing": ""}
    address = address or held["address"]
    channel.host = _checked(address)
    key = (signing or held["signing"] or new_secret()) if signed else ""
    if key:
        try:
            sign_standard(key, delivery_id="check", timestamp=0, body=b"")
        except SignatureError as error:
            raise ValidationError({"signing": str(error)}) from error
    channel.secret = sealed_secret(address, key, channel.secret if is_kept else None)
    channel.failing_since, channel.problem = None, ""


def _checked(address: str) -> str:
    try:
        return check_address(address)
    except EgressRefusedError as error:
        raise ValidationError({"address": error.message}) from error


def _template(text: str) -> str:
    try:
        read_template(text)
    except TicketTemplateError as error:
        raise ValidationError({"ticket_template": str(error)}) from error
    return text
