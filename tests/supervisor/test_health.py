"""GET /healthz, asked as ASGI."""

import json

import pytest
import redis

from devopsweb import health


async def answer() -> tuple[int, dict]:
    sent = []

    async def send(message: dict) -> None:
        sent.append(message)

    await health.Health()({"type": "http", "path": "/healthz"}, None, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


@pytest.fixture
def pulses(settings, real_redis):
    """A Redis without pulses."""
    settings.REDIS_URL = real_redis
    with redis.from_url(real_redis) as client:
        client.flushdb()
        yield client


@pytest.mark.django_db(transaction=True)
class TestHealth:
    async def test_is_ok_when_every_component_left_a_pulse(self, pulses):
        for name in health.components():
            health.pulse(name)

        status, body = await answer()

        assert (status, body["status"], body["failing"]) == (200, "ok", [])
        assert body["components"]["database"] == "up"

    async def test_names_the_component_without_a_pulse(self, pulses):
        for name in health.components():
            health.pulse(name)
        health.forget("beat")

        status, body = await answer()

        assert (status, body["failing"]) == (503, ["beat"])

    async def test_cannot_tell_about_workers_without_redis(self, settings):
        settings.REDIS_URL = "unix:///nonexistent/redis.sock"

        status, body = await answer()

        assert status == 503
        assert body["components"]["redis"] == "down"
        assert body["components"]["rq"] == "unknown"

    async def test_counts_local_instances_where_they_are_kept(self, monkeypatch):
        monkeypatch.setenv("DEVOPSWEB_LOCAL_INSTANCES", "1")

        assert "instances" in health.components()


class TestPulse:
    def test_fades(self, pulses):
        health.pulse("beat")

        assert 0 < pulses.ttl(health.pulse_key("beat")) <= health.PULSE_FADES_AFTER

    def test_without_redis_is_silent(self, settings):
        settings.REDIS_URL = "unix:///nonexistent/redis.sock"

        health.pulse("beat")
        health.forget("beat")
