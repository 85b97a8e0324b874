"""A record that was kept as a sample is run through every version before it goes live, for as long as it may be kept."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError

from apps.customers.retention import set_payload_rule
from apps.dispatch.models import Queue
from apps.dispatch.services import enqueue
from apps.dispatch.worker import drain
from apps.flows.models import Batch, Flow, FlowSample, Operation
from apps.flows.queries.own_samples import list_own_samples
from apps.flows.queries.sample_results import report_of_run
from apps.flows.services import blobs
from apps.flows.services.own_samples import MOST_SAMPLES, pin_sample, renew_sample
from apps.flows.services.publish import change_line
from apps.flows.services.retention import RETENTION_KIND
from apps.flows.services.samples import SamplesFailError, run_of_change
from apps.tenants import scope
from apps.tenants.templatetags.wording import MASK
from tests.lines import Line


def _flow(line: Line) -> Flow:
    return Flow.objects.select_related("source", "target", "live_version", "customer").get(id=line.flow.id)


def _written(line: Line) -> Operation:
    found = Operation.objects.filter(flow_id=line.flow.id, state="written").order_by("id").first()
    assert found is not None
    return Operation.objects.select_related("flow__source", "flow__target").get(id=found.id)


def test_it_holds_back_a_version_that_no_sample_of_the_template_knows_of(make_line: Callable[..., Line]) -> None:
    line = make_line()
    line.run()
    with scope.work_in(line.partner):
        sample = pin_sample(_written(line), name=" A usual  entry ", by="Ann")
        assert sample.name == "A usual entry"
        kept = blobs.unpack(sample.contents)
        assert (kept["expected"]["how"], kept["seen"]["key"]) == ("delivers", _written(line).source_key)
        (row,) = list_own_samples(_flow(line), can_see=True)
        assert (row.holds, row.expected) == (True, "gets through")
        # No sample of the template is this very record.
        expression = f"r.id == '{kept['seen']['key']}' ? '' : 'Work'"
        changes = {"expression": expression, "source": "", "required": True}
        with pytest.raises(SamplesFailError, match="A usual entry") as told:
            change_line(_flow(line), target="description", changes=changes, made_by="Ann")
        report = report_of_run(told.value.run)
        assert report is not None
        assert [one.name for one in report.changed if one.fails] == ["A usual entry"]
        hidden = report_of_run(told.value.run, can_see=False)
        assert hidden is not None
        assert hidden.changed[-1].differences == [("", MASK, MASK)]
        fixed = {"source": "", "expression": "", "default": "W"}
        version = change_line(_flow(line), target="description", changes=fixed, made_by="Ann")
        (row,) = list_own_samples(_flow(line), can_see=True)
        assert row.holds is False
        renew_sample(FlowSample.objects.select_related("flow__source", "flow__target").get(id=sample.id))
        run = run_of_change(version, version)
        assert run is not None
        assert [one.holds for one in run.own] == [True]


def test_what_may_not_be_kept_is_refused_in_words(make_line: Callable[..., Line]) -> None:
    line = make_line()
    line.run()
    with scope.work_in(line.partner):
        operation = _written(line)
        pin_sample(operation, name="One", by="Ann")
        for name, words in (("", "Give the sample a name"), ("x" * 121, "at most 120"), ("One", "choose another name")):
            with pytest.raises(ValidationError, match=words):
                pin_sample(operation, name=name, by="Ann")
        contents = FlowSample.objects.get().contents
        rest = [
            FlowSample(
                flow_id=line.flow.id,
                customer=line.customer,
                name=f"{number}",
                contents=contents,
                made_at=operation.changed_at,
                made_by="Ann",
            )
            for number in range(MOST_SAMPLES - 1)
        ]
        FlowSample.objects.bulk_create(rest)
        with pytest.raises(ValidationError, match="remove one first"):
            pin_sample(operation, name="Too many", by="Ann")
        FlowSample.objects.exclude(name="One").delete()
        Batch.objects.update(plan=None)
        with pytest.raises(ValidationError, match="not kept any more"):
            pin_sample(operation, name="Gone", by="Ann")
        set_payload_rule(line.customer, stored=False, keep_days=30)
        with pytest.raises(ValidationError, match="keeps no contents"):
            pin_sample(operation, name="Never", by="Ann")
        enqueue(kind=RETENTION_KIND)
    drain(Queue.MAINT, worker="test", seconds=30)
    with scope.work_in(line.partner):
        assert not FlowSample.objects.exists()
