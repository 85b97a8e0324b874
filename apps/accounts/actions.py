"""Who may do what: every action of the product, every role, and the one table between them (pure)."""

from enum import StrEnum


def _(words: str) -> str:
    """Mark words that pages translate when they show them: this module needs no Django."""
    return words


class Action(StrEnum):
    """One thing a person or an API key may be allowed to do; every view names exactly one."""

    PUBLIC = "public"  # deliberately open to everybody
    OWN_PROFILE = "own_profile"
    VIEW_HOME = "view_home"
    VIEW_CUSTOMERS = "view_customers"
    EDIT_CUSTOMERS = "edit_customers"
    VIEW_CONNECTIONS = "view_connections"
    EDIT_CONNECTIONS = "edit_connections"
    TEST_CONNECTIONS = "test_connections"
    VIEW_FLOWS = "view_flows"
    EDIT_FLOWS = "edit_flows"
    APPROVE_CHANGES = "approve_changes"
    APPROVE_REVIEWS = "approve_reviews"
    RUN_FLOWS = "run_flows"
    VIEW_RUNS = "view_runs"
    VIEW_PAYLOADS = "view_payloads"
    VIEW_CASES = "view_cases"
    WORK_CASES = "work_cases"
    EDIT_AND_RETRY = "edit_and_retry"
    VIEW_REPORTS = "view_reports"
    VIEW_PEOPLE = "view_people"
    EDIT_PEOPLE = "edit_people"
    EDIT_BRAND = "edit_brand"
    EDIT_API_KEYS = "edit_api_keys"
    VIEW_AUDIT = "view_audit"
    VIEW_OWN_HEALTH = "view_own_health"
    VIEW_OWN_REPORTS = "view_own_reports"
    CORRECT_OWN = "correct_own"
    DEFER_UPDATES = "defer_updates"
    APPROVE = "approve"
    VIEW_PARTNERS = "view_partners"
    MANAGE_PARTNERS = "manage_partners"


class Role(StrEnum):
    """What a person is: one role each."""

    OWNER = "owner"
    BUILDER = "builder"
    OPERATIONS = "operations"
    SUPPORT = "support"
    FINANCE = "finance"
    READ_ONLY = "read_only"
    CUSTOMER_OWNER = "customer_owner"
    FINANCE_APPROVER = "finance_approver"
    DELIVERY_LEAD = "delivery_lead"
    CUSTOMER_VIEWER = "customer_viewer"
    OPERATOR = "operator"


CUSTOMER_ROLES = frozenset({Role.CUSTOMER_OWNER, Role.FINANCE_APPROVER, Role.DELIVERY_LEAD, Role.CUSTOMER_VIEWER})
PLATFORM_ROLES = frozenset({Role.OPERATOR})
PARTNER_ROLES = frozenset(Role) - CUSTOMER_ROLES - PLATFORM_ROLES
# Roles that can change who else gets in, or see every partner: a stolen password alone must not be enough.
TWO_STEP_ROLES = frozenset({Role.OWNER, Role.OPERATOR})

_EVERYBODY = frozenset({Action.PUBLIC, Action.OWN_PROFILE})
_LOOK = _EVERYBODY | {
    Action.VIEW_HOME,
    Action.VIEW_CUSTOMERS,
    Action.VIEW_CONNECTIONS,
    Action.VIEW_FLOWS,
    Action.VIEW_RUNS,
    Action.VIEW_CASES,
    Action.VIEW_REPORTS,
}
_SUPPORT = _LOOK | {Action.TEST_CONNECTIONS, Action.VIEW_PAYLOADS, Action.WORK_CASES}
_OPERATES = _SUPPORT | {Action.RUN_FLOWS, Action.EDIT_AND_RETRY, Action.VIEW_PEOPLE}
# Who builds does not also approve: changes are looked at by those who run them, and by the owner.
_OPERATIONS = _OPERATES | {Action.APPROVE_CHANGES}
_BUILDER = _OPERATES | {Action.EDIT_CUSTOMERS, Action.EDIT_CONNECTIONS, Action.EDIT_FLOWS}
_FINANCE = _LOOK - {Action.VIEW_CONNECTIONS} | {
    Action.WORK_CASES,
    Action.EDIT_AND_RETRY,
    Action.APPROVE,
    Action.APPROVE_REVIEWS,
}
_OWNER = _BUILDER | {
    Action.EDIT_PEOPLE,
    Action.EDIT_BRAND,
    Action.EDIT_API_KEYS,
    Action.VIEW_AUDIT,
    Action.APPROVE,
    Action.APPROVE_CHANGES,
    Action.APPROVE_REVIEWS,
}
_CUSTOMER = _EVERYBODY | {Action.VIEW_OWN_HEALTH, Action.VIEW_CASES, Action.VIEW_RUNS}
_REPORTED_TO = _CUSTOMER | {Action.VIEW_REPORTS, Action.VIEW_OWN_REPORTS}

ROLE_ACTIONS: dict[Role, frozenset[Action]] = {
    Role.OWNER: _OWNER,
    Role.BUILDER: _BUILDER,
    Role.OPERATIONS: _OPERATIONS,
    Role.SUPPORT: _SUPPORT,
    Role.FINANCE: _FINANCE,
    Role.READ_ONLY: _LOOK,
    Role.CUSTOMER_OWNER: _REPORTED_TO | {Action.APPROVE, Action.CORRECT_OWN, Action.DEFER_UPDATES},
    Role.FINANCE_APPROVER: _REPORTED_TO | {Action.APPROVE, Action.CORRECT_OWN},
    Role.DELIVERY_LEAD: _REPORTED_TO,
    Role.CUSTOMER_VIEWER: _CUSTOMER,
    Role.OPERATOR: _EVERYBODY
    | {
        Action.VIEW_PARTNERS,
        Action.MANAGE_PARTNERS,
        Action.VIEW_PEOPLE,
        Action.EDIT_PEOPLE,
        Action.VIEW_AUDIT,
    },
}

# What an API key may be given. Managing people, keys, the brand and partners stays with signed-in people.
KEY_ACTIONS: tuple[Action, ...] = (
    Action.VIEW_CUSTOMERS,
    Action.EDIT_CUSTOMERS,
    Action.VIEW_CONNECTIONS,
    Action.EDIT_CONNECTIONS,
    Action.TEST_CONNECTIONS,
    Action.VIEW_FLOWS,
    Action.EDIT_FLOWS,
    Action.RUN_FLOWS,
    Action.VIEW_RUNS,
    Action.VIEW_PAYLOADS,
    Action.VIEW_CASES,
    Action.WORK_CASES,
    Action.EDIT_AND_RETRY,
    Action.APPROVE,
    Action.VIEW_REPORTS,
)

ROLE_LABELS: dict[Role, str] = {
    Role.OWNER: _("Owner"),
    Role.BUILDER: _("Builder"),
    Role.OPERATIONS: _("Operations"),
    Role.SUPPORT: _("Support"),
    Role.FINANCE: _("Finance"),
    Role.READ_ONLY: _("Read only"),
    Role.CUSTOMER_OWNER: _("Customer owner"),
    Role.FINANCE_APPROVER: _("Finance approver"),
    Role.DELIVERY_LEAD: _("Delivery lead"),
    Role.CUSTOMER_VIEWER: _("Customer viewer"),
    Role.OPERATOR: _("Platform operator"),
}

ROLE_SENTENCES: dict[Role, str] = {
    Role.OWNER: _("Everything, including people, keys and the brand."),
    Role.BUILDER: _("Sets up customers, connections and flows, and runs them."),
    Role.OPERATIONS: _("Runs flows and works the exceptions, edits included."),
    Role.SUPPORT: _("Works the exceptions across customers: assign, retry, skip."),
    Role.FINANCE: _("Works and corrects exceptions, approves, reads reports."),
    Role.READ_ONLY: _("Sees customers, flows and exceptions, changes nothing."),
    Role.CUSTOMER_OWNER: _("Sees everything of the own company and approves."),
    Role.FINANCE_APPROVER: _("Approves, and sees what is blocked and why."),
    Role.DELIVERY_LEAD: _("Sees the projects' exceptions and reports."),
    Role.CUSTOMER_VIEWER: _("Sees whether the own company's records flow."),
    Role.OPERATOR: _("Runs the platform: partners and their health."),
}

ACTION_LABELS: dict[Action, str] = {
    Action.PUBLIC: _("open pages"),
    Action.OWN_PROFILE: _("manage the own sign-in"),
    Action.VIEW_HOME: _("see the home page"),
    Action.VIEW_CUSTOMERS: _("see customers"),
    Action.EDIT_CUSTOMERS: _("add and change customers"),
    Action.VIEW_CONNECTIONS: _("see connections"),
    Action.EDIT_CONNECTIONS: _("add and change connections"),
    Action.TEST_CONNECTIONS: _("test connections"),
    Action.VIEW_FLOWS: _("see flows"),
    Action.EDIT_FLOWS: _("change mappings and publish flows"),
    Action.APPROVE_CHANGES: _("approve changes of flows"),
    Action.APPROVE_REVIEWS: _("approve reviews of months"),
    Action.RUN_FLOWS: _("run flows"),
    Action.VIEW_RUNS: _("see runs and their operations"),
    Action.VIEW_PAYLOADS: _("see requests and responses"),
    Action.VIEW_CASES: _("see exceptions"),
    Action.WORK_CASES: _("assign, retry and skip exceptions"),
    Action.EDIT_AND_RETRY: _("correct a record and retry it"),
    Action.VIEW_REPORTS: _("see reports"),
    Action.VIEW_PEOPLE: _("see people"),
    Action.EDIT_PEOPLE: _("invite people and change their roles"),
    Action.EDIT_BRAND: _("change the brand"),
    Action.EDIT_API_KEYS: _("manage API keys"),
    Action.VIEW_AUDIT: _("read the audit trail"),
    Action.VIEW_OWN_HEALTH: _("see the own company's overview"),
    Action.VIEW_OWN_REPORTS: _("see the own company's value and reviews"),
    Action.CORRECT_OWN: _("correct the own company's records"),
    Action.DEFER_UPDATES: _("put off or take new versions of the own company's flows"),
    Action.APPROVE: _("approve"),
    Action.VIEW_PARTNERS: _("see partners"),
    Action.MANAGE_PARTNERS: _("add and suspend partners"),
}


def allowed(role: Role, action: Action) -> bool:
    """Return whether the table grants `action` to `role`."""
    return action in ROLE_ACTIONS[role]


def roles_with(action: Action) -> list[Role]:
    """Return the roles to which the table grants `action`."""
    return [role for role in Role if allowed(role, action)]
