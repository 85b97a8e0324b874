"""Configuration documents, version 1: what a file says about one customer's flows, or about a partner's own lines.

A document has one written form: keys and lists in a defined order, what is empty left out. So what is exported, read and
exported again is the same to the byte.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.flows.config_files.yaml_text import write_yaml

VERSION = 1
CUSTOMER_FILE, PARTNER_FILE = "customer-configuration", "partner-lines"
DEFINITION_PARTS = ("batch_size", "filter", "on_failure", "steps")
OTHER_FIELDS = "*"  # an owner entry for every field without one of its own

Lines = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class SystemEntry:
    """A connection by its name, and the system that it logs in to."""

    connection: str
    system: str

    def to_plain(self) -> dict[str, Any]:
        """Return the entry as it is written."""
        return {"connection": self.connection, "system": self.system}


@dataclass(frozen=True, slots=True)
class StartsEntry:
    """What a person set for a flow to start by: an interval or a calendar, minutes before cut-offs, an event's name."""

    every_seconds: int | None = None
    cron: str = ""
    zone: str = ""
    before_cut_off_minutes: int | None = None
    event: str = ""

    def to_plain(self) -> dict[str, Any]:
        """Return the entry as it is written; {} where nothing starts the flow by itself."""
        kept = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in kept.items() if value}


@dataclass(frozen=True, slots=True)
class FlowEntry:
    """The whole of one flow. `lines` are the customer's own by place; `quiet` as triggers/blackouts.py writes it.

    `definition` holds the parts of DEFINITION_PARTS that the customer has otherwise than the template.
    """

    name: str
    template: str
    template_version: int
    source: SystemEntry
    target: SystemEntry
    roles: Mapping[str, SystemEntry] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    starts: StartsEntry = field(default_factory=StartsEntry)
    expected_every_seconds: int | None = None
    quiet: Mapping[str, Any] = field(default_factory=dict)
    definition: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, Lines] = field(default_factory=dict)

    def to_plain(self) -> dict[str, Any]:
        """Return the entry as it is written."""
        whole = {
            "name": self.name,
            "template": self.template,
            "template_version": self.template_version,
            "source": self.source.to_plain(),
            "target": self.target.to_plain(),
            "roles": {role: self.roles[role].to_plain() for role in sorted(self.roles)},
            "settings": {name: self.settings[name] for name in sorted(self.settings)},
            "starts": self.starts.to_plain(),
            "expected_every_seconds": self.expected_every_seconds,
            "quiet": dict(self.quiet),
            "definition": {name: _definition_part(self.definition[name]) for name in sorted(self.definition)},
            "lines": {place: write_lines(self.lines[place]) for place in sorted(self.lines) if self.lines[place]},
        }
        return {name: value for name, value in whole.items() if value not in ({}, None)}


@dataclass(frozen=True, slots=True)
class OwnerEntry:
    """Who owns one field. `field` "" is every other field of the type; `connection` "" the usual system for it."""

    type: str
    field: str
    connection: str
    rule: str
    business_owner: str = ""
    technical_owner: str = ""
    note: str = ""

    def to_plain(self) -> dict[str, Any]:
        """Return the entry as it is written."""
        kept = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in kept.items() if value} | {"field": self.field or OTHER_FIELDS}


@dataclass(frozen=True, slots=True)
class CutOffEntry:
    """A time by which records must have arrived, by its name; `day` as customers/cut_offs.py counts it, `at` "17:00"."""

    name: str
    rhythm: str
    day: int
    at: str
    purpose: str = ""

    def to_plain(self) -> dict[str, Any]:
        """Return the entry as it is written."""
        whole = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in whole.items() if value != ""}


@dataclass(frozen=True, slots=True)
class CustomerDocument:
    """Everything a file says about one customer. Name, currency and zone say whose it is; nothing changes them."""

    name: str
    currency: str
    zone: str
    flows: tuple[FlowEntry, ...] = ()
    owners: tuple[OwnerEntry, ...] = ()
    cut_offs: tuple[CutOffEntry, ...] = ()

    def write(self) -> str:
        """Return the document as text; without cut-offs nothing is said of them."""
        owners = sorted(self.owners, key=lambda owner: (owner.type, owner.field))
        cut_offs = [one.to_plain() for one in sorted(self.cut_offs, key=lambda one: one.name)]
        return write_yaml(
            {
                "file": CUSTOMER_FILE,
                "version": VERSION,
                "customer": {"name": self.name, "currency": self.currency, "zone": self.zone},
                **({"cut_offs": cut_offs} if cut_offs else {}),
                "flows": [flow.to_plain() for flow in sorted(self.flows, key=lambda flow: flow.name)],
                "owners": [_owner_in_order(owner) for owner in owners],
            }
        )


@dataclass(frozen=True, slots=True)
class PartnerLines:
    """What a partner changes for all customers at one place of a template, for one system."""

    template: str
    place: str
    system: str
    lines: Lines

    @property
    def key(self) -> tuple[str, str, str]:
        """What the entry is about."""
        return self.template, self.place, self.system


@dataclass(frozen=True, slots=True)
class PartnerDocument:
    """Everything a file says about a partner's own lines."""

    entries: tuple[PartnerLines, ...] = ()

    def write(self) -> str:
        """Return the document as text."""
        entries = [
            {"template": one.template, "place": one.place, "system": one.system, "lines": write_lines(one.lines)}
            for one in sorted(self.entries, key=lambda one: one.key)
        ]
        return write_yaml({"file": PARTNER_FILE, "version": VERSION, "layers": entries})


Document = CustomerDocument | PartnerDocument


def write_lines(lines: Lines) -> list[dict[str, Any]]:
    """Return lines by their target, each with its target first, everything below in the order of its keys."""
    ordered = sorted(lines, key=lambda line: str(line["target"]))
    return [
        {"target": line["target"], **{key: _in_order(line[key]) for key in sorted(line) if key != "target"}}
        for line in ordered
    ]


def _definition_part(value: Any) -> Any:
    """Return steps with what they are in front, and everything else by its keys."""
    if not isinstance(value, list | tuple):
        return _in_order(value)
    return [
        {key: _in_order(step[key]) for key in (*_STEP_FIRST, *sorted({*step} - {*_STEP_FIRST})) if key in step}
        for step in value
    ]


_STEP_FIRST = ("kind", "name", "title")


def _owner_in_order(owner: OwnerEntry) -> dict[str, Any]:
    plain = owner.to_plain()
    return {name: plain[name] for name in OwnerEntry.__slots__ if name in plain}


def _in_order(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _in_order(value[key]) for key in sorted(value)}
    return [_in_order(inner) for inner in value] if isinstance(value, list | tuple) else value
