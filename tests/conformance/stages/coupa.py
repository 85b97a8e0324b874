"""Coupa on stage, as a stand-in of its documentation: expenses of reports and people are only read."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from tests.conformance.stage import Planted
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog import coupa_stand_in as coupa


class CoupaStage(StandInStage):
    """An instance with nine reports of one line and nine people; the reports were all made in one moment."""

    slug = "coupa"
    stand_in = coupa.CoupaStandIn
    lists = ("expense_lines", "users")
    level = "expense_lines"
    stamps_late = True
    token_path = "/token"
    touched = {"expense_lines": "description", "users": "lastname"}
    removable = ("expense_lines",)
    settings = {"project_field": "account.segment-2"}
    planted = {
        "text": Planted("expense_lines", "description"),
        "number": Planted("expense_lines", "amount"),
        "date": Planted("expense_lines", "expense-date"),
    }

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        return coupa.line(number) if name == "expense_lines" else coupa.person(number)

    def days(self) -> list[tuple[Any, date | None]]:
        return [
            ("2028-02-29T00:00:00-07:00", date(2028, 2, 29)),
            ("2026-12-31T23:30:00-07:00", date(2026, 12, 31)),
            ("2026-02-29T00:00:00-07:00", None),
        ]


STAGE = CoupaStage
