"""Alarms watch their metric, tell people and the bus, and keep their history."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from devopsweb.events.models import Event
from devopsweb.iam.api import principal_of
from monitoring.alarms import api
from monitoring.alarms.actions import alarms, evaluations
from monitoring.alarms.models import Alarm, AlarmHistory
from monitoring.metrics import api as metrics
from monitoring.notifications.models import Notification

NOON = datetime(2026, 3, 17, 12, 0, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SPEC = api.AlarmSpec(
    name="build-failures",
    namespace="AWS/CodeBuild",
    metric_name="FailedBuilds",
    dimensions={"ProjectName": "storefront"},
    statistic="Sum",
    threshold=1,
    comparison_operator="GreaterThanOrEqualToThreshold",
    treat_missing_data="notBreaching",
    alarm_emails=("oncall@example.com",),
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(owner):
    return principal_of(owner)


def fail_builds(count=1, at=NOON):
    metrics.put(
        [
            metrics.Datum("AWS/CodeBuild", "FailedBuilds", 1, at, "Count", {"ProjectName": "storefront"})
            for _ in range(count)
        ]
    )


def state():
    return Alarm.objects.get().state_value


class TestPut:
    def test_starts_unchecked_without_data(self, by):
        api.put_alarm(SPEC, principal=by, at=NOON)

        alarm = Alarm.objects.get()
        assert (alarm.state_value, alarm.state_reason) == (
            "INSUFFICIENT_DATA",
            "Unchecked: Initial alarm creation",
        )
        assert alarm.spec == SPEC

    def test_again_overwrites_the_configuration_and_keeps_the_state(self, by):
        api.put_alarm(SPEC, principal=by, at=NOON)
        evaluations.evaluate_due(at=NOON)

        api.put_alarm(replace(SPEC, threshold=5, alarm_emails=()), principal=by, at=NOON + MINUTE)

        alarm = Alarm.objects.get()
        assert (alarm.threshold, alarm.state_value, alarm.recipients["ALARM"]) == (5, "OK", [])

    def test_is_told_on_the_bus_and_in_the_history(self, by):
        api.put_alarm(SPEC, principal=by, at=NOON)

        event = Event.objects.get()
        assert event.detail_type == "CloudWatch Alarm Configuration Change"
        assert event.detail["detail"]["operation"] == "create"
        assert event.principal_arn == by.arn
        assert AlarmHistory.objects.get().summary == 'Alarm "build-failures" created'

    @pytest.mark.parametrize(
        ("field", "change"),
        [
            ("name", {"name": " x"}),
            ("name", {"name": ""}),
            ("metric_name", {"metric_name": ""}),
            ("namespace", {"namespace": " "}),
            ("threshold", {"threshold": float("nan")}),
            ("comparison_operator", {"comparison_operator": "Equal"}),
            ("treat_missing_data", {"treat_missing_data": "drop"}),
            ("statistic", {"statistic": "Mean"}),
            ("period", {"period": 45}),
            ("evaluation_periods", {"evaluation_periods": 0}),
            ("evaluation_periods", {"period": 60, "evaluation_periods": 1441}),
            ("datapoints_to_alarm", {"datapoints_to_alarm": 2}),
            ("alarm_emails", {"alarm_emails": ("nobody",)}),
            ("ok_emails", {"ok_emails": tuple(f"u{n}@example.com" for n in range(21))}),
            ("evaluate_low_sample_count", {"evaluate_low_sample_count": "maybe"}),
        ],
    )
    def test_refuses_a_broken_rule_and_names_the_setting(self, by, field, change):
        with pytest.raises(api.InvalidAlarm) as refused:
            api.put_alarm(replace(SPEC, **change), principal=by, at=NOON)

        assert refused.value.field == field
        assert not Alarm.objects.exists()


class TestEvaluation:
    def test_by_the_job_comes_at_once(self, by, run_jobs):
        api.put_alarm(SPEC, principal=by, at=NOON)

        run_jobs()

        assert state() == "OK"

    def test_raises_the_alarm_and_tells_everybody(self, by):
        api.put_alarm(SPEC, principal=by, at=NOON)
        evaluations.evaluate_due(at=NOON)
        fail_builds(at=NOON)

        evaluations.evaluate_due(at=NOON + MINUTE)

        assert state() == "ALARM"
        event = Event.objects.get(detail_type="CloudWatch Alarm State Change", detail__fields__state="ALARM")
        detail = event.detail["detail"]
        assert (detail["state"]["value"], detail["previousState"]["value"]) == ("ALARM", "OK")
        assert json.loads(detail["state"]["reasonData"])["recentDatapoints"] == [1.0]
        mail = Notification.objects.get()
        assert mail.recipient == "oncall@example.com"
        assert mail.subject == 'ALARM: "build-failures" in us-east-1'
        assert "1 out of the last 1 datapoints" in mail.text

    def test_ignores_the_running_minute(self, by):
        api.put_alarm(SPEC, principal=by, at=NOON)
        fail_builds(at=NOON)

        evaluations.evaluate_due(at=NOON)

        assert state() == "OK"

    def test_recovers_when_the_points_leave(self, by):
        api.put_alarm(SPEC, principal=by, at=NOON)
        fail_builds(at=NOON)
        evaluations.evaluate_due(at=NOON + MINUTE)

        evaluations.evaluate_due(at=NOON + 10 * MINUTE)

        assert state() == "OK"
        assert Notification.objects.count() == 1

    def test_needs_m_of_n(self, by):
        spec = replace(SPEC, evaluation_periods=3, datapoints_to_alarm=2, treat_missing_data="missing")
        api.put_alarm(spec, principal=by, at=NOON)
        fail_builds(at=NOON)
        fail_builds(at=NOON + 2 * MINUTE)

        evaluations.evaluate_due(at=NOON + 3 * MINUTE)

        assert state() == "ALARM"

    def test_twice_or_by_two_workers_tells_once(self, by):
        api.put_alarm(SPEC, principal=by, at=NOON)
        fail_builds(at=NOON)
        evaluations.evaluate_due(at=NOON)
        due = [Alarm.objects.get().pk]

        results = [evaluations._evaluate(due, at=NOON + MINUTE) for _ in range(2)]

        assert results == [1, 0]
        assert Notification.objects.count() == 1

    def test_costs_the_same_for_many_alarms(self, by, django_assert_max_num_queries):
        for number in range(30):
            api.put_alarm(replace(SPEC, name=f"alarm-{number}"), principal=by, at=NOON)
        evaluations.evaluate_due(at=NOON)

        with django_assert_max_num_queries(5):
            assert evaluations.evaluate_due(at=NOON + MINUTE) == 30

    def test_says_nothing_while_the_state_stays(self, by):
        api.put_alarm(SPEC, principal=by, at=NOON)
        for minute in range(5):
            evaluations.evaluate_due(at=NOON + minute * MINUTE)

        assert AlarmHistory.objects.filter(type="StateUpdate").count() == 1

    def test_without_actions_mails_nobody_but_tells_the_bus(self, by):
        api.put_alarm(replace(SPEC, actions_enabled=False), principal=by, at=NOON)
        fail_builds(at=NOON)

        evaluations.evaluate_due(at=NOON + MINUTE)

        assert not Notification.objects.exists()
        assert Event.objects.filter(detail_type="CloudWatch Alarm State Change").exists()

    def test_keeps_its_state_for_a_percentile_of_few_samples_if_told_so(self, by):
        spec = replace(
            SPEC, statistic="p99", evaluate_low_sample_count="ignore", treat_missing_data="missing"
        )
        api.put_alarm(spec, principal=by, at=NOON)
        fail_builds(at=NOON)

        evaluations.evaluate_due(at=NOON + MINUTE)

        assert state() == "INSUFFICIENT_DATA"

    def test_killed_in_the_middle_is_done_again(self, by, monkeypatch):
        api.put_alarm(SPEC, principal=by, at=NOON)
        fail_builds(at=NOON)
        monkeypatch.setattr(evaluations.transitions, "_act", lambda *a, **k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            evaluations.evaluate_due(at=NOON + MINUTE)
        monkeypatch.undo()

        evaluations.evaluate_due(at=NOON + MINUTE + evaluations.EVERY)

        assert state() == "ALARM"
        assert AlarmHistory.objects.filter(type="StateUpdate").count() == 1
        assert Notification.objects.count() == 1


class TestSetState:
    def test_lasts_until_the_next_evaluation(self, by):
        api.put_alarm(SPEC, principal=by, at=NOON)
        evaluations.evaluate_due(at=NOON)

        api.set_alarm_state(name=SPEC.name, state="ALARM", reason="Fire drill", principal=by, at=NOON)
        forced = state()
        evaluations.evaluate_due(at=NOON + MINUTE)

        assert (forced, state()) == ("ALARM", "OK")
        assert Notification.objects.get().text.count("Fire drill") == 1

    def test_refuses_what_is_no_state(self, by):
        api.put_alarm(SPEC, principal=by, at=NOON)

        with pytest.raises(alarms.InvalidState):
            api.set_alarm_state(name=SPEC.name, state="INVALID", reason="", principal=by, at=NOON)


class TestDelete:
    def test_keeps_the_history_for_two_weeks(self, by):
        api.put_alarm(SPEC, principal=by, at=NOON)

        api.delete_alarm(name=SPEC.name, principal=by, at=NOON)

        assert not Alarm.objects.exists()
        assert AlarmHistory.objects.count() == 2
        alarms.expire(at=NOON + timedelta(days=15))
        assert not AlarmHistory.objects.exists()

    def test_of_an_unknown_name_says_so(self, by):
        with pytest.raises(api.AlarmNotFound):
            api.delete_alarm(name="none", principal=by, at=NOON)


class TestStates:
    def test_answers_for_the_alarms_that_exist(self, by):
        api.put_alarm(SPEC, principal=by, at=NOON)

        assert api.states(["build-failures", "unknown"]) == {"build-failures": "INSUFFICIENT_DATA"}
