"""`make conformance`: bring every system of the catalogue up on stage, and print what its connector passes.

The checks are those of `tests/conformance`, which `make test` runs as well; here they become a table of system and check
with the proof level. Arguments go to pytest: `make conformance ARGS="-k redmine"`. Returns 1 when a check fails.
"""

import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from deploy.local.places import Places
from deploy.local.testing import EXPECTED, ThrowawayError, clear_leftovers, environment_for_tests, servers_for_tests

SUITE = "tests/conformance"
_PROOFS = (
    "import django; django.setup(); from apps.connectors import registry\n"
    "for one in registry.all_manifests(): print(one.slug, one.proof.value, sep='\\t')"
)
# Systems on stage that the catalogue does not have: their manifests are drafted by the suite, as partners draft theirs.
_DRAFTED = "drafted from the service's own description"


class Verdict(StrEnum):
    """What a check found; a later one outweighs the earlier ones where a check has several cases."""

    NOT_APPLICABLE = "n/a"
    PASSED = "pass"
    FAILED = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One case of one check. `system` is "" for what is tried at the network door or at the suite itself."""

    check: str
    system: str
    verdict: Verdict
    reason: str = ""


def read_findings(report: Path) -> list[Finding]:
    """Return what pytest's JUnit report says. A check that could not even begin has failed."""
    cases = ElementTree.parse(report).iter("testcase")
    return [_finding(case) for case in cases]


def _finding(case: ElementTree.Element) -> Finding:
    told = {one.get("name", ""): one.get("value", "") for one in case.iter("property")}
    check = told.get("check") or case.get("name", "").partition("[")[0].removeprefix("test_").replace("_", " ")
    skipped = case.find("skipped")
    if case.find("failure") is not None or case.find("error") is not None:
        return Finding(check, told.get("system", ""), Verdict.FAILED)
    if skipped is None:
        return Finding(check, told.get("system", ""), Verdict.PASSED)
    reason = skipped.get("message", "")
    # Whatever is left out must say why: a skip of any other kind counts as a failure.
    if not reason.startswith("n/a: "):
        return Finding(check, told.get("system", ""), Verdict.FAILED, reason)
    return Finding(check, told.get("system", ""), Verdict.NOT_APPLICABLE, reason.removeprefix("n/a: "))


def table_of(findings: Iterable[Finding], proofs: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of the report: the checks by number, a line a system, why checks are left out, the door's checks."""
    found = list(findings)
    of_systems = [one for one in found if one.system]
    checks = list(dict.fromkeys(one.check for one in of_systems))
    yield "Checks"
    yield from (f"  {number:>2}  {check}" for number, check in enumerate(checks, 1))
    yield ""
    drafted = dict.fromkeys((one.system for one in of_systems if one.system not in proofs), _DRAFTED)
    proofs = {**proofs, **drafted}
    width = max([len(slug) for slug in proofs] + [6])
    yield f"{'system':<{width}}  {' '.join(f'{number:>4}' for number in range(1, len(checks) + 1))}  proof"
    for slug, proof in proofs.items():
        verdicts = (_joined(one for one in of_systems if (one.system, one.check) == (slug, check)) for check in checks)
        yield f"{slug:<{width}}  {' '.join(f'{verdict:>4}' for verdict in verdicts)}  {proof}"
    yield ""
    yield from _left_out(of_systems, checks)
    yield "At the network door and at the suite itself"
    for check in dict.fromkeys(one.check for one in found if not one.system):
        cases = [one for one in found if not one.system and one.check == check]
        yield f"  {_joined(cases):>4}  {check} ({len(cases)})"


def _joined(findings: Iterable[Finding]) -> str:
    """Return one verdict for all cases of a check, "-" when it was not run."""
    verdicts = {one.verdict for one in findings}
    return str(max(verdicts, key=list(Verdict).index)) if verdicts else "-"


def _left_out(findings: list[Finding], checks: list[str]) -> Iterator[str]:
    reasons: dict[tuple[str, str], set[int]] = {}
    for one in findings:
        if one.verdict is Verdict.NOT_APPLICABLE:
            reasons.setdefault((one.system, one.reason), set()).add(checks.index(one.check) + 1)
    if reasons:
        yield "Left out, and why"
        for (system, reason), numbers in reasons.items():
            yield f"  {system}, {', '.join(str(number) for number in sorted(numbers))}: {reason}"
        yield ""


def main(arguments: list[str]) -> int:
    """Run the suite between the servers' start and stop, print the table, and return 1 on a failure."""
    places = Places()
    try:
        clear_leftovers(places)
        with servers_for_tests(places) as local, TemporaryDirectory() as folder:
            environment = environment_for_tests(local)
            report = Path(folder) / "report.xml"
            code, words = _run_suite(places, environment, report, arguments)
            proofs = _proofs(places, environment)
            findings = read_findings(report) if report.exists() else []
    except (ThrowawayError, *EXPECTED) as problem:
        print(f"The suite could not start: {problem}", file=sys.stderr)
        return 1
    failed = any(one.verdict is Verdict.FAILED for one in findings)
    if failed or code or not findings:
        print(words)
    print("\n".join(table_of(findings, proofs)))
    return 1 if failed or code or not findings else 0


def _run_suite(places: Places, environment: dict[str, str], report: Path, arguments: list[str]) -> tuple[int, str]:
    options = [f"--junitxml={report}", "-o", "junit_family=xunit1", "-p", "no:randomly", "-q"]
    command = [str(places.python), "-m", "pytest", SUITE, *options, *arguments]
    done = subprocess.run(
        command, cwd=places.root, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def _proofs(places: Places, environment: dict[str, str]) -> dict[str, str]:
    """Return the proof level of every system; asked of a process of its own, which has the product's settings."""
    asked = [str(places.python), "-c", _PROOFS]
    said = subprocess.run(asked, cwd=places.root, env=environment, text=True, stdout=subprocess.PIPE, check=True).stdout
    return dict(line.split("\t", 1) for line in said.splitlines() if "\t" in line)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
