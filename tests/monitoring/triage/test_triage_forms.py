"""What people can choose and change about proposals."""

from django.http import QueryDict

from apps.connectors.errors import BusinessClass
from apps.monitoring.blame import OWN_CLASSES
from apps.monitoring.triage.lists import PROPOSALS
from apps.monitoring.triage_forms import ApplyForm, ModelForm, PolicyForm

EVERY_CLASS = {str(known) for known in (*BusinessClass, *OWN_CLASSES)}


def test_every_kind_of_failure_can_be_asked_for_given_a_policy_and_put_to_the_model() -> None:
    (by_class,) = (one for one in PROPOSALS.filters if one.name == "class")
    policy, model = PolicyForm().fields["kind"], ModelForm().fields["classes"]
    assert {option.value for option in by_class.options} == EVERY_CLASS
    assert {value for value, _label in policy.choices} == {"", *EVERY_CLASS}  # type: ignore[attr-defined]
    assert {value for value, _label in model.choices} == EVERY_CLASS  # type: ignore[attr-defined]


def test_a_proposed_moment_stands_in_the_form_and_sent_back_it_is_no_change() -> None:
    said = {"at": "2027-03-01T08:30:00+00:00", "question": "Open the period?"}
    assert 'value="2027-03-01T08:30"' in str(ApplyForm(deed="plan", said=said)["at"])
    same = ApplyForm(QueryDict("at=2027-03-01T08:30&question=Open the period?"), deed="plan", said=said)
    later = ApplyForm(QueryDict("at=2027-03-01T09:30&question=Open the period?"), deed="plan", said=said)
    assert same.is_valid()
    assert later.is_valid()
    assert same.said is None
    assert later.said == {"at": "2027-03-01T09:30:00+00:00"}
