"""What a connection's system holds, field by field: shown, read anew, and agreed to when it has changed."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.connectors import queries, shape_book, shape_words
from apps.connectors.models import Connection, Discovery, ObjectShape
from apps.connectors.shape_book import StoredShape

_MOST_NOTES = 8  # of those that are kept; the audit trail has them all
_SLOW = timedelta(seconds=45)


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field in words."""

    name: str
    label: str
    kind: str
    notes: list[str]
    choices: str


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """One object of the system: its fields, and what about them could stop a flow."""

    label: str
    source: str
    fields: list[FieldRow]
    changes: list[str]


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One piece of news."""

    at: datetime
    label: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ShapesPart:
    """The part of a connection's page about the system's fields. `discovery` None: they were never asked for."""

    discovery: Discovery | None
    objects: list[ObjectRow]
    notes: list[NoteRow]
    cannot_read: str

    @property
    def is_reading(self) -> bool:
        """True while they are being asked for."""
        return self.discovery is not None and self.discovery.state == Discovery.State.RUNNING

    @property
    def is_slow(self) -> bool:
        """True when that takes longer than usual."""
        return self.discovery is not None and self.is_reading and timezone.now() - self.discovery.asked_at > _SLOW

    @property
    def has_changed(self) -> bool:
        """True when something differs from what was agreed and could stop a flow."""
        return any(row.changes for row in self.objects)


def shapes_part(request: HttpRequest, connection: Connection) -> ShapesPart:
    """Return what a connection's page shows of its system's fields."""
    rows = list(ObjectShape.objects.filter(connection=connection))
    notes = [
        NoteRow(datetime.fromisoformat(n["at"]), row.label, shape_words.change_words(n))
        for row in rows
        for n in row.notes
    ]
    return ShapesPart(
        discovery=Discovery.objects.filter(connection=connection).first(),
        objects=[_object_row(shape_book.stored_shape(row)) for row in rows],
        notes=sorted(notes, key=lambda note: note.at, reverse=True)[:_MOST_NOTES],
        cannot_read=_cannot_read(request, connection),
    )


@requires(Action.TEST_CONNECTIONS)
@require_POST
def connection_discover(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Ask for the system's fields; a worker reads them and the page shows them."""
    connection = queries.get_connection(connection_id)
    refused = _cannot_read(request, connection)
    if refused:
        messages.error(request, refused)
    else:
        shape_book.ask(connection)
    return _to_fields(connection)


@requires(Action.VIEW_CONNECTIONS)
@require_safe
def shapes_live(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Answer the part of the page that shows the fields, while they are being read."""
    connection = queries.get_connection(connection_id)
    who = acting_person(request)
    context = {
        "connection": connection,
        "shapes": shapes_part(request, connection),
        "can_edit": who.can(Action.EDIT_CONNECTIONS),
    }
    return render(request, "connectors/_shapes.html", context)


@requires(Action.EDIT_CONNECTIONS)
@require_POST
def shapes_agree(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Take the fields as they are now as what mappings may rely on."""
    connection = queries.get_connection(connection_id)
    if shape_book.agree(connection):
        messages.success(
            request,
            _("The fields of %(name)s count as they are now. Flows that had stopped go on with their next run.")
            % {"name": connection.name},
        )
    else:
        messages.info(request, _("The fields of %(name)s are as they were agreed already.") % {"name": connection.name})
    return _to_fields(connection)


def _object_row(shape: StoredShape) -> ObjectRow:
    fields = [
        FieldRow(
            field.name,
            _(field.label) if field.label else "",
            shape_words.kind_words(field.kind),
            shape_words.field_notes(field, shape.source),
            ", ".join(field.choices),
        )
        for field in shape.fields
    ]
    changes = [shape_words.change_words(asdict(one)) for one in shape.differences if one.is_harmful]
    return ObjectRow(_(shape.label), shape_words.source_words(shape.source), fields, changes)


def _cannot_read(request: HttpRequest, connection: Connection) -> str:
    if not acting_person(request).can(Action.TEST_CONNECTIONS):
        return _("Your role does not include testing connections.")
    return _("It is switched off: switch it on first.") if connection.state == Connection.State.DISABLED else ""


def _to_fields(connection: Connection) -> HttpResponse:
    return redirect(f"{reverse('connectors:connection-detail', args=[connection.id])}#fields")
