"""Times and exact numbers in the forms of OData, and in their usual ones."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.manifest import FieldSpec, ObjectManifest, Reading, ValueKind
from apps.connectors.odata_spec import ODataSpec
from apps.connectors.protocols.odata_forms import usual_record, v2_record, with_numbers

K = ValueKind
SPEC = ObjectManifest(
    "things",
    "Things",
    "Project",
    fields=(
        FieldSpec("At", K.INSTANT),
        FieldSpec("On", K.DATE),
        FieldSpec("Sum", K.MONEY),
        FieldSpec("Long", K.WHOLE),
        FieldSpec("Short", K.WHOLE),
        FieldSpec("Name", K.TEXT),
        FieldSpec("In", K.NESTED),
        FieldSpec("In.At", K.INSTANT),
    ),
    reading=Reading("Things"),
)
ODATA = ODataSpec(version=2, types={"Things/Long": "Edm.Int64"})


@pytest.mark.parametrize(
    ("held", "usual"),
    [
        pytest.param({"At": "/Date(1573755038314)/"}, {"At": "2019-11-14T18:10:38.314Z"}, id="an instant"),
        pytest.param({"At": "/Date(1573755038314+0060)/"}, {"At": "2019-11-14T18:10:38.314Z"}, id="with an offset"),
        pytest.param({"On": "/Date(1573689600000)/"}, {"On": "2019-11-14"}, id="a day"),
        pytest.param(
            {"In": {"At": "/Date(0)/", "x": 1}}, {"In": {"At": "1970-01-01T00:00:00.000Z", "x": 1}}, id="inside"
        ),
        pytest.param({"At": "soon"}, {"At": "soon"}, id="no time"),
        pytest.param({"Name": "/Date(0)/"}, {"Name": "/Date(0)/"}, id="a text"),
        pytest.param({"At": None, "In": None}, {"At": None, "In": None}, id="nothing"),
        pytest.param({"In": [{"At": "/Date(0)/"}]}, {"In": [{"At": "/Date(0)/"}]}, id="a list"),
    ],
)
def test_a_record_of_version_2_is_read_in_the_usual_forms(held: dict[str, Any], usual: dict[str, Any]) -> None:
    assert usual_record(SPEC, held) == usual


@pytest.mark.parametrize(
    ("usual", "sent"),
    [
        pytest.param({"At": "2019-11-14T19:10:38.314+01:00"}, {"At": "/Date(1573755038314)/"}, id="an instant"),
        pytest.param({"At": datetime(1970, 1, 1, tzinfo=UTC)}, {"At": "/Date(0)/"}, id="a value of its own"),
        pytest.param({"On": "2019-11-14"}, {"On": "/Date(1573689600000)/"}, id="a day"),
        pytest.param({"On": date(1970, 1, 2)}, {"On": "/Date(86400000)/"}, id="a day of its own"),
        pytest.param({"Sum": 12.5}, {"Sum": "12.5"}, id="an amount"),
        pytest.param({"Sum": Decimal("0.30")}, {"Sum": "0.30"}, id="an exact amount"),
        pytest.param({"Sum": "12.50"}, {"Sum": "12.50"}, id="an amount as text"),
        pytest.param(
            {"Long": 7, "Short": 7}, {"Long": "7", "Short": 7}, id="a long number, which is a text, and a short one"
        ),
        pytest.param({"At": "soon", "Name": "x"}, {"At": "soon", "Name": "x"}, id="what the service itself refuses"),
    ],
)
def test_a_record_is_written_in_the_forms_of_version_2(usual: dict[str, Any], sent: dict[str, Any]) -> None:
    assert v2_record(SPEC, ODATA, usual) == sent


def test_version_4_takes_exact_numbers_as_numbers() -> None:
    body = {"a": Decimal("0.3"), "b": [{"c": Decimal("99999999.9999")}], "d": "0.3", "e": None}

    assert with_numbers(body) == {"a": 0.3, "b": [{"c": 99999999.9999}], "d": "0.3", "e": None}
