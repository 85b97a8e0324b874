"""One hierarchy of clients in CRM, ERP and PSA; what finance has entered stays as finance has it."""

from collections.abc import Callable

from tests.wiring import Wired

MakeWired = Callable[..., Wired]


def _masters(make_wired: MakeWired) -> Wired:
    return make_wired("customer-master", source="crm", target="erp", roles={"psa": "psa"})


def test_every_account_is_one_client_in_both_and_a_renamed_one_is_renamed_there(make_wired: MakeWired) -> None:
    masters = _masters(make_wired)
    accounts = masters.records("crm", "accounts")
    run = masters.run()
    assert (run.state, run.written) == ("clean", len(accounts))
    for account in accounts:
        customer = masters.record("erp", "customers", external_id=account["id"])
        client = masters.record("psa", "clients", external_id=account["id"])
        for name in ("name", "legal_name", "country", "tax_id", "currency", "payment_terms_days"):
            assert customer[name] == client[name] == account[name]
    first = accounts[0]
    held = masters.record("erp", "customers", external_id=first["id"])
    masters.change(
        "erp", "customers", held["id"], payment_terms_days=7, tax_id="DE999999999", invoice_email="ap@x.example"
    )
    masters.change("crm", "accounts", first["id"], name="Renamed Group", payment_terms_days=90, tax_id="DE000000000")
    again = masters.run()
    assert (again.written, again.rejected) == (1, 0)
    held = masters.record("erp", "customers", external_id=first["id"])
    assert held["name"] == "Renamed Group"
    assert (held["payment_terms_days"], held["tax_id"]) == (7, "DE999999999"), "terms and tax are finance's own"
    assert held["invoice_email"] == "ap@x.example"
    client = masters.record("psa", "clients", external_id=first["id"])
    assert (client["name"], client["payment_terms_days"]) == ("Renamed Group", 90)
    assert masters.written("erp").count(("create", "customers")) == len(accounts)


def test_a_subsidiary_that_comes_first_waits_for_its_parent_and_hangs_under_it_everywhere(
    make_wired: MakeWired,
) -> None:
    masters = _masters(make_wired)
    child, *others, parent = (account["id"] for account in masters.records("crm", "accounts"))
    masters.change("crm", "accounts", child, parent_id=parent)
    masters.change("crm", "accounts", parent, region="EMEA")  # changed after the child: read after it
    run = masters.run()
    for _ in range(3):
        if masters.reload(run).state != "waiting":
            break
        masters.let_waits_end()
        masters.work()
    assert masters.reload(run).state == "clean"
    above = masters.record("erp", "customers", external_id=parent)
    assert masters.record("erp", "customers", external_id=child)["parent_number"] == above["number"]
    above = masters.record("psa", "clients", external_id=parent)
    assert masters.record("psa", "clients", external_id=child)["parent_id"] == above["id"]
    assert len(others) == len([one for one in masters.records("psa", "clients") if one.get("external_id")]) - 2


def test_a_client_whom_the_erp_cannot_take_waits_for_finance_and_is_in_no_other_system(make_wired: MakeWired) -> None:
    masters = _masters(make_wired)
    bare, loop = (account["id"] for account in masters.records("crm", "accounts")[:2])
    masters.change("crm", "accounts", bare, currency=None)
    masters.change("crm", "accounts", loop, parent_id=loop)
    run = masters.run()
    blocked = {line.source_key: line for line in masters.operations(state="rejected")}
    assert (run.state, set(blocked)) == ("partial", {bare, loop})
    assert "belongs to itself" in blocked[loop].error_message
    assert (blocked[bare].step, blocked[bare].error_field) == ("in_erp", "currency")
    assert masters.records("psa", "clients", external_id=bare) == []
    assert {case.queue for case in masters.cases()} == {"finance"}
    masters.change("crm", "accounts", bare, currency="EUR")
    masters.change("crm", "accounts", loop, parent_id=None)
    assert masters.run().written == 2
    assert masters.cases() == []
