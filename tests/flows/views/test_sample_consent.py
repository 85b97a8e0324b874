"""Every page that makes a version live shows what comes of the samples, and asks for a tick and a reason where some fail."""

from apps.accounts.actions import Role
from apps.flows.models import Flow, FlowSample, Operation
from apps.tenants import scope
from tests.flows.views.conftest import Shown, page_of, typed_line

TICK = "Go live although samples fail"
TICKED = {"despite": "1", "despite_reason": "The client said so"}
FAILING = {"source": "hours", "checks": "at_most:1"}


def _address(shown: Shown, page: str) -> str:
    return f"/flows/{shown.line.flow.id}/{page}"


def _note(shown: Shown) -> tuple[int, str]:
    with scope.work_in(shown.line.partner):
        live = Flow.objects.select_related("live_version").get(id=shown.line.flow.id).live_version
        assert live is not None
        return live.number, live.note


def test_a_line_and_the_way_back_from_a_mend(shown: Shown) -> None:
    path = _address(shown, "mapping/quantity/")
    answer = shown.owner.post(path, typed_line(**FAILING, publish="1"))
    assert answer.status_code == 400
    for words in (TICK, "A sample fails", "1 of 7 samples holds", "Fails"):
        assert words in page_of(answer) or "samples fail" in page_of(answer)
    ticked_only = typed_line(**FAILING, publish="1", despite="1")
    assert shown.owner.post(path, ticked_only).status_code == 400
    assert _note(shown)[0] == 1
    done = shown.owner.post(path, typed_line(**FAILING, publish="1", **TICKED), follow=True)
    assert "Version 2 is live" in page_of(done)
    assert _note(shown)[1].endswith("The client said so")
    shown.owner.post(_address(shown, "mapping/quantity/reset/"))
    # Going back to the version with the failing line asks again, on its own page.
    back = _address(shown, "versions/2/restore/")
    page = page_of(shown.owner.get(back))
    assert TICK in page
    assert "What would change" in page
    refused = shown.owner.post(back)
    assert (refused.status_code, _note(shown)[0]) == (400, 3)
    assert "is live: everything is as in version 2" in page_of(shown.owner.post(back, TICKED, follow=True))
    assert TICK not in page_of(shown.owner.get(_address(shown, "versions/1/restore/")))
    assert shown.owner.get(_address(shown, "versions/4/restore/")).status_code == 302
    assert shown.owner.get(_address(shown, "versions/44/restore/")).status_code == 404


def test_a_what_if(shown: Shown) -> None:
    asked = shown.owner.post(_address(shown, "mapping/quantity/"), typed_line(**FAILING, what_if="1"))
    shown.line.work()
    address = asked["Location"]
    assert TICK in page_of(shown.owner.get(address))
    told = page_of(shown.owner.post(f"{address}go-live/", {"reason": "Capitals"}, follow=True))
    assert "give a reason to go live with it" in told
    assert _note(shown)[0] == 1
    done = page_of(shown.owner.post(f"{address}go-live/", {"reason": "Less", **TICKED}, follow=True))
    assert "Version 2 is live" in done
    assert TICK not in page_of(shown.owner.get(address))


def test_settings_are_tried_before_they_are_saved(shown: Shown) -> None:
    path = _address(shown, "settings/change/")
    tried = page_of(shown.owner.post(path, {"setting_carry_unbillable": "on", "preview": "1"}))
    assert "6 of 7 samples hold" in tried
    assert "That may be what is wanted" in tried
    assert TICK not in tried
    assert _note(shown)[0] == 1


def test_a_record_is_kept_as_a_sample_renamed_and_removed(shown: Shown) -> None:
    with scope.work_in(shown.line.partner):
        operation = Operation.objects.filter(flow_id=shown.line.flow.id, state="written").latest("id")
    pin, versions = f"/operations/{operation.id}/pin/", _address(shown, "versions/")
    assert "Keep as a sample" in page_of(shown.owner.get(f"/operations/{operation.id}/"))
    assert "is a sample of this flow from now on" in page_of(shown.owner.post(pin, {"name": "Usual"}, follow=True))
    assert "has a sample called" in page_of(shown.owner.post(pin, {"name": "Usual"}, follow=True))
    page = page_of(shown.owner.get(versions))
    assert "Usual" in page
    assert "Holds" in page
    with scope.work_in(shown.line.partner):
        here = f"/samples/{FlowSample.objects.get().id}"
    assert "Give the sample a name" in page_of(shown.owner.post(f"{here}/rename/", {"name": " "}, follow=True))
    shown.owner.post(f"{here}/rename/", {"name": "Plain"})
    assert "Plain" in page_of(shown.owner.get(versions))
    shown.owner.post(_address(shown, "mapping/description/"), typed_line(transforms="upper", publish="1"))
    assert "Gives something else" in page_of(shown.owner.get(versions))
    shown.owner.post(f"{here}/renew/")
    assert "Gives something else" not in page_of(shown.owner.get(versions))
    reader = shown.as_(Role.READ_ONLY)
    assert reader.post(f"{here}/remove/").status_code == 403
    assert "gets through" not in page_of(reader.get(versions))
    assert shown.owner.post(f"{here}/remove/").status_code == 302
    assert shown.owner.post(f"{here}/remove/").status_code == 404
