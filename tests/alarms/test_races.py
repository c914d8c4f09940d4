"""Several workers at one alarm: one transition, one mail."""

from datetime import UTC, datetime, timedelta

import pytest

from devopsweb.iam.api import service_principal
from monitoring.alarms import api
from monitoring.alarms.actions import evaluations
from monitoring.alarms.models import AlarmHistory
from monitoring.metrics import api as metrics
from monitoring.notifications.models import Notification
from tests.races import together

NOON = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
class TestRace:
    def test_of_four_workers_tells_each_alarm_once(self, monkeypatch):
        monkeypatch.setattr("monitoring.notifications.adapters.queue.send", lambda pk: True)
        metrics.put([metrics.Datum("Shop", "Errors", 9, NOON)])
        for number in range(6):
            spec = api.AlarmSpec(f"a{number}", "Shop", "Errors", 5, alarm_emails=("oncall@example.com",))
            api.put_alarm(spec, principal=service_principal("test"), at=NOON)

        together(*[lambda: evaluations.evaluate_due(at=NOON + timedelta(minutes=1))] * 4)

        assert Notification.objects.count() == 6
        assert AlarmHistory.objects.filter(type="StateUpdate").count() == 6
