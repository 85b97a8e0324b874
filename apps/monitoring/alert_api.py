"""The API of alerts, to read: routes, what was sent, and who is on call."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets

from apps.accounts.actions import Action
from apps.monitoring.alerting.reading import person_on_call
from apps.monitoring.alerting.route_settings import ROUTE_FIELDS
from apps.monitoring.models import AlertMessage, AlertRoute, OnCallSchedule


class AlertStepSerializer(serializers.Serializer[Any]):
    """Whom a route tells, and after how many minutes without anybody taking the exception up."""

    to = serializers.CharField()
    after = serializers.IntegerField()


class AlertRouteSerializer(serializers.ModelSerializer[AlertRoute]):
    """One route. Conditions that are "" or null fit everything; 0 means no limit and no reminder."""

    customer_id = serializers.UUIDField(read_only=True, allow_null=True)
    flow_id = serializers.UUIDField(read_only=True, allow_null=True)
    team_id = serializers.UUIDField(read_only=True, allow_null=True)
    steps = AlertStepSerializer(many=True)

    class Meta:
        model = AlertRoute
        fields = ("id", "position", *ROUTE_FIELDS, "changed_at", "changed_by")
        read_only_fields = fields


class AlertMessageSerializer(serializers.ModelSerializer[AlertMessage]):
    """One message to one receiver; `answer` is what the other side said to it."""

    route_id = serializers.UUIDField(read_only=True, allow_null=True)

    class Meta:
        model = AlertMessage
        fields = (
            "id",
            "occasion",
            "by",
            "receiver",
            "route_id",
            "cases",
            "held_back",
            "state",
            "attempts",
            "answer",
            "created_at",
            "settled_at",
        )
        read_only_fields = fields


class OnCallSerializer(serializers.ModelSerializer[OnCallSchedule]):
    """A schedule with the id of whoever is on call now, null when nobody is."""

    person_id = serializers.SerializerMethodField()

    class Meta:
        model = OnCallSchedule
        fields = ("id", "name", "zone", "person_id")
        read_only_fields = fields

    def get_person_id(self, schedule: OnCallSchedule) -> UUID | None:
        """Return who is on call now."""
        return person_on_call(schedule, timezone.now())


@extend_schema_view(
    list=extend_schema(summary="List alert routes"), retrieve=extend_schema(summary="Read one alert route")
)
class AlertRouteViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[AlertRoute]):
    """Alert routes; of those that are on, the one with the lowest `position` that fits decides."""

    queryset = AlertRoute.objects.none()
    serializer_class = AlertRouteSerializer
    lookup_value_converter = "uuid"
    required_actions = {"list": Action.WORK_CASES, "retrieve": Action.WORK_CASES}

    def get_queryset(self) -> QuerySet[AlertRoute]:
        """Return all routes."""
        return self.queryset if getattr(self, "swagger_fake_view", False) else AlertRoute.objects.all()


@extend_schema_view(list=extend_schema(summary="List what was sent to whom"))
class AlertMessageViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[AlertMessage]):
    """Messages about exceptions, the latest first."""

    queryset = AlertMessage.objects.none()
    serializer_class = AlertMessageSerializer
    required_actions = {"list": Action.EDIT_CUSTOMERS}

    def get_queryset(self) -> QuerySet[AlertMessage]:
        """Return all messages."""
        return self.queryset if getattr(self, "swagger_fake_view", False) else AlertMessage.objects.all()


@extend_schema_view(list=extend_schema(summary="Who is on call now"))
class OnCallViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[OnCallSchedule]):
    """On-call schedules with whoever has the duty now."""

    queryset = OnCallSchedule.objects.none()
    serializer_class = OnCallSerializer
    required_actions = {"list": Action.WORK_CASES}

    def get_queryset(self) -> QuerySet[OnCallSchedule]:
        """Return all schedules."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return OnCallSchedule.objects.select_related("calendar").prefetch_related("stand_ins")
