"""All flow templates by slug."""

from collections.abc import Mapping

from apps.flows.templates_library.actuals_to_psa import ACTUALS_TO_PSA
from apps.flows.templates_library.approved_time_to_bill import APPROVED_TIME_TO_BILL
from apps.flows.templates_library.assignments_to_psa import ASSIGNMENTS_TO_PSA
from apps.flows.templates_library.bi_feed import BI_INVOICES, BI_PEOPLE, BI_PROJECTS, BI_TIME
from apps.flows.templates_library.billing_status import BILLING_STATUS
from apps.flows.templates_library.budget_approval import BUDGET_APPROVAL
from apps.flows.templates_library.client_onboarding import CLIENT_ONBOARDING
from apps.flows.templates_library.contract_change import CONTRACT_CHANGE
from apps.flows.templates_library.contract_renewal import CONTRACT_RENEWAL
from apps.flows.templates_library.customer_master import CUSTOMER_MASTER
from apps.flows.templates_library.expenses_to_bill import EXPENSES_TO_BILL
from apps.flows.templates_library.hours_to_payroll import HOURS_TO_PAYROLL
from apps.flows.templates_library.invoice_release import INVOICE_RELEASE
from apps.flows.templates_library.lead_to_project import LEAD_TO_PROJECT
from apps.flows.templates_library.milestone_billing import MILESTONE_BILLING
from apps.flows.templates_library.project_access import PROJECT_ACCESS
from apps.flows.templates_library.project_workspace import PROJECT_WORKSPACE
from apps.flows.templates_library.slipped_milestone import SLIPPED_MILESTONE
from apps.flows.templates_library.subcontractor_order import SUBCONTRACTOR_ORDER
from apps.flows.templates_library.template import FlowTemplate

TEMPLATES: Mapping[str, FlowTemplate] = {
    template.slug: template
    for template in (
        APPROVED_TIME_TO_BILL,
        LEAD_TO_PROJECT,
        CLIENT_ONBOARDING,
        CONTRACT_CHANGE,
        MILESTONE_BILLING,
        ACTUALS_TO_PSA,
        BI_TIME,
        BI_PROJECTS,
        BI_INVOICES,
        BI_PEOPLE,
        EXPENSES_TO_BILL,
        ASSIGNMENTS_TO_PSA,
        BILLING_STATUS,
        CUSTOMER_MASTER,
        HOURS_TO_PAYROLL,
        PROJECT_WORKSPACE,
        PROJECT_ACCESS,
        SUBCONTRACTOR_ORDER,
        INVOICE_RELEASE,
        BUDGET_APPROVAL,
        SLIPPED_MILESTONE,
        CONTRACT_RENEWAL,
    )
}


class UnknownTemplateError(KeyError):
    """No template has this slug."""


def flow_template(slug: str) -> FlowTemplate:
    """Return the template called `slug`. Raises UnknownTemplateError naming those that exist."""
    try:
        return TEMPLATES[slug]
    except KeyError:
        raise UnknownTemplateError(f"{slug!r} is not a template; choose one of {', '.join(TEMPLATES)}") from None


def list_templates() -> list[FlowTemplate]:
    """Return all templates in the order they are offered."""
    return list(TEMPLATES.values())
