"""The table of `make conformance`: what pytest reported, counted for each system and check, and nothing left out unsaid."""

from pathlib import Path

import pytest

from deploy.local.conformance import Finding, Verdict, read_findings, table_of

REPORT = """<testsuites><testsuite>
<testcase name="test_paging[a]"><properties><property name="system" value="a"/><property name="check" value="paging"/>
</properties></testcase>
<testcase name="test_paging[a-2]"><properties><property name="system" value="a"/><property name="check" value="paging"/>
</properties>{what}</testcase>
<testcase name="test_it_holds[x]"/>
</testsuite></testsuites>"""


@pytest.mark.parametrize(
    ("what", "verdict", "reason"),
    [
        ("", Verdict.PASSED, ""),
        ("<failure/>", Verdict.FAILED, ""),
        ("<error/>", Verdict.FAILED, ""),
        ('<skipped message="n/a: It sends none."/>', Verdict.NOT_APPLICABLE, "It sends none."),
        ('<skipped message="no server"/>', Verdict.FAILED, "no server"),
    ],
    ids=["passed", "failed", "could not begin", "left out with its reason", "left out without one"],
)
def test_a_case_is_read_from_the_report(tmp_path: Path, what: str, verdict: Verdict, reason: str) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT.format(what=what))
    assert read_findings(report) == [
        Finding("paging", "a", Verdict.PASSED),
        Finding("paging", "a", verdict, reason),
        Finding("it holds", "", Verdict.PASSED),
    ]


def test_one_failed_case_fails_the_check_and_a_check_that_was_not_run_shows() -> None:
    findings = [
        Finding("paging", "a", Verdict.PASSED),
        Finding("paging", "a", Verdict.FAILED),
        Finding("paging", "b", Verdict.PASSED),
        Finding("undo", "b", Verdict.NOT_APPLICABLE, "No way back."),
        Finding("it holds", "", Verdict.PASSED),
    ]
    lines = list(table_of(findings, {"a": "simulated", "b": "real"}))
    assert "a       FAIL    -  simulated" in lines
    assert "b       pass  n/a  real" in lines
    assert "  b, 2: No way back." in lines
    assert "  pass  it holds (1)" in lines


def test_a_system_that_the_catalogue_does_not_have_is_in_the_table_too() -> None:
    lines = list(table_of([Finding("paging", "private_odata", Verdict.PASSED)], {"a": "simulated"}))

    assert "a                 -  simulated" in lines
    assert "private_odata  pass  drafted from the service's own description" in lines
