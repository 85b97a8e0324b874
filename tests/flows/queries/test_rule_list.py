"""A flow's rules in words: judged by whom, not judged with what, switched off why."""

from apps.connectors.models import Connection
from apps.flows.engine.definition import CheckOptions, FlowDefinition, Step
from apps.flows.models import Flow
from apps.flows.queries.rule_list import list_rule_words, list_rules
from apps.flows.templates_library import flow_template


def _flow(target: str) -> Flow:
    return Flow(source=Connection(system="sandbox_psa"), target=Connection(system=target))


def _definition(*names: str, **off: str) -> FlowDefinition:
    check = Step("check", CheckOptions(library=names, switched_off=off))
    return FlowDefinition("TimeEntry", steps=(Step("extract"), check, Step("map"), Step("deliver")))


def test_each_rule_says_by_whose_facts_it_is_judged() -> None:
    lines = list_rules(_flow("sandbox_erp"), _definition("period_open", "project_billable", "duplicate"))
    assert [line.note for line in lines] == [
        "Judged by what Sandbox ERP says.",
        "Judged by what Sandbox PSA says.",
        "Judged by what was delivered from here.",
    ]
    assert all(line.counts for line in lines)
    assert lines[0].words == "The accounting period of the posting is open"


def test_a_rule_that_neither_system_can_answer_is_said_not_to_be_judged() -> None:
    (line,) = list_rules(_flow("sandbox_payroll"), _definition("period_open"))
    assert not line.counts
    assert line.note == (
        "Cannot be checked with Sandbox payroll and Sandbox PSA: neither tells what is needed under “Accounting periods”."
    )


def test_a_rule_that_is_switched_off_says_why() -> None:
    judged, off = list_rules(
        _flow("sandbox_erp"), _definition("budget_left", "period_open", budget_left="Kept elsewhere.")
    )
    assert (judged.name, judged.counts) == ("period_open", True)
    assert (off.name, off.counts, off.note) == ("budget_left", False, "Switched off: Kept elsewhere.")


def test_a_flow_without_rules_or_without_a_version_lists_none() -> None:
    assert list_rules(_flow("sandbox_erp"), None) == list_rules(_flow("sandbox_erp"), FlowDefinition("Project")) == []


def test_a_template_tells_its_rules() -> None:
    words = list_rule_words(flow_template("approved-time-to-bill").definition)
    assert "The project is open" in words
    assert "Nothing was entered twice" in words
