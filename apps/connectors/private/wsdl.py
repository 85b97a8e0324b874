"""Opens a WSDL file (1.1, document and literal): what it holds is read by zeep, which is not let fetch anything.

https://www.w3.org/TR/2001/NOTE-wsdl-20010315. A file that leads to other files is refused with their names: what an upload
says must never make us call an address. zeep and lxml are loaded only here, when somebody uploads such a file.
"""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from apps.connectors.private.contents import root_of
from apps.connectors.private.readings import DescriptionError
from apps.connectors.soap_spec import SoapVersion

if TYPE_CHECKING:
    from zeep.wsdl import Document

MOST_BYTES = 4 * 1024 * 1024
MOST_ELEMENTS = 60_000
MOST_OPERATIONS = 1_000
_DEEPEST = 100
_WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
_SCHEMA = "{http://www.w3.org/2001/XMLSchema}"
_SOAP = {
    "{http://schemas.xmlsoap.org/wsdl/soap/}": SoapVersion.V1_1,
    "{http://schemas.xmlsoap.org/wsdl/soap12/}": SoapVersion.V1_2,
}
_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_LEADING = {f"{_SCHEMA}import": "schemaLocation", f"{_SCHEMA}include": "schemaLocation", f"{_WSDL}import": "location"}


@dataclass(frozen=True, slots=True)
class Facets:
    """What a simple type allows beyond its kind."""

    choices: tuple[str, ...] = ()
    max_length: int | None = None


@dataclass(slots=True)
class WsdlFile:
    """One service as a file describes it: the operations of its first usable port, as zeep has them."""

    title: str
    version: SoapVersion
    address: str
    operations: Mapping[str, Any]
    facets: Mapping[str, Facets] = field(default_factory=dict)  # of simple types, by "{name space}name"
    signs: str = ""  # "username_token" or "username_digest" where a policy wants that
    left_out: Mapping[str, list[str]] = field(default_factory=dict)  # names of operations by the reason


def is_like(raw: bytes) -> bool:
    """Return whether a file is a WSDL by its root."""
    return root_of(raw) in {"definitions", "description"}


def open_file(raw: bytes) -> WsdlFile:
    """Parse an uploaded file. Raises DescriptionError with a sentence for the person who uploaded it."""
    if root_of(raw) == "description":
        raise DescriptionError(_("This is WSDL 2.0, which is not read: choose the WSDL 1.1 of the system."))
    root = _parsed(raw)
    _require_whole(root)
    with what_fits_together():
        ports = _ports(_described(root), root)
    if not ports:
        raise DescriptionError(_("The file describes no SOAP service."))
    chosen = ports[0]
    if not chosen.operations:
        raise DescriptionError(
            _("Its operations want SOAP headers besides a sign-in, which are not sent.")
            if "soap_headers" in chosen.left_out
            else _("Its messages are of the style rpc or encoded: only document and literal can be read.")
        )
    return WsdlFile(
        title=chosen.title,
        version=chosen.version,
        address=str((chosen.port.binding_options or {}).get("address") or ""),
        operations=chosen.operations,
        facets=dict(_facets(root)),
        signs=_signing(root),
        left_out=chosen.left_out,
    )


def _parsed(raw: bytes) -> Any:
    from lxml import etree

    if len(raw) > MOST_BYTES:
        raise DescriptionError(_("A WSDL file may have %(most)d MB.") % {"most": MOST_BYTES // 1024 // 1024})
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(raw, parser=parser) if b"<!DOCTYPE" not in raw else None
    except (etree.XMLSyntaxError, ValueError) as problem:
        told = {"reason": str(problem)[:200]}
        raise DescriptionError(_("The file begins like XML but is not: %(reason)s.") % told) from None
    if root is None or root.getroottree().docinfo.doctype:
        raise DescriptionError(_("The file declares a document type, which no WSDL needs: take that line out."))
    count = sum(1 for _each in root.iter())
    if count > MOST_ELEMENTS:
        sizes = {"size": count, "most": MOST_ELEMENTS}
        raise DescriptionError(_("The file has %(size)d elements; %(most)d are read.") % sizes)
    return root


def _require_whole(root: Any) -> None:
    """Refuse a file that leads to others; where it also holds what it leads to, that lead is dropped."""
    held = {one.get("targetNamespace") for one in root.iter(f"{_SCHEMA}schema")}
    missing = dict[str, None]()
    for one in root.iter(*_LEADING):
        place = one.attrib.pop(_LEADING[one.tag], None)
        if place and (one.tag != f"{_SCHEMA}import" or one.get("namespace") not in held):
            missing[str(place)[:200]] = None
    if missing:
        names = ", ".join(list(missing)[:5])
        raise DescriptionError(
            _(
                "The file needs others that nobody fetches: %(names)s. Choose one that holds everything; services of .NET "
                "hand it out at their address with ?singleWsdl."
            )
            % {"names": names}
        )


class _NoTransport:
    """What zeep would fetch with; it never does."""

    def load(self, url: str) -> bytes:
        raise ValueError(f"{url} is not fetched")


@contextmanager
def what_fits_together() -> Iterator[None]:
    """Refuse a file whose parts do not fit each other while zeep's view of it is walked: what it meets then has many names."""
    from lxml import etree
    from zeep.exceptions import Error

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of parts that it passes over
            yield
    except DescriptionError:
        raise
    except (Error, etree.LxmlError) as problem:
        raise _misfit(str(problem)) from None
    except (LookupError, AttributeError, TypeError, ValueError, AssertionError, RecursionError) as problem:
        raise _misfit(f"{type(problem).__name__} {problem}") from None


def _misfit(reason: str) -> DescriptionError:
    told = {"reason": " ".join(reason.split())[:200]}
    return DescriptionError(_("The file is no WSDL that fits together: %(reason)s.") % told)


def _described(root: Any) -> "Document":
    from lxml import etree
    from zeep import Settings
    from zeep.wsdl import Document

    settings = Settings(forbid_dtd=True, forbid_entities=True, forbid_external=True)
    return Document(BytesIO(etree.tostring(root)), _NoTransport(), settings=settings)  # type: ignore[arg-type]  # what it needs of a transport


@dataclass(slots=True)
class _Port:
    """One SOAP port with the operations that can be asked, and the names of those that cannot, by the reason."""

    title: str
    port: Any
    operations: dict[str, Any] = field(default_factory=dict)
    left_out: dict[str, list[str]] = field(default_factory=dict)

    @property
    def version(self) -> SoapVersion:
        return SoapVersion.V1_2 if type(self.port.binding).__name__ == "Soap12Binding" else SoapVersion.V1_1


def _ports(document: "Document", root: Any) -> list[_Port]:
    """Return the SOAP ports: those with operations that can be asked first, and SOAP 1.1 before 1.2."""
    others, found = _in_other_style(root), list[_Port]()
    for title, service in document.services.items():
        for port in service.ports.values():
            if type(port.binding).__name__ not in {"Soap11Binding", "Soap12Binding"}:
                continue
            one = _Port(title, port)
            for name, operation in list(port.binding._operations.items())[:MOST_OPERATIONS]:
                reason = _why_not(operation, is_other=(port.binding.name.localname, name) in others)
                if reason:
                    one.left_out.setdefault(reason, []).append(name)
                else:
                    one.operations[name] = operation
            found.append(one)
    return sorted(found, key=lambda one: (not one.operations, one.version))


def _why_not(operation: Any, *, is_other: bool) -> str:
    """Return why an operation cannot be asked, "" when it can."""
    if is_other or not _is_document(operation):
        return "another_style"
    header = getattr(operation.input, "header", None)
    named = (element.qname.namespace for _name, element in header.type.elements) if header is not None else ()
    return "" if all(space == _SECURITY for space in named) else "soap_headers"


def _is_document(operation: Any) -> bool:
    """Say whether an operation takes one element, whose schema is known."""
    return operation.style == "document" and type(getattr(operation.input, "body", None)).__name__ == "Element"


def _in_other_style(root: Any) -> set[tuple[str, str]]:
    """Return binding and name of the operations that are rpc or encoded."""
    found = set()
    for binding in root.iter(f"{_WSDL}binding"):
        style = next((one.get("style", "") for one in binding if _is_soap(one, "binding")), "")
        for operation in binding.iter(f"{_WSDL}operation"):
            own = next((one.get("style", "") for one in operation if _is_soap(one, "operation")), "") or style
            encoded = any(one.get("use") == "encoded" for one in operation.iter() if _is_soap(one, "body"))
            if own == "rpc" or encoded:
                found.add((binding.get("name", ""), operation.get("name", "")))
    return found


def _is_soap(element: Any, name: str) -> bool:
    return any(element.tag == f"{space}{name}" for space in _SOAP)


def _facets(root: Any) -> Iterator[tuple[str, Facets]]:
    for schema in root.iter(f"{_SCHEMA}schema"):
        for named in schema.iterchildren(f"{_SCHEMA}simpleType"):
            choices = tuple(str(one.get("value", "")) for one in named.iter(f"{_SCHEMA}enumeration"))
            length = next((one.get("value", "") for one in named.iter(f"{_SCHEMA}maxLength")), "")
            most = int(length) if length.isdecimal() and len(length) < 10 else None
            yield f"{{{schema.get('targetNamespace', '')}}}{named.get('name', '')}", Facets(choices, most)


def _signing(root: Any) -> str:
    """Return the sign-in that a policy of the file wants (https://docs.oasis-open.org/ws-sx/ws-securitypolicy/)."""
    names = {str(one.tag).rpartition("}")[2] for one in root.iter() if isinstance(one.tag, str) and "policy" in one.tag}
    if "UsernameToken" not in names:
        return ""
    return "username_digest" if "HashPassword" in names else "username_token"
