"""What a customer chose among a template's settings: changed on the flow's page, and each change is a new version."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.services import create_api_key
from apps.flows.models import Flow, FlowVersion
from apps.flows.services.bases import newest_base
from apps.flows.services.flow_settings import change_settings, current_settings
from apps.flows.services.restore_version import restore_version
from apps.flows.templates_library import SettingsError
from apps.tenants import scope
from tests.flows.views.conftest import Shown, page_of
from tests.lines import Line
from tests.people import Watched


def _program(shown: Shown, *rights: Action) -> Client:
    with scope.work_in(shown.line.partner), acting(shown.person(Role.OWNER).as_actor()):
        _, text = create_api_key(name="Program", scopes=list(rights), customer_id=None)
    return Client(headers={"host": "alder.localhost", "authorization": f"Bearer {text}"})


def _versions(line: Line) -> list[tuple[int, Any]]:
    with scope.work_in(line.partner):
        found = FlowVersion.objects.filter(flow_id=line.flow.id).order_by("number")
        return [(version.number, version.definition["settings"]) for version in found]


def test_unbillable_time_is_carried_from_the_version_on_that_says_so(make_line: Callable[..., Line]) -> None:
    line = make_line()
    unbillable = line.entries(status="approved")[0]["id"]
    line.psa("PATCH", f"time-entries/{unbillable}", {"billable": False})
    seen = Watched(line, line.run())
    before = {entry["external_id"] for entry in line.time_lines()}
    assert before
    assert unbillable not in before
    path = f"/flows/{line.flow.id}/settings/"
    page = page_of(seen.owner.get(path))
    assert "Carry unbillable time as well" in page
    assert "Empty for everything." in page
    done = seen.owner.post(f"{path}change/", {"setting_carry_unbillable": "on", "setting_first_day": ""}, follow=True)
    assert "Version 2 is live" in page_of(done)
    again = seen.owner.post(f"{path}change/", {"setting_carry_unbillable": "on"}, follow=True)
    assert "Nothing was changed" in page_of(again)
    assert [settings["carry_unbillable"] for _number, settings in _versions(line)] == [False, True]
    line.psa("PATCH", f"time-entries/{unbillable}", {"notes": "Looked at again"})
    line.run()
    assert {entry["external_id"] for entry in line.time_lines()} == {*before, unbillable}


def test_going_back_takes_the_settings_of_that_time(shown: Shown) -> None:
    with scope.work_in(shown.line.partner):
        flow = Flow.objects.get(id=shown.line.flow.id)
        first = flow.live_version
        assert first is not None
        change_settings(flow, settings={"carry_unbillable": True}, changed_by="t")
        assert (flow.settings, current_settings(flow)["carry_unbillable"]) == ({"carry_unbillable": True}, True)
        restore_version(flow, first, made_by="t")
        assert Flow.objects.get(id=flow.id).settings == {}
        # How an earlier version of a template was shaped is not known: nobody guesses.
        FlowVersion.objects.filter(id=flow.live_version_id).update(template_version=1)
        with pytest.raises(ValidationError, match="stands on version 1 of its template: upgrade it to version 2 first"):
            change_settings(flow, settings={"carry_unbillable": True}, changed_by="t")
    assert len(_versions(shown.line)) == 3
    owner, path = shown.owner, f"/flows/{shown.line.flow.id}/settings/"
    refused = owner.post(f"{path}change/", {"setting_carry_unbillable": "on"}, follow=True)
    assert "upgrade it to version 2 first" in page_of(refused)
    program = _program(shown, Action.EDIT_FLOWS, Action.VIEW_FLOWS)
    told = program.post(f"/api/v1{path}", {"settings": {"carry_unbillable": True}}, content_type="application/json")
    assert told.status_code == 409


def test_what_cannot_be_is_told_at_its_field_and_changes_nothing(shown: Shown) -> None:
    path = f"/flows/{shown.line.flow.id}/settings/"
    answer = shown.owner.post(f"{path}change/", {"setting_first_day": "soon"})
    assert answer.status_code == 400
    assert "Enter a valid date." in page_of(answer)
    assert shown.as_(Role.READ_ONLY).post(f"{path}change/", {}).status_code == 403
    seen = page_of(shown.as_(Role.READ_ONLY).get(path))
    assert "First day of work" in seen
    assert 'name="setting_first_day"' not in seen
    assert len(_versions(shown.line)) == 1
    with scope.work_in(shown.line.partner):
        flow = Flow.objects.get(id=shown.line.flow.id)
        with pytest.raises(SettingsError, match="first_day: must be a day"):
            change_settings(flow, settings={"first_day": "soon"}, changed_by="t")
        assert current_settings(flow) == {"carry_unbillable": False, "first_day": ""}
        # What was stored under an earlier version of the template is found when it is published, not when it runs.
        flow.settings = {"first_day": "soon", "gone": 1}
        with pytest.raises(ValidationError, match="do not fit this version of the template: first_day: must be a day"):
            newest_base(flow)
    assert len(_versions(shown.line)) == 1


def test_a_program_changes_settings_by_name_and_hears_what_is_wrong_with_each(shown: Shown) -> None:
    path = f"/api/v1/flows/{shown.line.flow.id}/settings/"
    program = _program(shown, Action.EDIT_FLOWS, Action.VIEW_FLOWS)
    wrong = {"settings": {"first_day": "soon", "days": 3}}
    errors = program.post(path, wrong, content_type="application/json").json()["errors"]
    assert {error["field"] for error in errors} == {"settings.first_day", "settings.days"}
    body = {"settings": {"first_day": "2026-11-02"}, "note": "Taken over"}
    answer = program.post(path, body, content_type="application/json")
    assert (answer.status_code, answer.json()["live_version"]) == (200, 2)
    assert answer.json()["settings"] == {"first_day": "2026-11-02"}
    listed = program.get("/api/v1/templates/").json()
    schemas = {template["slug"]: template["settings"] for template in listed}
    assert schemas["approved-time-to-bill"]["properties"]["first_day"]["title"] == "First day of work"
    reader = _program(shown, Action.VIEW_FLOWS)
    assert reader.post(path, body, content_type="application/json").status_code == 403
