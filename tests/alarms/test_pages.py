"""Alarm pages: seen by readers, changed by those who may, closed to the rest."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from devopsweb.events import api as events
from devopsweb.iam.api import principal_of
from devopsweb.kernel import clock
from devopsweb.live import api as live
from monitoring.alarms import api, shell
from monitoring.alarms.actions import evaluations
from monitoring.alarms.engine.bands import bands
from monitoring.alarms.models import Alarm
from monitoring.metrics import api as metrics

SPEC = api.AlarmSpec(
    name="web/errors",
    namespace="Shop",
    metric_name="Errors",
    dimensions={"app": "web"},
    statistic="Sum",
    threshold=5,
    alarm_emails=("oncall@example.com",),
)
FORM = {
    "name": "slow", "description": "", "namespace": "Shop", "metric_name": "Latency", "dimensions": "app=web, env=prod",
    "statistic": "p95", "period": "300", "comparison_operator": "GreaterThanThreshold", "threshold": "800",
    "datapoints_to_alarm": "3", "evaluation_periods": "5", "treat_missing_data": "missing",
    "evaluate_low_sample_count": "evaluate", "actions_enabled": "on",
    "alarm_emails": "a@example.com, b@example.com", "ok_emails": "", "insufficient_data_emails": "",
}  # fmt: skip
PAGE = "/alarms/web/errors/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(owner):
    return principal_of(owner)


@pytest.fixture
def alarm(by):
    """An alarm that went off a minute ago."""
    now = clock.now()
    api.put_alarm(SPEC, principal=by, at=now - timedelta(hours=1))
    metrics.put([metrics.Datum("Shop", "Errors", 9, now - timedelta(minutes=1), "Count", {"app": "web"})])
    evaluations.evaluate_due(at=now)
    return Alarm.objects.get()


@pytest.fixture
def browser(client_of, owner):
    return client_of(owner)


class TestList:
    def test_shows_urgent_alarms_first(self, alarm, by, browser):
        api.put_alarm(replace(SPEC, name="a-quiet-one", metric_name="None"), principal=by, at=clock.now())

        rows = browser.get("/alarms/").context["rows"]

        assert [row["alarm"].name for row in rows] == ["web/errors", "a-quiet-one"]

    def test_filters_by_state_and_name(self, alarm, browser):
        assert len(browser.get("/alarms/?state=ALARM&q=err").context["rows"]) == 1
        assert "No alarm matches" in browser.get("/alarms/?state=OK").content.decode()

    def test_says_what_alarms_are_when_there_are_none(self, browser):
        assert "No alarms yet" in browser.get("/alarms/").content.decode()

    def test_costs_the_same_for_many(self, by, browser, django_assert_max_num_queries):
        for number in range(20):
            api.put_alarm(replace(SPEC, name=f"alarm-{number}"), principal=by, at=clock.now())

        with django_assert_max_num_queries(14):
            browser.get("/alarms/")


class TestPage:
    def test_shows_state_condition_chart_and_history(self, alarm, browser):
        page = browser.get(PAGE)

        text = page.content.decode()
        assert "In alarm" in text
        assert "over 5" in text
        assert "1 out of the last 1 datapoints" in text
        assert page.context["figure"].spec["threshold"] == {"value": 5.0, "label": "over 5", "below": False}
        assert page.context["bands"][-1].state in ("ALARM", "")

    @pytest.mark.parametrize("kind", ["states", "actions", "changes", "nonsense"])
    def test_has_a_history_of_each_kind(self, alarm, browser, kind):
        assert len(browser.get(f"{PAGE}?history={kind}").context["history"]) == 1

    @pytest.mark.parametrize("part", ["head", "band", "history", "actions"])
    def test_refreshes_in_parts(self, alarm, browser, part):
        answer = browser.get(f"{PAGE}?part={part}")

        assert answer.status_code == 200
        assert b"<html" not in answer.content

    def test_answers_the_data_of_its_chart(self, alarm, browser):
        assert list(browser.get(f"{PAGE}?part=charts").json()) == ["alarm-chart"]

    def test_shows_what_was_delivered_shortly_before(self, alarm, browser):
        @dataclass(frozen=True, kw_only=True)
        class Shipped(events.EventType):
            source = "aws.codedeploy"
            detail_type = "CodeDeploy Deployment State-change Notification"

        events.publish(Shipped(), at=alarm.state_transitioned_at - timedelta(minutes=3))
        events.publish(Shipped(), at=alarm.state_transitioned_at - timedelta(hours=3))

        assert len(browser.get(PAGE).context["around"]["events"]) == 1

    def test_shades_below_a_lower_bound(self, by, browser):
        spec = replace(SPEC, name="low", comparison_operator="LessThanThreshold")
        api.put_alarm(spec, principal=by, at=clock.now())

        figure = browser.get("/alarms/low/").context["figure"]

        assert figure.spec["threshold"] == {"value": 5.0, "label": "under 5", "below": True}

    def test_of_an_unknown_alarm_is_not_found(self, browser):
        assert browser.get("/alarms/none/").status_code == 404

    def test_costs_a_bounded_number_of_queries(self, alarm, browser, django_assert_max_num_queries):
        with django_assert_max_num_queries(30):
            browser.get(PAGE)


class TestForms:
    def test_create_an_alarm(self, browser):
        answer = browser.post("/alarms/-/new/", FORM)

        assert answer.headers["Location"] == "/alarms/slow/"
        spec = Alarm.objects.get().spec
        assert (spec.dimensions, spec.statistic, spec.datapoints_to_alarm) == (
            {"app": "web", "env": "prod"}, "p95", 3,
        )  # fmt: skip
        assert spec.alarm_emails == ("a@example.com", "b@example.com")

    def test_start_from_the_metric_that_was_looked_at(self, browser):
        form = browser.get(
            '/alarms/-/new/?g=["Shop","Latency","app","web",{"stat":"p99"}]&period=300'
        ).context["form"]

        assert (form["metric_name"].value(), form["dimensions"].value(), form["period"].value()) == (
            "Latency", "app=web", 300,
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"name": ""}, "name"),
            ({"dimensions": "app"}, "dimensions"),
            ({"threshold": "high"}, "threshold"),
            ({"statistic": "Mean"}, "statistic"),
            ({"datapoints_to_alarm": "6"}, "datapoints_to_alarm"),
            ({"alarm_emails": "nobody"}, "alarm_emails"),
        ],
    )
    def test_say_at_the_field_what_is_wrong(self, browser, change, field):
        answer = browser.post("/alarms/-/new/", {**FORM, **change})

        assert answer.status_code == 422
        assert field in answer.context["form"].errors
        assert not Alarm.objects.exists()

    def test_refuse_a_name_that_is_taken(self, alarm, browser):
        answer = browser.post("/alarms/-/new/", {**FORM, "name": "web/errors"})

        assert "exists" in answer.context["form"].errors["name"][0]

    def test_edit_what_is_there_and_keep_the_name(self, alarm, browser):
        shown = browser.get(f"{PAGE}edit/").context["form"]
        assert shown["alarm_emails"].value() == "oncall@example.com"

        browser.post(f"{PAGE}edit/", {**FORM, "name": "other", "threshold": "7"})

        assert list(Alarm.objects.values_list("name", "threshold")) == [("web/errors", 7.0)]

    def test_delete(self, alarm, browser):
        browser.post(f"{PAGE}delete/")

        assert not Alarm.objects.exists()

    def test_turn_actions_off_and_on(self, alarm, browser):
        browser.post(f"{PAGE}actions/", {"enabled": "0"})
        off = Alarm.objects.get().actions_enabled
        browser.post(f"{PAGE}actions/", {"enabled": "1"})

        assert (off, Alarm.objects.get().actions_enabled) == (False, True)

    def test_set_a_state(self, alarm, browser):
        browser.post(f"{PAGE}state/", {"state": "OK", "reason": "Drill"})

        assert Alarm.objects.get().state_reason == "Drill"


class TestAccess:
    READ = ["/alarms/", PAGE]
    WRITE = [f"{PAGE}edit/", f"{PAGE}delete/", f"{PAGE}actions/", f"{PAGE}state/", "/alarms/-/new/"]

    @pytest.mark.parametrize("url", [*READ, PAGE + "?part=charts", "/alarms/-/new/"])
    def test_is_refused_to_an_outsider(self, alarm, client_of, outsider, url):
        assert client_of(outsider).get(url).status_code == 403

    @pytest.mark.parametrize("url", WRITE)
    def test_to_change_is_refused_to_a_reader(self, alarm, client_of, teammate, url):
        assert client_of(teammate).post(url, FORM).status_code == 403

    @pytest.mark.parametrize("url", READ)
    def test_to_look_is_given_to_a_reader(self, alarm, client_of, teammate, url):
        page = client_of(teammate).get(url)

        assert page.status_code == 200
        assert b"Set state" not in page.content


class TestTopic:
    def test_is_open_to_readers_of_the_alarm(self, alarm, teammate, outsider):
        reader, stranger = principal_of(teammate), principal_of(outsider)

        assert live.may_watch(reader, alarm.topic)
        assert not live.may_watch(stranger, alarm.topic)
        assert not live.may_watch(reader, "alarm:0")
        assert not live.may_watch(reader, "alarm:x")

    def test_of_every_page_can_be_watched_by_readers_only(self, teammate, outsider):
        for topic in ("alarms:all", "metrics:all", "dashboards:all", "dashboard:x", "events:all"):
            assert live.may_watch(principal_of(teammate), topic)
            assert not live.may_watch(principal_of(outsider), topic)

    def test_stands_on_the_page(self, alarm, browser):
        assert f'data-topics="{alarm.topic},metrics:all"' in browser.get(PAGE).content.decode()


class TestShell:
    def test_counts_and_shows_alarms_to_readers_only(self, alarm, teammate, outsider):
        reader, stranger = principal_of(teammate), principal_of(outsider)

        assert (shell.badge(reader), shell.badge(stranger)) == ((1, "fail"), (0, "fail"))
        assert (len(shell.card(reader)["rows"]), shell.card(stranger)) == (1, {})
        assert [row.label for row in shell.palette(reader, "err")] == ["web/errors"]
        assert list(shell.palette(stranger, "err")) == []

    def test_shows_the_card_on_my_work(self, alarm, browser):
        assert "web/errors" in browser.get("/").content.decode()


class TestBands:
    def test_cover_the_whole_time(self):
        found = bands(
            [(30, "OK", "ALARM"), (60, "ALARM", "OK")], start=0, end=100, created=10, now=90, state="OK"
        )

        assert [(band.state, band.share) for band in found] == [
            ("", 10.0), ("OK", 20.0), ("ALARM", 30.0), ("OK", 30.0), ("", 10.0),
        ]  # fmt: skip

    def test_without_a_change_are_one(self):
        assert [b.state for b in bands([], start=0, end=100, created=-5, now=100, state="ALARM")] == ["ALARM"]
