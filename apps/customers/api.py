"""The API of customers: list, read, add, change."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.customers.models import CURRENCY, Customer
from apps.customers.queries import get_customer, list_customers
from apps.customers.services import change_customer, create_customer


class CustomerSerializer(serializers.ModelSerializer[Customer]):
    """One customer of the partner."""

    # The service answers for a name that is taken, in scope; the serializer's own look-up would not be.
    name = serializers.CharField(max_length=160)
    currency = serializers.CharField(validators=[CURRENCY], default="EUR")

    class Meta:
        model = Customer
        fields = (
            "id",
            "name",
            "external_reference",
            "segment",
            "country",
            "currency",
            "time_zone",
            "state",
            "created_at",
        )
        read_only_fields = ("id", "created_at")


class CustomerFilters(filters.FilterSet):
    """Narrows the list of customers."""

    state = filters.ChoiceFilter(choices=Customer.State.choices)
    segment = filters.CharFilter(max_length=60)

    class Meta:
        model = Customer
        fields = ("state", "segment")


@extend_schema_view(list=extend_schema(summary="List customers"), retrieve=extend_schema(summary="Read one customer"))
class CustomerViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Customer]):
    """Customers of this partner."""

    queryset = Customer.objects.none()
    serializer_class = CustomerSerializer
    filterset_class = CustomerFilters
    lookup_value_converter = "uuid"
    required_actions = {
        "list": Action.VIEW_CUSTOMERS,
        "retrieve": Action.VIEW_CUSTOMERS,
        "create": Action.EDIT_CUSTOMERS,
        "partial_update": Action.EDIT_CUSTOMERS,
    }

    def get_queryset(self) -> QuerySet[Customer]:
        """Return the customers in scope."""
        return self.queryset if getattr(self, "swagger_fake_view", False) else list_customers()

    @extend_schema(summary="Add a customer")
    def create(self, request: Request) -> Response:
        """Add a customer; 400 names the field that is wrong, a taken name included."""
        customer = create_customer(**self._values(request, partial=False))
        return Response(CustomerSerializer(customer).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="Change a customer")
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change the fields that are named."""
        customer = change_customer(get_customer(pk), changes=self._values(request, partial=True))
        return Response(CustomerSerializer(customer).data)

    def _values(self, request: Request, *, partial: bool) -> dict[str, Any]:
        wanted = CustomerSerializer(data=request.data, partial=partial)
        wanted.is_valid(raise_exception=True)
        return dict(wanted.validated_data)
