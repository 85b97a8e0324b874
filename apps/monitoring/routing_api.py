"""The API of routing: rules and teams to read, and what the rules would make of the open exceptions."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.monitoring import routing_book
from apps.monitoring.models import RoutingRule, Team
from apps.monitoring.queries.routing import preview


class RoutingRuleSerializer(serializers.ModelSerializer[RoutingRule]):
    """One rule. Conditions that are "" or null fit everything; results that are "" or null change nothing."""

    customer_id = serializers.UUIDField(read_only=True, allow_null=True)
    flow_id = serializers.UUIDField(read_only=True, allow_null=True)
    team_id = serializers.UUIDField(read_only=True, allow_null=True)
    owner_id = serializers.UUIDField(read_only=True, allow_null=True)

    class Meta:
        model = RoutingRule
        fields = (
            "id",
            "name",
            "position",
            "is_on",
            "error_class",
            "customer_id",
            "flow_id",
            "system",
            "canonical_type",
            "amount_from",
            "currency",
            "queue",
            "team_id",
            "owner_id",
            "priority",
            "tags",
            "watchers",
            "changed_at",
            "changed_by",
        )
        read_only_fields = fields


class TeamSerializer(serializers.ModelSerializer[Team]):
    """A team with the ids of its people."""

    people = serializers.SerializerMethodField()

    class Meta:
        model = Team
        fields = ("id", "name", "people")
        read_only_fields = fields

    def get_people(self, team: Team) -> list[UUID]:
        """Return who is in it."""
        return [member.person_id for member in team.members.all()]


class RoutedCaseSerializer(serializers.Serializer[Any]):
    """An open case a rule would take."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    customer = serializers.CharField()
    changes = serializers.BooleanField()


class RoutedGroupSerializer(serializers.Serializer[Any]):
    """What one rule would take of the open cases, the first 20 by name; `name` "" is what no rule fits."""

    name = serializers.CharField(allow_blank=True)
    cases = serializers.IntegerField()
    changes = serializers.IntegerField()
    shown = RoutedCaseSerializer(many=True)


@extend_schema_view(
    list=extend_schema(summary="List routing rules"),
    retrieve=extend_schema(summary="Read one routing rule"),
)
class RoutingRuleViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[RoutingRule]):
    """Routing rules; of those that are on, the one with the lowest `position` that fits decides."""

    queryset = RoutingRule.objects.none()
    serializer_class = RoutingRuleSerializer
    lookup_value_converter = "uuid"
    required_actions = {"list": Action.WORK_CASES, "retrieve": Action.WORK_CASES, "preview": Action.WORK_CASES}

    def get_queryset(self) -> QuerySet[RoutingRule]:
        """Return all rules."""
        return self.queryset if getattr(self, "swagger_fake_view", False) else RoutingRule.objects.all()

    @extend_schema(summary="What the rules would make of open exceptions", responses=RoutedGroupSerializer(many=True))
    @action(detail=False, methods=["get"], filter_backends=[], pagination_class=None)
    def preview(self, request: Request) -> Response:
        """Answer what each rule would take; nothing is changed."""
        groups = preview(routing_book.read_rules())
        return Response(RoutedGroupSerializer(groups, many=True).data)


@extend_schema_view(list=extend_schema(summary="List teams"), retrieve=extend_schema(summary="Read one team"))
class TeamViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Team]):
    """Teams that work exceptions."""

    queryset = Team.objects.none()
    serializer_class = TeamSerializer
    lookup_value_converter = "uuid"
    required_actions = {"list": Action.WORK_CASES, "retrieve": Action.WORK_CASES}

    def get_queryset(self) -> QuerySet[Team]:
        """Return all teams."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return Team.objects.prefetch_related("members")
