"""The API of connections: list, read, add, test, remove. Secrets go in and never come out."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.connectors import queries
from apps.connectors.attention import REASONS, look_now, trouble_of, with_trouble
from apps.connectors.connection_tests import request_test
from apps.connectors.models import Connection, ConnectionTest
from apps.connectors.removal import look_at_removal, remove_connection
from apps.connectors.services import NewConnection, create_connection
from apps.customers.queries import get_customer
from apps.tenants import scope


class TroubleSerializer(serializers.Serializer[Any]):
    """Why a connection needs somebody, in words, and since when where that is known."""

    name = serializers.ChoiceField([(reason.name, reason.name) for reason in REASONS])
    words = serializers.CharField()
    since = serializers.DateTimeField(allow_null=True)


class ConnectionSerializer(serializers.ModelSerializer[Connection]):
    """One customer's login to one system, without its secrets. `trouble` null: it needs nobody."""

    customer_id = serializers.UUIDField(read_only=True)
    trouble = serializers.SerializerMethodField()

    class Meta:
        model = Connection
        fields = (
            "id",
            "customer_id",
            "system",
            "name",
            "base_url",
            "settings",
            "environment",
            "state",
            "state_reason",
            "state_since",
            "last_success_at",
            "created_at",
            "trouble",
        )
        read_only_fields = fields

    @extend_schema_field(TroubleSerializer(allow_null=True))
    def get_trouble(self, connection: Connection) -> dict[str, Any] | None:
        """Return why it needs somebody; a connection that was just stored needs nobody yet."""
        look = self.context.get("look")
        trouble = trouble_of(connection, look) if look is not None else None
        return dict(TroubleSerializer(trouble).data) if trouble else None


class NewConnectionSerializer(serializers.Serializer[Any]):
    """What a new connection needs; `secrets` and `settings` are keyed as the system's manifest names them."""

    customer_id = serializers.UUIDField()
    system = serializers.SlugField()
    name = serializers.CharField(max_length=120)
    base_url = serializers.CharField(max_length=400)
    secrets = serializers.DictField(child=serializers.CharField(), default=dict, write_only=True)
    settings = serializers.DictField(child=serializers.CharField(), default=dict)
    environment = serializers.ChoiceField(Connection.Environment.choices, default=Connection.Environment.PRODUCTION)


class ConnectionTestSerializer(serializers.ModelSerializer[ConnectionTest]):
    """One test: its steps with a plain sentence each, once a worker has carried it out."""

    connection_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = ConnectionTest
        fields = ("id", "connection_id", "state", "steps", "started_at", "finished_at")
        read_only_fields = fields


class UseSerializer(serializers.Serializer[Any]):
    """One flow that uses a connection."""

    flow_id = serializers.UUIDField()
    name = serializers.CharField()
    state = serializers.CharField()
    how = serializers.CharField()


class RemovalSerializer(serializers.Serializer[Any]):
    """What removing a connection would mean; it is refused while `live` flows use it."""

    is_refused = serializers.BooleanField()
    live = UseSerializer(many=True)
    others = UseSerializer(many=True)
    records_waiting = serializers.IntegerField(source="stake.records")
    open_cases = serializers.ListField(child=serializers.UUIDField(), source="case_ids")
    endpoints = serializers.IntegerField()
    secrets = serializers.IntegerField()


class RemovalNameSerializer(serializers.Serializer[Any]):
    """The connection's name, as a confirmation."""

    name = serializers.CharField(max_length=120)


class ConnectionFilters(filters.FilterSet):
    """Narrows the list of connections. `trouble` takes a reason's name, or "any"."""

    trouble = filters.ChoiceFilter(choices=[(n, n) for n in ("any", *(r.name for r in REASONS))], method="with_reason")
    system = filters.CharFilter(max_length=40)
    state = filters.ChoiceFilter(choices=Connection.State.choices)
    environment = filters.ChoiceFilter(choices=Connection.Environment.choices)
    customer = filters.UUIDFilter(field_name="customer_id")

    class Meta:
        model = Connection
        fields = ("system", "state", "environment", "customer")

    def with_reason(self, found: QuerySet[Connection], _name: str, wanted: str) -> QuerySet[Connection]:
        """Narrow to those that need somebody, for one reason or any."""
        return found.filter(Q(urgency__gt=0) if wanted == "any" else Q(trouble=wanted))


@extend_schema_view(
    list=extend_schema(summary="List connections"), retrieve=extend_schema(summary="Read one connection")
)
class ConnectionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Connection]):
    """Connections of customers to outside systems."""

    queryset = Connection.objects.none()
    serializer_class = ConnectionSerializer
    filterset_class = ConnectionFilters
    lookup_value_converter = "uuid"
    required_actions = {
        "list": Action.VIEW_CONNECTIONS,
        "retrieve": Action.VIEW_CONNECTIONS,
        "create": Action.EDIT_CONNECTIONS,
        "test": Action.TEST_CONNECTIONS,
        "read_test": Action.VIEW_CONNECTIONS,
        "removal": Action.VIEW_CONNECTIONS,
        "remove": Action.EDIT_CONNECTIONS,
    }

    def get_queryset(self) -> QuerySet[Connection]:
        """Return the connections in scope, each with what it needs."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        self._look = look_now()
        return with_trouble(queries.connections().select_related("breaker"), self._look)

    def get_serializer_context(self) -> dict[str, Any]:
        """Return what serializers may know, the moment's look at what connections need among it."""
        return {**super().get_serializer_context(), "look": getattr(self, "_look", None)}

    @extend_schema(summary="Connect a system", request=NewConnectionSerializer, responses={201: ConnectionSerializer})
    def create(self, request: Request) -> Response:
        """Store a connection with its sealed secrets; 400 names what is missing or wrong."""
        wanted = NewConnectionSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = dict(wanted.validated_data)
        customer = get_customer(values.pop("customer_id"))
        connection = create_connection(customer, NewConnection(**values))
        return Response(ConnectionSerializer(connection).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="Test a connection", request=None, responses={202: ConnectionTestSerializer})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: UUID) -> Response:
        """Ask for a test; a worker carries it out. A test that is running is answered as it is."""
        test = request_test(queries.get_connection(pk))
        return Response(ConnectionTestSerializer(test).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(summary="Read a test's result", responses=ConnectionTestSerializer)
    @action(detail=True, methods=["get"], url_path="tests/<uuid:test_id>")
    def read_test(self, request: Request, pk: UUID, test_id: UUID) -> Response:
        """Answer one test with its steps."""
        found = queries.get_test(queries.get_connection(pk), test_id)
        return Response(ConnectionTestSerializer(found).data)

    @extend_schema(summary="Look at what removing a connection means", responses=RemovalSerializer)
    @action(detail=True, methods=["get"])
    def removal(self, request: Request, pk: UUID) -> Response:
        """Answer what would break."""
        _require_whole_partner()
        return Response(RemovalSerializer(look_at_removal(queries.get_connection(pk))).data)

    @extend_schema(summary="Remove a connection", request=RemovalNameSerializer, responses={204: None})
    @removal.mapping.post
    def remove(self, request: Request, pk: UUID) -> Response:
        """Remove a connection and destroy its secrets; 400 says which live flows forbid it, or that the name differs."""
        _require_whole_partner()
        connection, wanted = queries.get_connection(pk), RemovalNameSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        remove_connection(connection, typed_name=wanted.validated_data["name"])
        return Response(status=status.HTTP_204_NO_CONTENT)


def _require_whole_partner() -> None:
    """Keep keys of one customer from what only the partner decides. Raises PermissionDenied."""
    if scope.require().customer_id is not None:
        raise PermissionDenied(_("A key of one customer cannot remove connections: use one of the whole portal."))
