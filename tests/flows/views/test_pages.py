"""All pages about flows, runs and records: they render, show each person what is theirs, and stay cheap."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from apps.accounts.actions import Role
from apps.flows.templates_library import TEMPLATES
from tests.flows.views.conftest import Shown, page_of


def _paths(shown: Shown) -> list[str]:
    flow, run = shown.line.flow.id, shown.run.id
    blocked = shown.line.operations(state="rejected")[0].id
    return [
        "/flows/",
        "/flows/install/",
        f"/flows/install/?customer={shown.line.customer.id}",
        f"/flows/{flow}/",
        *(f"/flows/{flow}/{part}/" for part in ("mapping", "runs", "versions", "monitors", "settings")),
        f"/flows/{flow}/mapping/description/",
        f"/flows/{flow}/?days=30",
        f"/flows/{flow}/versions/?from=1&to=1",
        f"/operations/?flow={flow}&state=rejected",
        "/templates/",
        *(f"/templates/{slug}/" for slug in TEMPLATES),
        "/runs/",
        f"/runs/{run}/",
        f"/operations/{blocked}/",
        f"/operations/{blocked}/correct/",
        "/api/v1/docs/",
    ]


def test_every_page_renders_for_an_owner_without_the_products_name(shown: Shown) -> None:
    for path in _paths(shown):
        response = shown.owner.get(path)
        assert response.status_code == 200, path
        assert "fairlead" not in page_of(response).lower(), path


def test_a_viewer_looks_but_finds_no_button_that_is_not_theirs(shown: Shown) -> None:
    viewer = shown.as_(Role.READ_ONLY)
    page = page_of(viewer.get(f"/flows/{shown.line.flow.id}/")) + page_of(
        viewer.get(f"/flows/{shown.line.flow.id}/mapping/")
    )
    assert "Your role does not include running flows." in page
    assert "Edit</a>" not in page
    for path in (f"/flows/{shown.line.flow.id}/run/", f"/runs/{shown.run.id}/cancel/", f"/runs/{shown.run.id}/retry/"):
        assert viewer.post(path).status_code == 403, path
    blocked = shown.line.operations(state="rejected")[0]
    story = page_of(viewer.get(f"/operations/{blocked.id}/"))
    assert "your role does not include seeing requests and responses" in story
    for one in viewer.get(f"/operations/{blocked.id}/").context["attempts"]:
        assert not one["address"]
        for document in (one["sent"], one["answered"], one["source"], one["mapped"]):
            assert _leaves(document) <= {"••••••", None}


def _leaves(document: Any) -> set[Any]:
    if isinstance(document, dict):
        return {leaf for value in document.values() for leaf in _leaves(value)}
    if isinstance(document, list):
        return {leaf for value in document for leaf in _leaves(value)}
    return {document}


def test_a_customers_person_sees_the_own_runs_and_nobody_elses(shown: Shown) -> None:
    mine, stranger = shown.as_(Role.CUSTOMER_VIEWER), shown.as_(Role.CUSTOMER_OWNER, stranger=True)
    record = shown.line.operations(state="rejected")[0].id
    for path in (f"/runs/{shown.run.id}/", f"/operations/{record}/"):
        assert mine.get(path).status_code == 200, path
        assert stranger.get(path).status_code == 404, path
    assert str(shown.run.id) in page_of(mine.get("/runs/"))
    assert str(shown.run.id) not in page_of(stranger.get("/runs/"))
    assert mine.get("/flows/").status_code == 403
    assert 'aria-label="Sent"' not in page_of(mine.get(f"/operations/{record}/"))


def test_ids_that_belong_to_nobody_are_not_found(shown: Shown) -> None:
    assert shown.owner.get("/templates/nonsense/").status_code == 404
    for path in (
        f"/dry-runs/{uuid4()}/",
        f"/flows/{uuid4()}/monitors/",
        f"/flows/{uuid4()}/",
        f"/runs/{uuid4()}/",
        f"/operations/{uuid4()}/",
        f"/flows/install/?customer={uuid4()}",
    ):
        assert shown.owner.get(path).status_code == 404, path
    assert shown.owner.get(f"/flows/{shown.line.flow.id}/mapping/nonsense/").status_code == 404


@pytest.mark.parametrize("query", ["?state=%00&customer=x&page=99999999", "?page=-1", "?q=%00", "?customer=nobody"])
def test_a_nonsense_filter_breaks_nothing(shown: Shown, query: str) -> None:
    for path in ("/flows/", "/runs/", "/operations/", f"/runs/{shown.run.id}/"):
        assert shown.owner.get(path + query).status_code == 200, path


def test_lists_cost_the_same_for_few_and_many(
    shown: Shown, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for _ in range(3):
        shown.line.run()
    blocked = shown.line.operations(state="rejected")[0]
    ceilings = {
        "/flows/": 24,
        f"/flows/{shown.line.flow.id}/": 26,
        f"/flows/{shown.line.flow.id}/monitors/": 26,
        f"/flows/{shown.line.flow.id}/runs/": 18,
        "/operations/": 16,
        "/runs/": 18,
        f"/runs/{shown.run.id}/": 20,
        f"/operations/{blocked.id}/": 20,
    }
    owner = shown.owner
    for path, ceiling in ceilings.items():
        with django_assert_max_num_queries(ceiling):
            assert owner.get(path).status_code == 200
