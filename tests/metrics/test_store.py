"""What was put can be read at once, before, while and after it is folded."""

from datetime import UTC, datetime, timedelta

import pytest

from monitoring.metrics import api
from monitoring.metrics.actions import folding
from monitoring.metrics.models import Point, Sample, Stream

NOON = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.django_db


def datum(value, at=NOON, name="Latency", unit="Milliseconds", **dimensions):
    return api.Datum("Shop", name, value, at, unit, dimensions)


def read(
    statistic="Sum", *, period=60, start=NOON, end=NOON + timedelta(hours=1), name="Latency", **dimensions
):
    points = api.series(
        namespace="Shop",
        name=name,
        dimensions=dimensions,
        statistic=statistic,
        period=period,
        start=start,
        end=end,
    )
    return [(int((p.at - NOON).total_seconds()), p.value) for p in points]


class TestPut:
    def test_is_visible_at_once(self):
        api.put([datum(10), datum(20)])

        assert read("Average") == [(0, 15.0)]

    def test_adds_up_samples_of_the_same_moment(self):
        api.put([datum(10)])
        api.put([datum(10)])

        assert read("SampleCount") == [(0, 2.0)]
        assert read("Sum") == [(0, 20.0)]

    def test_ignores_the_order_of_dimensions(self):
        api.put([datum(1, app="web", env="prod")])
        api.put([datum(2, env="prod", app="web")])

        assert read("Sum", env="prod", app="web") == [(0, 3.0)]
        assert Stream.objects.count() == 1

    def test_keeps_metrics_with_other_dimensions_apart(self):
        api.put([datum(1, app="web"), datum(2)])

        assert read("Sum") == [(0, 2.0)]
        assert read("Sum", app="web") == [(0, 1.0)]
        assert read("Sum", app="api") == []

    def test_never_adds_up_different_units(self):
        api.put([datum(1, unit="Seconds"), datum(500, unit="Milliseconds")])

        assert read("Sum") == [(0, 500.0)]

    def test_stores_nothing_of_a_batch_with_an_invalid_datum(self):
        with pytest.raises(api.InvalidMetric):
            api.put([datum(1), datum(float("nan"))])

        assert not Sample.objects.exists()

    def test_costs_the_same_number_of_queries_for_any_batch(self, django_assert_max_num_queries):
        api.put([datum(1, app=str(n)) for n in range(50)])

        with django_assert_max_num_queries(4):
            api.put([datum(1, app=str(n)) for n in range(50)])

    @pytest.mark.parametrize(
        "broken",
        [
            api.Datum("", "N", 1, NOON),
            api.Datum("Sh*p", "N", 1, NOON),
            api.Datum("Shop", "", 1, NOON),
            api.Datum("Shop", "N", float("inf"), NOON),
            api.Datum("Shop", "N", 2.0**361, NOON),
            api.Datum("Shop", "N", 1, NOON, "Parsecs"),
            api.Datum("Shop", "N", 1, NOON.replace(tzinfo=None)),
            api.Datum("Shop", "N", 1, NOON, "None", {"a": ""}),
            api.Datum("Shop", "N", 1, NOON, "None", {":a": "b"}),
            api.Datum("Shop", "N", 1, NOON, "None", {f"d{n}": "x" for n in range(31)}),
        ],
    )
    def test_refuses_what_cloudwatch_refuses(self, broken):
        with pytest.raises(api.InvalidMetric):
            api.put([broken])


class TestSeries:
    def test_is_the_same_before_and_after_folding(self):
        api.put([datum(n, NOON + n * 20 * timedelta(seconds=1)) for n in range(1, 30)])
        before = {
            s: read(s, period=300) for s in ("Sum", "Average", "Minimum", "Maximum", "SampleCount", "p90")
        }

        folding.fold()

        assert not Sample.objects.exists()
        assert {s: read(s, period=300) for s in before} == before

    def test_joins_folded_and_new_samples(self):
        api.put([datum(1)])
        folding.fold()
        api.put([datum(2)])

        assert read("Sum", period=3600) == [(0, 3.0)]

    def test_leaves_a_gap_where_nothing_was_put(self):
        api.put([datum(1), datum(3, NOON + 3 * MINUTE)])

        assert read("Sum") == [(0, 1.0), (180, 3.0)]

    def test_takes_the_start_and_leaves_the_end(self):
        api.put([datum(1, NOON - MINUTE), datum(2, NOON), datum(4, NOON + 5 * MINUTE)])

        assert read("Sum", end=NOON + 5 * MINUTE) == [(0, 2.0)]

    def test_counts_periods_from_a_start_that_is_not_aligned(self):
        api.put([datum(1, NOON + 3 * MINUTE), datum(2, NOON + 7 * MINUTE), datum(4, NOON + 8 * MINUTE)])
        folding.fold()

        assert read("Sum", period=300, start=NOON + 3 * MINUTE) == [(180, 3.0), (480, 4.0)]

    def test_reads_the_coarsest_rows_that_serve(self, django_assert_num_queries):
        api.put([datum(1, NOON + n * MINUTE) for n in range(60)])
        folding.fold()
        Point.objects.exclude(resolution=3600).delete()

        with django_assert_num_queries(2):
            assert read("Sum", period=3600) == [(0, 60.0)]

    @pytest.mark.parametrize("statistic", ["Mean", "p101", "p", "sum", "p-1"])
    def test_refuses_an_unknown_statistic(self, statistic):
        with pytest.raises(api.InvalidStatistic):
            read(statistic)

    @pytest.mark.parametrize("period", [0, 30, 90, -60])
    def test_refuses_a_period_that_is_no_multiple_of_a_minute(self, period):
        with pytest.raises(api.InvalidPeriod):
            read(period=period)


class TestFold:
    def test_twice_changes_nothing(self):
        api.put([datum(1)])
        folding.fold()

        assert folding.fold() == 0
        assert read("SampleCount") == [(0, 1.0)]

    def test_killed_in_the_middle_leaves_every_sample(self, monkeypatch):
        api.put([datum(1), datum(2)])
        monkeypatch.setattr(folding, "_note_last", lambda slots: 1 / 0)

        with pytest.raises(ZeroDivisionError):
            folding.fold()

        assert read("Sum") == [(0, 3.0)]

    def test_keeps_one_row_per_stream_period_and_resolution(self):
        for minute in range(10):
            api.put([datum(1, NOON + minute * MINUTE)])
            folding.fold()

        counts = [Point.objects.filter(resolution=r).count() for r in (60, 300, 3600)]
        assert counts == [10, 2, 1]

    def test_remembers_when_a_metric_last_had_data(self):
        api.put([datum(1)])
        api.put([datum(1, NOON + 9 * MINUTE)])
        folding.fold()

        assert api.list_metrics()[0].last_at == NOON + 9 * MINUTE

    def test_expiry_keeps_each_resolution_for_its_time(self):
        api.put([datum(1)])
        folding.fold()

        left = []
        for days in (14, 16, 64, 456):
            folding.expire(at=NOON + timedelta(days=days))
            left.append(list(Point.objects.order_by("resolution").values_list("resolution", flat=True)))

        assert left == [[60, 300, 3600], [300, 3600], [3600], []]
        assert not Stream.objects.exists()


class TestListing:
    def test_finds_by_namespace_name_and_some_dimensions(self):
        api.put([datum(1, app="web", env="prod"), datum(1, app="api"), datum(1, name="Errors")])

        found = api.list_metrics(namespace="Shop", name="Latency", dimensions={"app": "web"})

        assert [m.dimensions for m in found] == [{"app": "web", "env": "prod"}]
