"""A flow's mapping: a line is tried, published and reset, a table of values grows; what is wrong is said in place."""

from typing import Any

import pytest

from apps.flows.models import FlowVersion
from apps.tenants import scope
from tests.flows.views.conftest import Shown, page_of, typed_line


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"expression": "hours *"}, "Keep one"),
        ({"source": "", "expression": "r.hours *"}, "field-error"),
        ({"source": "", "expression": "r.nonsense + 1"}, "the source has no field"),
        ({"transforms": "shout"}, "shout"),
        ({"source": ""}, "the field would stay empty"),
        ({"source": "king"}, "Select a valid choice"),
        ({"value_from": ["a", "a"], "value_to": ["1", "2"]}, "the same value twice"),
        ({"value_from": ["a"], "value_to": [""]}, "half filled"),
        ({"write_mode": "shout"}, "Select a valid choice"),
        ({"checks": "shout\nlength_at_most:x"}, "there is no check"),
        ({"checks": "at_most:x"}, "needs a number"),
        ({"checks": "matches:("}, "cannot be used"),
        ({"checks": "length_at_least:50", "default": "none"}, "does not pass a check of its own line"),
        ({"value_from": ["x"] + list("abc") * 67, "value_to": ["y"] * 202}, "bring more in from a file"),
    ],
    ids=[
        "two origins",
        "an expression that ends too soon",
        "an unknown field in an expression",
        "an unknown step",
        "no origin at all",
        "an unknown source",
        "a value twice in the table",
        "half a row",
        "an unknown write mode",
        "an unknown check",
        "a check whose limit is no number",
        "a check whose pattern is none",
        "a check that the default does not pass",
        "more rows than anybody types",
    ],
)
def test_a_wrong_line_is_explained_in_place_and_publishes_nothing(
    shown: Shown, changes: dict[str, Any], sentence: str
) -> None:
    path = f"/flows/{shown.line.flow.id}/mapping/description/"
    for button in ("publish", "preview"):
        response = shown.owner.post(path, {**typed_line(**changes), button: "1"})
        assert response.status_code == 400, page_of(response)[:400]
        assert sentence in page_of(response)
    with scope.work_in(shown.line.partner):
        assert FlowVersion.objects.filter(flow=shown.line.flow).count() == 1


def test_a_line_is_tried_published_shown_and_reset(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}/"
    path = f"{here}mapping/description/"
    wanted = typed_line(transforms="trim\nupper", checks="length_at_most:60", note="Capitals on invoices")
    tried = shown.owner.post(path, {**wanted, "preview": "1"})
    assert tried.status_code == 200
    assert tried.context["tried"].value.isupper()
    assert "Version 2 is live" in page_of(shown.owner.post(path, {**wanted, "publish": "1"}, follow=True))
    (row,) = [row for row in shown.owner.get(f"{here}mapping/").context["mapping"].rows if row.target == "description"]
    assert (row.origin, "upper" in row.how) == ("customer", True)
    assert row.how.endswith("checked: length_at_most:60")
    assert "Capitals on invoices" in page_of(shown.owner.get(f"{here}versions/"))
    assert "checked: length_at_most:60" in page_of(shown.owner.get(f"{here}versions/?from=1&to=2"))
    assert "length_at_most:60</textarea>" in page_of(shown.owner.get(path))
    assert "Nothing was changed" in page_of(shown.owner.post(path, {**wanted, "publish": "1"}, follow=True))
    shown.owner.post(f"{path}reset/")
    (row,) = [row for row in shown.owner.get(f"{here}mapping/").context["mapping"].rows if row.target == "description"]
    assert row.origin != "customer"


def test_a_table_of_values_is_typed_and_added_to(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}/"
    # PostgreSQL keeps no null character: it is left out.
    table = {"value_from": ["Tra\x00vel", ""], "value_to": ["T-1", ""], "otherwise": "X"}
    shown.owner.post(f"{here}mapping/description/", {**typed_line(), **table, "publish": "1"})
    shown.owner.post(f"{here}mapping/description/value/", {"outside_value": "Call", "new_value": "C-1"})
    (values,) = [v for v in shown.owner.get(f"{here}mapping/").context["mapping"].values if v.target == "description"]
    assert (values.pairs, values.otherwise) == ([("Call", "C-1"), ("Travel", "T-1")], "X")
    half = shown.owner.post(f"{here}mapping/description/value/", {"outside_value": "Call"}, follow=True)
    assert "Fill in both" in page_of(half)


def test_who_has_not_seen_anothers_change_of_the_line_does_not_replace_it(shown: Shown) -> None:
    path = f"/flows/{shown.line.flow.id}/mapping/description/"
    assert 'name="seen" value="1"' in page_of(shown.owner.get(path))
    shown.owner.post(path, {**typed_line(default="Ann's"), "publish": "1", "seen": "1"})
    answer = shown.owner.post(path, {**typed_line(default="mine"), "publish": "1", "seen": "1"})
    assert answer.status_code == 400
    assert "has changed this line meanwhile (version 2)" in page_of(answer)
    with scope.work_in(shown.line.partner):
        assert FlowVersion.objects.filter(flow_id=shown.line.flow.id).count() == 2


def test_a_line_that_reads_the_source_is_changed_like_one_that_writes(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}/mapping/"
    wrong = {"source": "nonsense", "transforms": "", "default": ""}
    assert "Select a valid choice" in page_of(shown.owner.post(f"{here}note/?place=reading", {**wrong, "preview": "1"}))
    typed = {"source": "", "expression": "'N: ' + r.notes", "transforms": "upper", "default": ""}
    page = page_of(shown.owner.post(f"{here}note/?place=reading", {**typed, "publish": "1"}, follow=True))
    assert "Version 2 is live" in page
    (row,) = [row for row in shown.owner.get(here).context["mapping"].reading if row.target == "note"]
    assert row.origin == "customer"
    assert row.sample.startswith("N: ")
