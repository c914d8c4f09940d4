"""The evaluator agrees with every row that CloudWatch documents, and keeps its promises in general."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.alarms.engine.evaluate import Reading, Rule, decide, range_size, too_few_samples
from monitoring.alarms.engine.reasons import sentence
from monitoring.alarms.states import AlarmState

NOON = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)
OK, ALARM, NO_DATA, KEEP = AlarmState.OK, AlarmState.ALARM, AlarmState.INSUFFICIENT_DATA, None


def readings(text):
    """``0 X -``: not breaching, breaching, missing; newest on the right."""
    values = {"0": 10.0, "X": 99.0, "-": None}
    return [
        Reading(NOON + n * timedelta(minutes=1), values[mark], 1 if mark != "-" else None)
        for n, mark in enumerate(text.split())
    ]


def rule(missing="missing", *, needed=3, periods=3, comparison="GreaterThanThreshold", threshold=50.0):
    return Rule(comparison, threshold, periods, needed, missing)


DOCUMENTED = [
    # points, M, fillers, missing, ignore, breaching, notBreaching
    ("0 - X - X", 3, 0, OK, OK, OK, OK),
    ("0 - - - -", 3, 2, OK, OK, OK, OK),
    ("- - - - -", 3, 3, NO_DATA, KEEP, ALARM, OK),
    ("0 X X - X", 3, 0, ALARM, ALARM, ALARM, ALARM),
    ("- - X - -", 3, 2, ALARM, KEEP, ALARM, OK),
    ("0 - X - X", 2, 0, ALARM, ALARM, ALARM, ALARM),
    ("0 0 X 0 X", 2, 0, ALARM, ALARM, ALARM, ALARM),
    ("0 - X - -", 2, 1, OK, OK, ALARM, OK),
    ("- - - - 0", 2, 2, OK, OK, ALARM, OK),
    ("- - - X -", 2, 2, ALARM, KEEP, ALARM, OK),
    # Not among the documented rows: the newest point alone is not premature yet.
    ("- - - - X", 3, 2, OK, OK, ALARM, OK),
]


class TestDecision:
    @pytest.mark.parametrize(
        ("points", "needed", "fillers", "missing", "ignore", "breaching", "not_breaching"), DOCUMENTED
    )
    def test_follows_the_documented_table(
        self, points, needed, fillers, missing, ignore, breaching, not_breaching
    ):
        expected = {
            "missing": missing,
            "ignore": ignore,
            "breaching": breaching,
            "notBreaching": not_breaching,
        }

        verdicts = {name: decide(readings(points), rule(name, needed=needed)) for name in expected}

        assert {name: verdict.state for name, verdict in verdicts.items()} == expected
        assert {verdict.fillers for verdict in verdicts.values()} == {fillers}

    @pytest.mark.parametrize(
        ("comparison", "value", "breaching"),
        [
            ("GreaterThanThreshold", 50.0, False),
            ("GreaterThanThreshold", 50.1, True),
            ("GreaterThanOrEqualToThreshold", 50.0, True),
            ("GreaterThanOrEqualToThreshold", 49.9, False),
            ("LessThanThreshold", 50.0, False),
            ("LessThanThreshold", 49.9, True),
            ("LessThanOrEqualToThreshold", 50.0, True),
            ("LessThanOrEqualToThreshold", 50.1, False),
        ],
    )
    def test_compares_as_the_operator_says(self, comparison, value, breaching):
        verdict = decide([Reading(NOON, value, 1)], rule(comparison=comparison, needed=1, periods=1))

        assert verdict.state == (ALARM if breaching else OK)

    marks = st.lists(st.sampled_from("0X-"), min_size=1, max_size=12)

    @given(
        marks,
        st.integers(1, 6),
        st.data(),
        st.sampled_from(["missing", "ignore", "breaching", "notBreaching"]),
    )
    @settings(max_examples=200, deadline=None)
    def test_keeps_its_promises_for_any_points(self, marks, periods, data, missing):
        needed = data.draw(st.integers(1, periods))
        size = range_size(periods)
        points = (["-"] * size + marks)[-size:]

        verdict = decide(readings(" ".join(points)), rule(missing, needed=needed, periods=periods))

        real = [mark for mark in points if mark != "-"]
        if real[-periods:].count("X") >= needed:
            assert verdict.state == ALARM
        if len(real) >= periods:
            assert verdict.state in (OK, ALARM)
        if missing == "notBreaching":
            assert (verdict.state == ALARM) == (real[-periods:].count("X") >= needed)
        if verdict.state == NO_DATA:
            assert not real
        if verdict.state is KEEP:
            assert missing == "ignore"


class TestRange:
    @pytest.mark.parametrize(("periods", "size"), [(1, 3), (3, 5), (5, 7), (9, 12)])
    def test_reaches_further_back_than_what_is_judged(self, periods, size):
        assert range_size(periods) == size


class TestLowSampleCount:
    @pytest.mark.parametrize(
        ("statistic", "samples", "few"),
        [
            ("p99", 999, True), ("p99", 1001, False), ("p50", 19, True), ("p50", 20, False),
            ("p10", 99, True), ("p10", 100, False), ("Average", 1, False), ("p100", 1, False),
        ],
    )  # fmt: skip
    def test_is_few_where_cloudwatch_says_so(self, statistic, samples, few):
        assert too_few_samples(statistic, samples) is few


class TestReason:
    def test_names_the_breaching_points_newest_first(self):
        judged = rule(needed=2)

        text = sentence(decide(readings("0 X X"), judged), judged)

        assert text == (
            "Threshold Crossed: 2 out of the last 3 datapoints "
            "[99 (17/03/26 12:02:00), 99 (17/03/26 12:01:00)] were greater than the threshold (50.0) "
            "(minimum 2 datapoints for OK -> ALARM transition)."
        )

    def test_of_recovery_names_the_points_that_are_fine(self):
        judged = rule(needed=1, periods=1)

        text = sentence(decide(readings("X 0"), judged), judged)

        assert text == (
            "Threshold Crossed: 1 out of the last 1 datapoints [10 (17/03/26 12:01:00)] was not greater than "
            "the threshold (50.0) (minimum 1 datapoint for ALARM -> OK transition)."
        )

    def test_of_missing_points_says_how_they_were_treated(self):
        judged = rule("breaching", needed=2, periods=2)

        assert sentence(decide(readings("- -"), judged), judged) == (
            "Threshold Crossed: no datapoints were received for 2 periods and "
            "2 missing datapoints were treated as [Breaching]."
        )

    def test_of_no_points_says_so(self):
        judged = rule(needed=1, periods=1)

        assert sentence(decide(readings("-"), judged), judged) == (
            "Insufficient Data: no datapoints were received for 1 period."
        )
