"""The pages of configuration files: downloaded, looked at as a plan, applied once, and refused with the place of what is wrong."""

from django.core.files.uploadedfile import SimpleUploadedFile

from apps.accounts.actions import Role
from apps.flows.models import Flow, PartnerLayer
from apps.flows.services.publish import change_line
from apps.tenants import scope
from tests.flows.views.conftest import Shown, page_of

OWN_LINE = """    lines:
      delivery:
        - target: description
          default: Work
"""
PARTNER_LINES = """file: partner-lines
version: 1
layers:
  - template: approved-time-to-bill
    place: delivery
    system: sandbox_erp
    lines:
      - target: description
        default: Consulting
"""
PARTNER = "/settings/configuration/"


def _here(shown: Shown) -> str:
    return f"/customers/{shown.line.customer.id}/configuration/"


def _upload(text: str) -> dict[str, object]:
    return {"file": SimpleUploadedFile("configuration.yaml", text.encode())}


def _exported(shown: Shown, here: str) -> str:
    answer = shown.owner.get(f"{here}export/")
    assert answer["Content-Type"].startswith("application/yaml")
    assert "attachment" in answer["Content-Disposition"]
    return page_of(answer)


def _live(shown: Shown) -> tuple[int, str]:
    with scope.work_in(shown.line.partner):
        live = Flow.objects.select_related("live_version").get(id=shown.line.flow.id).live_version
        assert live is not None
        return live.number, live.note


def test_a_file_is_downloaded_looked_at_and_applied_with_a_note(shown: Shown) -> None:
    here = _here(shown)
    assert here in page_of(shown.owner.get(f"/customers/{shown.line.customer.id}/settings/"))
    text = _exported(shown, here)
    assert "Everything is as the file says already." in page_of(shown.owner.post(here, _upload(text)))
    wanted = text.replace("owners: []\n", "").rstrip() + "\n" + OWN_LINE
    answer = shown.owner.post(here, _upload(wanted))
    assert "Would be changed" in page_of(answer)
    assert _live(shown)[0] == 1
    form = answer.context["apply_form"].initial
    done = shown.owner.post(here, {**form, "note": "As agreed", "apply": "1"}, follow=True)
    assert "The file is applied." in page_of(done)
    assert _live(shown) == (2, "Imported: As agreed")
    assert "default: Work" in _exported(shown, here)


def test_a_plan_that_was_overtaken_is_shown_anew_and_changes_nothing(shown: Shown) -> None:
    here = _here(shown)
    wanted = _exported(shown, here).replace("owners: []\n", "").rstrip() + "\n" + OWN_LINE
    form = shown.owner.post(here, _upload(wanted)).context["apply_form"].initial
    with scope.work_in(shown.line.partner):
        flow = Flow.objects.get(id=shown.line.flow.id)
        change_line(flow, target="po_number", changes={"default": "PO-1"}, made_by="Otto")
    answer = shown.owner.post(here, {**form, "note": "Mine", "apply": "1"})
    assert answer.status_code == 409
    assert "Something has changed since you looked" in page_of(answer)
    assert 'value="Mine"' in page_of(answer)
    assert _live(shown)[0] == 2
    again = answer.context["apply_form"].initial
    assert "The file is applied." in page_of(shown.owner.post(here, {**again, "apply": "1"}, follow=True))


def test_what_is_wrong_is_told_with_its_place(shown: Shown) -> None:
    here = _here(shown)
    broken = shown.owner.post(here, _upload("file: customer-configuration\nversion: 9\n"))
    assert broken.status_code == 400
    assert "line 2, version" in page_of(broken)
    wrong = _exported(shown, here).replace("target: ", "target: ").replace("template_version: 2", "template_version: 7")
    page = page_of(shown.owner.post(here, _upload(wrong)))
    assert "The file cannot be applied." in page
    assert "template_version" in page
    assert 'name="apply"' not in page
    assert shown.owner.post(here, {}).status_code == 400
    half = shown.owner.post(here, {"apply": "1", "text": "x", "digest": ""}, follow=True)
    assert "This plan is not whole" in page_of(half)
    assert _live(shown)[0] == 1


def test_the_partners_own_lines_are_in_the_settings(shown: Shown) -> None:
    assert PARTNER in page_of(shown.owner.get("/settings/profile/"))
    form = shown.owner.post(PARTNER, _upload(PARTNER_LINES)).context["apply_form"].initial
    assert "The file is applied." in page_of(shown.owner.post(PARTNER, {**form, "apply": "1"}, follow=True))
    with scope.work_in(shown.line.partner):
        assert PartnerLayer.objects.get().lines == [{"target": "description", "default": "Consulting"}]
    assert _exported(shown, PARTNER) == PARTNER_LINES


def test_who_may_not_edit_flows_sees_none_of_it(shown: Shown) -> None:
    for path in (_here(shown), f"{_here(shown)}export/", PARTNER, f"{PARTNER}export/"):
        assert shown.as_(Role.OPERATIONS).get(path).status_code == 403
        assert shown.as_(Role.CUSTOMER_OWNER).get(path).status_code in {403, 404}
