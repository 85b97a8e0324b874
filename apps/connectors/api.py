"""The API of connections: list, read, add, test. Secrets go in and never come out."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.connectors import queries
from apps.connectors.models import Connection, ConnectionTest
from apps.connectors.services import NewConnection, create_connection, request_test
from apps.customers.queries import get_customer


class ConnectionSerializer(serializers.ModelSerializer[Connection]):
    """One customer's login to one system, without its secrets."""

    customer_id = serializers.UUIDField(read_only=True)

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
            "last_success_at",
            "created_at",
        )
        read_only_fields = fields


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


class ConnectionFilters(filters.FilterSet):
    """Narrows the list of connections."""

    system = filters.CharFilter(max_length=40)
    state = filters.ChoiceFilter(choices=Connection.State.choices)
    environment = filters.ChoiceFilter(choices=Connection.Environment.choices)
    customer = filters.UUIDFilter(field_name="customer_id")

    class Meta:
        model = Connection
        fields = ("system", "state", "environment", "customer")


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
    }

    def get_queryset(self) -> QuerySet[Connection]:
        """Return the connections in scope."""
        return self.queryset if getattr(self, "swagger_fake_view", False) else queries.connections()

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
