"""The mapping studio: columns with what one record gives, a line tried and saved to the draft as it is typed, bulk, files."""

import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.actions import Role
from apps.flows.engine.edits import SetLines
from apps.flows.models import DryRun, FlowDraft, FlowVersion, Operation
from apps.flows.queries.studio import StudioRow
from apps.flows.services.drafts import OpenedDraft, edit_draft, find_draft, open_draft
from apps.tenants import scope
from tests.deals import Deals
from tests.flows.views.conftest import Shown, page_of
from tests.flows.views.test_walking_flows import halfway  # noqa: F401  the deals that stopped half-way

PART = {"HX-Request": "true"}


def _path(shown: Shown, rest: str = "") -> str:
    return f"/flows/{shown.line.flow.id}/mapping/studio/{rest}"


def _typed(**changes: Any) -> dict[str, Any]:
    return {"source": "note", "write_mode": "overwrite", "seen": "0", "started": "1", **changes}


def _rows(response: Any, side: str) -> dict[str, StudioRow]:
    return {row.name: row for row in getattr(response.context["columns"], side)}


def _draft(shown: Shown) -> OpenedDraft:
    with scope.work_in(shown.line.partner):
        opened = find_draft(shown.line.flow)
        assert opened is not None
        return opened


def _own(shown: Shown, place: str = "delivery") -> dict[str, Any]:
    return {line["target"]: line for line in _draft(shown).content.lines.get(place, ())}


def test_the_studio_shows_the_way_of_each_value_through_three_columns(shown: Shown) -> None:
    response = shown.owner.get(_path(shown))
    source, middle, target = (_rows(response, side) for side in ("source", "canonical", "target"))
    assert source["notes"].uses == 1
    assert middle["note"].links == ("notes",)
    assert middle["note"].place == "reading"
    assert target["quantity"].links == ("hours",)
    assert target["quantity"].origin in {"system", "template"}
    assert target["quantity"].value
    assert middle["note"].owner or middle["hours"].unit == "hours"
    assert 'data-links="hours"' in page_of(response)
    assert "No draft yet" in page_of(response)


def test_what_is_typed_is_tried_without_being_saved(shown: Shown) -> None:
    path = _path(shown, "try/?line=delivery:description")
    page = page_of(shown.owner.post(path, _typed(transforms="trim\nupper"), headers=PART))
    assert "studio-stages" in page
    assert "Result: <strong>" in page
    with scope.work_in(shown.line.partner):
        assert not FlowDraft.objects.exists()


WRONG: dict[str, tuple[dict[str, str], str, str]] = {
    "no field": ({"source": "king"}, "source", "the source has no field"),
    "no step": ({"transforms": "shout"}, "transforms", "there is no transform"),
    "no check": ({"checks": "at_most:x"}, "checks", "needs a number"),
    "half an expression": ({"source": "", "expression": "r.note +"}, "expression", "at character"),
    "two origins": ({"source": "note", "expression": "r.note"}, "expression", "Keep one"),
    "a default that fails": ({"checks": "length_at_least:50", "default": "x"}, "default", "does not pass a check"),
}


def test_what_is_wrong_is_told_at_its_key(shown: Shown) -> None:
    owner, path = shown.owner, _path(shown, "try/?line=delivery:description")
    told = {}
    for case, (typed, key, sentence) in WRONG.items():
        page = page_of(owner.post(path, _typed(**typed), headers=PART))
        place = page.partition(f'id="studio-error-{key}"')[2].partition("</div>")[0]
        told[case] = sentence in place.replace("&#x27;", "'")
    assert told == dict.fromkeys(WRONG, True)


def test_a_line_is_saved_as_it_is_typed_undone_brought_back_and_reset(shown: Shown) -> None:
    path = _path(shown, "line/?line=delivery:description")
    page = page_of(shown.owner.post(path, _typed(transforms="upper"), headers=PART))
    assert 'id="studio-columns"' in page
    assert 'name="seen" value="1"' in page.partition('id="studio-moment"')[2].partition("</div>")[0]
    assert _own(shown)["description"]["transforms"] == ["upper"]
    with scope.work_in(shown.line.partner):
        assert FlowVersion.objects.filter(flow=shown.line.flow).count() == 1
    assert _rows(shown.owner.get(_path(shown)), "target")["description"].is_drafted
    shown.owner.post(_path(shown, "history/"), {"turn": "undo"})
    assert _own(shown) == {}
    assert "There is no change to take back" in page_of(
        shown.owner.post(_path(shown, "history/"), {"turn": "undo"}, follow=True)
    )
    shown.owner.post(_path(shown, "history/"), {"turn": "redo"})
    assert "description" in _own(shown)
    typed = {"deed": "reset", "seen": "1", "started": "1"}
    shown.owner.post(_path(shown, "change/?line=delivery:description"), typed)
    assert _own(shown) == {}


def test_a_wrong_line_stays_in_the_draft_and_shows_its_problem(shown: Shown) -> None:
    path = _path(shown, "line/?line=delivery:description")
    shown.owner.post(path, _typed(source="king"), headers=PART)
    row = _rows(shown.owner.get(_path(shown)), "target")["description"]
    assert "the source has no field" in row.problem
    assert "problem" in row.marks.split()


def test_two_people_who_change_one_line_are_told_and_choose(shown: Shown) -> None:
    with scope.work_in(shown.line.partner):
        open_draft(shown.line.flow, by="Ann")
        edit_draft(shown.line.flow, SetLines("delivery", {"description": {"transforms": ["lower"]}}), seen=0, by="Ann")
    path = _path(shown, "line/?line=delivery:description")
    page = page_of(shown.owner.post(path, _typed(transforms="upper"), headers=PART))
    assert "Ann has changed the same meanwhile" in page
    assert "Keep mine" in page
    assert _own(shown)["description"]["transforms"] == ["lower"]
    names = [one.partition('"')[0] for one in page.split('name="conflict" value="')[1:]]
    chosen = _typed(transforms="upper", choice="ours", conflict=names)
    assert shown.owner.post(path, chosen, headers=PART)["HX-Redirect"]
    assert _own(shown)["description"]["transforms"] == ["upper"]


def test_a_change_of_a_version_that_is_not_live_any_more_is_refused(shown: Shown) -> None:
    page = page_of(shown.owner.post(_path(shown, "line/?line=delivery:description"), _typed(started="7"), headers=PART))
    assert "Another version went live meanwhile" in page


def test_ticked_lines_are_changed_at_once_and_undone_at_once(shown: Shown) -> None:
    ticked = ["delivery:description", "delivery:project", "reading:note", "delivery:gone", "nowhere:x"]
    typed = {"tick": ticked, "deed": "add_step", "argument": "trim", "seen": "0", "started": "1"}
    page = page_of(shown.owner.post(_path(shown, "bulk/"), typed, follow=True))
    assert "3 lines were changed in the draft" in page
    assert _own(shown)["description"]["transforms"] == ["trim"]
    assert _own(shown, "reading")["note"]["transforms"]
    shown.owner.post(_path(shown, "history/"), {"turn": "undo"})
    assert (_own(shown), _own(shown, "reading")) == ({}, {})


IMPOSSIBLE: dict[str, tuple[dict[str, Any], str]] = {
    "no such step": ({"deed": "add_step", "argument": "shout"}, "there is no transform"),
    "no step": ({"deed": "remove_step", "argument": ""}, "say which step"),
    "no deed": ({"deed": "dance"}, "Choose what is to be done"),
    "no lines": ({"deed": "reset", "tick": []}, "Tick the lines first"),
    "nothing to do": ({"deed": "accept"}, "None of the ticked lines needs that"),
}


def test_a_bulk_change_that_cannot_be_says_why_and_changes_nothing(shown: Shown) -> None:
    owner, said = shown.owner, {}
    for case, (typed, sentence) in IMPOSSIBLE.items():
        asked = {"tick": ["delivery:description"], "seen": "0", "started": "1", **typed}
        page = page_of(owner.post(_path(shown, "bulk/"), asked, follow=True)).replace("&#x27;", "'")
        said[case] = sentence in page
    assert said == dict.fromkeys(IMPOSSIBLE, True)
    with scope.work_in(shown.line.partner):
        assert not FlowDraft.objects.exists()


def test_a_suggestion_is_shown_with_its_reason_and_taken(shown: Shown) -> None:
    with scope.work_in(shown.line.partner):
        open_draft(shown.line.flow, by="Ann")
        edit_draft(shown.line.flow, SetLines("delivery", {"currency": {"removed": True}}), seen=0, by="Ann")
    row = _rows(shown.owner.get(_path(shown)), "target")["currency"]
    assert row.suggestion is not None
    assert set(row.marks.split()) == {"unmapped", "required", "problem", "drafted", "suggested"}
    path = "line=delivery:currency"
    page = page_of(shown.owner.get(_path(shown, f"line/?{path}"), headers=PART))
    assert "the same name" in page
    typed = {"deed": "accept", "source": "currency", "seen": "1", "started": "1"}
    shown.owner.post(_path(shown, f"change/?{path}"), typed)
    assert _own(shown)["currency"]["source"] == "currency"
    typed = {"deed": "accept", "tick": "delivery:po_number", "seen": "2", "started": "1"}
    assert "None of the ticked" in page_of(shown.owner.post(_path(shown, "bulk/"), typed, follow=True))


def test_a_line_is_removed_and_its_field_is_told_to_be_empty(shown: Shown) -> None:
    typed = {"deed": "remove", "seen": "0", "started": "1"}
    shown.owner.post(_path(shown, "change/?line=delivery:description"), typed)
    assert _own(shown)["description"]["removed"] is True
    assert not _rows(shown.owner.get(_path(shown)), "target")["description"].how


def _uploaded(content: str, name: str = "lines.csv") -> dict[str, Any]:
    return {"file": SimpleUploadedFile(name, content.encode()), "seen": "0", "started": "1"}


def test_lines_go_out_as_a_file_and_come_back_as_a_plan_then_as_one_change(shown: Shown) -> None:
    csv_file = shown.owner.get(_path(shown, "file/?place=delivery")).content.decode("utf-8-sig")
    json_file = json.loads(shown.owner.get(_path(shown, "file/?place=delivery&form=json")).content)
    targets = [row.split(",")[0] for row in csv_file.splitlines()[1:]]
    assert [line["target"] for line in json_file["lines"]] == sorted(line["target"] for line in json_file["lines"])
    assert set(targets) >= {"quantity", "description"}
    path = _path(shown, "import/?place=delivery")
    assert shown.owner.post(path, _uploaded(csv_file)).context["plan"].lines == ()
    changed = "target,transforms,source\ndescription,upper,\nking,,note\nquantity,,nothing\n"
    plan = shown.owner.post(path, _uploaded(changed)).context["plan"]
    assert [line.target for line in plan.changed] == ["description"]
    assert {line.target: line.reason.partition(":")[0] for line in plan.refused} == {
        "king": "there is no field 'king' to fill",
        "quantity": "the source has no field 'nothing'",
    }
    good = "target,transforms\ndescription,upper\n"
    response = shown.owner.post(path, _uploaded(good))
    assert [line.target for line in response.context["plan"].changed] == ["description"]
    applied = {"content": good, "seen": "0", "started": "1", "apply": "1"}
    assert "1 line of the file is in the draft" in page_of(shown.owner.post(path, applied, follow=True))
    assert _own(shown)["description"]["transforms"] == ["upper"]


def test_a_wrong_file_is_told_by_row_and_column(shown: Shown) -> None:
    response = shown.owner.post(_path(shown, "import/"), _uploaded("target,transforms\nquantity,shout\n"))
    assert response.status_code == 400
    assert "row 2, transforms: there is no transform" in page_of(response)
    newer = '{"format": "mapping-lines", "version": 2, "lines": []}'
    assert "written in version 2" in page_of(shown.owner.post(_path(shown, "import/"), _uploaded(newer)))
    assert "Choose a file" in page_of(shown.owner.post(_path(shown, "import/"), {"seen": "0", "started": "1"}))


def test_a_sample_is_chosen_by_its_key_or_read_anew(shown: Shown) -> None:
    with scope.work_in(shown.line.partner):
        operation = Operation.objects.filter(flow=shown.line.flow, state="written").order_by("id").first()
    assert operation is not None
    found = shown.owner.get(_path(shown, f"?key={operation.source_key}")).context["recorded"]
    assert [choice.key for choice in found] == [operation.source_key]
    chosen = shown.owner.get(_path(shown, f"?sample={found[0].token}"))
    assert chosen.context["sample"].key == operation.source_key
    for token in ("record-1", "read-1-1", "dance", "record-01a2012e-9ef8-73f8-b5ce-10995c5c0547"):
        assert "not kept any more" in page_of(shown.owner.get(_path(shown, f"?sample={token}")))
    assert "Records are being read" in page_of(shown.owner.post(_path(shown, "read/"), follow=True))
    shown.line.work()
    with scope.work_in(shown.line.partner):
        assert DryRun.objects.get(flow=shown.line.flow).state == DryRun.State.DONE
    read = shown.owner.get(_path(shown)).context["read"]
    tried = shown.owner.get(_path(shown, f"?sample={read[0].token}"))
    assert tried.context["sample"].key == read[0].key
    assert _rows(tried, "target")["quantity"].value or _rows(tried, "target")["quantity"].problem


def test_each_delivering_step_has_its_own_columns(halfway: Deals) -> None:  # noqa: F811  the fixture
    owner = halfway.browser(Role.OWNER)
    response = owner.get(f"/flows/{halfway.flow.id}/mapping/studio/?place=project_in_psa")
    assert [tab.label for tab in response.context["tabs"] if tab.active]
    assert response.context["writing"].name == "project_in_psa"
    assert response.context["columns"].source == []
    assert any(row.value for row in response.context["columns"].target)


def test_an_address_without_a_field_leads_back_to_all_of_them(shown: Shown) -> None:
    owner = shown.owner
    for rest in ("line/", "line/?line=delivery:gone", "line/?line=nowhere:note"):
        assert "no such field in this mapping" in page_of(owner.get(_path(shown, rest), follow=True))
    assert owner.post(_path(shown, "try/"), _typed(), headers=PART)["HX-Redirect"] == _path(shown)


def test_who_may_not_edit_does_not_get_in(shown: Shown) -> None:
    reader = shown.as_(Role.READ_ONLY)
    for rest in ("", "line/?line=delivery:description", "file/", "import/"):
        assert reader.get(_path(shown, rest)).status_code == 403
    assert reader.post(_path(shown, "bulk/"), {}).status_code == 403


def test_the_queries_do_not_grow_with_the_lines(shown: Shown) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            assert shown.owner.get(_path(shown)).status_code == 200
        return len(counted)

    def change(seen: int, lines: dict[str, Any]) -> None:
        with scope.work_in(shown.line.partner):
            edit_draft(shown.line.flow, SetLines("delivery", lines), seen=seen, by="Ann")

    queries()  # what is remembered for later is read once
    change(0, {"description": {"source": "note", "expression": ""}})
    few = queries()
    change(1, {target: {"transforms": ["trim"]} for target in ("project", "employee", "currency", "cost_center")})
    assert queries() == few
