"""Which forms a draft is worked on with: those of the protocol that its document names."""

from collections.abc import Mapping
from typing import Any

from apps.flows.private_forms.basics import BasicsForm
from apps.flows.private_forms.graphql import GraphQLBasicsForm, GraphQLNewRecordForm, GraphQLRecordForm
from apps.flows.private_forms.records import NewRecordForm, RecordForm

Document = Mapping[str, Any]


def basics_form(document: Document) -> type[BasicsForm]:
    """Return the form for what holds for the whole system."""
    return GraphQLBasicsForm if _speaks_graphql(document) else BasicsForm


def record_form(document: Document) -> type[RecordForm]:
    """Return the form for one kind of record."""
    return GraphQLRecordForm if _speaks_graphql(document) else RecordForm


def new_record_form(document: Document) -> type[NewRecordForm]:
    """Return the form for a kind of record that no file offers."""
    return GraphQLNewRecordForm if _speaks_graphql(document) else NewRecordForm


def _speaks_graphql(document: Document) -> bool:
    return document.get("graphql") is not None
