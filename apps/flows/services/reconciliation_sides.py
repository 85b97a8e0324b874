"""What both sides of a flow show of a record, as small rows: who it is, which version, and what it is worth."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from apps.connectors.answers import at_path
from apps.connectors.canonical.amounts import no_amount
from apps.connectors.canonical.shapes import CanonicalType
from apps.connectors.contract import SourceRecord
from apps.connectors.manifest import ObjectManifest
from apps.flows.engine.flow import compile_reading
from apps.flows.engine.pipeline import build_business_keys
from apps.flows.engine.reconcile import Money
from apps.flows.engine.steps.extract import ExtractStep
from apps.flows.mapping.compiled import MappingError
from apps.flows.services.session import Session


class SourceRow(NamedTuple):
    """A record of the source. Amounts are texts, None where there is none; `own` is the number the target knows it by.

    `expected` is what the flow's mapping makes of its amount, as the target would say it.
    """

    business_key: str
    key: str
    version: str
    amount: str | None
    currency: str
    expected: str | None
    expected_currency: str
    own: str
    label: str

    @property
    def money(self) -> Money | None:
        """Return what the source says it is worth."""
        return _money(self.amount, self.currency)

    @property
    def expected_money(self) -> Money | None:
        """Return what the target should say it is worth."""
        return _money(self.expected, self.expected_currency)


class TargetRow(NamedTuple):
    """A record of the target, with our own number in it where it carries one."""

    key: str
    own: str
    amount: str | None
    currency: str

    @property
    def money(self) -> Money | None:
        """Return what the target says it is worth."""
        return _money(self.amount, self.currency)


class WorthReader:
    """Says what records of an outside form are worth, by the lines that read them."""

    def __init__(self, described: CanonicalType, kind: ObjectManifest) -> None:
        self._described = described
        self._extract = _extract_of(described, kind)

    @property
    def says_amounts(self) -> bool:
        """Return True when these records are read here, and records of their type can be worth something."""
        return self._extract is not None and self._described.amount is not no_amount

    def worth(self, canonical: Mapping[str, Any]) -> Money | None:
        """Return what a canonical record is worth."""
        amount = self._described.amount(canonical)
        return None if amount is None else Money.of(amount.value, amount.currency)

    def worth_there(self, values: Mapping[str, Any]) -> Money | None:
        """Return what a record of the outside form is worth; None where such records are not read here."""
        if self._extract is None:
            return None
        canonical, _ = self._extract.plan(SourceRecord("", "", "", dict(values)))
        return self.worth(canonical)

    def row(self, record: SourceRecord, own_field: str = "") -> TargetRow:
        """Return what a system shows of a record; `own_field` is where it carries our own number."""
        own = at_path(record.values, own_field) if own_field else None
        return TargetRow(record.key, "" if own is None else str(own), *_parts(self.worth_there(record.values)))


class SideReader:
    """Turns records of both sides into rows, with the mappings of one session."""

    def __init__(self, session: Session) -> None:
        self._compiled = session.compiled
        self._delivery = session.pinned.delivery
        self._target = WorthReader(session.compiled.described, session.pinned.target_object)
        writing = session.pinned.target_object.writing
        self._own_field = writing.own_key_field if writing is not None else ""

    def source_row(self, record: SourceRecord) -> SourceRow:
        """Return what the source shows of a record."""
        canonical, _ = self._compiled.extract.plan(record)
        [business_key] = build_business_keys(self._compiled, [record])
        # A flow that writes step by step makes other records of it: there is no one amount to be expected.
        mapped = {} if self._compiled.definition.walks else self._delivery.apply(canonical).values or {}
        expected = self._target.worth_there(mapped) if mapped else None
        return SourceRow(
            business_key,
            record.key,
            record.version,
            *_parts(self._target.worth(canonical)),
            *_parts(expected),
            own=str(mapped.get(self._own_field) or business_key) if self._own_field else "",
            label=self._compiled.described.describe(canonical)[:300],
        )

    def target_row(self, record: SourceRecord) -> TargetRow:
        """Return what the target shows of a record."""
        return self._target.row(record, self._own_field)


def _extract_of(described: CanonicalType, kind: ObjectManifest) -> ExtractStep | None:
    if not kind.reading_lines:
        return None
    try:
        return ExtractStep(described, compile_reading(described, kind))
    except MappingError:
        return None  # then records are counted, and their amounts are not compared


def _parts(money: Money | None) -> tuple[str | None, str]:
    return (None, "") if money is None else (str(money.value), money.currency)


def _money(amount: str | None, currency: str) -> Money | None:
    return None if amount is None else Money(Decimal(amount), currency)
