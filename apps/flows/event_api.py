"""The API of business events: a partner's own program says that something has happened."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.customers.models import Customer
from apps.flows.models import BusinessEvent
from apps.flows.run_api import require_room
from apps.flows.services import events

MOST_PAYLOAD_KEYS = 50
_NAME = r"^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)+$"
_NAME_WRONG = "Write it in small letters with a dot, for example contract.signed."
_LONGEST_KEY = 100


class EventSerializer(serializers.Serializer[Any]):
    """What has happened, about what, and for which customer."""

    name = serializers.RegexField(_NAME, max_length=60, error_messages={"invalid": _NAME_WRONG})
    subject = serializers.CharField(max_length=200)
    payload = serializers.DictField(required=False, default=dict)
    customer = serializers.UUIDField(required=False)

    def validate_payload(self, value: dict[str, Any]) -> dict[str, Any]:
        """Refuse payloads that are records in disguise."""
        if len(value) > MOST_PAYLOAD_KEYS:
            raise serializers.ValidationError(
                f"At most {MOST_PAYLOAD_KEYS} keys: send the record's key, not the record."
            )
        return value


class SaidSerializer(serializers.ModelSerializer[BusinessEvent]):
    """An event as it is kept."""

    customer_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = BusinessEvent
        fields = ("id", "customer_id", "name", "subject", "payload", "happened_at")
        read_only_fields = fields


class EventViewSet(viewsets.GenericViewSet[BusinessEvent]):
    """Business events."""

    serializer_class = EventSerializer
    required_actions = {"create": Action.RUN_FLOWS}
    pagination_class = None
    filter_backends: list[Any] = []

    @extend_schema(
        summary="Say that something has happened",
        request=EventSerializer,
        responses={202: SaidSerializer, 200: SaidSerializer},
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
    )
    def create(self, request: Request) -> Response:
        """Store the event once: what waits for it goes on, flows that listen start. Under a known Idempotency-Key: 200.

        `payload.key` names the source record that listening flows are to read; without it they read their changes.
        """
        wanted = EventSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        told, customer = wanted.validated_data, _customer(wanted.validated_data)
        key = events.outside_key(_idempotency_key(request))
        require_room()
        with transaction.atomic():
            said = events.publish(
                told["name"],
                customer_id=customer.id,
                subject=told["subject"],
                payload=told["payload"],
                dedupe_key=key,
            )
        if said is not None:
            return Response(SaidSerializer(said).data, status=status.HTTP_202_ACCEPTED)
        known = BusinessEvent.objects.get(customer_id=customer.id, dedupe_key=key)
        if (known.name, known.subject, known.payload) != (told["name"], told["subject"], told["payload"]):
            raise serializers.ValidationError(
                {"Idempotency-Key": "This key was used for another event: take a new one."}
            )
        return Response(SaidSerializer(known).data)


def _customer(told: dict[str, Any]) -> Customer:
    """Return whom the event is about: the one named, or the only one the caller can see."""
    if "customer" in told:
        found = Customer.objects.filter(id=told["customer"]).first()
        if found is None:
            raise serializers.ValidationError({"customer": "There is no such customer."})
        return found
    several = list(Customer.objects.all()[:2])
    if len(several) != 1:
        raise serializers.ValidationError({"customer": "Say which customer this is about."})
    return several[0]


def _idempotency_key(request: Request) -> str:
    key: str = request.headers.get("Idempotency-Key", "")
    if len(key) > _LONGEST_KEY:
        raise serializers.ValidationError({"Idempotency-Key": f"At most {_LONGEST_KEY} characters."})
    return key
