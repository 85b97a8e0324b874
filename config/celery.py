"""The Celery application: five queues of wake-ups, and the settings under which losing the broker loses nothing.

    celery -A config.celery worker -Q run,deliver,poll,notify,maint

There is no beat and no result backend: `manage.py run_dispatcher` is the clock, rows in the database are the work.
"""

import os

from celery import Celery
from celery.signals import setup_logging, worker_process_shutdown
from kombu.entity import Exchange, Queue

# Before anything else: Celery's Django support reads the variable when the application is made.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

from config import env as environment
from config.observability import send_last_spans

ENV = environment.load()
QUEUES = ("run", "deliver", "poll", "notify", "maint")

app = Celery("fairlead", task_cls="apps.dispatch.tasks:PartnerTask")
app.conf.update(
    broker_url=(ENV.redis_url.rstrip("/") or "redis://127.0.0.1:6379") + "/0",
    # Without a socket timeout a half-open connection is waited on for ever (measured with Celery's defaults).
    broker_transport_options={
        "visibility_timeout": 3600,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 5,
        "retry_on_timeout": True,
    },
    broker_connection_retry_on_startup=True,
    result_backend=None,
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_time_limit=60,
    task_soft_time_limit=45,
    task_serializer="json",
    accept_content=["json"],
    task_queues=[Queue(name, Exchange(name), routing_key=name) for name in QUEUES],  # type: ignore[no-untyped-call]
    task_default_queue="run",
    task_create_missing_queues=False,
    task_publish_retry=False,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=500,
    worker_max_memory_per_child=300_000,  # KiB
    worker_soft_shutdown_timeout=30,
    worker_hijack_root_logger=False,
    timezone="UTC",
)
app.autodiscover_tasks(["apps.dispatch"])


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Leave logging to config/observability.py: a receiver is how Celery is told not to set up its own."""


@worker_process_shutdown.connect
def leave_no_span_behind(**_: object) -> None:
    """Send what a worker's child still holds: it ends without the farewell that libraries wait for."""
    send_last_spans()
