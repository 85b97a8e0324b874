"""The pages on which a partner describes a system of its own: wrong files, changes, versions, and who may see them."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.accounts.actions import Role
from apps.accounts.services import create_user
from apps.connectors.models import PrivateSystem, PrivateVersion
from apps.connectors.private.drafting import draft_document
from apps.connectors.private_systems import create_system, make_live
from apps.customers.services import create_customer
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.connectors.private.odata_service import metadata
from tests.connectors.private.samples import openapi
from tests.connectors.private.test_openapi import read
from tests.flows.views.conftest import Desk, page_of

OWN = "/private-systems/"


@pytest.fixture
def desk(partner_a: PartnerRef) -> Desk:
    with scope.work_in(partner_a):
        return Desk(partner_a, create_customer(name="Northwind"))


@pytest.fixture
def owner(desk: Desk) -> Client:
    return desk.as_(Role.OWNER)


@pytest.fixture
def system(desk: Desk) -> PrivateSystem:
    reading = read(openapi())
    with scope.work_in(desk.partner):
        return create_system(document=draft_document("Harbour", reading, ["projects"]), author="Ann", reading=reading)


def document(desk: Desk, number: int = 1) -> dict[str, Any]:
    with scope.work_in(desk.partner):
        found: dict[str, Any] = PrivateVersion.objects.get(number=number).document
        return found


def filled(page: Any, name: str = "form") -> dict[str, Any]:
    form = page.context[name]
    return {bound.html_name: bound.value() for bound in form if bound.value() not in (None, False)}


def upload(raw: bytes, name: str = "api.json") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, raw)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        pytest.param(b"\x89PNG\x00", "Choose: an OpenAPI file (JSON or YAML)", id="a picture"),
        pytest.param(b"openapi: [", "neither JSON nor YAML", id="broken YAML"),
        pytest.param(b'{"openapi": "3.0.0", "paths": {}}', "lists no paths", id="no paths"),
        pytest.param(b'{"openapi": "3.0.0", "paths": {"/a": {}}}', "no list of records", id="no lists"),
        pytest.param(b'{"format": 1, "objects": []}', "category: This is needed", id="a bad description"),
        pytest.param(
            b'{"format": 1, "objects": [{"name": "a/b", "label": "A", "canonical_type": "X"}], "name": "n", "category": "c"}',
            "This name cannot be used",
            id="a name that no address can hold",
        ),
        pytest.param(b"", "The submitted file is empty", id="nothing"),
    ],
)
def test_a_wrong_file_is_answered_in_place(owner: Client, desk: Desk, raw: bytes, words: str) -> None:
    answer = owner.post(f"{OWN}new/", {"name": "Harbour", "file": upload(raw)})

    assert answer.status_code == 400
    assert words in page_of(answer)
    with scope.work_in(desk.partner):
        assert not PrivateSystem.objects.exists()


def test_a_service_that_describes_itself_is_begun_chosen_and_written_when_a_person_says_so(
    owner: Client, desk: Desk
) -> None:
    begun = owner.post(f"{OWN}new/", {"name": "Tool", "file": upload(metadata(), "metadata.xml")})
    lists = begun["Location"]
    page = page_of(owner.get(lists))
    assert "OrderLines" in page
    assert "known by several properties together" in page

    chosen = owner.post(lists, {"seen": 1, "paths": ["Projects", "TimeEntries"]})
    assert chosen.status_code == 302
    drawn = document(desk)
    assert drawn["odata"]["types"] == {"Projects": "Edm.Guid", "TimeEntries": "Edm.Int64"}
    assert "Its address is what stands before $metadata." in page_of(owner.get(chosen["Location"]))

    record = f"{chosen['Location']}records/time_entries/"
    form = owner.get(record)
    assert "This system speaks OData" in page_of(form)
    assert "Taken from the key <code>Id</code>" in page_of(form)
    typed = filled(form)
    assert (typed["create_path"], "is_written" in typed) == ("TimeEntries", False)
    assert owner.post(record, typed).status_code == 302
    assert "writing" not in document(desk)["objects"][1]
    assert owner.post(record, {**filled(owner.get(record)), "is_written": "on"}).status_code == 302
    entry = document(desk)["objects"][1]
    assert entry["writing"]["update_path"] == "TimeEntries({key})"
    assert {line["target"] for line in entry["writing_lines"]} == {
        "EmployeeId", "ProjectId", "WorkDate", "Hours", "Comment"
    }  # fmt: skip


def test_records_that_are_added_by_hand_are_read_as_the_protocol_wants(owner: Client, desk: Desk) -> None:
    lists = owner.post(f"{OWN}new/", {"name": "Tool", "file": upload(metadata(2), "metadata.xml")})["Location"]
    page = lists.removesuffix("lists/")
    owner.post(f"{page}add/", {"seen": 1, "label": "Site", "canonical_type": "Workspace", "path": "/Sites"})

    reading = document(desk)["objects"][0]["reading"]
    assert (reading["path"], reading["records_path"], reading["paging"]["style"]) == ("Sites", "d.results", "offset")


def test_a_system_can_be_begun_with_nothing_but_a_name(owner: Client, desk: Desk) -> None:
    assert owner.post(f"{OWN}new/", {"name": ""}).status_code == 400
    begun = owner.post(f"{OWN}new/", {"name": "Ledger"})
    page = begun["Location"]
    assert "No records yet" in page_of(owner.get(page))

    added = owner.post(
        f"{page}add/", {"seen": 1, "label": "Sites & more", "canonical_type": "Workspace", "path": "/v1/sites"}
    )
    assert added["Location"] == f"{page}records/sites_more/"
    assert document(desk)["objects"][0]["reading"] == {"path": "v1/sites"}
    assert "Ledger" in page_of(owner.get(OWN))


def test_a_description_that_was_downloaded_comes_back(owner: Client, system: PrivateSystem, desk: Desk) -> None:
    got = owner.get(f"{OWN}{system.id}/document/")
    assert json.loads(got.content) == document(desk)
    assert got["Content-Disposition"] == 'attachment; filename="harbour-1.json"'

    again = owner.post(f"{OWN}new/", {"name": "Second", "file": upload(got.content)})
    assert again.status_code == 302
    with scope.work_in(desk.partner):
        second = PrivateSystem.objects.get(name="Second")
        assert second.versions.get().document == {**document_of(system), "name": "Second"}


def document_of(system: PrivateSystem) -> dict[str, Any]:
    found: dict[str, Any] = system.versions.get().document
    return found


def test_a_description_takes_the_drafts_place_only_when_it_is_one(
    owner: Client, system: PrivateSystem, desk: Desk
) -> None:
    page, before = f"{OWN}{system.id}/", document(desk)
    wrong = owner.post(f"{page}document/replace/", {"seen": 1, "file": upload(b'{"format": 1, "name": "x"}')})
    assert wrong.status_code == 400
    assert "category: This is needed" in page_of(wrong)
    assert document(desk) == before

    better = json.dumps({**before, "summary": "Better"}).encode()
    assert owner.post(f"{page}document/replace/", {"seen": 1, "file": upload(better)}).status_code == 302
    assert document(desk)["summary"] == "Better"


def test_lists_are_chosen_and_what_was_worked_on_stays(owner: Client, system: PrivateSystem, desk: Desk) -> None:
    page = f"{OWN}{system.id}/"
    offered = page_of(owner.get(f"{page}lists/"))
    assert "GET accounts/{account}/time_entries" in offered
    sent = {"seen": 1, "paths": ["accounts/{account}/time_entries"]}
    assert owner.post(f"{page}lists/", sent).status_code == 302

    found = document(desk)
    assert [one["name"] for one in found["objects"]] == ["projects", "time_entries"]
    assert found["settings"] == [{"name": "account", "label": "account", "required": True}]
    assert owner.post(f"{page}lists/", {"seen": 2, "paths": ["nowhere"]}).status_code == 400


def test_basics_are_changed_and_another_sign_in_needs_other_secrets(
    owner: Client, system: PrivateSystem, desk: Desk
) -> None:
    page = f"{OWN}{system.id}/basics/"
    assert "Taken from the sign-in <code>key</code>." in page_of(owner.get(page))
    typed = {**filled(owner.get(page)), "scheme": "basic", "calls": "100", "settings": "account = Account number"}
    assert owner.post(page, typed)["Location"] == f"{OWN}{system.id}/"

    found = document(desk)
    assert found["auth"]["scheme"] == "basic"
    assert "Taken from the sign-in" not in page_of(owner.get(page))
    assert [one["name"] for one in found["secrets"]] == ["username", "password"]
    assert found["limits"] == {"calls": 100}
    assert found["settings"] == [{"name": "account", "label": "Account number", "required": True}]


def test_a_record_says_where_its_guesses_come_from_and_can_be_changed(
    owner: Client, system: PrivateSystem, desk: Desk
) -> None:
    page = f"{OWN}{system.id}/records/projects/"
    shown = owner.get(page)
    assert "Taken from the query parameter <code>per_page</code>." in page_of(shown)
    typed = {**filled(shown), "size": "50", "change_read": "full", "since_parameter": "", "parameters": "sort = id"}
    typed.pop("is_written")
    before = document(desk)["objects"][0]
    assert owner.post(page, typed)["Location"] == f"{page}mapping/"

    now = document(desk)["objects"][0]
    assert now["reading"]["paging"]["size"] == 50
    assert "Taken from the query parameter <code>per_page</code>." in page_of(owner.get(page))
    assert "Taken from the query parameter <code>updated_since</code>." not in page_of(owner.get(page))
    assert now["reading"]["parameters"] == {"sort": "id"}
    assert "change_read" not in now["reading"]
    assert now["reading_lines"] == before["reading_lines"]
    assert not {"writing", "writing_lines"} & now.keys()


def test_another_canonical_type_gets_lines_of_its_own(owner: Client, system: PrivateSystem, desk: Desk) -> None:
    page = f"{OWN}{system.id}/records/projects/"
    assert owner.post(page, {**filled(owner.get(page)), "canonical_type": "Customer"}).status_code == 302

    targets = {line["target"] for line in document(desk)["objects"][0]["reading_lines"]}
    assert {"id", "name"} <= targets
    assert "starts" not in targets


def rows(page: Any, side: str = "read") -> dict[str, str]:
    found = [*page.context[f"{side}_rows"], *page.context[f"{side}_more"]]
    return {row.target: row.source.html_name.removesuffix("_source") for row in found}


def test_lines_are_stored_as_they_were_typed(owner: Client, system: PrivateSystem, desk: Desk) -> None:
    page = f"{OWN}{system.id}/records/projects/mapping/"
    shown = owner.get(page)
    names = rows(shown)
    typed = {
        **filled(shown, "reads"),
        **filled(shown, "writes"),
        f"{names['state']}_table": "open = active\n* = closed",
        f"{names['name']}_steps": "trim | upper",
        f"{names['code']}_source": "= r.code + 'x'",
        f"{names['currency']}_default": "EUR",
    }
    before = document(desk)["objects"][0]
    assert owner.post(page, typed).status_code == 302

    now = document(desk)["objects"][0]
    lines = {line["target"]: line for line in now["reading_lines"]}
    assert lines["state"]["value_map"] == {"open": "active"}
    assert lines["state"]["value_map_default"] == "closed"
    assert lines["name"]["transforms"] == ["trim", "upper"]
    assert lines["code"]["expression"] == "r.code + 'x'"
    assert "source" not in lines["code"]
    assert lines["currency"] == {"target": "currency", "default": "EUR", "label": "Currency"}
    assert now["writing_lines"] == before["writing_lines"]


@pytest.mark.parametrize("nonsense", ["", "x" * 1200, "<script>alert(1)</script>", "a\x00b", "{{ 7*7 }}", "1e999"])
def test_nonsense_in_every_line_is_answered_in_words(
    owner: Client, system: PrivateSystem, desk: Desk, nonsense: str
) -> None:
    page = f"{OWN}{system.id}/records/projects/mapping/"
    shown = owner.get(page)
    typed = {name: nonsense for form in ("reads", "writes") for name in shown.context[form].fields if name != "seen"}
    answer = owner.post(page, {**typed, "seen": 1})

    assert answer.status_code in {302, 400}
    assert "<script>alert(1)" not in page_of(owner.get(page)) + page_of(answer)
    assert "<script>alert(1)" not in page_of(owner.get(f"{OWN}{system.id}/"))


def test_a_wrong_table_of_values_is_told_in_its_row(owner: Client, system: PrivateSystem, desk: Desk) -> None:
    page = f"{OWN}{system.id}/records/projects/mapping/"
    shown = owner.get(page)
    typed = {**filled(shown, "reads"), **filled(shown, "writes"), f"{rows(shown)['state']}_table": "open"}
    before = document(desk)
    answer = owner.post(page, typed)

    assert answer.status_code == 400
    assert "Line 1: write one pair a line" in page_of(answer)
    assert document(desk) == before


def test_problems_lead_to_the_field_that_mends_them(owner: Client, system: PrivateSystem) -> None:
    page = f"{OWN}{system.id}/records/projects/"
    owner.post(page, {**filled(owner.get(page)), "path": "https://evil.example/x", "since_parameter": ""})
    told = page_of(owner.get(f"{OWN}{system.id}/"))

    assert f"{page}#id_path" in told
    assert f"{page}#id_since_parameter" in told
    assert owner.post(f"{OWN}{system.id}/live/", {"seen": 2}).status_code == 400


def test_of_two_people_the_second_is_told(owner: Client, system: PrivateSystem) -> None:
    page = f"{OWN}{system.id}/basics/"
    typed = filled(owner.get(page))
    assert owner.post(page, typed).status_code == 302
    late = owner.post(page, typed)

    assert late.status_code == 400
    assert "Somebody else changed this draft" in page_of(late)


def test_what_is_live_is_not_changed_until_a_new_version_is_begun(
    owner: Client, system: PrivateSystem, desk: Desk
) -> None:
    with scope.work_in(desk.partner):
        make_live(system.versions.get(), seen=1)
    page = f"{OWN}{system.id}/"
    for part in ("basics/", "lists/", "add/", "records/projects/", "records/projects/mapping/"):
        assert owner.get(page + part)["Location"] == page
    assert owner.post(f"{page}draft/")["Location"] == page
    assert owner.get(f"{page}basics/").status_code == 200
    assert document(desk, 2) == document(desk, 1)
    assert owner.post(f"{page}draft/drop/").status_code == 302
    assert owner.get(f"{page}basics/").status_code == 302


def test_a_kind_of_record_is_taken_out(owner: Client, system: PrivateSystem, desk: Desk) -> None:
    page = f"{OWN}{system.id}/"
    owner.post(f"{page}records/projects/remove/", {"seen": 7})
    assert document(desk)["objects"]
    owner.post(f"{page}records/projects/remove/", {"seen": 1})
    assert document(desk)["objects"] == []
    assert owner.get(f"{page}records/projects/").status_code == 404


def test_another_partner_finds_nothing(system: PrivateSystem, partner_b: PartnerRef, desk: Desk) -> None:
    with scope.work_in(partner_b):
        foreign = Client(headers={"host": "brightforge.localhost"})
        foreign.force_login(
            create_user(email="o@brightforge.example", name="O", role=Role.OWNER, password="correct horse battery")
        )
    assert foreign.get(f"{OWN}{system.id}/").status_code == 404
    assert foreign.get(f"/systems/{system.slug}/").status_code == 404
    assert foreign.get(f"/connections/new/{system.slug}/").status_code == 404
    assert "Harbour" not in page_of(foreign.get(OWN))


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.FINANCE, Role.READ_ONLY])
def test_only_who_sets_up_connections_describes_systems(desk: Desk, system: PrivateSystem, role: Role) -> None:
    assert desk.as_(role).get(f"{OWN}{system.id}/").status_code == 403


SCRIPT = "<script>alert(1)</script>"


def test_words_of_a_description_are_never_markup(owner: Client, desk: Desk) -> None:
    with scope.work_in(desk.partner):
        document = draft_document("Harbour", read(openapi()), ["projects"])
        document |= {
            "name": f"Harbour {SCRIPT}",
            "category": f"Own {SCRIPT}",
            "summary": SCRIPT,
            "rights": [SCRIPT],
            "secrets": [{"name": "api_key", "label": SCRIPT, "help": SCRIPT}],
            "settings": [{"name": "account", "label": SCRIPT}],
        }
        document["objects"][0]["label"] = SCRIPT
        system = create_system(document=document, author=SCRIPT)
        make_live(system.versions.get(), seen=1, note=SCRIPT)
    for page in (
        "/systems/",
        f"/systems/{system.slug}/",
        "/connections/new/",
        f"/connections/new/{system.slug}/",
        OWN,
        f"{OWN}{system.id}/",
        "/templates/approved-time-to-bill/",
    ):
        answer = owner.get(page)
        assert answer.status_code == 200, page
        assert SCRIPT not in page_of(answer), page
