"""Accelerators: what is sold and set up together. Templates name theirs; here stands what each promises."""

from collections.abc import Mapping
from dataclasses import dataclass

from apps.connectors.canonical.shapes import gettext_noop


@dataclass(frozen=True, slots=True)
class Accelerator:
    """A group of templates that solve one problem of a services firm together."""

    slug: str
    name: str
    summary: str


ACCELERATORS: Mapping[str, Accelerator] = {
    one.slug: one
    for one in (
        Accelerator(
            "client-onboarding",
            gettext_noop("Client onboarding"),
            gettext_noop(
                "A signed client can be worked for: known in every system, checked, and with access for everybody."
            ),
        ),
        Accelerator(
            "project-setup",
            gettext_noop("Project set-up"),
            gettext_noop(
                "What was sold becomes a project with its people, rates and workspace, without typing it again."
            ),
        ),
        Accelerator(
            "time-posting",
            gettext_noop("Approved time posting"),
            gettext_noop(
                "Approved hours and expenses reach finance and payroll once, complete and before the cut-off."
            ),
        ),
        Accelerator(
            "billing-readiness",
            gettext_noop("Billing readiness"),
            gettext_noop(
                "Everything that an invoice needs is right before it is written, and its fate is known to delivery."
            ),
        ),
        Accelerator(
            "contract-change",
            gettext_noop("Contract change"),
            gettext_noop(
                "A change order, renewal or approval reaches every system it touches, agreed to by the right people."
            ),
        ),
        Accelerator(
            "utilization-reporting",
            gettext_noop("Utilization reporting"),
            gettext_noop("Hours, cost and margin stand side by side in one place, from the systems that own them."),
        ),
    )
}
