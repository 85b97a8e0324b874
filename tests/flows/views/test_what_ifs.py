"""The pages of a what-if: asked from the line, the version and the upgrade, what they show, and making it live."""

from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from apps.accounts.actions import Role
from apps.customers.retention import set_payload_rule
from apps.flows.mapping.layers import LineChange
from apps.flows.models import Flow, FlowVersion, WhatIf
from apps.flows.services import bases
from apps.flows.services.publish import change_line
from apps.flows.templates_library import TEMPLATES
from apps.tenants import scope
from tests.flows.views.conftest import Shown, page_of, typed_line


def _address(shown: Shown, page: str) -> str:
    return f"/flows/{shown.line.flow.id}/{page}"


def _flow(shown: Shown) -> Flow:
    return Flow.objects.select_related("live_version").get(id=shown.line.flow.id)


def _live(shown: Shown) -> int:
    with scope.work_in(shown.line.partner):
        live = _flow(shown).live_version
        assert live is not None
        return live.number


def _asked(shown: Shown, **typed: Any) -> str:
    answer = shown.owner.post(_address(shown, "mapping/description/"), typed_line(what_if="1", **typed))
    assert answer.status_code == 302, page_of(answer)
    address: str = answer.headers["Location"]
    return address


def test_a_changed_line_is_proposed_and_its_page_says_what_it_would_change(shown: Shown) -> None:
    address = _asked(shown, transforms="upper", note="In capitals")
    assert _live(shown) == 1
    waiting = page_of(shown.owner.get(address))
    assert "Running recorded records through both versions" in waiting
    assert "Make it live" not in waiting
    part = shown.owner.get(address, headers={"HX-Request": "true"})
    assert "HX-Refresh" not in part.headers
    shown.line.work()
    assert shown.owner.get(address, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    page = page_of(shown.owner.get(address))
    with scope.work_in(shown.line.partner):
        found = WhatIf.objects.get()
    changed = found.result["counts"]["changed"]
    for words in (
        "By field",
        "Records that differ",
        "In capitals",
        f"{changed} of {found.read} records",
        "Make it live",
    ):
        assert words in page
    assert "/operations/" in page
    table = b"".join(shown.owner.get(f"{address}?format=csv")).decode()
    assert len(table.strip().splitlines()) == changed + 1
    narrowed = page_of(shown.owner.get(f"{address}?kind=now_refused&q=nothing"))
    assert "No record fits this filter" in narrowed or "/operations/" not in narrowed


def test_it_goes_live_only_with_a_reason(shown: Shown) -> None:
    address = _asked(shown, transforms="upper")
    shown.line.work()
    refused = page_of(shown.owner.post(f"{address}go-live/", {"reason": ""}, follow=True))
    assert "Give the reason" in refused
    assert _live(shown) == 1
    done = page_of(shown.owner.post(f"{address}go-live/", {"reason": "The client asked"}, follow=True))
    assert "Version 2 is live" in done
    assert "The client asked" in done
    assert _live(shown) == 2
    assert "The reason given: The client asked" in page_of(shown.owner.get(address))


def test_who_was_overtaken_is_told(shown: Shown) -> None:
    address = _asked(shown, transforms="upper")
    shown.line.work()
    with scope.work_in(shown.line.partner):
        change_line(_flow(shown), target="description", changes={"default": "Work"}, made_by="Otto")
    page = page_of(shown.owner.get(address))
    assert "Another version went live since" in page
    assert 'data-opens="go-live"' not in page
    told = page_of(shown.owner.post(f"{address}go-live/", {"reason": "Capitals"}, follow=True))
    assert "make it anew from what is live" in told
    assert _live(shown) == 3


def test_an_unchanged_line_makes_no_version(shown: Shown) -> None:
    with scope.work_in(shown.line.partner):
        change_line(_flow(shown), target="description", changes={"source": "note", "expression": ""}, made_by="Otto")
    answer = shown.owner.post(_address(shown, "mapping/description/"), typed_line(what_if="1"), follow=True)
    assert "Nothing was changed" in page_of(answer)
    with scope.work_in(shown.line.partner):
        assert FlowVersion.objects.count() == 2


def test_a_proposed_version_is_asked_about_from_the_list_of_versions(shown: Shown) -> None:
    _asked(shown, transforms="upper")
    with scope.work_in(shown.line.partner):
        WhatIf.objects.all().delete()
    page = page_of(shown.owner.get(_address(shown, "versions/")))
    assert "What would it change?" in page
    answer = shown.owner.post(_address(shown, "versions/2/what-if/"), {"most": "100"})
    with scope.work_in(shown.line.partner):
        asked = WhatIf.objects.get()
    assert (answer.headers["Location"], asked.most) == (f"/what-ifs/{asked.id}/", 100)
    assert f"/what-ifs/{asked.id}/" in page_of(shown.owner.get(_address(shown, "versions/")))
    assert shown.owner.post(_address(shown, "versions/7/what-if/")).status_code == 404


def test_an_upgrade_is_asked_about_before_it_is_taken(shown: Shown) -> None:
    template = TEMPLATES[shown.line.flow.template]
    later = replace(template, version=template.version + 1, lines=(LineChange("description", {"default": "Work"}),))
    with patch.object(bases, "flow_template", lambda _slug: later):
        assert "See what it would change" in page_of(shown.owner.get(_address(shown, "upgrade/")))
        answer = shown.owner.post(_address(shown, "upgrade/"), {"what_if": "1"})
    with scope.work_in(shown.line.partner):
        asked = WhatIf.objects.select_related("version_after").get()
        assert asked.version_after.template_version == later.version
    assert answer.headers["Location"] == f"/what-ifs/{asked.id}/"
    assert _live(shown) == 1


def test_a_customer_that_keeps_nothing_is_told_in_place_and_no_version_is_left(shown: Shown) -> None:
    with scope.work_in(shown.line.partner):
        set_payload_rule(shown.line.customer, stored=False, keep_days=30)
    typed = typed_line(what_if="1", transforms="upper")
    told = page_of(shown.owner.post(_address(shown, "mapping/description/"), typed, follow=True))
    assert "keeps no contents of records" in told
    with scope.work_in(shown.line.partner):
        assert FlowVersion.objects.count() == 1


@pytest.mark.parametrize(("role", "sees", "asks"), [(Role.READ_ONLY, 200, 403), (Role.OWNER, 200, 302)])
def test_roles(shown: Shown, role: Role, sees: int, asks: int) -> None:
    address = _asked(shown, transforms="upper")
    shown.line.work()
    browser = shown.as_(role)
    page = browser.get(address)
    assert page.status_code == sees
    assert ("Make it live" in page_of(page)) is (asks == 302)
    assert browser.post(_address(shown, "versions/2/what-if/")).status_code == asks
    assert browser.post(f"{address}go-live/", {"reason": "x"}).status_code == asks
