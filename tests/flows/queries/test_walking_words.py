"""What walking steps say of themselves in templates, flows and versions."""

import pytest

from apps.flows.queries.step_words import step_words
from apps.flows.templates_library import flow_template


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("deal_agreed", "Finance approver approves from 10,000, Customer owner from 250,000, within 2 days"),
        ("contract", "until contract.signed is told, at most 14 days, under a condition"),
        ("client_in_erp", "Client to Books, each once"),
        ("client_in_psa", "Client, each once"),
        ("write_back", "sets exported and project code in Sales"),
        ("notify", "a mail to Delivery lead"),
        ("emit", "tells client.onboarded"),
    ],
)
def test_a_walking_step_says_what_it_does(name: str, words: str) -> None:
    definition = flow_template("client-onboarding").definition
    step = definition.step_named(name)
    assert step is not None
    assert step_words(step, "Sales", "Books", definition) == words


@pytest.mark.parametrize(
    ("template", "name", "words"),
    [
        ("project-access", "access_ended", "Assignment from Directory, as far as the flow made it"),
        (
            "project-workspace",
            "workspace_gone",
            "Workspace from Directory, as far as the flow made it, under a condition",
        ),
        ("project-access", "until_the_end", "until its time comes"),
    ],
)
def test_a_step_that_takes_back_says_so(template: str, name: str, words: str) -> None:
    definition = flow_template(template).definition
    step = definition.step_named(name)
    assert step is not None
    assert step_words(step, "Planning", "Directory", definition) == words
