"""The API of records that walk: their steps, and rolling them back."""

from collections.abc import Callable

from apps.accounts.actions import Action
from tests.deals import Deals


def test_a_program_reads_the_steps_of_a_record_and_rolls_it_back(make_deals: Callable[..., Deals]) -> None:
    deals = make_deals()
    deals.faults("workspace", forbidden=1)
    deals.run()
    operation = deals.operations(state="rejected")[0]
    path = f"/api/v1/operations/{operation.id}/"
    reader, worker = deals.program(Action.VIEW_RUNS), deals.program(Action.EDIT_AND_RETRY)
    steps = {step["name"]: step for step in reader.get(path).json()["steps"]}
    assert (steps["project_in_psa"]["state"], steps["workspace_made"]["state"]) == ("done", "failed")
    assert steps["project_in_psa"]["outside_key"]
    back = f"{path}roll-back/"
    assert reader.post(back, {"reason": "Called off."}, content_type="application/json").status_code == 403
    assert worker.post(back, {}, content_type="application/json").status_code == 400
    answer = worker.post(back, {"reason": "Called off."}, content_type="application/json")
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    assert worker.post(back, {"reason": "Again."}, content_type="application/json").status_code == 409
    deals.work()
    assert reader.get(path).json()["state"] == "undone"
    states = {step["name"]: step["state"] for step in reader.get(path).json()["steps"]}
    assert states["project_in_psa"] == "undone"
