"""A month of a firm of 600 people, lived through on a moved clock: exactly the cases, clocks, money and breaches of a table.

Each record goes the whole way: schedule, dispatch, engine, HTTP to the simulated systems, ledger, judging, clocks. In March 2030
the office in Berlin is open from 08:00 to 16:00 UTC; the flow runs each weekday at 17:30 UTC, which is after that.

    5   time of a new legal entity is approved, for which nobody has a translation; it is added on the 6th
    13  the ERP goes away at 17:00 and comes back on the 14th at nine
    18  the flow is paused for two days, for the ERP's upgrade: what is approved meanwhile is posted on the 20th
    21  finance closes the accounting period, and opens it again only after Friday's cut-off
    24  is the last day on which the ERP asks for its billing status flow; it is started by hand on the 26th
    26  somebody deletes a posted line in the ERP; the night's reconciliation finds it
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.dispatch.models import DueWork
from apps.flows.models import Reconciliation, ReconciliationRow
from apps.monitoring.models import CaseOperation, ExceptionCase, RiskDay, SlaBreach, SlaClock
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.firm_month import CUT_OFF, DELETED, Month, found_month, on
from tests.moved_clock import moved_clock
from tests.sandbox_server import SandboxServer

# (class, records, queue, waiting on, severity, opened, closed, how)
CASES: list[tuple[Any, ...]] = [
    ("mapping_gap", 3, "master_data", "partner", "normal", on(5, 17, 30), on(6, 9, 30), "settled"),
    ("provider_outage", 0, "provider", "provider", "high", on(13, 17, 40), on(14, 9), "ran_well"),
    ("closed_period", 1063, "finance", "customer", "high", on(21, 17, 30), on(22, 14, 5), "settled"),
    ("partial", 0, "integration", "partner", "high", on(21, 17, 30), on(22, 17, 30), "ran_well"),
    ("cut_off_risk", 0, "finance", "partner", "high", on(22, 9), on(22, 11, 1), "ran_well"),
    ("overdue", 0, "integration", "partner", "high", on(25, 17, 30), on(26, 8, 30), "arrived"),
    ("unreconciled", 1, "finance", "partner", "high", on(27, 1, 31), on(28, 9), "settled"),
]
# (class or cut-off, promise, started, due, stopped, pauses: (cause, from, to))
CLOCKS: list[tuple[Any, ...]] = [
    (CUT_OFF, "cut_off", on(4, 17, 30), on(8, 11), on(8, 11)),
    ("mapping_gap", "acknowledge", on(5, 17, 30), on(6, 10), on(6, 9, 30)),
    ("mapping_gap", "detect", on(5, 17, 30), on(6, 8, 30), on(5, 17, 30)),
    ("mapping_gap", "resolve", on(5, 17, 30), on(7, 16), on(6, 9, 30)),
    (CUT_OFF, "cut_off", on(8, 17, 30), on(15, 11), on(15, 11)),
    ("provider_outage", "acknowledge", on(13, 17, 40), on(14, 10), on(14, 9)),
    ("provider_outage", "resolve", on(13, 17, 40), on(14, 16), on(14, 9)),
    (CUT_OFF, "cut_off", on(15, 17, 30), on(22, 11), on(22, 14, 5)),
    ("closed_period", "acknowledge", on(21, 17, 30), on(22, 10), on(22, 9)),
    ("closed_period", "detect", on(21, 17, 30), on(22, 8, 30), on(21, 17, 30)),
    # It waited for the customer all the time: of its eight hours nothing was used, so it would have been due on Monday.
    (
        "closed_period",
        "resolve",
        on(21, 17, 30),
        on(25, 14, 5),
        on(22, 14, 5),
        ("customer", on(21, 17, 30), on(22, 14, 5)),
    ),
    # Warnings go by the usual times, around the clock: what they warn of has the promised clocks.
    ("partial", "resolve", on(21, 17, 30), on(22, 5, 30), on(22, 17, 30)),
    ("cut_off_risk", "resolve", on(22, 9), on(22, 11), on(22, 11, 1)),
    (CUT_OFF, "cut_off", on(22, 11, 1), on(29, 11), on(29, 11)),
    ("overdue", "detect", on(25, 17), on(26, 8, 30), on(25, 17, 30)),  # silent since the 24th, too long since 17:00
    ("overdue", "acknowledge", on(25, 17, 30), on(26, 10), on(26, 8, 30)),
    ("overdue", "resolve", on(25, 17, 30), on(26, 16), on(26, 8, 30)),
    ("unreconciled", "detect", on(27, 1, 30), on(27, 8, 30), on(27, 1, 31)),
    ("unreconciled", "acknowledge", on(27, 1, 31), on(27, 10), on(27, 9)),
    ("unreconciled", "resolve", on(27, 1, 31), on(27, 16), on(28, 9)),
    (CUT_OFF, "cut_off", on(29, 17, 30), on(29, 10) + timedelta(days=7), None),  # in April, in summer time
]
# (class or cut-off, promise, since, late by that many minutes of the office, credit in EUR)
BREACHES: list[tuple[Any, ...]] = [
    ("partial", "resolve", on(22, 5, 30), 720, None),
    (CUT_OFF, "cut_off", on(22, 11), 185, Decimal(50)),
    ("cut_off_risk", "resolve", on(22, 11), 1, None),
    ("unreconciled", "resolve", on(27, 16), 60, Decimal(50)),
]
# (day, records, of unknown worth, known in EUR, estimated, what has no rate to EUR); other days are as the one before
AT_RISK: list[tuple[Any, ...]] = [
    (5, 3, 0, Decimal(1370), 0, {"USD": Decimal(620)}),
    (6, 0, 0, 0, 0, {}),
    (13, 0, 0, 0, 0, {}),
    (14, 0, 0, 0, 0, {}),
    (21, 1063, 0, Decimal("372572.50"), 0, {"USD": Decimal(273490)}),
    (22, 0, 0, 0, 0, {}),
    (25, 0, 0, 0, 0, {}),
    (26, 0, 0, 0, 0, {}),
    (27, 1, 0, Decimal(920), 0, {}),
    (28, 0, 0, 0, 0, {}),
]
# (flow, day, verdict, unexplained records with their cause)
RECONCILED: list[tuple[Any, ...]] = [
    ("approved-time-to-bill", 25, "agreed", {}),
    ("approved-time-to-bill", 26, "unexplained", {DELETED: "missing_in_target"}),
    ("approved-time-to-bill", 27, "agreed", {}),
    ("approved-time-to-bill", 28, "agreed", {}),
]
# Lines that came into being in the ERP, by day: those of the 13th a day late, of the 18th and 19th two days and one.
POSTED = dict(
    zip(
        (4, 5, 6, 7, 8, 11, 12, 14, 15, 20, 22, 25, 26, 27, 28, 29),
        (989, 1042, 1069, 1049, 1020, 1034, 1056, 2050, 1070, 3088, 2130, 1019, 1030, 1051, 1022, 1012),
        strict=True,
    )
)


@pytest.fixture
def month(committed: PartnerRef, sandbox: SandboxServer) -> Iterator[Month]:
    """The month, lived through."""
    with moved_clock(on(1)) as clock:
        lived = found_month(committed, sandbox, clock)
        lived.live()
        with scope.work_in(committed):
            yield lived


def _minute(moment: datetime | None) -> Any:
    """Return a moment without what passed while the product worked: the clock moves by a millionth of a second a look."""
    return moment and moment.replace(second=0, microsecond=0)


def _of(clock: SlaClock) -> str:
    return clock.case.error_class if clock.case else clock.cut_off_name


def _cases() -> list[tuple[Any, ...]]:
    return [
        (
            case.error_class,
            CaseOperation.objects.filter(case=case).count(),
            case.queue,
            case.waiting_on,
            case.severity,
            _minute(case.opened_at),
            _minute(case.closed_at),
            case.closed_how,
        )
        for case in ExceptionCase.objects.order_by("opened_at", "error_class")
    ]


def _clocks() -> list[tuple[Any, ...]]:
    clocks = SlaClock.objects.select_related("case").prefetch_related("pauses")
    return [
        (
            _of(clock),
            clock.promise,
            _minute(clock.started_at),
            _minute(clock.due_at),
            _minute(clock.stopped_at),
            *((pause.cause, _minute(pause.started_at), _minute(pause.ended_at)) for pause in clock.pauses.all()),
        )
        for clock in sorted(clocks, key=lambda one: (_minute(one.started_at), _of(one), one.promise))
    ]


def _breaches() -> list[tuple[Any, ...]]:
    breaches = SlaBreach.objects.select_related("clock__case")
    return [
        (
            _of(breach.clock),
            breach.clock.promise,
            _minute(breach.breached_at),
            None if breach.late_seconds is None else breach.late_seconds // 60,
            breach.credit,
        )
        for breach in sorted(breaches, key=lambda one: (_minute(one.breached_at), _of(one.clock), one.clock.promise))
    ]


def _at_risk() -> list[tuple[Any, ...]]:
    return [
        (
            row.day.day,
            row.records,
            row.unknown_records,
            row.known,
            row.estimated,
            {currency: Decimal(amount) for currency, amount in row.left.items()},
        )
        for row in RiskDay.objects.filter(flow=None).order_by("day")
    ]


def _reconciled() -> list[tuple[Any, ...]]:
    found = []
    for row in Reconciliation.objects.select_related("flow").order_by("id"):
        rows = ReconciliationRow.objects.filter(reconciliation=row)
        unexplained = {one.source_key: one.cause for one in rows if one.is_unexplained}
        assert len(unexplained) == row.unexplained
        found.append((row.flow.template, row.first.day, row.verdict, unexplained))
    return found


def _posted(month: Month) -> dict[int, int]:
    effects = month.line.sandbox.do(lambda client: client.effects("erp", month.line.company))
    created = [one["at"] for one in effects if (one["object"], one["action"]) == ("time-lines", "create")]
    return dict(Counter(datetime.fromisoformat(at).day for at in created))


@pytest.mark.timeout(600)  # a minute of work, on a machine that may do much else
def test_the_month_makes_exactly_what_the_table_says(month: Month) -> None:
    assert _posted(month) == POSTED
    assert _cases() == CASES
    assert _clocks() == CLOCKS
    assert _breaches() == BREACHES
    assert _at_risk() == AT_RISK
    assert _reconciled() == RECONCILED
    assert not DueWork.objects.exclude(last_error="").exists(), "no work failed on the way"
