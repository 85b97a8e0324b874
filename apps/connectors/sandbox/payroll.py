"""The sandbox payroll: people on the pay list, hours and refunds taken in for pay periods that are open or closed."""

from apps.connectors.sandbox import rules
from apps.connectors.sandbox.desk import Desk, Kind
from apps.connectors.sandbox.firm import Firm, instant_text
from apps.connectors.sandbox.periods import periods_of
from apps.connectors.sandbox.rules import Problem
from apps.connectors.sandbox.store import Company, Record, Store
from apps.connectors.sandbox.vocabulary import REGIONS

HOURS, REFUNDS = "hours", "refunds"
EARNINGS = ("regular", "overtime", "travel")
_FIELDS = {
    HOURS: ("external_id", "employee", "day", "hours", "earning", "project_code", "cost_center", "note", "period"),
    REFUNDS: ("external_id", "employee", "day", "amount", "currency", "reason", "project_code", "report_no", "period"),
}
_NEEDED = {
    HOURS: ("external_id", "employee", "day", "hours"),
    REFUNDS: ("external_id", "employee", "day", "amount", "currency"),
}
_LONGEST = {"external_id": 80, "note": 200, "reason": 120}
KINDS = {
    "employees": Kind(
        "number",
        ("number", "name", "email", "department", "active"),
        writable=False,
        fields=("number", "name", "email", "department", "currency", "active"),
    ),
    "pay-periods": Kind(
        "code", ("code", "starts", "ends", "state"), writable=False, fields=("code", "starts", "ends", "state")
    ),
    HOURS: Kind(
        "external_id",
        ("id", "external_id", "employee", "day", "hours", "earning", "period"),
        prefix="PH-",
        hours="hours",
        removable=True,
        renamed=("hours", "quantity"),
        fields=_FIELDS[HOURS],
        required=_NEEDED[HOURS],
        choices={"earning": EARNINGS},
        longest=_LONGEST,
    ),
    REFUNDS: Kind(
        "external_id",
        ("id", "external_id", "employee", "day", "amount", "currency", "reason", "period"),
        prefix="PR-",
        money="amount",
        removable=True,
        fields=_FIELDS[REFUNDS],
        required=_NEEDED[REFUNDS],
        longest=_LONGEST,
    ),
}


class Payroll(Desk):
    """One request to one company's payroll."""

    slug, title, main = "payroll", "Sandbox payroll", HOURS
    kinds = KINDS
    takes_keys = True

    @classmethod
    def fill(cls, store: Store, company: Company, firm: Firm) -> None:
        """Store people and pay periods; it begins without hours and refunds."""
        people = [
            {
                "id": f"PY-{p['id'][2:]}",
                "number": p["id"],
                "name": p["name"],
                "email": p["email"],
                "department": p["department"],
                "currency": REGIONS[p["region"]][1],
                "active": True,
            }
            for p in firm.people
        ]
        cls.fill_kind(store, company, "employees", people, instant_text(firm.as_of))
        periods = [
            {
                "id": f"pp-{period.code}",
                "code": period.code,
                "starts": period.starts.isoformat(),
                "ends": period.ends.isoformat(),
                "state": period.state,
            }
            for period in periods_of(firm)
        ]
        cls.fill_kind(store, company, "pay-periods", periods, instant_text(firm.as_of))

    def prepared(self, kind: str, record: Record, _number: int) -> Record:
        """A line belongs to the pay period of its day."""
        if kind not in _FIELDS:
            return record
        return {**({"earning": "regular"} if kind == HOURS else {}), **record, "period": str(record.get("day"))[:7]}

    def completed(self, kind: str, _before: Record, changed: Record) -> Record:
        """A line follows its day into another period."""
        return {**changed, "period": str(changed.get("day"))[:7]} if kind in _FIELDS else changed

    def judge(self, kind: str, record: Record) -> list[Problem]:
        """Return everything wrong with a record that is new or changed."""
        if kind not in _FIELDS:
            return super().judge(kind, record)
        found = rules.missing(record, _NEEDED[kind]) + rules.unknown(record, _FIELDS[kind])
        found += rules.too_long(record, _LONGEST) + rules.currency(record)
        found += rules.amounts(record, ("hours", "amount"))
        if kind == HOURS:
            found += rules.choices(record, {"earning": EARNINGS}) + _too_many(record)
        employee = str(record.get("employee") or "")
        if employee and self.look_up("employees", employee) is None:
            found.append(Problem("unknown_employee", "employee", f"Employee {employee} is not on the pay list"))
        return found + self._problems_of_day(record)

    def kept_by(self, kind: str, record: Record) -> Problem | None:
        """What was paid is not taken away: a line of a closed pay period stays."""
        if kind not in _FIELDS:
            return None
        return next((one for one in self._problems_of_day(record) if one.code == "closed_period"), None)

    def _problems_of_day(self, record: Record) -> list[Problem]:
        days, found = rules.days(record, ("day",))
        day = days.get("day")
        if day is None:
            return found
        period = self.look_up("pay-periods", f"{day:%Y-%m}")
        if period is None or period["state"] != "open" or self._faults.strikes("closed_period"):
            return [Problem("closed_period", "day", f"Pay period {day:%Y-%m} is closed")]
        return []


def _too_many(record: Record) -> list[Problem]:
    hours = rules.number_of(record.get("hours"))
    if hours is not None and hours > 24:
        return [Problem("hours_out_of_range", "hours", "A day has 24 hours")]
    return []
