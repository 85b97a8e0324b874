"""The API of reviews: those that were sent, to read."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets

from apps.accounts.actions import Action
from apps.monitoring.models import ReviewCopy
from apps.monitoring.reviews.pack import Part
from apps.monitoring.value_api import MonthFilters


class ReviewLineSerializer(serializers.Serializer[None]):
    """One figure in words."""

    text = serializers.CharField(read_only=True)


class ReviewSectionSerializer(serializers.Serializer[None]):
    """One part of a review: the partner's own words and its figures."""

    part = serializers.ChoiceField(choices=[(one.value, one.value) for one in Part], read_only=True)
    text = serializers.CharField(read_only=True)
    lines = ReviewLineSerializer(many=True, read_only=True)


class ReviewSerializer(serializers.ModelSerializer[ReviewCopy]):
    """A review as it was sent. `digest` is the SHA-256 of all it says, `taken_at` the moment its figures are of."""

    customer_id = serializers.UUIDField(read_only=True)
    sections = ReviewSectionSerializer(many=True, read_only=True)

    class Meta:
        model = ReviewCopy
        fields = ("id", "customer_id", "month", "language", "sections", "taken_at", "sent_at", "sent_by", "digest")
        read_only_fields = fields


class ReviewFilters(MonthFilters):
    """Narrows the list by customer and months."""

    class Meta:
        model = ReviewCopy
        fields = ("customer", "since", "until")


@extend_schema_view(list=extend_schema(summary="List the reviews that were sent to customers"))
class ReviewViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[ReviewCopy]):
    """The reviews of months as customers got them; drafts are not among them."""

    queryset = ReviewCopy.objects.none()
    serializer_class = ReviewSerializer
    filterset_class = ReviewFilters
    required_actions = {"list": Action.VIEW_REPORTS}

    def get_queryset(self) -> QuerySet[ReviewCopy]:
        """Return the reviews in scope, the latest first."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return ReviewCopy.objects.order_by("-month", "id")
