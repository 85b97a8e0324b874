"""`docs/business-rules.md` holds the tables that the library would write."""

from pathlib import Path

import pytest
from django.conf import settings

from apps.flows.business_rules.library import RULES
from deploy.local.business_rules import rules_text, with_rules

DOCUMENT = (Path(settings.BASE_DIR) / "docs" / "business-rules.md").read_text(encoding="utf-8")


def test_the_tables_are_those_the_library_would_write() -> None:
    assert with_rules(DOCUMENT) == DOCUMENT, "run: python -m deploy.local.business_rules"


def test_every_rule_is_there_with_its_kinds_of_record_and_what_to_do() -> None:
    text = rules_text()
    for rule in RULES.values():
        assert text.count(f"| `{rule.name}` |") == len(rule.types)
        assert rule.runbook in text


def test_a_document_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="two marks"):
        with_rules("# Rules")
