"""The API of owner registers: who owns which field of a customer's records, to read."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets

from apps.accounts.actions import Action
from apps.flows.models import FieldOwner


class FieldOwnerSerializer(serializers.ModelSerializer[FieldOwner]):
    """One entry. `field` "" stands for all other fields of the type; `connection_id` null for the usual kind of system."""

    customer_id = serializers.UUIDField(read_only=True)
    connection_id = serializers.UUIDField(read_only=True, allow_null=True)

    class Meta:
        model = FieldOwner
        fields = (
            "id",
            "customer_id",
            "canonical_type",
            "field",
            "connection_id",
            "conflict_rule",
            "business_owner",
            "technical_owner",
            "note",
            "changed_at",
            "changed_by",
        )
        read_only_fields = fields


class FieldOwnerFilters(filters.FilterSet):
    """Narrows the list of entries."""

    customer = filters.UUIDFilter(field_name="customer_id")
    canonical_type = filters.CharFilter()

    class Meta:
        model = FieldOwner
        fields = ("customer", "canonical_type")


@extend_schema_view(
    list=extend_schema(summary="List who owns which field"), retrieve=extend_schema(summary="Read one entry")
)
class FieldOwnerViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[FieldOwner]):
    """Entries of owner registers."""

    queryset = FieldOwner.objects.none()
    serializer_class = FieldOwnerSerializer
    filterset_class = FieldOwnerFilters
    lookup_value_converter = "uuid"
    required_actions = {"list": Action.VIEW_FLOWS, "retrieve": Action.VIEW_FLOWS}

    def get_queryset(self) -> QuerySet[FieldOwner]:
        """Return the entries in scope."""
        return self.queryset if getattr(self, "swagger_fake_view", False) else FieldOwner.objects.all()
