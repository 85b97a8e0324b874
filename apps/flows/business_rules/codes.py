"""The rules about codes of the books: the cost centre can be booked on, the legal entity is set up."""

from datetime import date

from apps.connectors.canonical.shapes import CanonicalValues, gettext_noop
from apps.connectors.errors import BusinessClass
from apps.flows.business_rules.rule import BusinessRule, Facts, Question, Sample, words

_DIMENSION, _ENTITY = "DimensionValue", "LegalEntity"
_BOOKED = ("TimeEntry", "Expense", "Project")


def _cost_center(values: CanonicalValues, facts: Facts, today: date) -> str:
    if _DIMENSION not in facts.records:
        return ""
    found, code = facts.records[_DIMENSION], words(values.get("cost_center") or "?")
    if found is None:
        return (
            f"Cost centre {code} does not exist in {{asked}}. "
            "Translate it to one that does in the mapping, or set it up there, then retry."
        )
    day = facts.posting_on or today
    since, until = found.get("valid_from"), found.get("valid_to")
    if found.get("active") is False or (until is not None and until < day):
        return (
            f"Cost centre {code} is no longer active in {{asked}}. "
            "Translate it to another one in the mapping, or activate it there, then retry."
        )
    if since is not None and since > day:
        return f"Cost centre {code} is only valid from {since.isoformat()} in {{asked}}. Correct it there, then retry."
    return ""


def _legal_entity(values: CanonicalValues, facts: Facts, _today: date) -> str:
    if _ENTITY not in facts.records or facts.records[_ENTITY] is not None:
        return ""
    return (
        f"The legal entity {words(values.get('legal_entity') or '?')} is not set up in {{asked}}. "
        "Translate it to one that is in the mapping, or set it up there, then retry."
    )


def _center(values: CanonicalValues | None) -> Facts:
    return Facts(records={_DIMENSION: values}, posting_on=date(2026, 11, 20))


_VALUES = {"cost_center": "CC-110"}

COST_CENTER_MAPPED = BusinessRule(
    name="cost_center_mapped",
    types=_BOOKED,
    title=gettext_noop("The cost centre cannot be booked on"),
    summary=gettext_noop("the cost centre exists and is active"),
    looks_at=gettext_noop("the cost centres of the receiving system"),
    business_class=BusinessClass.INVALID_DIMENSION,
    queue="master_data",
    runbook=gettext_noop(
        "Add the translation of the cost centre in the mapping, or have it set up or activated in the system named above, "
        "then retry all records of this case. Nothing was posted."
    ),
    judge=_cost_center,
    asks=(Question(_DIMENSION, "cost_center", ("code", "active")),),
    blames="cost_center",
    samples=(
        Sample("active", _VALUES, _center({"code": "CC-110", "active": True})),
        Sample("does not say whether it is active", _VALUES, _center({"code": "CC-110"})),
        Sample("none on the record", {}, Facts()),
        Sample("valid on the day of the posting", _VALUES, _center({"valid_to": date(2026, 11, 20)})),
        Sample(
            "unknown",
            {"cost_center": "CC-990"},
            _center(None),
            "Cost centre CC-990 does not exist in {asked}. Translate it to one that does in the mapping, or set it up there, then retry.",
        ),
        Sample(
            "inactive",
            _VALUES,
            _center({"code": "CC-110", "active": False}),
            "Cost centre CC-110 is no longer active in {asked}. Translate it to another one in the mapping, or activate it there, then retry.",
        ),
        Sample(
            "ended before the posting",
            _VALUES,
            _center({"code": "CC-110", "valid_to": date(2026, 10, 31)}),
            "Cost centre CC-110 is no longer active in {asked}. Translate it to another one in the mapping, or activate it there, then retry.",
        ),
        Sample(
            "not yet valid",
            _VALUES,
            _center({"code": "CC-110", "active": True, "valid_from": date(2027, 1, 1)}),
            "Cost centre CC-110 is only valid from 2027-01-01 in {asked}. Correct it there, then retry.",
        ),
    ),
)
LEGAL_ENTITY_KNOWN = BusinessRule(
    name="legal_entity_known",
    types=("TimeEntry", "Invoice", "Project"),
    title=gettext_noop("The legal entity is not set up"),
    summary=gettext_noop("the legal entity is set up"),
    looks_at=gettext_noop("the companies of the receiving system"),
    business_class=BusinessClass.MISSING_REFERENCE,
    queue="master_data",
    runbook=gettext_noop(
        "Add the translation of the legal entity in the mapping, or have the company set up in the system named above, "
        "then retry all records of this case. Nothing was posted."
    ),
    judge=_legal_entity,
    asks=(Question(_ENTITY, "legal_entity", ("code",)),),
    blames="legal_entity",
    samples=(
        Sample("known", {"legal_entity": "100"}, Facts(records={_ENTITY: {"code": "100"}})),
        Sample("none on the record", {}, Facts()),
        Sample(
            "unknown",
            {"legal_entity": "999"},
            Facts(records={_ENTITY: None}),
            "The legal entity 999 is not set up in {asked}. Translate it to one that is in the mapping, or set it up there, then retry.",
        ),
    ),
)
