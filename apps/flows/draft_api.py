"""The API of a flow's draft: read it with what is wrong in it, change it, take changes back, publish it."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actions import Action
from apps.accounts.api_auth import caller
from apps.accounts.api_problems import NotNowError
from apps.flows.change_api import ChangeSerializer, waiting_answer
from apps.flows.draft_reading import require_storable
from apps.flows.engine.definition import DefinitionError
from apps.flows.engine.edits import (
    PARTS,
    AddStep,
    Edit,
    EditError,
    MoveStep,
    RemoveStep,
    SetLines,
    SetPart,
    SetStep,
)
from apps.flows.mapping.compiled import MappingError
from apps.flows.mapping.layers import LayerError
from apps.flows.mapping.rebase import Choice
from apps.flows.models import Flow
from apps.flows.queries.draft_page import get_standing, list_draft_problems
from apps.flows.queries.flows import get_flow
from apps.flows.queries.mapping import problem_sentences
from apps.flows.services.drafts import (
    DraftConflictError,
    NothingToUndoError,
    discard_draft,
    edit_draft,
    find_draft,
    publish_draft,
    redo_draft,
    undo_draft,
)
from apps.flows.services.walk_session import MissingRoleError

DRAFT_ACTIONS = {
    "draft": Action.VIEW_FLOWS,
    "edit_draft": Action.EDIT_FLOWS,
    "discard_draft": Action.EDIT_FLOWS,
    "undo_draft": Action.EDIT_FLOWS,
    "redo_draft": Action.EDIT_FLOWS,
    "publish_draft": Action.EDIT_FLOWS,
}


class DraftProblemSerializer(serializers.Serializer[Any]):
    """What keeps a draft from being published; `step` "" is the flow as a whole."""

    step = serializers.CharField()
    key = serializers.CharField()
    message = serializers.CharField()


class DraftSerializer(serializers.Serializer[Any]):
    """A flow's draft, or what is live where nobody has begun one."""

    draft = serializers.CharField(help_text="Which draft it is, empty where nobody has begun one.")
    seen = serializers.IntegerField(help_text="Give it back with a change: it says what the change was made from.")
    live_version = serializers.IntegerField()
    changes = serializers.IntegerField(help_text="How many things differ from what is live.")
    can_undo = serializers.BooleanField()
    can_redo = serializers.BooleanField()
    changed_by = serializers.CharField()
    changed_at = serializers.DateTimeField(allow_null=True)
    definition = serializers.DictField()
    lines = serializers.DictField(help_text="The customer's own mapping lines, by place.")
    problems = DraftProblemSerializer(many=True)


class EditSerializer(serializers.Serializer[Any]):
    """One change. `edit` says which, and what it needs stands beside it; `choices` decide conflicts by their names."""

    seen = serializers.IntegerField(min_value=0)
    draft = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=40,
        help_text="As it was read: a change for another draft is refused.",
    )
    edit = serializers.ChoiceField(
        choices=["set_step", "add_step", "move_step", "remove_step", "set_part", "set_lines"]
    )
    name = serializers.CharField(required=False, default="", max_length=40)
    after = serializers.CharField(required=False, default="", max_length=40)
    step = serializers.DictField(required=False, default=dict)
    key = serializers.ChoiceField(choices=PARTS, required=False)
    value = serializers.JSONField(required=False, allow_null=True, default=None)
    place = serializers.CharField(required=False, default="", max_length=40)
    lines = serializers.DictField(child=serializers.DictField(allow_null=True), required=False, default=dict)
    choices = serializers.DictField(
        child=serializers.ChoiceField(choices=[choice.value for choice in Choice]), required=False, default=dict
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require what the change needs."""
        for name in _NEEDS[attrs["edit"]]:
            if not attrs.get(name):
                raise serializers.ValidationError({name: [_("This change needs it.")]})
        for name in ("step", "value", "lines"):
            try:
                require_storable(attrs.get(name))
            except EditError as error:
                raise serializers.ValidationError({name: [str(error)]}) from error
        return attrs


_NEEDS: Mapping[str, tuple[str, ...]] = {
    "set_step": ("name", "step"),
    "add_step": ("after", "step"),
    "move_step": ("name", "after"),
    "remove_step": ("name",),
    "set_part": ("key",),
    "set_lines": ("place", "lines"),
}
_EDITS: Mapping[str, Callable[[Mapping[str, Any]], Edit]] = {
    "set_step": lambda wanted: SetStep(wanted["name"], wanted["step"]),
    "add_step": lambda wanted: AddStep(wanted["after"], wanted["step"]),
    "move_step": lambda wanted: MoveStep(wanted["name"], wanted["after"]),
    "remove_step": lambda wanted: RemoveStep(wanted["name"]),
    "set_part": lambda wanted: SetPart(wanted["key"], wanted["value"]),
    "set_lines": lambda wanted: SetLines(wanted["place"], wanted["lines"]),
}


class PublishSerializer(serializers.Serializer[Any]):
    """Why a draft is published."""

    note = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)
    despite = serializers.CharField(
        max_length=200,
        required=False,
        default="",
        allow_blank=True,
        help_text="Why it goes live although samples of the template fail.",
    )


class DraftActions:
    """What the API of flows does with drafts."""

    @extend_schema(summary="Read a flow's draft", responses=DraftSerializer)
    @action(detail=True, methods=["get"])
    def draft(self, request: Request, pk: UUID) -> Response:
        """Answer the draft with what is wrong in it, or what is live where nobody has begun one."""
        return _answer(request, get_flow(pk))

    @extend_schema(summary="Change a flow's draft", request=EditSerializer, responses=DraftSerializer)
    @draft.mapping.post
    def edit_draft(self, request: Request, pk: UUID) -> Response:
        """Make one change; 409 with both values where somebody changed the same since `seen`."""
        flow, wanted = get_flow(pk), EditSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = wanted.validated_data
        choices = {name: Choice(side) for name, side in given["choices"].items()}
        _require_draft(flow, given.get("draft"))
        try:
            edit_draft(flow, _EDITS[given["edit"]](given), seen=given["seen"], by=caller(request).name, choices=choices)
        except EditError as error:
            raise serializers.ValidationError({"edit": [str(error)]}) from error
        except DraftConflictError as error:
            raise NotNowError(_told(error)) from error
        return _answer(request, flow)

    @extend_schema(summary="Throw a flow's draft away", request=None, responses={204: None})
    @draft.mapping.delete
    def discard_draft(self, request: Request, pk: UUID) -> Response:
        """Throw the draft away with its history; what is live stays."""
        discard_draft(get_flow(pk))
        return Response(status=204)

    @extend_schema(summary="Take the last change back", request=None, responses=DraftSerializer)
    @action(detail=True, methods=["post"], url_path="draft/undo")
    def undo_draft(self, request: Request, pk: UUID) -> Response:
        """Take the last change of the draft back, whoever made it; 409 where there is none."""
        return _stepped(request, pk, undo_draft)

    @extend_schema(summary="Bring a change back", request=None, responses=DraftSerializer)
    @action(detail=True, methods=["post"], url_path="draft/redo")
    def redo_draft(self, request: Request, pk: UUID) -> Response:
        """Bring the change back that was taken back last; 409 where there is none."""
        return _stepped(request, pk, redo_draft)

    @extend_schema(
        summary="Publish a flow's draft",
        request=PublishSerializer,
        responses={200: DraftSerializer, 202: ChangeSerializer},
    )
    @action(detail=True, methods=["post"], url_path="draft/publish")
    def publish_draft(self, request: Request, pk: UUID) -> Response:
        """Make the draft the live version and end it; 422 with what is wrong, 409 where another version changed the same.

        202 with the change that was asked for, where it needs approval before it is live.
        """
        flow, wanted = get_flow(pk), PublishSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        try:
            version = publish_draft(flow, by=caller(request).name, **wanted.validated_data)
        except EditError as error:
            raise NotNowError(str(error)) from error
        except DraftConflictError as error:
            raise NotNowError(_told(error)) from error
        except MappingError as error:
            raise serializers.ValidationError({"lines": problem_sentences(error.problems)}) from error
        except (DefinitionError, LayerError, MissingRoleError) as error:
            raise serializers.ValidationError({"definition": [str(error.args[0])]}) from error
        except ValidationError as error:
            raise serializers.ValidationError({"definition": error.messages}) from error
        return waiting_answer(version) or _answer(request, get_flow(pk))


def _stepped(request: Request, pk: UUID, step: Callable[..., object]) -> Response:
    flow = get_flow(pk)
    try:
        step(flow, by=caller(request).name)
    except (NothingToUndoError, EditError) as error:
        raise NotNowError(str(error)) from error
    return _answer(request, flow)


def _require_draft(flow: Flow, draft: str | None) -> None:
    opened = find_draft(flow) if draft else None
    if draft and (opened is None or str(opened.draft.id) != draft):
        raise NotNowError(_("The draft was published or begun anew meanwhile: read it again, then change it."))


def _told(error: DraftConflictError) -> str:
    both = [f"{one.name}: {one.conflict.theirs!r} (theirs), {one.conflict.ours!r} (ours)" for one in error.conflicts]
    return " ".join([str(error), *both])


def _answer(request: Request, flow: Flow) -> Response:
    standing = get_standing(flow, by=caller(request).name, now=timezone.now())
    if standing is None:
        raise NotNowError(_("Nothing is published yet: publish the flow first."))
    opened = standing.opened
    told = {
        "draft": standing.key,
        "seen": standing.seen,
        "live_version": standing.live.number,
        "changes": standing.changes,
        "can_undo": opened is not None and opened.can_undo,
        "can_redo": opened is not None and opened.can_redo,
        "changed_by": opened.node.made_by if opened else "",
        "changed_at": standing.saved_at,
        **standing.content.to_json(),
        "problems": list_draft_problems(standing),
    }
    return Response(DraftSerializer(told).data)
