"""Installing a template from what a person chose, for the page of its own and for the onboarding wizard."""

from django.core.exceptions import ValidationError

from apps.flows.forms import InstallForm
from apps.flows.mapping.compiled import MappingError
from apps.flows.models import Flow
from apps.flows.queries.mapping import problem_sentences
from apps.flows.services.install import install_template


def install(form: InstallForm, *, by: str, live: bool = True) -> Flow | None:
    """Install what a valid form chose; None when it cannot be, and the form says why."""
    try:
        return install_template(
            template=form.cleaned_data["template"],
            name=form.cleaned_data["name"],
            source=form.chosen("source"),
            target=form.chosen("target"),
            roles=form.roles(),
            settings=form.settings,
            installed_by=by,
            live=live,
        )
    except MappingError as error:
        for sentence in problem_sentences(error.problems):
            form.add_error(None, sentence)
    except ValidationError as error:
        form.add_error(None, error)
    return None
