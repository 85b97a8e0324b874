"""Every page that makes a version live shows what comes of the samples, and asks for a tick and a reason where some fail."""

from apps.flows.models import Flow
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
