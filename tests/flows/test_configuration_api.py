"""Configuration files through the API: YAML out, a plan in JSON, and an apply that names the plan it means."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.accounts.actions import Action
from apps.flows.config_files.yaml_text import MOST_BYTES
from apps.flows.models import Flow, PartnerLayer
from apps.flows.services.upgrades import upgrade
from apps.tenants import scope
from tests.deals import Deals

MakeDeals = Callable[..., Deals]
YAML = "application/yaml"
LINES = """file: partner-lines
version: 1
layers:
  - template: lead-to-project
    place: client_in_psa
    system: sandbox_psa
    lines:
      - target: %s
        %s
"""


@pytest.fixture
def deals(make_deals: MakeDeals) -> Deals:
    return make_deals()


def _program(deals: Deals) -> Client:
    return deals.program(Action.EDIT_FLOWS)


def _address(deals: Deals, deed: str = "") -> str:
    return f"/api/v1/configurations/{deals.customer.id}/{deed}"


def test_a_configuration_goes_out_is_looked_at_and_comes_back_in(deals: Deals) -> None:
    program = _program(deals)
    got = program.get(_address(deals), headers={"accept": "text/yaml"})
    assert got.status_code == 200
    assert got["content-type"].startswith("text/yaml")
    text = got.content.decode()
    assert text == program.get(_address(deals)).content.decode()
    wanted = text.replace(
        "template: lead-to-project\n", "template: lead-to-project\n    expected_every_seconds: 3600\n"
    )
    plan = program.post(_address(deals, "plan/"), wanted, content_type=YAML).json()
    assert (plan["problems"], [one["change"] for one in plan["changes"]]) == ([], ["changed"])
    unnamed = program.post(_address(deals, "apply/"), wanted, content_type=YAML)
    assert (unnamed.status_code, unnamed.json()["errors"][0]["field"]) == (400, "digest")
    apply = _address(deals, f"apply/?digest={plan['digest']}")
    assert program.post(apply, wanted, content_type="text/yaml").json() == plan
    with scope.work_in(deals.partner):
        assert Flow.objects.get(id=deals.flow.id).expected_every_seconds == 3600
    again = program.post(apply, wanted, content_type=YAML)
    assert (again.status_code, again["content-type"]) == (409, "application/problem+json")
    assert "look at it" in again.json()["detail"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("", "The file is empty."),
        ("a: [", "The file is no YAML"),
        ("file: customer-configuration\nversion: 2\n", "reads up to version 1"),
        ("a: &b [*b, *b]", "write the value out"),
        ("x" * (MOST_BYTES + 10), "at most 2,097,152 are read"),
    ],
    ids=["empty", "no YAML", "newer", "aliases", "too large"],
)
def test_what_is_no_configuration_is_refused_with_a_sentence(deals: Deals, body: str, sentence: str) -> None:
    for deed in ("plan/", "apply/?digest=x"):
        answer = _program(deals).post(_address(deals, deed), body, content_type=YAML)
        assert answer.status_code == 400
        assert sentence in answer.json()["detail"]


def test_strangers_and_unfit_bodies_are_turned_away(deals: Deals) -> None:
    assert deals.program(Action.VIEW_FLOWS).get(_address(deals)).status_code == 403
    assert _program(deals).get(f"/api/v1/configurations/{uuid4()}/").status_code == 404
    assert _program(deals).post(_address(deals, "plan/"), {}, content_type="application/json").status_code == 415


def _partner(program: Client, deed: str, text: str) -> Any:
    return program.post(f"/api/v1/configurations/partner-lines/{deed}", text, content_type=YAML)


def test_the_partners_lines_come_in_and_reach_a_flow_with_its_upgrade(deals: Deals) -> None:
    program, wanted = _program(deals), LINES % ("name", "default: Unnamed")
    plan = _partner(program, "plan/", wanted).json()
    assert plan["problems"] == []
    assert plan["changes"][0]["lines"][0]["after"] == "default: Unnamed"
    with scope.work_in(deals.partner):
        assert not PartnerLayer.objects.exists()
    assert _partner(program, f"apply/?digest={plan['digest']}", wanted).status_code == 200
    assert program.get("/api/v1/configurations/partner-lines/").content.decode() == wanted
    assert _partner(program, f"apply/?digest={plan['digest']}", wanted).status_code == 409
    with scope.work_in(deals.partner):
        version = upgrade(Flow.objects.get(id=deals.flow.id), made_by="Ann")
        assert version is not None
        assert version.layers["places"]["client_in_psa"]["partner"] == [{"target": "name", "default": "Unnamed"}]


@pytest.mark.parametrize(
    ("edit", "path", "sentence"),
    [
        (("lead-to-project", "else"), "layers[0].template", "There is no template 'else'"),
        (("place: client_in_psa", "place: else"), "layers[0].place", "choose among reading,"),
        (("sandbox_psa", "else"), "layers[0].system", "There is no system 'else'"),
        (("default: Unnamed", "transforms: [shout]"), "layers[0].lines[name]", "shout"),
        (("file: partner-lines", "file: customer-configuration"), "customer", "is missing"),
    ],
    ids=["template", "place", "system", "transform", "the other kind of file"],
)
def test_a_partners_line_that_cannot_be_is_named(deals: Deals, edit: tuple[str, str], path: str, sentence: str) -> None:
    wanted = (LINES % ("name", "default: Unnamed")).replace(*edit)
    answer = _partner(_program(deals), "plan/", wanted).json()
    told = answer.get("problems") or [{"path": e["field"], "message": e["message"]} for e in answer["errors"]]
    assert any(one["path"] == path and sentence in one["message"] for one in told), told
    assert _partner(_program(deals), "apply/?digest=x", wanted).status_code == 400
    with scope.work_in(deals.partner):
        assert not PartnerLayer.objects.exists()
