"""The bus delivers each event to each handler until it succeeded."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from devopsweb.events import api
from devopsweb.events.actions import deliveries
from devopsweb.events.models import Delivery

NOON = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Pinged(api.EventType):
    source = "test"
    detail_type = "Ping"
    number: int


@pytest.fixture
def heard(monkeypatch):
    monkeypatch.setattr(api, "_handlers", {})
    heard = []

    def listener(event: Pinged) -> None:
        heard.append(event.number)
        if event.number < 0:
            raise ValueError("below zero")

    api.subscribe(Pinged, listener)
    return heard


@pytest.mark.django_db
class TestDelivery:
    def test_reaches_the_handler_once(self, heard, run_jobs):
        api.publish(Pinged(number=3), at=NOON)

        run_jobs()
        deliveries.deliver_due(at=NOON + timedelta(hours=1))

        assert heard == [3]

    def test_of_a_lost_job_is_made_up_by_the_sweep(self, heard, job_queue):
        api.publish(Pinged(number=4), at=NOON)
        job_queue.sent.clear()

        deliveries.deliver_due(at=NOON)

        assert heard == [4]

    def test_is_retried_with_back_off_after_a_failure(self, heard):
        api.publish(Pinged(number=-1), at=NOON)

        deliveries.deliver_due(at=NOON)

        owed = Delivery.objects.get()
        assert (owed.attempts, owed.delivered_at, owed.error) == (1, None, "ValueError: below zero")
        assert owed.due_at > NOON
