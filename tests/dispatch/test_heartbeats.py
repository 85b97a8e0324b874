import time
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from apps.dispatch import heartbeats
from apps.dispatch.models import WorkerHeartbeat
from apps.tenants.scope import PartnerRef


def test_a_process_has_one_name() -> None:
    assert heartbeats.worker_name() == heartbeats.worker_name()
    assert len(heartbeats.worker_name()) <= 120


def test_beating_again_moves_only_the_time(db: None) -> None:
    heartbeats.beat("w", "worker")
    WorkerHeartbeat.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=9))
    heartbeats.beat("w", "worker")
    one = WorkerHeartbeat.objects.get()
    assert timezone.now() - one.heartbeat_at < timedelta(seconds=5)
    assert heartbeats.sweep_dead() == []


def test_a_silent_process_is_swept(db: None) -> None:
    heartbeats.beat("w", "worker")
    WorkerHeartbeat.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=21))
    assert heartbeats.sweep_dead() == ["w"]
    assert not WorkerHeartbeat.objects.exists()


def test_a_heart_beats_until_it_is_stopped(committed: PartnerRef) -> None:
    heart = heartbeats.Heart("worker", every_seconds=0.05)
    heart.start()
    until = time.monotonic() + 5
    while not WorkerHeartbeat.objects.exists() and time.monotonic() < until:
        time.sleep(0.02)
    first = WorkerHeartbeat.objects.get().heartbeat_at
    time.sleep(0.3)
    assert WorkerHeartbeat.objects.get().heartbeat_at > first
    heart.stop()
    assert not WorkerHeartbeat.objects.exists()
    connection.close()
