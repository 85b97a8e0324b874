"""How onboarding reads on pages: titles of steps and stages, and a sentence for everything that may be missing."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.customers.onboarding import Lack, Stage, Step
from apps.flows.queries.onboarding import Known, facts_of

STEP_TITLES = {
    Step.COMPANY: gettext_lazy("Company"),
    Step.ENTITIES: gettext_lazy("Legal entities"),
    Step.CONNECTIONS: gettext_lazy("Systems"),
    Step.TEMPLATE: gettext_lazy("Template"),
    Step.MAPPING: gettext_lazy("Mapping"),
    Step.PEOPLE: gettext_lazy("People"),
    Step.DRY_RUN: gettext_lazy("Dry run"),
    Step.GO_LIVE: gettext_lazy("Go live"),
}
STEP_HINTS = {
    Step.COMPANY: gettext_lazy("Who the customer is, and on which clock and currency it works."),
    Step.ENTITIES: gettext_lazy("The customer's own companies: where its invoices are posted."),
    Step.CONNECTIONS: gettext_lazy("The systems records come from and go to. Each is tested, changing nothing."),
    Step.TEMPLATE: gettext_lazy("What is to be moved. It stays a draft until you go live."),
    Step.MAPPING: gettext_lazy("What the newest real records become in the target. Nothing is written."),
    Step.PEOPLE: gettext_lazy("Who at the customer looks at it and approves."),
    Step.DRY_RUN: gettext_lazy("Everything but writing: what a first run would create, change and refuse."),
    Step.GO_LIVE: gettext_lazy("The last look, the schedule, and the switch."),
}
STEP_ICONS = {
    Step.COMPANY: "building",
    Step.ENTITIES: "briefcase",
    Step.CONNECTIONS: "plug",
    Step.TEMPLATE: "arrows-exchange",
    Step.MAPPING: "transform",
    Step.PEOPLE: "users",
    Step.DRY_RUN: "test-pipe",
    Step.GO_LIVE: "flag",
}
STAGE_TITLES = {
    Stage.COMPANY: gettext_lazy("Company"),
    Stage.CONNECT: gettext_lazy("Connect"),
    Stage.CONFIGURE: gettext_lazy("Configure"),
    Stage.TEST: gettext_lazy("Test"),
    Stage.GO_LIVE: gettext_lazy("Go live"),
}
_PLAIN = {
    Lack.NO_COUNTRY: gettext_lazy("The customer's country is missing."),
    Lack.NO_ENTITY: gettext_lazy("The customer has no company yet."),
    Lack.ENTITIES_NOT_CONFIRMED: gettext_lazy("Nobody has said that the list of companies is complete."),
    Lack.NO_SOURCE: gettext_lazy("No system is connected that records could come from."),
    Lack.NO_TARGET: gettext_lazy("No system is connected that records could go to."),
    Lack.NO_FLOW: gettext_lazy("No template is chosen yet."),
    Lack.NO_SAMPLE: gettext_lazy("No real records have been tried yet."),
    Lack.MAPPING_NOT_CONFIRMED: gettext_lazy("Nobody has said that the mapping is right."),
    Lack.NOBODY_INVITED: gettext_lazy("Nobody at the customer is invited yet."),
    Lack.NO_DRY_RUN: gettext_lazy("There was no dry run yet."),
    Lack.DRY_RUN_STALE: gettext_lazy("The mapping was changed after the dry run."),
    Lack.NOT_LIVE: gettext_lazy("Nothing is live yet."),
}


def lack_sentence(lack: Lack, known: Known) -> str:
    """Return what is missing as one sentence, with the numbers of this customer."""
    if lack in _PLAIN:
        return str(_PLAIN[lack])
    facts = facts_of(known)
    if lack is Lack.ENTITY_WITHOUT_COUNTRY:
        return ngettext(
            "%(number)s company has no country.",
            "%(number)s companies have no country.",
            facts.entities_without_country,
        ) % {"number": facts.entities_without_country}
    if lack is Lack.NOT_CONNECTED:
        return ngettext(
            "%(number)s planned system is not connected yet.",
            "%(number)s planned systems are not connected yet.",
            facts.planned,
        ) % {"number": facts.planned}
    if lack is Lack.NOT_TESTED:
        return ngettext(
            "%(number)s connection has not passed a test yet.",
            "%(number)s connections have not passed a test yet.",
            facts.untested,
        ) % {"number": facts.untested}
    if lack is Lack.NOT_WORKING:
        return ngettext(
            "%(number)s connection does not work.", "%(number)s connections do not work.", facts.troubled
        ) % {"number": facts.troubled}
    return ngettext(
        "The dry run would refuse %(number)s record.", "The dry run would refuse %(number)s records.", facts.refused
    ) % {"number": facts.refused}


def age_words(days: int) -> str:
    """Return how long something stands: "today", "1 day", "12 days"."""
    if days < 1:
        return _("today")
    return ngettext("%(number)s day", "%(number)s days", days) % {"number": days}
