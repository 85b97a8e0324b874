"""The service that timeworks.wsdl describes, on loopback: every request and every answer is held against its schema (libxml2).

Faults come as SOAP 1.1, section 6.2, has them: all with status 500, those that are the caller's too. Sign-in is a UsernameToken with
a digest (UsernameToken Profile 1.1.1, section 3.1), made anew for each request: a nonce that comes again is refused.
"""

import base64
import hashlib
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from aiohttp import web
from lxml import etree

from apps.connectors.instants import read_instant
from apps.connectors.manifest import InstantForm
from apps.connectors.username_token import PASSWORD_DIGEST, SECURITY, UTILITY
from tests.connectors.catalog.stand_in import RefusedError, Row, StandIn, ViolationError, require

WSDL = Path(__file__).with_name("timeworks.wsdl")
COMPANY = "C-17"
SERVICE, TYPES = "urn:timeworks:service", "urn:timeworks:types"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_XS = "{http://www.w3.org/2001/XMLSchema}"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_IMPORTS = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:import namespace="{SERVICE}" schemaLocation="memory:{SERVICE}"/>
  <xs:import namespace="{TYPES}" schemaLocation="memory:{TYPES}"/>
</xs:schema>"""
_FIELDS = (
    "id",
    "externalId",
    "personId",
    "projectCode",
    "workDate",
    "hours",
    "billable",
    "status",
    "note",
    "tags",
    "lastModified",
)


class _Schemas(etree.Resolver):
    """Hands out the schemas of the file, each knowing where the others are."""

    def __init__(self) -> None:
        found = etree.parse(str(WSDL)).iter(f"{_XS}schema")
        self._texts = {}
        for schema in found:
            for lead in schema.iter(f"{_XS}import"):
                lead.set("schemaLocation", f"memory:{lead.get('namespace')}")
            self._texts[f"memory:{schema.get('targetNamespace')}"] = etree.tostring(schema)

    def resolve(self, url: str, public_id: str, context: Any) -> Any:
        return self.resolve_string(self._texts[url], context)


def schema() -> etree.XMLSchema:
    """Return the validator of the service's messages."""
    parser = etree.XMLParser()
    parser.resolvers.add(_Schemas())
    return etree.XMLSchema(etree.fromstring(_IMPORTS, parser))


SCHEMA = schema()


def is_valid_day(text: str) -> bool:
    """Say whether a text is a day by the schema."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


class FaultError(RefusedError):
    """A fault; `code` is dotted as SOAP 1.1 allows it."""

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(500, message, code=code, field=field)


class TimeworksStandIn(StandIn):
    """One company with its time entries and people."""

    lists = ("time_entries", "people")
    stamp_field = {"time_entries": "lastModified"}
    client = ("integration@timeworks.example", "pässword & <of> the-stage-0001")

    def __init__(self, public: Callable[[], str] = lambda: "") -> None:
        super().__init__(public)
        self.nonces: set[str] = set()
        self.closed_before = "2026-01-01"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one envelope."""
        self.asked.append((request.method, request.headers.get("SOAPAction", "")))
        try:
            asked = self._opened(request, await request.read())
            told = self._done(asked)
        except ViolationError as violation:
            self.violations.append(f"{request.headers.get('SOAPAction')}: {violation}")
            return _fault(FaultError("Client", str(violation)))
        except FaultError as fault:
            return _fault(fault)
        if not SCHEMA.validate(told):
            raise AssertionError(f"The stand-in itself answers wrongly: {SCHEMA.error_log}")
        return _enveloped(told, 200)

    def _opened(self, request: web.Request, body: bytes) -> Any:
        """Return what stands in an envelope's body. Raises ViolationError, FaultError for a sign-in that is none."""
        require(
            request.method == "POST" and request.content_type == "text/xml", f"{request.method} {request.content_type}"
        )
        require(request.charset == "utf-8", f"charset {request.charset}")
        envelope = etree.fromstring(body)
        require(envelope.tag == f"{{{_SOAP}}}Envelope", envelope.tag)
        header, inside = envelope.find(f"{{{_SOAP}}}Header"), envelope.find(f"{{{_SOAP}}}Body")
        require(inside is not None and len(inside) == 1, "one element in the body")
        asked = inside[0]
        name = etree.QName(asked).localname
        require(request.headers.get("SOAPAction") == f'"{SERVICE}/{name}"', f"SOAPAction of {name}")
        self._require_signed(header)
        if not SCHEMA.validate(asked):
            raise ViolationError(str(SCHEMA.error_log.last_error))
        return asked

    def _require_signed(self, header: Any) -> None:
        token = header.find(f".//{{{SECURITY}}}UsernameToken") if header is not None else None
        if token is None:
            raise FaultError("wsse:InvalidSecurity", "There is no UsernameToken.")
        said = {etree.QName(one).localname: one for one in token}
        require(said["Password"].get("Type") == PASSWORD_DIGEST, "a digest")
        require(said["Created"].tag == f"{{{UTILITY}}}Created", "Created of the utility name space")
        nonce, created = said["Nonce"].text, said["Created"].text
        require(nonce not in self.nonces, "a nonce that was not used before")
        self.nonces.add(nonce)
        made = hashlib.sha1(base64.b64decode(nonce) + created.encode() + self.client[1].encode()).digest()
        if (said["Username"].text, said["Password"].text) != (self.client[0], base64.b64encode(made).decode()):
            raise FaultError("wsse:FailedAuthentication", "The security token could not be authenticated.")

    # --- operations ---------------------------------------------------------------------------------------------------
    def _done(self, asked: Any) -> Any:
        name = etree.QName(asked).localname
        answer = getattr(self, f"_{name}")(asked)
        answer.tag = f"{{{SERVICE}}}{name}Response"
        return answer

    def _ListTimeEntries(self, asked: Any) -> Any:
        since, wanted = _text(asked, "filter/modifiedSince"), _texts(asked, "filter/externalId")
        number, size = int(_text(asked, "pageNumber")), min(int(_text(asked, "pageSize")), 100)
        require(_text(asked, "companyId") == COMPANY and number >= 1 and size >= 1, "the company, a page from 1 on")
        rows = [row for row in self.rows["time_entries"] if not wanted or row.get("externalId") in wanted]
        if since:
            start = read_instant(since, InstantForm.ISO)
            rows = [row for row in rows if self.changed_at("time_entries", row) >= start]
        answer, page = etree.Element("answer"), rows[(number - 1) * size : number * size]
        if page:  # an empty list is left out altogether
            entries = _below(answer, SERVICE, "entries")
            for row in page:
                _entry(_below(entries, SERVICE, "entry"), row)
        _below(answer, SERVICE, "totalCount", str(len(rows)))
        return answer

    def _GetTimeEntry(self, asked: Any) -> Any:
        answer = etree.Element("answer")
        _entry(_below(answer, SERVICE, "entry"), self._held(_text(asked, "id")))
        return answer

    def _CreateTimeEntry(self, asked: Any) -> Any:
        sent = self._sent(asked)
        require("id" not in sent and "lastModified" not in sent, "no number and no time of change in a new entry")
        if any(
            row.get("externalId") == sent.get("externalId")
            for row in self.rows["time_entries"]
            if sent.get("externalId")
        ):
            raise FaultError("Client.Duplicate", f"There is an entry {sent['externalId']!r} already.", "externalId")
        row = self.enter("time_entries", **sent)
        answer = etree.Element("answer")
        _below(answer, SERVICE, "id", str(row["id"]))
        return answer

    def _UpdateTimeEntry(self, asked: Any) -> Any:
        sent = self._sent(asked)
        row = self._held(str(sent.pop("id")))
        row.update(sent)
        self.tick()
        self.stamp("time_entries", row)
        return etree.Element("answer")

    def _DeleteTimeEntry(self, asked: Any) -> Any:
        self.rows["time_entries"].remove(self._held(_text(asked, "id")))
        return etree.Element("answer")

    def _QueryPeople(self, asked: Any) -> Any:
        start, size = int(_text(asked, "pageToken") or "0"), min(int(_text(asked, "maxResults") or "5"), 100)
        answer, rows = etree.Element("answer"), self.rows["people"]
        for row in rows[start : start + size]:
            _person(_below(answer, SERVICE, "person"), row)
        if start + size < len(rows):
            _below(answer, SERVICE, "nextPageToken", str(start + size))
        return answer

    def _GetPerson(self, asked: Any) -> Any:
        row = next((one for one in self.rows["people"] if str(one["id"]) == _text(asked, "personId")), None)
        if row is None:
            raise FaultError("Client.NotFound", "There is no such person.")
        answer = etree.Element("answer")
        _person(_below(answer, SERVICE, "person"), row)
        return answer

    def _held(self, key: str) -> Row:
        row = next((one for one in self.rows["time_entries"] if str(one["id"]) == key), None)
        if row is None:
            raise FaultError("Client.NotFound", f"There is no entry {key}.")
        return row

    def _sent(self, asked: Any) -> Row:
        """Return the entry that was sent, as the firm's rules let it be."""
        require(_text(asked, "companyId") == COMPANY, "the company")
        entry = asked.find(f"{{{SERVICE}}}entry")
        sent: Row = {
            etree.QName(one).localname: None if one.get(_NIL) == "true" else (one.text or "")
            for one in entry
            if etree.QName(one).localname != "tags"
        }
        tags = [one.text or "" for one in entry.iter(f"{{{TYPES}}}tag")]
        if tags:
            sent["tags"] = tags
        if sent["personId"] not in {str(one["id"]) for one in self.rows["people"]}:
            raise FaultError("Client.UnknownPerson", f"Nobody has the number {sent['personId']!r}.", "personId")
        if sent["workDate"] < self.closed_before:
            raise FaultError("Client.PeriodClosed", "The month is closed.", "workDate")
        if Decimal(sent["hours"]) < 0:
            raise FaultError("Client.Invalid", "Hours are never below zero.", "hours")
        return sent


def _entry(element: Any, row: Row) -> None:
    for name in _FIELDS:
        value = row.get(name)
        if name == "tags" and value:
            inside = _below(element, TYPES, "tags")
            for tag in value:
                _below(inside, TYPES, "tag", tag)
        elif name == "note" and name in row and value is None:
            _below(element, TYPES, "note").set(_NIL, "true")
        elif value is not None:
            _below(element, TYPES, name, _written(value))


def _person(element: Any, row: Row) -> None:
    for name in ("id", "email", "firstName", "lastName"):
        _below(element, TYPES, name, str(row[name]))
    if "rate" in row:
        _below(element, TYPES, "rate", row["rate"]["value"]).set("currency", row["rate"]["currency"])


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _below(element: Any, space: str, name: str, text: str = "") -> Any:
    made = etree.SubElement(element, f"{{{space}}}{name}")
    made.text = text
    return made


def _texts(element: Any, path: str) -> list[str]:
    return [one.text or "" for one in element.findall("/".join(f"{{{SERVICE}}}{step}" for step in path.split("/")))]


def _text(element: Any, path: str) -> str:
    return next(iter(_texts(element, path)), "")


def _enveloped(element: Any, status: int) -> web.Response:
    envelope = etree.Element(f"{{{_SOAP}}}Envelope", nsmap={"soap": _SOAP})
    etree.SubElement(envelope, f"{{{_SOAP}}}Body").append(element)
    body = etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
    return web.Response(status=status, body=body, content_type="text/xml", charset="utf-8")


def _fault(error: FaultError) -> web.Response:
    fault = etree.Element(f"{{{_SOAP}}}Fault")
    etree.SubElement(fault, "faultcode").text = error.code if ":" in error.code else f"soap:{error.code}"
    etree.SubElement(fault, "faultstring").text = error.message
    if error.field:
        detail = etree.SubElement(etree.SubElement(fault, "detail"), f"{{{SERVICE}}}EntryFault")
        etree.SubElement(detail, f"{{{SERVICE}}}field").text = error.field
    return _enveloped(fault, error.status)
