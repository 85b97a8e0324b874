"""What the API says of the steps of records that walk, and what it takes to roll one back."""

from typing import Any

from rest_framework import serializers

from apps.flows.models import OpenReceipt, Operation, OperationStep


class StepSerializer(serializers.ModelSerializer[OperationStep]):
    """One step of a record that walks by itself: how it stands, what it made and where, and what it waits for."""

    class Meta:
        model = OperationStep
        fields: tuple[str, ...] = (
            "name",
            "kind",
            "position",
            "state",
            "attempts",
            "due_at",
            "connection_id",
            "outside_key",
            "created",
            "ambiguous",
            "note",
            "error_class",
            "error_field",
            "error_message",
            "started_at",
            "changed_at",
        )
        read_only_fields = fields


class AwaitedSerializer(serializers.ModelSerializer[OpenReceipt]):
    """An answer that is waited for: the system has taken the record and tells later what became of it."""

    class Meta:
        model = OpenReceipt
        fields: tuple[str, ...] = ("step", "connection_id", "taken_at", "due_at", "asked")
        read_only_fields = fields


class RollBackSerializer(serializers.Serializer[Any]):
    """Why what was done is taken back; `agreed` includes the steps that need to be agreed to."""

    reason = serializers.CharField(max_length=300)
    agreed = serializers.BooleanField(default=False)


def steps_of(operation: Operation) -> Any:
    """Return the steps of a record that were begun, in order; [] for one that went with its batch."""
    begun = OperationStep.objects.filter(operation_id=operation.id, position__gt=0)
    return StepSerializer(begun.order_by("position"), many=True).data


def awaited_of(operation: Operation) -> Any:
    """Return the answers that a record waits for; [] for one whose systems have said what became of it."""
    rows = OpenReceipt.objects.filter(operation_id=operation.id).order_by("id")
    return AwaitedSerializer(rows, many=True).data
