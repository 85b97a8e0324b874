import pytest
from celery import current_app

from apps.dispatch.models import Queue
from config.celery import QUEUES, app


def test_it_is_the_current_application_of_every_process() -> None:
    assert current_app._get_current_object() is app


def test_it_listens_to_the_queues_of_the_dispatch_room() -> None:
    assert set(QUEUES) == {queue.value for queue in Queue}


def test_a_message_reaches_one_queue_only() -> None:
    bound = [(queue.exchange.name, queue.routing_key) for queue in app.conf.task_queues]
    assert bound == [(name, name) for name in QUEUES]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("task_ignore_result", True),
        ("result_backend", None),
        ("task_acks_late", True),
        ("task_reject_on_worker_lost", True),
        ("worker_prefetch_multiplier", 1),
        ("task_time_limit", 60),
        ("task_soft_time_limit", 45),
        ("broker_connection_retry_on_startup", True),
        ("task_serializer", "json"),
        ("accept_content", ["json"]),
        ("worker_max_tasks_per_child", 500),
        ("worker_max_memory_per_child", 300_000),
        ("worker_soft_shutdown_timeout", 30),
        ("worker_cancel_long_running_tasks_on_connection_loss", False),
        ("beat_schedule", {}),
    ],
)
def test_a_setting_that_a_measured_failure_depends_on_is_kept(setting: str, value: object) -> None:
    assert app.conf[setting] == value


def test_no_broker_call_can_wait_for_ever() -> None:
    assert app.conf.broker_transport_options == {
        "visibility_timeout": 3600,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 5,
        "retry_on_timeout": True,
    }
