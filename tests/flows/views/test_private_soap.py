"""The pages on which a partner describes a system of its own out of a WSDL file."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.accounts.actions import Role
from apps.connectors.models import PrivateSystem, PrivateVersion
from apps.customers.services import create_customer
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.connectors.private.timeworks_stand_in import WSDL
from tests.flows.views.conftest import Desk, page_of

OWN = "/private-systems/"
RAW = WSDL.read_bytes()


@pytest.fixture
def desk(partner_a: PartnerRef) -> Desk:
    with scope.work_in(partner_a):
        return Desk(partner_a, create_customer(name="Northwind"))


@pytest.fixture
def owner(desk: Desk) -> Client:
    return desk.as_(Role.OWNER)


def begun(owner: Client, raw: bytes = RAW) -> Any:
    return owner.post(f"{OWN}new/", {"name": "", "file": SimpleUploadedFile("timeworks.wsdl", raw)})


def document(desk: Desk) -> dict[str, Any]:
    with scope.work_in(desk.partner):
        found: dict[str, Any] = PrivateVersion.objects.get().document
        return found


def filled(page: Any) -> dict[str, Any]:
    return {bound.html_name: bound.value() for bound in page.context["form"] if bound.value() not in (None, False)}


def test_lists_of_a_wsdl_are_chosen_one_after_the_other_and_each_brings_its_operations(
    owner: Client, desk: Desk
) -> None:
    lists = begun(owner)["Location"]
    offered = page_of(owner.get(lists))
    assert "ListTimeEntries" in offered
    assert "DeleteTimeEntry/{key}" in offered

    assert owner.post(lists, {"seen": 1, "paths": ["QueryPeople"]}).status_code == 302
    found = document(desk)
    assert set(found["soap"]["operations"]) == {"QueryPeople", "GetPerson"}
    assert found["auth"] == {"scheme": "username_digest"}
    assert [one["name"] for one in found["secrets"]] == ["username", "password"]

    assert owner.post(lists, {"seen": 2, "paths": ["ListTimeEntries"]}).status_code == 302
    found = document(desk)
    assert len(found["soap"]["operations"]) == 7
    assert found["settings"] == [{"name": "companyId", "label": "companyId", "required": True}]


def test_what_forms_do_not_show_of_a_soap_system_stays_and_writing_comes_back(owner: Client, desk: Desk) -> None:
    lists = begun(owner)["Location"]
    page = owner.post(lists, {"seen": 1, "paths": ["ListTimeEntries"]})["Location"]
    before = document(desk)
    record = f"{page}records/time_entries/"
    form = owner.get(record)
    assert "This system speaks SOAP" in page_of(form)
    assert "Taken from the element <code>filter.modifiedSince</code> of the request." in page_of(form)
    assert owner.post(record, filled(form)).status_code == 302
    assert document(desk) == before

    unwritten = {name: value for name, value in filled(owner.get(record)).items() if name != "is_written"}
    assert owner.post(record, unwritten).status_code == 302
    assert "writing" not in document(desk)["objects"][0]
    assert owner.post(record, {**filled(owner.get(record)), "is_written": "on"}).status_code == 302
    assert document(desk)["objects"][0]["writing"] == before["objects"][0]["writing"]

    basics = owner.get(f"{page}basics/")
    assert "inside each SOAP envelope" in page_of(basics)
    assert owner.post(f"{page}basics/", filled(basics)).status_code == 302
    assert document(desk)["soap"] == before["soap"]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        pytest.param(RAW.replace(b'"document"', b'"rpc"'), "rpc or encoded", id="rpc"),
        pytest.param(
            RAW.replace(b"<wsdl:types>", b'<wsdl:import namespace="u" location="http://10.0.0.1/a.wsdl"/><wsdl:types>'),
            "http://10.0.0.1/a.wsdl", id="another file",
        ),
        pytest.param(b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + RAW[40:], "document type", id="a document type"),
        pytest.param(RAW[:-9], "begins like XML but is not", id="cut short"),
    ],
)  # fmt: skip
def test_a_wsdl_that_cannot_be_used_is_refused_in_words(owner: Client, desk: Desk, raw: bytes, words: str) -> None:
    refused = begun(owner, raw)

    assert refused.status_code == 400
    assert words in page_of(refused)
    with scope.work_in(desk.partner):
        assert not PrivateSystem.objects.exists()
