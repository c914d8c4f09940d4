"""Several workers at one event: the handler's work is done once."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from devopsweb.events import api
from devopsweb.events.actions import deliveries
from devopsweb.events.models import Delivery
from monitoring.notifications.models import Notification
from tests.races import together

NOON = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Fell(api.EventType):
    source = "test"
    detail_type = "Leaf"
    number: int


@pytest.mark.django_db(transaction=True)
class TestRace:
    def test_of_four_workers_delivers_each_event_once(self, monkeypatch):
        monkeypatch.setattr(api, "_handlers", {})

        def note(event: Fell) -> None:
            Notification.objects.create(
                recipient=str(event.number), subject="s", text="t", due_at=NOON, created_at=NOON
            )

        api.subscribe(Fell, note)
        for number in range(15):
            api.publish(Fell(number=number), at=NOON)

        together(*[lambda: deliveries.deliver_due(at=NOON)] * 4)

        assert sorted(map(int, Notification.objects.values_list("recipient", flat=True))) == list(range(15))
        assert not Delivery.objects.filter(delivered_at=None).exists()
