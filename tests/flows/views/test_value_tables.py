"""Tables of values: what they do not know is seen with its money, added at once, brought as a file, and tried again."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.accounts.actions import Role
from apps.dispatch.models import Queue
from apps.flows.models import Flow, FlowVersion, Operation
from apps.flows.services.value_maps import replace_mapping_values
from apps.tenants import scope
from tests.flows.views.conftest import Shown, page_of
from tests.lines import Line

LONG = "A region with a name that nobody in this house would ever write down in full"


@pytest.fixture
def gapped(make_line: Callable[..., Line]) -> Shown:
    """A line whose table of companies knows one region only, run once: the other regions' records are blocked."""
    line = make_line(people=12)
    with scope.work_in(line.partner):
        flow = Flow.objects.get(id=line.flow.id)
        replace_mapping_values(flow, target="company", values={"Nowhere": "100"}, made_by="t")
    return Shown(line, line.run())


def _path(shown: Shown, rest: str = "") -> str:
    return f"/flows/{shown.line.flow.id}/mapping/company/values/{rest}"


def _blocked(shown: Shown) -> list[Operation]:
    return [line for line in shown.line.operations(state="rejected") if "in the table of Company" in line.error_message]


def _upload(shown: Shown, content: bytes, way: str) -> Any:
    file = SimpleUploadedFile("values.csv", content, content_type="text/csv")
    return shown.owner.post(_path(shown), {"file": file, "way": way}, follow=True)


def test_unknown_values_are_shown_added_and_what_they_blocked_is_tried_again(gapped: Shown) -> None:
    blocked = _blocked(gapped)
    table = gapped.owner.get(_path(gapped)).context["table"]
    assert sum(unknown.blocked for unknown in table.gaps.unknown) == len(blocked) > 0
    held = sum(amount for unknown in table.gaps.unknown for amount, _currency in unknown.money)
    assert held == sum(line.amount for line in blocked if line.amount)
    assert all(unknown.seen >= unknown.blocked and unknown.last_at for unknown in table.gaps.unknown)
    values = [unknown.value for unknown in table.gaps.unknown]
    assert set(values) <= {"EMEA", "AMER", "APAC"}

    on_mapping = page_of(gapped.owner.get(f"/flows/{gapped.line.flow.id}/mapping/"))
    assert f'name="value_from" value="{values[0]}"' in on_mapping
    # Every form of the two pages carries its token, in parts that are included as well.
    for page in (on_mapping, page_of(gapped.owner.get(_path(gapped)))):
        forms = re.findall(r"<form[^>]*method=.post.*?</form>", page, re.DOTALL)
        assert [form[:120] for form in forms if "csrfmiddlewaretoken" not in form] == []
    assert len(values) > 1
    sent = {"value_from": values, "value_to": ["100"] * (len(values) - 1) + [""], "back": "mapping"}
    answer = gapped.owner.post(_path(gapped, "add/"), sent, follow=True)
    assert answer.redirect_chain[-1][0].endswith("#values")
    assert "in the table. Version 3 is live" in page_of(answer)

    assert "Version 3 is live" in page_of(gapped.owner.post(_path(gapped, "add/"), sent, follow=True)), "sent twice"

    gaps = gapped.owner.get(_path(gapped)).context["table"].gaps
    assert gaps.ready == len(blocked) - sum(unknown.blocked for unknown in gaps.unknown) > 0
    asked = gapped.owner.post(_path(gapped, "retry/"))
    assert asked.status_code == 302
    gapped.owner.post(f"{asked['Location']}start/")
    gapped.line.work(Queue.MAINT)
    gapped.line.work(Queue.RUN)
    assert len(_blocked(gapped)) == len(blocked) - gaps.ready
    assert gapped.owner.get(_path(gapped)).context["table"].gaps.ready == 0


def test_nothing_filled_in_is_said_and_publishes_nothing(gapped: Shown) -> None:
    answer = gapped.owner.post(_path(gapped, "add/"), {"value_from": ["EMEA"], "value_to": [" "]}, follow=True)
    assert "Say for at least one value" in page_of(answer)
    answer = gapped.owner.post(_path(gapped, "add/"), {"value_from": ["a\x00"], "value_to": ["b"]}, follow=True)
    assert "null character" in page_of(answer)
    answer = gapped.owner.post(_path(gapped, "add/"), {"value_from": ["a"], "value_to": ["b" * 501]}, follow=True)
    assert "at most: shorten it" in page_of(answer)
    assert "Choose at least one record" in page_of(gapped.owner.post(_path(gapped, "retry/"), follow=True))
    with scope.work_in(gapped.line.partner):
        assert FlowVersion.objects.filter(flow=gapped.line.flow).count() == 2


def test_a_suggestion_is_taken_by_one_click(gapped: Shown) -> None:
    _upload(gapped, b"emea (old),100\nNowhere,300\n", "replace")
    (emea,) = [one for one in gapped.owner.get(_path(gapped)).context["table"].gaps.unknown if one.value == "EMEA"]
    assert emea.suggestions == ("100",)
    sent = {"value_from": ["AMER", "EMEA"], "value_to": ["half typed", ""], "take": "1:100"}
    assert "1 value is in the table" in page_of(gapped.owner.post(_path(gapped, "add/"), sent, follow=True))
    pairs = gapped.owner.get(_path(gapped)).context["table"].pairs
    assert pairs == [("EMEA", "100"), ("Nowhere", "300"), ("emea (old)", "100")]
    for nonsense in ("7:100", "x:100", "²:100", "1:", "9" * 5_000 + ":1"):
        answer = gapped.owner.post(_path(gapped, "add/"), {**sent, "take": nonsense}, follow=True)
        assert "Say for at least one value" in page_of(answer)


def test_a_file_is_added_or_becomes_the_table_and_comes_back_as_it_is(gapped: Shown) -> None:
    _upload(gapped, b"value,becomes\nEMEA,100\nNowhere,300\n", "add")
    table = gapped.owner.get(_path(gapped)).context["table"]
    assert table.pairs == [("EMEA", "100"), ("Nowhere", "300")]
    _upload(gapped, f"AMER;200\n'=1+1;100\n{LONG};300\n".encode(), "replace")
    table = gapped.owner.get(_path(gapped)).context["table"]
    assert table.pairs == [("=1+1", "100"), (LONG, "300"), ("AMER", "200")]
    assert gapped.owner.get(_path(gapped, "?q=ame")).context["pairs"] == [(LONG, "300"), ("AMER", "200")]
    export = gapped.owner.get(_path(gapped, "export/"))
    assert export.content.decode("utf-8-sig").splitlines()[:2] == ["value,becomes", "'=1+1,100"]
    _upload(gapped, export.content, "replace")
    assert gapped.owner.get(_path(gapped)).context["table"].pairs == table.pairs


def test_a_file_that_is_wrong_is_refused_whole_with_its_lines(gapped: Shown) -> None:
    answer = _upload(gapped, b"EMEA,100\nAMER\nAPAC,300\nEMEA,5\n", "replace")
    assert answer.status_code == 400
    for words in ("Line 2: there must be two columns", "Line 4: “EMEA” stands in line 1 already"):
        assert words in page_of(answer)
    with scope.work_in(gapped.line.partner):
        assert FlowVersion.objects.filter(flow=gapped.line.flow).count() == 2


def test_a_value_that_the_sentence_cuts_short_is_known_in_full(gapped: Shown) -> None:
    with scope.work_in(gapped.line.partner):
        (first, *_rest) = _blocked(gapped)
        first = Operation.objects.get(id=first.id)
        value = first.error_message.split("“")[1].split("”")[0]
        first.error_message = first.error_message.replace(f"“{value}”", f"“{value}…”")
        first.save(update_fields=["error_message"])
    gaps = gapped.owner.get(_path(gapped)).context["table"].gaps
    assert sum(unknown.blocked for unknown in gaps.unknown if unknown.value == value) > 0
    assert not any(unknown.value.endswith("…") for unknown in gaps.unknown)


def test_a_large_table_has_its_own_page_and_the_line_keeps_it(gapped: Shown) -> None:
    _upload(gapped, b"".join(b"region %d,100\n" % row for row in range(250)), "replace")
    page = gapped.owner.get(_path(gapped))
    assert (len(page.context["pairs"]), page.context["hidden"]) == (200, 50)
    line = f"/flows/{gapped.line.flow.id}/mapping/company/"
    assert "The table has 250 rows." in page_of(gapped.owner.get(line))
    typed = {"source": "region", "write_mode": "overwrite", "checks": "one_of:100,200", "publish": "1"}
    assert gapped.owner.post(line, typed).status_code == 302
    assert len(gapped.owner.get(_path(gapped)).context["table"].pairs) == 250


def test_a_line_without_a_table_has_no_page_and_only_editors_see_one(gapped: Shown) -> None:
    assert gapped.owner.get(f"/flows/{gapped.line.flow.id}/mapping/description/values/").status_code == 404
    viewer = gapped.as_(Role.READ_ONLY)
    assert viewer.get(_path(gapped)).status_code == 403
    assert 'name="value_from"' not in page_of(viewer.get(f"/flows/{gapped.line.flow.id}/mapping/"))
