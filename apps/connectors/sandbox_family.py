"""What all systems of the sandbox have in common: how lists are read, and what they refuse alike."""

from apps.connectors.describe_spec import DescribeSpec
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import ChangeRead, ErrorRule, Paging, Reading, ValueKind

NO_COMPANY = ErrorRule(
    FailureKind.MISCONFIGURED,
    BusinessClass.CONNECTION,
    code="no_company",
    sentence="The sandbox has no such company: check the base address.",
)
DESCRIBE = DescribeSpec(
    path="describe/{object}",
    kinds={
        "number": ValueKind.DECIMAL,
        "money": ValueKind.MONEY,
        "date": ValueKind.DATE,
        "instant": ValueKind.INSTANT,
        "boolean": ValueKind.YES_NO,
        "choice": ValueKind.CHOICE,
        "nested": ValueKind.NESTED,
    },
    required_path="required",
    read_only_path="read_only",
    choices_path="choices",
    length_path="max_length",
)
_PAGING = Paging(
    style="page", size=200, size_parameter="size", position_parameter="page", total_path="total", largest=500
)


def reading_of(path: str, *, records_path: str = "records") -> Reading:
    """Return how the records at `path` are read: changes by time, oldest first."""
    return Reading(
        path=path,
        records_path=records_path,
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter="modified_since",
        paging=_PAGING,
        one_path=f"{path}/{{key}}",
        since_sorted=True,
    )


def refused(code: str, business_class: BusinessClass, sentence: str, field: str = "") -> ErrorRule:
    """Return the rule for one record that the system refuses for its own sake."""
    return ErrorRule(FailureKind.REJECTED, business_class, code=code, field=field, sentence=sentence)


def common_refusals(system: str, *, record: str = "record") -> tuple[ErrorRule, ...]:
    """Return what every writable system of the sandbox refuses; `system` is its name in sentences: "The ERP"."""
    return (
        refused(
            "missing_field",
            BusinessClass.VALIDATION,
            f"{system} needs {{field}}, which is empty. Fill it in on the {record}.",
        ),
        refused(
            "too_long",
            BusinessClass.TOO_LARGE,
            f"The text for {{field}} is longer than {_inside(system)} allows. Shorten it.",
        ),
        refused(
            "invalid_choice",
            BusinessClass.MAPPING_GAP,
            f"{{value}} is none of the values {_inside(system)} takes for {{field}}. Map it to one of them.",
        ),
        ErrorRule(
            FailureKind.MISCONFIGURED,
            BusinessClass.SCHEMA_DRIFT,
            code="unknown_field",
            sentence=f"{system} no longer knows a field that is sent to it: {{message}}. Adapt the mapping.",
        ),
        NO_COMPANY,
    )


def _inside(system: str) -> str:
    return system[0].lower() + system[1:]
