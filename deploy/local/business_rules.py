"""Write the library of business rules into `docs/business-rules.md`: one table for each kind of record.

`python -m deploy.local.business_rules` rewrites the part between the two marks; a test fails while it is out of date.
"""

import sys
from collections.abc import Iterator

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.flows.business_rules.library import RULES, rules_for
from apps.flows.business_rules.rule import BusinessRule
from deploy.local.places import Places

BEGIN, END = "<!-- rules: written by python -m deploy.local.business_rules -->", "<!-- end of the rules -->"


def rules_text() -> str:
    """Return the tables of all rules as Markdown, by kind of record, and what each case says to do."""
    return "\n\n".join([*_tables(), *_runbooks()])


def _tables() -> Iterator[str]:
    for name, described in CANONICAL_TYPES.items():
        rules = rules_for(name)
        if rules:
            rows = [f"| `{rule.name}` | {rule.summary} | {rule.looks_at} | {_who(rule)} |" for rule in rules]
            head = "| rule | what must hold | what it looks at | class, queue |\n| --- | --- | --- | --- |"
            yield f"### {described.plural} (`{name}`)\n\n{head}\n" + "\n".join(rows)


def _who(rule: BusinessRule) -> str:
    return f"`{rule.business_class}`, {rule.queue.replace('_', ' ')}"


def _runbooks() -> Iterator[str]:
    yield "### What to do"
    for rule in RULES.values():
        broken = next(sample for sample in rule.samples if sample.sentence)
        said = broken.sentence.replace("{asked}", "the ERP").replace("{source}", "the PSA")
        yield f"**{rule.title}** (`{rule.name}`). Says, for example: “{said}”\n{rule.runbook}"


def with_rules(document: str) -> str:
    """Return the document with the part between the marks replaced. Raises ValueError when a mark is missing."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"The document needs the two marks {BEGIN} and {END}.")
    return f"{before}{BEGIN}\n\n{rules_text()}\n\n{END}{after}"


def main() -> int:
    """Rewrite the tables in place."""
    path = Places().root / "docs" / "business-rules.md"
    path.write_text(with_rules(path.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
