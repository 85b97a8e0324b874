"""A change that makes something else of a template's samples is told before it is published, with what was and what is."""

from collections.abc import Callable

from apps.flows.models import DryRun, Flow
from apps.flows.queries.mapping import trial_version
from apps.flows.queries.sample_results import report_of_change, report_of_version
from apps.flows.services.flow_settings import change_settings
from apps.flows.services.publish import change_line
from apps.tenants import scope
from tests.deals import Deals
from tests.flows.views.conftest import page_of, typed_line
from tests.lines import Line
from tests.people import Watched


def test_a_customers_line_and_settings_are_held_against_the_template(make_line: Callable[..., Line]) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        flow = Flow.objects.get(id=line.flow.id)
        assert flow.live_version is not None
        flow.live_version.flow = flow
        before = report_of_version(flow.live_version)
        assert before is not None
        assert (before.total, before.changed, before.problem) == (7, [], "")
        change_settings(flow, settings={"carry_unbillable": True}, changed_by="t")
        version = change_line(flow, target="cost_center", changes={"source": "", "default": "CC-900"}, made_by="t")
        report = report_of_version(version)
        assert report is not None
        told = {sample.name: sample.differences for sample in report.changed}
        assert told["An approved entry becomes a time line"] == [("Deliver: cost_center", "CC-110", "CC-900")]
        assert told["Unbillable time is left out"] == [("", "is left out: It is not billable.", "gets through")]
        assert "Time without a project is refused" not in told
        # Against the live version only what the next change brings is told.
        candidate = trial_version(flow, "employee", {"source": "department"})
        following = report_of_change(version, candidate)
        assert following is not None
        said = {sample.name: sample.differences[0] for sample in following.changed}
        about, was, becomes = said["An approved entry becomes a time line"]
        assert (about, was) == ("", "gets through")
        assert becomes.startswith("is refused at “Map”: Employee is missing.")
        version.template_version = 1
        assert report_of_version(version) is None  # the samples are those of another version of the template


def test_the_samples_of_a_walking_flow_are_run_through_each_of_its_steps(make_deals: Callable[..., Deals]) -> None:
    deals = make_deals()
    with scope.work_in(deals.partner):
        flow = Flow.objects.get(id=deals.flow.id)
        change_settings(flow, settings={"project_prefix": "2027-"}, changed_by="t")
        assert flow.live_version is not None
        report = report_of_version(flow.live_version)
    assert report is not None
    assert report.problem == ""
    (told,) = [one.differences for one in report.changed if one.name.startswith("A deal that is won becomes")]
    assert ("Project in the PSA: code", "P-D-100", "2027-D-100") in told


def test_the_pages_of_a_line_and_of_a_dry_run_tell_it(make_line: Callable[..., Line]) -> None:
    line = make_line()
    seen = Watched(line, line.run())
    path = f"/flows/{line.flow.id}/mapping/description/"
    page = page_of(seen.owner.post(path, {**typed_line(source="task_name"), "preview": "1"}))
    assert "5 of 7 samples hold" in page
    assert "2 give another result than the live version." in page
    assert "Design - Ann Archer" in page
    seen.owner.post(path, {**typed_line(source="task_name"), "publish": "1"})
    asked = seen.owner.post(f"/flows/{line.flow.id}/dry-run/")
    line.work()
    with scope.work_in(line.partner):
        assert DryRun.objects.get().state == "done"
    assert "2 give another result than the template itself." in page_of(seen.owner.get(asked["Location"]))
