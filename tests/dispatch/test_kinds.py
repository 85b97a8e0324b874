import pytest

from apps.dispatch import kinds
from apps.dispatch.models import Queue


def _one(work: object) -> None: ...


def _two(work: object) -> None: ...


@pytest.fixture(autouse=True)
def _forget() -> object:
    yield
    kinds.forget("tests.kind")


def test_a_registered_kind_is_found_with_its_queue_and_lease() -> None:
    kinds.register("tests.kind", _one, queue=Queue.NOTIFY, lease_seconds=90)
    assert kinds.require_kind("tests.kind") == kinds.Kind("tests.kind", _one, Queue.NOTIFY, 90)
    assert kinds.lease_seconds_by_kind()["tests.kind"] == 90


def test_registering_twice_changes_nothing_but_another_function_is_refused() -> None:
    kinds.register("tests.kind", _one)
    kinds.register("tests.kind", _one)
    with pytest.raises(ValueError, match=r"'tests\.kind' is registered by"):
        kinds.register("tests.kind", _two)


def test_an_unknown_kind_is_named_with_the_fix() -> None:
    with pytest.raises(kinds.UnknownKindError, match=r"'tests.kind': the room that owns it calls kinds.register"):
        kinds.require_kind("tests.kind")


def test_a_lease_too_short_to_renew_is_refused() -> None:
    with pytest.raises(ValueError, match="lease_seconds=5"):
        kinds.register("tests.kind", _one, lease_seconds=5)


def test_a_period_below_a_second_is_refused() -> None:
    with pytest.raises(ValueError, match="every_seconds=0"):
        kinds.register_periodic("tests.kind", 0)


def test_periodic_kinds_are_listed() -> None:
    kinds.register_periodic("tests.kind", 60)
    assert kinds.Periodic("tests.kind", 60) in kinds.list_periodic()
