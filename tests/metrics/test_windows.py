"""Charts show about as many points as can be seen, from what is still stored."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.metrics.engine import ranges, rows, windows

NOON = datetime(2026, 3, 17, 12, 0, 30, tzinfo=UTC)
DAY = 86400


class TestWindow:
    @pytest.mark.parametrize(
        ("name", "step"), [("1h", 60), ("3h", 60), ("12h", 300), ("1d", 300), ("1w", 1800), ("30d", 21600)]
    )
    def test_of_a_named_range_has_a_fitting_period(self, name, step):
        window = windows.window({"range": name}, at=NOON)

        assert window.step == step
        assert window.start % step == 0
        assert window.end > NOON.timestamp() >= window.end - step

    @given(
        st.integers(60, 700 * DAY),
        st.integers(0, 400 * DAY),
        st.sampled_from(["", "60", "300", "3600", "86400"]),
    )
    def test_never_shows_more_than_two_points_per_pixel(self, seconds, back, period):
        end = datetime.fromtimestamp(NOON.timestamp() - back, UTC)
        start = datetime.fromtimestamp(end.timestamp() - seconds, UTC)
        query = {"from": start.isoformat(), "to": end.isoformat(), "period": period}

        window = windows.window(query, at=NOON)

        assert 1 <= window.count <= windows.MAX_POINTS + 1


class TestResolution:
    @pytest.mark.parametrize(
        ("period", "start", "resolution"),
        [
            (60, 0, 60), (300, 0, 300), (300, 60, 60), (3600, 0, 3600), (3600, 300, 300), (900, 900, 300),
            (7200, 3600, 3600), (120, 0, 60),
        ],
    )  # fmt: skip
    def test_is_the_coarsest_that_never_straddles_a_period(self, period, start, resolution):
        assert ranges.resolution_for(period=period, start=start) == resolution

    @given(st.integers(1, 3000), st.integers(0, 10**7))
    def test_always_divides_period_and_start(self, minutes, start_minutes):
        period, start = minutes * 60, start_minutes * 60

        resolution = ranges.resolution_for(period=period, start=start)

        assert period % resolution == 0
        assert start % resolution == 0

    @pytest.mark.parametrize(("days", "finest"), [(1, 60), (16, 300), (64, 3600), (500, 3600)])
    def test_is_no_finer_than_what_is_kept(self, days, finest):
        assert ranges.period_for(seconds=3600, age=days * DAY, points=10_000) == finest


class TestRow:
    def test_reads_namespace_name_dimensions_and_options(self):
        row = rows.parse(["AWS/CodeBuild", "Builds", "ProjectName", "web", {"stat": "Sum"}])

        assert (row.namespace, row.name, dict(row.dimensions), row.statistic) == (
            "AWS/CodeBuild", "Builds", {"ProjectName": "web"}, "Sum",
        )  # fmt: skip

    def test_repeats_words_of_the_row_before(self):
        before = ["AWS/CodeBuild", "Builds", "ProjectName", "web"]

        assert rows.parse([".", "Duration", ".", "api"], before).words == [
            "AWS/CodeBuild", "Duration", "ProjectName", "api",
        ]  # fmt: skip
        assert rows.parse(["...", "api"], before).words == ["AWS/CodeBuild", "Builds", "ProjectName", "api"]

    def test_written_and_read_is_the_same(self):
        row = rows.parse(["N", "M", "d", "v", {"stat": "p95"}])

        assert rows.load(row.text()) == row

    @pytest.mark.parametrize(
        ("broken", "path"),
        [
            ("x", ""), ([], ""), (["N"], ""), (["N", "M", "d"], ""), (["N", 3], "[1]"), (["."], "[0]"),
            ([{"expression": "m1*2"}], "expression"), (["N", "M", {"stat": 3}], "stat"),
        ],
    )  # fmt: skip
    def test_names_what_is_wrong(self, broken, path):
        with pytest.raises(rows.InvalidRow) as refused:
            rows.parse(broken)

        assert refused.value.path == path
