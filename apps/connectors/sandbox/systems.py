"""All sandbox systems by the name they have in addresses: one line a system."""

from collections.abc import Mapping

from apps.connectors.sandbox.contract_tool import ContractTool
from apps.connectors.sandbox.crm import Crm
from apps.connectors.sandbox.desk import Desk
from apps.connectors.sandbox.erp import Erp
from apps.connectors.sandbox.expense_tool import ExpenseTool
from apps.connectors.sandbox.identity import IdentityService
from apps.connectors.sandbox.payroll import Payroll
from apps.connectors.sandbox.planning import Planning
from apps.connectors.sandbox.psa import Psa
from apps.connectors.sandbox.support import SupportDesk
from apps.connectors.sandbox.tax import TaxService
from apps.connectors.sandbox.time_tool import TimeTool
from apps.connectors.sandbox.workspace import WorkspaceService

SYSTEMS: Mapping[str, type[Desk]] = {
    desk.slug: desk
    for desk in (
        Psa,
        Erp,
        Crm,
        ContractTool,
        Planning,
        TimeTool,
        ExpenseTool,
        Payroll,
        IdentityService,
        WorkspaceService,
        SupportDesk,
        TaxService,
    )
}
