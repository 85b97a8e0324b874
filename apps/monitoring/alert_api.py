"""The API of alerts: routes to read and write, what was sent, and who is on call."""

from collections.abc import Mapping
from datetime import time
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.api_auth import caller
from apps.monitoring.alert_forms import STEPS, RouteForm
from apps.monitoring.alerting import reading, route_settings
from apps.monitoring.alerting.reading import person_on_call
from apps.monitoring.alerting.route_settings import ROUTE_FIELDS
from apps.monitoring.models import AlertMessage, AlertRoute, OnCallSchedule
from apps.monitoring.routing_forms import STORED

_MOST_NAMED = 60  # choices in one message


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


class WriteAlertStepSerializer(serializers.Serializer[Any]):
    """Whom to tell: "everyone", "person:<id>", "team:<id>", "on_call:<id>" or "channel:<id>"; `after` is in minutes."""

    to = serializers.CharField(max_length=80)
    after = serializers.IntegerField(min_value=0, default=0)


class WriteAlertRouteSerializer(serializers.Serializer[Any]):
    """A route as it is to be. What a new one leaves out is as in the form's empty fields; a change keeps it as it is."""

    name = serializers.CharField(max_length=80)
    is_on = serializers.BooleanField(default=True)
    goes_on = serializers.BooleanField(default=False)
    nature = serializers.CharField(allow_blank=True, default="")
    severity_from = serializers.CharField(allow_blank=True, default="")
    queue = serializers.CharField(allow_blank=True, default="")
    error_class = serializers.CharField(allow_blank=True, default="")
    customer_id = serializers.UUIDField(allow_null=True, default=None)
    flow_id = serializers.UUIDField(allow_null=True, default=None)
    team_id = serializers.UUIDField(allow_null=True, default=None)
    amount_from = serializers.DecimalField(max_digits=18, decimal_places=4, allow_null=True, default=None)
    currency = serializers.CharField(allow_blank=True, default="")
    steps = WriteAlertStepSerializer(many=True, default=list)
    most_an_hour = serializers.IntegerField(default=0)
    quiet_from = serializers.TimeField(allow_null=True, default=None)
    quiet_until = serializers.TimeField(allow_null=True, default=None)
    quiet_zone = serializers.CharField(allow_blank=True, default="")
    quiet_lets_severe = serializers.BooleanField(default=True)
    tells_recovery = serializers.BooleanField(default=True)
    remind_hours = serializers.IntegerField(default=0)

    def validate_steps(self, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Refuse more receivers than the page has lines for, and a first one who would have to wait."""
        if len(steps) > STEPS:
            raise serializers.ValidationError(_("A route has at most %(most)d receivers.") % {"most": STEPS})
        if steps and steps[0]["after"]:
            raise serializers.ValidationError(_("The first receiver is told at once: send 0 as its `after`."))
        return steps


class PlaceSerializer(serializers.Serializer[Any]):
    """Where a route is to stand: 1 is asked first; beyond the last is the last place."""

    position = serializers.IntegerField(min_value=1)


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
    required_actions = {
        "list": Action.WORK_CASES,
        "retrieve": Action.WORK_CASES,
        "create": Action.EDIT_CUSTOMERS,
        "partial_update": Action.EDIT_CUSTOMERS,
        "destroy": Action.EDIT_CUSTOMERS,
        "move": Action.EDIT_CUSTOMERS,
    }

    def get_queryset(self) -> QuerySet[AlertRoute]:
        """Return all routes."""
        return self.queryset if getattr(self, "swagger_fake_view", False) else AlertRoute.objects.all()

    @extend_schema(
        summary="Write an alert route", request=WriteAlertRouteSerializer, responses={201: AlertRouteSerializer}
    )
    def create(self, request: Request) -> Response:
        """Add a route, asked after all others; a wrong field is named with what would be right."""
        who = _writer(request)
        route = route_settings.save_route(None, _checked(None, request.data), by=who)
        return Response(AlertRouteSerializer(route).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="Change an alert route", request=WriteAlertRouteSerializer, responses=AlertRouteSerializer)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change the fields that are sent; `{"is_on": false}` pauses the route. `steps` are replaced as a whole."""
        who, route = _writer(request), reading.get_row(AlertRoute, pk)
        route = route_settings.save_route(route, _checked(route, request.data), by=who)
        return Response(AlertRouteSerializer(route).data)

    @extend_schema(summary="Take an alert route away", responses={204: OpenApiResponse(description="It is gone.")})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Take a route away; what it would tell goes the usual way from then on."""
        _writer(request)
        route_settings.remove_route(reading.get_row(AlertRoute, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="Let an alert route be asked earlier or later",
        request=PlaceSerializer,
        responses=AlertRouteSerializer(many=True),
        filters=False,
    )
    @action(detail=True, methods=["post"], pagination_class=None)
    def move(self, request: Request, pk: UUID) -> Response:
        """Give a route another place; the others close up. Answers all routes in their new order."""
        _writer(request)
        route: AlertRoute = reading.get_row(AlertRoute, pk)
        wanted = PlaceSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        route_settings.place_route(route.id, wanted.validated_data["position"])
        return Response(AlertRouteSerializer(AlertRoute.objects.all(), many=True).data)


def _writer(request: Request) -> Actor:
    """Return who asks. Raises PermissionDenied for a key of one customer: who is told at the partner is the partner's."""
    who = caller(request)
    if who.customer_id is not None:
        raise PermissionDenied(_("A key of one customer cannot change alert routes: use one of the whole portal."))
    return who


def _checked(route: AlertRoute | None, sent: Any) -> dict[str, Any]:
    """Return a route's values after the checks of its page: the same form reads them. Raises ValidationError."""
    wanted = WriteAlertRouteSerializer(data=sent, partial=route is not None)
    wanted.is_valid(raise_exception=True)
    kept = {name: getattr(route, name) for name in route_settings.ROUTE_FIELDS} if route else {}
    form = RouteForm(_as_typed({**kept, **wanted.validated_data}), route=route)
    if not form.is_valid():
        raise serializers.ValidationError(_named(form))
    return form.typed


def _as_typed(values: Mapping[str, Any]) -> dict[str, str]:
    """Return a route's values as somebody would type them into the page's form."""
    fields = {stored: field for field, stored in STORED.items()}
    typed = {fields.get(name, name): _text(value) for name, value in values.items() if name != "steps"}
    for number, step in enumerate(values["steps"]):
        typed |= {f"to_{number}": step["to"], f"after_{number}": str(step["after"])}
    return {name: text for name, text in typed.items() if text}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else ""
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return "" if value is None else str(value)


def _named(form: RouteForm) -> dict[str, Any]:
    """Return the form's errors at the fields of the API: its receivers are lines of `steps` here."""
    errors: dict[str, Any] = {}
    for name in form.errors:
        field, _sep, number = name.rpartition("_")
        if field in ("to", "after") and number.isdigit():
            steps = errors.setdefault("steps", [{} for _step in range(STEPS)])
            steps[int(number)][field] = _words(form, name)
        else:
            errors[STORED.get(name, name)] = _words(form, name)
    return errors


def _words(form: RouteForm, name: str) -> list[str]:
    """Return what is wrong with a field; of what cannot be chosen, what can be."""
    if not form.has_error(name, "invalid_choice"):
        return [str(words) for words in form.errors[name]]
    if name.startswith("to_"):
        return [_("Send everyone, or person:, team:, on_call: or channel: with the id of one that is there.")]
    if name.endswith("_id"):
        return [_("There is none with this id: send the id of one that is there, or null for any.")]
    choices = [str(value) for value, _label in form.fields[name].choices if value]  # type: ignore[attr-defined]
    if len(choices) > _MOST_NAMED:
        return [str(words) for words in form.errors[name]]
    return [_("Send one of: %(choices)s.") % {"choices": ", ".join(choices)}]


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
