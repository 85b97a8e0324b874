"""How a system speaks SOAP, as data: its operations with their messages, element by element in the order of the schema.

Documents of WSDL say the same at greater length; a manifest holds what is needed to write a request and to read its answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class SoapVersion(StrEnum):
    """Which SOAP. They differ in name space, content type and faults."""

    V1_1 = "1.1"  # https://www.w3.org/TR/2000/NOTE-SOAP-20000508/
    V1_2 = "1.2"  # https://www.w3.org/TR/soap12-part1/


class SoapKind(StrEnum):
    """How a value is written (https://www.w3.org/TR/xmlschema11-2/)."""

    TEXT = "text"
    WHOLE = "whole"  # xs:integer and what derives from it
    NUMBER = "number"  # xs:decimal, and xs:double where a system has that
    DAY = "day"  # xs:date
    INSTANT = "instant"  # xs:dateTime
    YES_NO = "yes_no"  # xs:boolean
    GROUP = "group"  # an element that holds others


class SoapPlace(StrEnum):
    """Where a value stands."""

    ELEMENT = "element"
    ATTRIBUTE = "attribute"  # of the element above
    CONTENT = "content"  # the text of the element above, which has attributes besides


@dataclass(frozen=True, slots=True)
class SoapPart:
    """One element of a message. `path` is dotted, below the message's own element: "filter.page".

    `space` names an entry of SoapSpec.spaces, "" none. `required` is what the schema demands: minOccurs above zero.
    """

    path: str
    kind: SoapKind = SoapKind.TEXT
    space: str = ""
    place: SoapPlace = SoapPlace.ELEMENT
    repeated: bool = False
    required: bool = False
    nillable: bool = False


@dataclass(frozen=True, slots=True)
class SoapMessage:
    """What stands in the body of a request or an answer: one element, and its parts in the order of the schema.

    A group stands before what is in it.
    """

    name: str
    space: str = ""
    parts: tuple[SoapPart, ...] = ()


@dataclass(frozen=True, slots=True)
class SoapOperation:
    """One operation. `answer` None: nothing comes back.

    `key` is the path in the request that takes a record's number. `fixed` goes with every request unless a call says
    otherwise, by path; its values may name settings: {"companyId": "{company}"}.
    """

    request: SoapMessage
    answer: SoapMessage | None = None
    action: str = ""
    key: str = ""
    fixed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SoapSpec:
    """How a service speaks SOAP. Paths of the manifest name its operations: "ListEntries", "GetEntry/{key}".

    Parameters, bodies and answers are read by the paths of messages. `path` is where requests go, below the base
    address. `statuses` says what HTTP would have answered by the code of a fault ({"NotFound": 404}), for services whose
    faults all come with the same status.
    """

    operations: Mapping[str, SoapOperation]
    version: SoapVersion = SoapVersion.V1_1
    path: str = ""
    spaces: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, int] = field(default_factory=dict)
