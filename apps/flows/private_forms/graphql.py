"""The forms about a system that speaks GraphQL: fields of its schema stand where others have paths, arguments where they have parameters."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.connectors.answers import at_path
from apps.connectors.graphql_spec import GraphQLSpec
from apps.connectors.private import texts
from apps.flows.private_forms.basics import BasicsForm
from apps.flows.private_forms.fields import choice, lines, words
from apps.flows.private_forms.parts import Part, parsed
from apps.flows.private_forms.records import NewRecordForm, RecordForm


class GraphQLRecordForm(RecordForm):
    """One kind of record of a GraphQL service."""

    PLACES = {
        **{name: place for name, place in RecordForm.PLACES.items() if name != "update_method"},
        "record_type": "graphql.type",
        "arguments": "graphql.fields",
        "record_path": "writing.record_path",
    }
    find_parameter = words(_("Argument that takes it"))
    path = words(_("Field that lists them"), _("Of the query, such as timeEntries or viewer.timeEntries."), most=400)
    records_path = words(
        _("Where the answer holds the list"), _("Such as nodes or edges.node; empty: the answer is the list.")
    )
    parameters = lines(_("Further arguments"), _("One a line: name = value. They go with every page."))
    one_path = words(_("Field that reads one"), _("With {key}, such as project(id:{key})."), most=400)
    since_parameter = words(_("Argument that takes the time"))
    style = choice(
        _("Pages"),
        [
            ("none", _("the list comes whole")),
            ("page", _("numbered pages")),
            ("offset", _("so many records are skipped")),
            ("token", _("the answer gives a token for the next page")),
        ],
    )
    size_parameter = words(_("Argument of the size"))
    position_parameter = words(_("Argument of the page"))
    record_type = words(_("Type of a record"), _("As the schema calls it: the system is asked what its fields are."))
    arguments = lines(
        _("Arguments and their types"),
        _("One a line: field | argument | type, such as timeEntries | first | Int."),
        rows=8,
    )
    create_path = words(_("Mutation that makes a record"), most=400)
    update_path = words(_("Mutation that changes one"), _("With {key}; empty: records are never changed."), most=400)
    update_method = None  # type: ignore[assignment]  # this is how a form drops a field of its parent
    record_path = words(
        _("Argument that takes the record"), _("Such as input; empty: its fields are arguments of their own.")
    )
    own_key_parameter = words(_("Argument that looks for it"))
    undo_method = choice(_("How a new record is taken back"), [("", _("it cannot be")), ("POST", _("by a mutation"))])
    undo_path = words(_("Mutation that takes one back"), _("With {key}."), most=400)

    def texts_of(self, part: Part) -> dict[str, Any]:
        """Return the arguments as lines besides."""
        return {**super().texts_of(part), "arguments": texts.arguments_text(at_path(part, "graphql.fields"))}

    def clean_arguments(self) -> dict[str, dict[str, Any]]:
        """Read the arguments."""
        return parsed(texts.parse_arguments, self.cleaned_data["arguments"], at_path(self.part, "graphql.fields"))


class GraphQLNewRecordForm(NewRecordForm):
    """A kind of record of a GraphQL service that no file offers."""

    path = forms.CharField(
        label=_("Field that lists them"), max_length=400, help_text=_("Of the query, such as timeEntries.")
    )


_SAID_BY_THE_PROTOCOL = ("problems_path", "code_path", "message_path", "field_path")


class GraphQLBasicsForm(BasicsForm):
    """What holds for a whole GraphQL service. Where its errors keep their words is the protocol's to say."""

    PLACES = {
        **{name: place for name, place in BasicsForm.PLACES.items() if name not in _SAID_BY_THE_PROTOCOL},
        "endpoint": "graphql.path",
    }
    DEFAULTS = {**BasicsForm.DEFAULTS, "endpoint": GraphQLSpec().path}
    problems_path = code_path = message_path = field_path = None  # type: ignore[assignment]  # dropped as above
    endpoint = words(_("Path of the endpoint"), _("Below the connection's address, such as graphql or api/graphql."))
    settings = lines(
        _("Settings of a connection"),
        _("One a line: name = label. A field's brackets may hold them: company(id:{company}).projects."),
    )
    test_path = words(
        _("Field that tests a connection"), _("Of the query, such as viewer; the first list if there is none.")
    )
    identity_path = words(_("Who is signed in"), _("A field inside of it, such as email."))

    def changed_part(self) -> Part:
        """Return the document, which goes on to speak GraphQL without a path of its own."""
        document = super().changed_part()
        return {**document, "graphql": document.get("graphql") or {}}
