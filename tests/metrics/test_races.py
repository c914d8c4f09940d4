"""Writers, folders and readers at once: no sample is lost, doubled or hidden."""

from datetime import UTC, datetime, timedelta

import pytest

from monitoring.metrics import api
from monitoring.metrics.actions import folding
from tests.races import together

NOON = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)


def count():
    points = api.series(
        namespace="Shop", name="Orders", dimensions={}, statistic="SampleCount",
        period=3600, start=NOON, end=NOON + timedelta(hours=1),
    )  # fmt: skip
    return sum(point.value for point in points)


@pytest.mark.django_db(transaction=True)
class TestRace:
    def test_of_writers_folders_and_readers_counts_every_sample_once(self):
        seen = []

        def write():
            for n in range(20):
                api.put([api.Datum("Shop", "Orders", 1, NOON + timedelta(minutes=n % 7))])

        def fold():
            for _ in range(15):
                folding.fold()

        def read():
            for _ in range(15):
                seen.append(count())

        together(write, write, fold, fold, read)
        folding.fold()

        assert count() == 40
        assert seen == sorted(seen)
