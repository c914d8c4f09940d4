"""A Redis that hangs costs each process a moment, once; whoever asks goes on without it."""

import socket
import time
from collections.abc import Iterator

import pytest
from celery import current_app
from kombu import Connection
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from devopsweb.awsapi import leases
from devopsweb.kernel import broker, jobs
from devopsweb.kernel.bounded_cache import BoundedCache
from devopsweb.live import api as live
from monitoring.notifications.adapters import queue

# redis-py's own limit is five seconds for each question, kombu has none: without ours a test takes ten and more.
SOON = 9.0


@pytest.fixture(autouse=True)
def asked_again() -> Iterator[None]:
    broker.forget()
    yield
    broker.forget()
    leases.forget()


@pytest.fixture
def hung(settings) -> Iterator[str]:
    """The address of a Redis that takes connections and answers nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        settings.REDIS_URL = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        yield settings.REDIS_URL


@pytest.fixture
def took() -> Iterator[list[float]]:
    """What the test took, kept within bounds."""
    began = time.monotonic()
    yield []
    assert time.monotonic() - began < SOON


@pytest.mark.usefixtures("took")
class TestAHungRedis:
    def test_is_asked_once_and_then_left_alone_for_a_while(self, hung):
        with pytest.raises(RedisTimeoutError), broker.asking():
            broker.client().get("x")

        with pytest.raises(broker.Away), broker.asking():
            pytest.fail("asked again")

    def test_is_asked_again_after_that(self, hung, monkeypatch):
        monkeypatch.setattr(broker, "REST", 0.0)
        with pytest.raises(RedisTimeoutError), broker.asking():
            broker.client().get("x")

        with broker.asking():
            pass

    @pytest.mark.django_db(transaction=True)
    def test_does_not_keep_a_change_that_enqueues_jobs(self, hung, monkeypatch):
        jobs._connection.cache_clear()
        real = current_app.connection_for_write
        monkeypatch.setattr(current_app, "connection_for_write", lambda **bounds: real(hung, **bounds))
        previous = jobs.use_transport(jobs.CeleryTransport())
        try:
            jobs.Job("test.paint").enqueue()
            jobs.Job("test.paint").enqueue()
        finally:
            jobs.use_transport(previous)
            jobs._connection.cache_clear()

    @pytest.mark.django_db(transaction=True)
    def test_does_not_keep_a_change_that_is_announced(self, hung, settings):
        layer = "channels_redis.pubsub.RedisPubSubChannelLayer"
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": layer, "CONFIG": {"hosts": [hung]}}}

        live.changed("repo:shop", "repo:all")
        live.session_ended("somebody's")

    def test_does_not_keep_whoever_uses_the_cache(self, hung):
        cache = BoundedCache(hung, {})

        for _ in range(3):
            with pytest.raises(RedisError):
                cache.add("x", 1, 10)

    def test_does_not_keep_a_call_that_is_counted(self, hung):
        leases.forget()

        assert leases.take("iam ana", rate=1, burst=1, wanted=1) is None

    def test_does_not_keep_a_notification(self, hung):
        assert queue.send(1) is False


class TestARedisThatIsDown:
    def test_is_asked_each_time_for_it_refuses_at_once(self, settings, monkeypatch):
        # Whether it hangs is seen by the time that its refusal took: none counts here, however busy the machine is.
        monkeypatch.setattr(broker, "PATIENCE", 60.0)
        settings.REDIS_URL = "unix:///nonexistent/redis.sock"

        for _ in range(2):
            with pytest.raises(RedisError) as refusal, broker.asking():
                broker.client().get("x")
            assert not isinstance(refusal.value, broker.Away)


class TestPublishing:
    def test_by_a_worker_s_own_connection_is_not_bounded(self):
        assert isinstance(jobs._connection(), Connection)
        assert jobs._connection().transport_options["socket_timeout"] == broker.PATIENCE
        assert "socket_timeout" not in current_app.connection_for_read().transport_options
