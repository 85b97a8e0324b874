"""The sandbox's own pages show what is there, switch faults and mend records, for nobody but their own forms."""

import re
from urllib.parse import urlencode

import pytest

from apps.connectors.judgement import Answer
from tests.connectors.conftest import Town

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def _get(town: Town, path: str) -> str:
    answer = await town.browser.send("GET", path)
    assert answer.status == 200
    return answer.body.decode()


async def _post(town: Town, path: str, page: str, **fields: str) -> Answer:
    token = re.search(r'name=form_token value="([^"]+)"', page)
    body = urlencode({"form_token": token[1] if token else "", **fields}).encode()
    return await town.browser.send("POST", path, body=body, headers=FORM)


async def test_the_house_lists_companies_and_links_to_their_records(town: Town) -> None:
    house = await _get(town, "sandbox/")
    assert f'href="/sandbox/erp/{town.name}/"' in house
    page = await _get(town, f"sandbox/psa/{town.name}/")
    assert "TE-000001" in page
    assert "approved" in page
    assert "Nothing has arrived yet" in await _get(town, f"sandbox/erp/{town.name}/")
    for kind in ("companies", "projects", "employees", "cost-centers", "periods", "time-lines"):
        assert kind.replace("-", " ") in await _get(town, f"sandbox/erp/{town.name}/show/{kind}")


async def test_a_button_switches_a_fault_on_and_off(town: Town) -> None:
    home = f"sandbox/erp/{town.name}/"
    answer = await _post(town, f"{home}switch", await _get(town, home), fault="down", share="1")
    assert answer.status == 303
    assert "on (100% of calls)" in await _get(town, home)
    await _post(town, f"{home}switch", await _get(town, home), fault="down", share="0")
    assert "on (" not in await _get(town, home)


async def test_a_button_calls_a_field_by_another_name_wherever_it_is_told(town: Town) -> None:
    home = f"sandbox/psa/{town.name}/"
    assert "Call hours of time entries duration" in await _get(town, home)
    (first, *_) = await town.client.records("psa", town.name, "time-entries")
    await _post(town, f"{home}switch", await _get(town, home), fault="schema_change", share="1")
    assert await _told(town, first["id"]) == ({"duration"}, first["hours"])
    await _post(town, f"{home}switch", await _get(town, home), fault="schema_change", share="0")
    assert await _told(town, first["id"]) == ({"hours"}, first["hours"])


async def _told(town: Town, key: str) -> tuple[set[str], object]:
    """Return what the description calls the hours, and what one entry holds under that name."""
    async with town.connector("psa") as connector:
        (shape,) = await connector.discover(["time-entries"])
        (page,) = [page async for page in connector.read("resources", None)]  # other kinds keep their names
        assert page.records[0].values["name"]
    names = {field.name for field in shape.fields} & {"hours", "duration"}
    answer = await town.browser.send(
        "GET",
        f"psa/{town.name}/api/v1/time-entries/{key}",
        headers={"Authorization": f"Bearer {town.tokens['psa']}"},
    )
    return names, answer.json()[next(iter(names))]


async def test_a_form_from_elsewhere_is_refused(town: Town) -> None:
    answer = await _post(town, f"sandbox/erp/{town.name}/switch", "", fault="down", share="1")
    assert answer.status == 403


async def test_a_person_mends_an_entry_and_approves_another(town: Town) -> None:
    entries = await town.client.records("psa", town.name, "time-entries")
    comma = next(entry for entry in entries if entry["hours"] == "7,5")
    target = f"sandbox/psa/{town.name}/show/time-entries/{comma['id']}"
    assert (await _post(town, f"{target}/edit", await _get(town, target), hours="7.5")).status == 303
    mended = next(e for e in await town.client.records("psa", town.name, "time-entries") if e["id"] == comma["id"])
    assert mended["hours"] == 7.5
    assert mended["modified_at"] > comma["modified_at"]
    await _post(town, f"{target}/edit", await _get(town, target), status="submitted")
    await _post(town, f"{target}/do/approve", await _get(town, target))
    again = next(e for e in await town.client.records("psa", town.name, "time-entries") if e["id"] == comma["id"])
    assert again["status"] == "approved"


async def test_the_page_of_a_crm_sums_its_deals_and_lets_a_person_win_one(town: Town) -> None:
    await town.found("crm")
    home = f"sandbox/crm/{town.name}/"
    page = await _get(town, home)
    assert "OP-0001" in page
    assert re.search(r"<b>1</b><span>won</span>", page)
    target = f"{home}show/opportunities/OP-0001"
    assert (await _post(town, f"{target}/do/win", await _get(town, target))).status == 303
    assert re.search(r"<b>2</b><span>won</span>", await _get(town, home))
    assert "Mark this deal as won" not in await _get(town, target)


@pytest.mark.parametrize(
    ("system", "kinds"),
    [
        ("workspace", ["workspaces", "people"]),
        ("tax", ["numbers"]),
        ("crm", ["accounts"]),
        ("time", ["bookings", "projects"]),
        ("expense", ["expenses"]),
        ("payroll", ["hours", "refunds", "pay-periods"]),
        ("identity", ["users"]),
        ("resource", ["assignments", "people"]),
        ("contract", ["agreements"]),
        ("support", ["organizations", "contacts"]),
    ],
)
async def test_each_system_has_its_pages(town: Town, system: str, kinds: list[str]) -> None:
    await town.found(system)
    assert f'href="/sandbox/{system}/{town.name}/"' in await _get(town, "sandbox/")
    for kind in kinds:
        assert "Fault switches" in await _get(town, f"sandbox/{system}/{town.name}/show/{kind}")


async def test_a_deed_that_nobody_offered_does_nothing(town: Town) -> None:
    target = f"sandbox/erp/{town.name}/show/projects/pr-0001"
    answer = await _post(town, f"{target}/do/demolish", await _get(town, target))
    assert answer.status == 303
    assert await town.client.effects("erp", town.name) == []


async def test_a_change_that_breaks_a_rule_is_told_on_the_page(town: Town) -> None:
    target = f"sandbox/erp/{town.name}/show/projects/pr-0001"
    answer = await _post(town, f"{target}/edit", await _get(town, target), code="")
    assert answer.status == 422
    assert b"Field code is required" in answer.body


async def test_what_a_record_says_is_shown_as_text(town: Town) -> None:
    target = f"sandbox/psa/{town.name}/show/time-entries/TE-000001"
    await _post(town, f"{target}/edit", await _get(town, target), task_name="<script>alert(1)</script>")
    for path in (target, f"sandbox/psa/{town.name}/"):
        page = await _get(town, path)
        assert "<script" not in page
        assert "&lt;script&gt;" in await _get(town, target)


async def test_what_does_not_exist_is_not_found(town: Town) -> None:
    for path in (
        "sandbox/erp/nobody/",
        f"sandbox/erp/{town.name}/show/hats",
        f"sandbox/psa/{town.name}/show/clients/none",
    ):
        assert (await town.browser.send("GET", path)).status == 404
