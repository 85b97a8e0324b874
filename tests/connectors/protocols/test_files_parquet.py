"""Values as the columns of a Parquet file hold them: exact, or refused in words; and the library is loaded for nobody else."""

import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.manifest import FieldSpec, ObjectManifest, ValueKind
from apps.connectors.protocols.files_parquet import UnfitValueError, parquet_content, parquet_rows, typed_value

K = ValueKind
SPEC = ObjectManifest(
    "things", "Things", "Project", fields=tuple(FieldSpec(kind.value, kind) for kind in K if kind is not K.NESTED)
)


@pytest.mark.parametrize(
    ("kind", "value", "typed"),
    [
        pytest.param(K.MONEY, "12.50", Decimal("12.50"), id="an amount"),
        pytest.param(K.HOURS, 0.1, Decimal("0.1"), id="a number of JSON"),
        pytest.param(K.DECIMAL, "0.123456789", Decimal("0.123456789"), id="all decimals there are"),
        pytest.param(K.WHOLE, "7", 7, id="a whole number"),
        pytest.param(K.DATE, "2028-02-29", date(2028, 2, 29), id="a day"),
        pytest.param(K.INSTANT, "2026-11-21T10:00:00+02:00", datetime(2026, 11, 21, 8, tzinfo=UTC), id="an instant"),
        pytest.param(K.YES_NO, "yes", True, id="yes"),
        pytest.param(K.TEXT, 7, "7", id="a number as text"),
        pytest.param(None, Decimal("1.10"), "1.10", id="of a column nobody described"),
        pytest.param(K.DATE, "", None, id="nothing"),
    ],
)
def test_a_value_is_held_as_its_column_wants(kind: ValueKind | None, value: Any, typed: Any) -> None:
    assert typed_value(kind, value) == typed


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        pytest.param(K.MONEY, "0.1234567891", "more than 9 decimals", id="too many decimals"),
        pytest.param(K.MONEY, "1,50", "decimal comma", id="a comma"),
        pytest.param(K.DATE, "31.02.2026", "not a date", id="a day in another form"),
        pytest.param(K.DATE, "2026-02-31", "not a day of the calendar", id="a day that does not exist"),
        pytest.param(K.INSTANT, "2026-11-21T10:00:00", "time zone", id="an instant without zone"),
        pytest.param(K.WHOLE, 7.5, "not a whole number", id="a half"),
        pytest.param(K.TEXT, ["a"], "choose JSON lines", id="a list"),
        pytest.param(K.TEXT, "a\x00", "null character", id="a null character"),
        pytest.param(K.TEXT, "\ud800", "half a character", id="half a character"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_words(kind: ValueKind, value: Any, words: str) -> None:
    with pytest.raises(UnfitValueError, match=words) as refused:
        typed_value(kind, value)

    assert "{" not in str(refused.value)


def test_columns_are_those_of_the_manifest_whatever_the_rows_hold() -> None:
    full = parquet_content(SPEC, "delivery", [{"delivery": "1", "money": Decimal("1"), "note": "x"}])
    bare = parquet_content(SPEC, "delivery", [{"delivery": "2"}])

    assert list(parquet_rows(full)) == [{"delivery": "1", "money": "1.000000000", "note": "x"}]
    assert list(parquet_rows(bare)) == [{"delivery": "2"}]


@given(st.decimals(min_value=-(10**14), max_value=10**14, places=9), st.text(st.characters(exclude_categories=["Cs"])))
def test_amounts_and_texts_come_back_as_they_were(amount: Decimal, text: str) -> None:
    (row,) = parquet_rows(parquet_content(SPEC, "delivery", [{"delivery": text, "money": amount}]))

    assert (row["delivery"], Decimal(row["money"])) == (text, amount)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"id,name\r\n1,x\r\n", b"PAR1" + b"\xff" * 200 + b"PAR1"])
def test_what_is_no_parquet_file_has_no_rows(content: bytes) -> None:
    assert list(parquet_rows(content)) == []


def test_the_library_is_loaded_with_the_first_file_only() -> None:
    code = "import sys; import apps.connectors.protocols.files_parquet; print('pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
