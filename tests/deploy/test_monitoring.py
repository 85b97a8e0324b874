"""The alerts watch metrics that exist, and the page for operators names every metric and every alert."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
FOLDER = ROOT / "deploy" / "monitoring"
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))["groups"] for rule in group["rules"]
]


def _metrics() -> set[str]:
    """Return the names that the code gives to metrics."""
    return {
        name
        for path in (ROOT / "apps").rglob("*.py")
        for name in re.findall(
            r'(?:Histogram|Counter|Counted|Family|_gauge)\(\s*"(fairlead_\w+)"', path.read_text("utf-8")
        )
    }


METRICS = _metrics()


def test_the_code_has_metrics() -> None:
    assert len(METRICS) > 12


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_every_metric_stands_in_the_table(metric: str) -> None:
    assert re.search(rf"^\| `{metric}(_total)?`", PAGE, re.MULTILINE)


def test_the_table_names_no_metric_that_is_not_there() -> None:
    named = re.findall(r"^\| `(fairlead_\w+)`", PAGE, re.MULTILINE)
    assert {name.removesuffix("_total") for name in named} == METRICS


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_watches_what_exists_and_says_what_to_do(rule: dict[str, Any]) -> None:
    watched = {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in re.findall(r"fairlead_\w+", rule["expr"])}
    assert watched <= METRICS
    assert watched or "up{" in rule["expr"]
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"]
    assert re.search(rf"^\|.*\b{rule['alert']}\b", PAGE, re.MULTILINE)


def test_the_example_reads_the_rules_and_asks_with_the_token() -> None:
    example = yaml.safe_load((FOLDER / "prometheus.example.yml").read_text("utf-8"))
    assert all((FOLDER / name).is_file() for name in example["rule_files"])
    (job,) = example["scrape_configs"]
    assert (job["metrics_path"], job["authorization"]["type"]) == ("/metrics", "Bearer")
    assert f'job="{job["job_name"]}"' in next(rule["expr"] for rule in RULES if rule["alert"] == "NoMetrics")
