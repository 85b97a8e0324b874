"""Changes of production flows: nothing goes live without the approvals that are demanded, whichever way it is published."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from unittest.mock import patch

import pytest
from django.core.exceptions import ValidationError

from apps.accounts.actions import Role
from apps.accounts.actor import acting
from apps.accounts.models import AuditEntry, OutgoingMail, User
from apps.accounts.services import create_user
from apps.connectors.models import Connection, Credential
from apps.customers.models import Customer
from apps.dispatch.models import Queue
from apps.flows.config_files.parsing import parse_file
from apps.flows.configuring.exporting import export_customer
from apps.flows.configuring.importing import apply_import, plan_import
from apps.flows.configuring.plans import ChangeKind
from apps.flows.engine.edits import SetLines
from apps.flows.engine.rings import Gates, Ring
from apps.flows.mapping.places import DELIVERY
from apps.flows.models import ChangeRequest, Flow, FlowVersion, RolloutMember
from apps.flows.services.change_policy import Demands, default_demands, demands_for, set_default, set_policy
from apps.flows.services.change_requests import (
    ChangeClosedError,
    ChangeError,
    ask_for,
    decide,
    put_live,
    why_not_decide,
    withdraw,
)
from apps.flows.services.drafts import edit_draft, open_draft, publish_draft
from apps.flows.services.flow_settings import change_settings
from apps.flows.services.flow_state import pause_flow, resume_flow
from apps.flows.services.publish import change_line, go_live, propose, publish
from apps.flows.services.restore_version import restore_version
from apps.flows.services.rollouts import resume_rollout, start_rollout
from apps.flows.services.upgrades import upgrade
from apps.flows.services.value_maps import add_mapping_value
from apps.flows.services.what_if import make_live, propose_line, request_what_if
from apps.flows.templates_library import TEMPLATES
from apps.tenants import scope
from tests.lines import Line

MakeLine = Callable[..., Line]
PASSWORD = "correct horse battery"


@pytest.fixture
def line(make_line: MakeLine) -> Line:
    """A line whose customer demands one approval, in the partner's scope; version 2 is live."""
    made = make_line(people=2)
    with scope.work_in(made.partner):
        change_line(_flow(made), target="description", changes={"default": "Work"}, made_by="Ann")
        set_policy(made.customer, Demands(approvals=1))
    return made


def _flow(line: Line) -> Flow:
    return Flow.objects.select_related("customer", "source", "target", "live_version").get(id=line.flow.id)


def _number(line: Line) -> int:
    live = _flow(line).live_version
    assert live is not None
    return live.number


def _person(name: str, role: Role = Role.OWNER) -> User:
    return create_user(email=f"{name}@alder.example", name=name.title(), role=role, password=PASSWORD)


def _first(line: Line) -> FlowVersion:
    return FlowVersion.objects.get(flow_id=line.flow.id, number=1)


def _compared(line: Line) -> FlowVersion:
    flow = _flow(line)
    found = request_what_if(
        flow, propose_line(flow, target="description", changes={"label": "Done"}, made_by="Ann"), by="Ann"
    )
    found.state = "done"
    found.save()
    return make_live(found, by="Ann")


def _upgraded(line: Line) -> FlowVersion:
    with _newer_template(line):
        made = upgrade(_flow(line), made_by="Ann")
    assert made is not None
    return made


def _newer_template(line: Line) -> AbstractContextManager[object]:
    template = TEMPLATES[line.flow.template]
    return patch.dict(TEMPLATES, {template.slug: replace(template, version=template.version + 1, samples=())})


def _proposed(line: Line) -> FlowVersion:
    flow = _flow(line)
    version = propose(flow, made_by="Ann", own={DELIVERY: [{"target": "description", "default": "Mine"}]})
    go_live(flow, version, by="Ann")
    return version


def _drafted(line: Line) -> FlowVersion:
    flow = _flow(line)
    seen = open_draft(flow, by="Ann").seen
    edit_draft(flow, SetLines(DELIVERY, {"description": {"default": "Drafted"}}), seen=seen, by="Ann")
    return publish_draft(flow, by="Ann")


def _imported(line: Line) -> FlowVersion:
    customer = Customer.objects.get(id=line.customer.id)
    text = export_customer(customer).write().replace("default: Work", "default: Toil")
    parsed = parse_file(text.encode())
    plan = plan_import(customer, parsed, by="Ann")
    assert ([change.kind for change in plan.changes], plan.problems) == ([ChangeKind.ASKED], ())
    apply_import(customer, parsed, digest=plan.digest, by="Ann")
    return ChangeRequest.objects.get().version


WAYS: dict[str, Callable[[Line], FlowVersion | None]] = {
    "a line": lambda line: change_line(_flow(line), target="description", changes={"default": "x"}, made_by="Ann"),
    "a value": lambda line: add_mapping_value(
        _flow(line), target="company", outside_value="ZZ", new_value="DE01", made_by="Ann"
    ),
    "a setting": lambda line: change_settings(_flow(line), settings={"carry_unbillable": True}, changed_by="Ann"),
    "going back": lambda line: restore_version(_flow(line), _first(line), made_by="Ann"),
    "an upgrade": _upgraded,
    "a comparison made live": _compared,
    "a proposal": _proposed,
    "a draft": _drafted,
    "a file": _imported,
    "all of it": lambda line: publish(_flow(line), published_by="Ann"),
}


@pytest.mark.parametrize("way", WAYS)
def test_no_way_of_publishing_passes_by_the_approval(line: Line, way: str) -> None:
    with scope.work_in(line.partner):
        made = WAYS[way](line)
        assert made is not None
        request = ChangeRequest.objects.get()
        assert (_number(line), made.published_at, request.version_id) == (2, None, made.id)
        assert (request.state, request.needed, request.asked_by_name) == ("open", 1, "Ann")
        with pytest.raises(ChangeError, match="1 approval is missing"):
            put_live(request.id, by="Ann")
        decide(request.id, person=_person("otto"), decision="approve", note="Looks right")
        put_live(request.id, by="Ann")
        assert (_number(line), ChangeRequest.objects.get().state) == (made.number, "live")
        deeds = AuditEntry.objects.filter(subject_id=str(request.id)).order_by("id").values_list("action", flat=True)
        assert list(deeds) == ["change_asked", "change_decided", "change_went_live"]


def test_two_people_approve_and_the_asker_is_none_of_them(line: Line) -> None:
    with scope.work_in(line.partner):
        set_policy(line.customer, Demands(approvals=2))
        ann, otto, fina = _person("ann"), _person("otto"), _person("fina", Role.OPERATIONS)
        builder, support = _person("bo", Role.BUILDER), _person("sue", Role.SUPPORT)
        with acting(ann.as_actor()):
            version = change_line(_flow(line), target="description", changes={"default": "x"}, made_by="Ann")
        request = ChangeRequest.objects.get(version=version)
        for person, told in ((ann, "You asked"), (builder, "Your role"), (support, "Your role")):
            assert told in why_not_decide(request, person)
            with pytest.raises(ChangeError, match=told):
                decide(request.id, person=person, decision="approve")
        assert decide(request.id, person=otto, decision="approve").state == "open"
        with pytest.raises(ChangeError, match="approved it already"):
            decide(request.id, person=otto, decision="approve")
        with pytest.raises(ChangeError, match="1 approval is missing"):
            put_live(request.id, by="Otto")
        with pytest.raises(ValidationError, match="not approved"):
            go_live(_flow(line), version, by="Otto", approved=request)
        assert decide(request.id, person=fina, decision="approve").state == "approved"
        put_live(request.id, by="Ann")
        assert _number(line) == version.number
        with pytest.raises(ChangeClosedError, match="Ann has made it live"):
            withdraw(request.id, by="Ann")


def test_what_a_nameless_program_asked_for_is_not_approved_by_who_bears_its_name(line: Line) -> None:
    with scope.work_in(line.partner):
        change_line(_flow(line), target="description", changes={"default": "x"}, made_by="Otto")
        assert "You asked" in why_not_decide(ChangeRequest.objects.get(), _person("otto"))


def test_one_refusal_with_its_reason_ends_it(line: Line) -> None:
    with scope.work_in(line.partner):
        change_line(_flow(line), target="description", changes={"default": "x"}, made_by="Ann")
        request, otto = ChangeRequest.objects.get(), _person("otto")
        with pytest.raises(ChangeError, match="Say why"):
            decide(request.id, person=otto, decision="refuse", note="  ")
        with pytest.raises(ChangeError, match="Approve or refuse"):
            decide(request.id, person=otto, decision="perhaps")
        ended = decide(request.id, person=otto, decision="refuse", note="Wrong\nwords")
        assert (ended.state, ended.closed_by, ended.closed_note) == ("refused", "Otto", "Wrong words")
        for act in (put_live, withdraw):
            with pytest.raises(ChangeClosedError, match="Otto has refused it"):
                act(request.id, by="Ann")
        assert _number(line) == 2


def test_the_same_change_is_asked_for_once_and_another_that_goes_live_overtakes_it(line: Line) -> None:
    with scope.work_in(line.partner):
        first = change_line(_flow(line), target="description", changes={"default": "x"}, made_by="Ann")
        again = change_line(_flow(line), target="description", changes={"default": "x"}, made_by="Bela")
        assert (again.id, FlowVersion.objects.filter(flow_id=line.flow.id).count()) == (first.id, 3)
        other = change_line(_flow(line), target="cost_center", changes={"default": "CC"}, made_by="Ann")
        kept = {one.version_id: one for one in ChangeRequest.objects.all()}
        otto = _person("otto")
        for request in kept.values():
            decide(request.id, person=otto, decision="approve")
        put_live(kept[other.id].id, by="Ann")
        overtaken = ChangeRequest.objects.get(version=first)
        assert (overtaken.state, overtaken.closed_note) == ("overtaken", "Version 4 went live meanwhile.")
        with pytest.raises(ChangeClosedError, match="make the change anew"):
            put_live(overtaken.id, by="Ann")
        with pytest.raises(ChangeError, match="make the change anew"):
            ask_for(_flow(line), first, by="Ann")
        assert _number(line) == 4


def test_a_withdrawn_change_can_be_asked_for_again(line: Line) -> None:
    with scope.work_in(line.partner):
        version = change_line(_flow(line), target="description", changes={"default": "x"}, made_by="Ann")
        request = ChangeRequest.objects.get()
        assert withdraw(request.id, by="Ann").state == "withdrawn"
        anew = ask_for(_flow(line), version, by="Ann", reason="Still wanted")
        assert (anew.state, anew.reason, anew.id == request.id) == ("open", "Still wanted", False)
        assert ask_for(_flow(line), version, by="Otto").id == anew.id
        with pytest.raises(ChangeError, match="was live already"):
            ask_for(_flow(line), _first(line), by="Ann")


def test_what_is_demanded_of_comparison_and_samples_is_looked_at(line: Line) -> None:
    with scope.work_in(line.partner):
        set_policy(line.customer, Demands(approvals=1, what_if=True, samples=True))
        checks = {"checks": ["at_most:0.1"]}
        version = change_line(_flow(line), target="quantity", changes=checks, made_by="Ann", despite="Tried out")
        request, otto = ChangeRequest.objects.get(), _person("otto")
        with pytest.raises(ChangeError, match="Wait for the comparison"):
            decide(request.id, person=otto, decision="approve")
        found = request_what_if(_flow(line), version, by="Ann")
        found.state = "done"
        found.save()
        assert decide(request.id, person=otto, decision="approve").what_if_id == found.id
        with pytest.raises(ChangeError, match="samples fail"):
            put_live(request.id, by="Ann")
        assert (_number(line), ChangeRequest.objects.get().state) == (2, "approved")


def test_a_rollout_leaves_out_who_has_to_approve_and_goes_on_once_they_did(line: Line) -> None:
    with scope.work_in(line.partner), _newer_template(line):
        rollout = start_rollout(template=line.flow.template, rings=[Ring("All", 1)], gates=Gates(), started_by="Rolf")
    with _newer_template(line):
        line.work(Queue.MAINT)
        with scope.work_in(line.partner):
            member = RolloutMember.objects.get(rollout=rollout)
            assert (member.state, _number(line)) == ("held", 2)
            assert "waits for approval" in member.reason
            request = ChangeRequest.objects.get()
            decide(request.id, person=_person("otto"), decision="approve")
            put_live(request.id, by="Rolf")
            resume_rollout(rollout)
        line.work(Queue.MAINT)
        with scope.work_in(line.partner):
            assert RolloutMember.objects.get(id=member.id).state == "changed"


@pytest.mark.parametrize("what", ["sandbox", "draft", "nothing demanded"])
def test_what_moves_no_real_records_needs_nobody(line: Line, what: str) -> None:
    with scope.work_in(line.partner):
        if what == "sandbox":
            Connection.objects.filter(customer_id=line.customer.id).update(environment="sandbox")
        elif what == "draft":
            Flow.objects.filter(id=line.flow.id).update(state="draft")
        else:
            set_policy(line.customer, Demands())
            set_default(Demands(approvals=2))
        change_line(_flow(line), target="description", changes={"default": "x"}, made_by="Ann")
        assert (_number(line), ChangeRequest.objects.count()) == (3, 0)


def test_the_partners_default_holds_where_a_customer_has_no_policy(line: Line) -> None:
    with scope.work_in(line.partner):
        set_policy(line.customer, None)
        assert demands_for(line.customer.id) == default_demands() == Demands()
        set_default(Demands(approvals=2, samples=True))
        with pytest.raises(ValidationError, match="up to 2"):
            set_policy(line.customer, Demands(approvals=3))
        told = AuditEntry.objects.filter(action="change_policy_set").latest("id").details
        assert told == {"demanded of changes": ["nothing", "2 approvals, samples that hold"]}
    # A program bound to one customer cannot read the partner's default itself; it holds all the same.
    with scope.work_in(line.partner, line.customer.id):
        version = change_line(_flow(line), target="description", changes={"default": "x"}, made_by="API key")
        assert (version.published_at, ChangeRequest.objects.get().needed) == (None, 2)


@pytest.mark.parametrize(
    ("missing", "told"),
    [("secret", "PSA lacks"), ("address", "ERP has no address"), ("removed", "PSA was removed")],
)
def test_a_flow_with_holes_does_not_go_on_and_says_which(line: Line, missing: str, told: str) -> None:
    with scope.work_in(line.partner):
        pause_flow(_flow(line), reason="Look", made_by="Ann")
        if missing == "secret":
            Credential.objects.filter(connection_id=line.source.id).delete()
        elif missing == "address":
            Connection.objects.filter(id=line.target.id).update(base_url="")
        else:
            Connection.objects.filter(id=line.source.id).update(removed_at=line.source.created_at)
        with pytest.raises(ValidationError, match=told):
            resume_flow(_flow(line))
        assert _flow(line).state == "paused"


def test_those_who_may_approve_hear_of_it_once_and_the_asker_does_not(line: Line) -> None:
    with scope.work_in(line.partner):
        ann, otto, _bo = _person("ann"), _person("otto", Role.OPERATIONS), _person("bo", Role.BUILDER)
        with acting(ann.as_actor()):
            for _twice in range(2):
                change_line(_flow(line), target="description", changes={"default": "x"}, made_by="Ann", note="Words")
        mail = OutgoingMail.objects.get()
        request = ChangeRequest.objects.get()
        assert mail.to == otto.email
        for words in ("Ann asks for version 3", line.flow.name, line.customer.name, "Words", f"/changes/{request.id}/"):
            assert words in mail.text
