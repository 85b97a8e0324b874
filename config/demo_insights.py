"""What the demo's insights need: a project whose hours run out, and the look that the first night would take."""

from collections import Counter

from django.utils import timezone

from apps.monitoring.insights.looking import look_due
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from config.demo_history import sandbox


async def use_up_a_budget(company: str) -> None:
    """Let a project of the PSA have few hours left, as projects do after some weeks: made-up firms plan generously.

    The second one: the first is where most of what fails is booked.
    """
    async with sandbox() as client:
        booked = Counter[str]()
        for entry in await client.records("psa", company, "time-entries"):
            if entry["status"] == "approved" and entry["billable"] and isinstance(entry["hours"], float):
                booked[entry["project_code"]] += int(entry["hours"])
        project = (await client.records("psa", company, "projects"))[1]
        hours = booked[project["code"]] * 21 // 20
        await client.change_record("psa", company, "projects", project["id"], budget_hours=hours)


def look_for_insights(partner: PartnerRef) -> None:
    """Do what the first night would do, so that the pages show something at once."""
    with scope.enter(partner):
        while not look_due(timezone.now(), lambda: None):
            continue
