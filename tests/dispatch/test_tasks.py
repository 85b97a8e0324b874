from typing import Any
from uuid import uuid4

import pytest
from celery import current_app

from apps.dispatch.models import DueWork
from apps.dispatch.tasks import PartnerTask, wake
from apps.tenants import scope
from apps.tenants.models import Partner
from apps.tenants.scope import NoPartnerError, PartnerRef
from tests.dispatch.conftest import Notes, put


@pytest.fixture
def whose() -> Any:
    """A task that says whose scope it runs in."""

    @current_app.task(base=PartnerTask, name="tests.whose")
    def whose(word: str) -> tuple[str, str]:
        return word, scope.require().partner.slug

    yield whose
    current_app.tasks.pop("tests.whose")


def test_a_task_runs_inside_the_partner_it_was_sent_for(whose: Any, partner_a: PartnerRef) -> None:
    assert whose("x", partner_id=str(partner_a.id)) == ("x", "alder")
    assert scope.current() is None


def test_a_task_without_a_partner_raises(whose: Any, db: None) -> None:
    with pytest.raises(NoPartnerError, match=r"tests\.whose was sent without partner_id"):
        whose("x")


def test_an_open_scope_is_no_excuse_for_a_missing_partner(whose: Any, in_partner_a: PartnerRef) -> None:
    with pytest.raises(NoPartnerError):
        whose("x")


def test_a_task_for_a_partner_that_is_gone_raises(whose: Any, db: None) -> None:
    with pytest.raises(NoPartnerError, match="which is not active"):
        whose("x", partner_id=str(uuid4()))


def test_a_task_for_a_suspended_partner_raises(whose: Any, partner_a: PartnerRef) -> None:
    Partner.objects.filter(id=partner_a.id).update(state=Partner.State.SUSPENDED)
    with pytest.raises(NoPartnerError, match="which is not active"):
        whose("x", partner_id=str(partner_a.id))


def test_every_task_of_the_application_has_this_base() -> None:
    assert current_app.Task.__mro__[1] is PartnerTask or issubclass(current_app.Task, PartnerTask)
    assert isinstance(wake, PartnerTask)


def test_a_wake_up_does_what_is_due_in_its_queue(partner_a: PartnerRef, notes: Notes) -> None:
    put(partner_a, "r")
    wake("poll")
    assert notes.references == []
    wake("run")
    assert notes.references == ["r"]
    assert not DueWork.objects.exists()


def test_a_wake_up_for_an_unknown_queue_raises(db: None) -> None:
    with pytest.raises(ValueError, match="'nothing' is not a valid Queue"):
        wake("nothing")
