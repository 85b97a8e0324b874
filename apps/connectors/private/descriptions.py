"""The kinds of descriptions that can be uploaded: each is known by its content and read into the same form."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.connectors.private import graphql_reading, odata_reading, openapi, openapi_reading, wsdl_reading
from apps.connectors.private.readings import LARGEST_BYTES, DescriptionError, Reading


@dataclass(frozen=True, slots=True)
class DescriptionKind:
    """One kind. `is_like` looks at the content without parsing it; `read` raises DescriptionError with a sentence."""

    name: str
    label: str  # what a person chooses, as it stands in a list of kinds
    is_like: Callable[[bytes], bool]
    read: Callable[[bytes], Reading]


# The first that knows the content reads it.
KINDS: tuple[DescriptionKind, ...] = (
    DescriptionKind(
        "openapi",
        gettext_noop("an OpenAPI file (JSON or YAML)"),
        openapi.is_like,
        openapi_reading.read,
    ),
    DescriptionKind(
        "odata",
        gettext_noop("the metadata document of an OData service ($metadata, XML)"),
        odata_reading.is_like,
        odata_reading.read,
    ),
    DescriptionKind(
        "graphql",
        gettext_noop("the schema of a GraphQL service (SDL, or what introspection answers as JSON)"),
        graphql_reading.is_like,
        graphql_reading.read,
    ),
    DescriptionKind("wsdl", gettext_noop("a WSDL 1.1 file (SOAP)"), wsdl_reading.is_like, wsdl_reading.read),
)


def read_description(raw: bytes) -> Reading:
    """Return everything that can be drafted from an uploaded file.

    Raises:
        DescriptionError: it is of no known kind, it cannot be read, or it describes no record that could be.

    """
    require_size(len(raw))
    kind = next((one for one in KINDS if one.is_like(raw)), None)
    if kind is None:
        known = {"known": "; ".join(_(one.label) for one in KINDS)}
        raise DescriptionError(_("This file describes no system in a way that can be read. Choose: %(known)s.") % known)
    reading = kind.read(raw)
    if not reading.lists:
        raise DescriptionError(_("The file describes no list of records that could be read."))
    return reading


def require_size(size: int) -> None:
    """Raise DescriptionError for a file of so many bytes that none of the kinds would be read."""
    if size > LARGEST_BYTES:
        raise DescriptionError(_("The file is larger than 10 MB: leave out what is not needed, examples for instance."))
