"""Dashboards are CloudWatch's JSON: judged with paths, drawn in few queries, edited by form or text."""

import json

import pytest

from devopsweb.events.models import Event
from devopsweb.iam.api import principal_of
from devopsweb.kernel import clock
from monitoring.alarms import api as alarms
from monitoring.dashboards import api, presenters
from monitoring.dashboards.engine import body
from monitoring.dashboards.models import Dashboard
from monitoring.metrics import api as metrics

ARN = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors"
ROW = ["Shop", "Errors", "app", "web", {"stat": "Sum"}]
METRIC = {
    "type": "metric",
    "x": 0,
    "y": 0,
    "width": 12,
    "height": 6,
    "properties": {"metrics": [ROW], "title": "Errors"},
}
TEXT = {
    "type": "text",
    "width": 6,
    "height": 3,
    "properties": {"markdown": "# Hello\n\n<script>x</script> [go](https://example.com)"},
}
ALARM = {"type": "alarm", "properties": {"alarms": [ARN, ARN.replace("errors", "gone")]}}
NUMBER = {"type": "metric", "properties": {"metrics": [ROW], "view": "singleValue", "title": "Errors now"}}


def text(*widgets):
    return json.dumps({"widgets": list(widgets)})


@pytest.fixture
def by(owner):
    return principal_of(owner)


@pytest.fixture
def browser(client_of, owner):
    return client_of(owner)


@pytest.fixture
def shop(by, stopped_clock):
    now = stopped_clock
    metrics.put([metrics.Datum("Shop", "Errors", 7, now, "Count", {"app": "web"})])
    spec = alarms.AlarmSpec("errors", "Shop", "Errors", 5, {"app": "web"}, statistic="Sum")
    alarms.put_alarm(spec, principal=by, at=now)


class TestBody:
    def test_of_every_drawn_kind_is_read(self):
        read = body.load(text(METRIC, {**TEXT, "x": 12, "y": 0}, {**ALARM, "x": 0, "y": 6}))

        assert read.messages == ()
        assert [w.type for w in read.widgets] == ["metric", "text", "alarm"]
        assert read.widgets[0].rows[0].statistic == "Sum"
        assert read.widgets[2].alarms == ("errors", "gone")

    def test_without_places_flows_from_left_to_right(self):
        wide = {"type": "text", "width": 10, "properties": {"markdown": "x"}}

        assert [(w.x, w.y) for w in body.load(text(wide, wide, wide)).widgets] == [(0, 0), (10, 0), (0, 6)]

    def test_is_in_reading_order_whatever_the_order_in_the_text(self):
        low = {**METRIC, "y": 6}

        assert [w.y for w in body.load(text(low, METRIC)).widgets] == [0, 6]

    def test_repeats_words_of_the_row_before(self):
        widget = {"type": "metric", "properties": {"metrics": [ROW, [".", "Orders", ".", "."]]}}

        assert body.load(text(widget)).widgets[0].rows[1].words == ["Shop", "Orders", "app", "web"]

    @pytest.mark.parametrize(
        ("raw", "path"),
        [
            ("{", "/"),
            ("[]", "/"),
            ("{}", "/widgets"),
            (json.dumps({"widgets": [3]}), "/widgets/0"),
            (json.dumps({"widgets": [TEXT] * 501}), "/widgets"),
            (text({"type": "film", "properties": {}}), "/widgets/0/type"),
            (text({"type": "text"}), "/widgets/0/properties"),
            (text({"type": "text", "properties": {}}), "/widgets/0/properties"),
            (text({"type": "text", "properties": {"markdown": 3}}), "/widgets/0/properties/markdown"),
            (text({**TEXT, "width": 25}), "/widgets/0/width"),
            (text({**TEXT, "height": True}), "/widgets/0/height"),
            (text({**TEXT, "x": 0}), "/widgets/0"),
            (text({**TEXT, "x": 24, "y": 0}), "/widgets/0/x"),
            (text({"type": "metric", "properties": {}}), "/widgets/0/properties"),
            (text(TEXT, {"type": "metric", "properties": {"metrics": {}}}), "/widgets/1/properties/metrics"),
            (
                text({"type": "metric", "properties": {"metrics": [ROW, ["N"]]}}),
                "/widgets/0/properties/metrics/1",
            ),
            (
                text({"type": "metric", "properties": {"metrics": [["N", 3]]}}),
                "/widgets/0/properties/metrics/0/1",
            ),
            (
                text({"type": "metric", "properties": {"metrics": [ROW], "stat": "Mean"}}),
                "/widgets/0/properties/stat",
            ),
            (
                text({"type": "metric", "properties": {"metrics": [ROW], "view": "3d"}}),
                "/widgets/0/properties/view",
            ),
            (
                text({"type": "metric", "properties": {"metrics": [ROW], "yAxis": {"left": {"min": "0"}}}}),
                "/widgets/0/properties/yAxis/left/min",
            ),
            (
                text(
                    {"type": "metric", "properties": {"metrics": [ROW], "annotations": {"horizontal": [{}]}}}
                ),
                "/widgets/0/properties/annotations/horizontal/0/value",
            ),
            (
                text({"type": "metric", "properties": {"metrics": [ROW], "period": 7}}),
                "/widgets/0/properties/period",
            ),
            (text({"type": "alarm", "properties": {"alarms": []}}), "/widgets/0/properties/alarms"),
            (text({"type": "alarm", "properties": {"alarms": ["x"]}}), "/widgets/0/properties/alarms/0"),
        ],
    )
    def test_that_is_wrong_is_told_with_its_path(self, raw, path):
        errors = body.load(raw).errors

        assert [error.path for error in errors] == [path]

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        "widget",
        [
            {"type": "log", "properties": {"query": "fields @message", "region": "us-east-1"}},
            {"type": "metric", "properties": {"metrics": [ROW, [{"expression": "m1 * 2", "id": "e1"}]]}},
        ],
    )
    def test_with_what_is_not_drawn_is_kept_with_a_warning(self, widget, by):
        warnings = api.put_dashboard(name="d", body=text(widget), principal=by, at=clock.now())

        assert [w.error for w in warnings] == [False]
        assert json.loads(Dashboard.objects.get().body)["widgets"] == [widget]


@pytest.mark.django_db
class TestPut:
    def test_creates_and_replaces_and_tells_the_bus(self, by):
        api.put_dashboard(name="shop", body=text(TEXT), principal=by, at=clock.now())
        api.put_dashboard(name="shop", body=text(METRIC), principal=by, at=clock.now())

        assert Dashboard.objects.get().body == text(METRIC)
        assert {e.detail["detail"]["eventName"] for e in Event.objects.all()} == {"PutDashboard"}

    @pytest.mark.parametrize(
        ("name", "raw"), [("a b", text()), ("", text()), ("ok", "{"), ("x" * 256, text())]
    )
    def test_stores_nothing_that_is_wrong(self, by, name, raw):
        with pytest.raises(api.InvalidDashboard):
            api.put_dashboard(name=name, body=raw, principal=by, at=clock.now())

        assert not Dashboard.objects.exists()


@pytest.mark.django_db
class TestPage:
    @pytest.fixture
    def page(self, shop, by, browser):
        api.put_dashboard(name="shop", body=text(METRIC, TEXT, ALARM, NUMBER), principal=by, at=clock.now())
        return browser.get("/dashboards/shop/?range=1h")

    def test_shows_every_widget(self, page):
        kinds = [
            next(key for key in ("figure", "html", "alarms", "strip") if key in shown)
            for shown in page.context["blocks"]
        ]

        assert sorted(kinds) == ["alarms", "figure", "html", "strip"]
        assert "1 alarm of this widget does not exist" in page.content.decode()

    def test_never_runs_what_a_text_holds(self, page):
        markup = page.content.decode()

        assert "<script>x" not in markup
        assert 'href="https://example.com"' in markup

    def test_answers_the_data_of_its_charts(self, page, browser):
        answer = browser.get("/dashboards/shop/?part=charts").json()

        assert list(answer) == ["widget-0"]
        assert answer["widget-0"]["series"][0]["data"][-1] == 7

    def test_refreshes_its_values_in_part(self, page, browser):
        assert b"<html" not in browser.get("/dashboards/shop/?part=values").content

    def test_costs_the_same_for_many_widgets(self, shop, by, browser, django_assert_max_num_queries):
        api.put_dashboard(name="big", body=text(*[METRIC] * 40), principal=by, at=clock.now())

        with django_assert_max_num_queries(22):
            browser.get("/dashboards/big/")

    def test_draws_an_alarm_with_its_threshold(self, shop, by, browser):
        widget = {"type": "metric", "properties": {"annotations": {"alarms": [ARN]}}}
        api.put_dashboard(name="one", body=text(widget), principal=by, at=clock.now())

        shown = browser.get("/dashboards/one/").context["blocks"][0]

        assert shown["figure"].spec["threshold"] == {"value": 5.0, "label": "over 5"}
        assert shown["alarm"].name == "errors"

    def test_reads_a_widget_in_its_own_period(self, shop, by, browser):
        properties = {"metrics": [ROW], "period": 900}
        api.put_dashboard(
            name="one", body=text({"type": "metric", "properties": properties}), principal=by, at=clock.now()
        )

        spec = browser.get("/dashboards/one/").context["blocks"][0]["figure"].spec

        assert spec["x"][1] == 900

    def test_marks_and_bounds_come_from_the_body(self, shop, by, browser):
        properties = {
            "metrics": [ROW], "yAxis": {"left": {"min": 0, "max": 10}}, "stacked": True,
            "annotations": {
                "horizontal": [{"value": 8, "label": "limit"}],
                "vertical": [{"value": clock.now().isoformat(), "label": "now"}, {"value": "x"}],
            },
        }  # fmt: skip
        api.put_dashboard(
            name="one", body=text({"type": "metric", "properties": properties}), principal=by, at=clock.now()
        )

        spec = browser.get("/dashboards/one/?range=1h").context["blocks"][0]["figure"].spec

        assert (spec["kind"], spec["min"], spec["max"]) == ("stack", 0.0, 10.0)
        assert spec["threshold"] == {"value": 8.0, "label": "limit"}
        assert [mark["label"] for mark in spec["marks"]] == ["now"]


@pytest.mark.django_db
class TestEditor:
    @pytest.fixture(autouse=True)
    def dashboard(self, shop, browser):
        return browser.post("/dashboards/-/new/", {"name": "shop"})

    def widgets(self):
        return json.loads(Dashboard.objects.get().body)["widgets"]

    def test_starts_empty(self, dashboard, browser):
        assert dashboard.headers["Location"] == "/dashboards/shop/edit/"
        assert "No widgets yet" in browser.get("/dashboards/shop/").content.decode()

    @pytest.mark.parametrize("name", ["shop", "a b", ""])
    def test_refuses_a_name_that_is_taken_or_wrong(self, browser, name):
        answer = browser.post("/dashboards/-/new/", {"name": name})

        assert answer.status_code == 422
        assert "err" in answer.content.decode()

    @pytest.mark.parametrize(
        ("values", "kind"),
        [
            ({"kind": "metric", "metric": json.dumps(ROW), "statistic": "Sum"}, "metric"),
            ({"kind": "singleValue", "metric": json.dumps(ROW), "statistic": "Maximum"}, "metric"),
            ({"kind": "alarm", "alarms": [ARN]}, "alarm"),
            ({"kind": "text", "markdown": "Hello"}, "text"),
        ],
    )
    def test_adds_a_widget_by_form(self, browser, values, kind):
        answer = browser.post("/dashboards/shop/edit/widgets/", {"width": "12", "title": "T", **values})

        assert answer.status_code == 302
        assert [w["type"] for w in self.widgets()] == [kind]
        assert browser.get("/dashboards/shop/").status_code == 200

    @pytest.mark.parametrize("kind", ["metric", "singleValue", "alarm", "text"])
    def test_says_what_a_widget_lacks(self, browser, kind):
        answer = browser.post("/dashboards/shop/edit/widgets/", {"kind": kind, "width": "12"})

        assert answer.status_code == 422
        assert self.widgets() == []

    def test_puts_a_new_widget_below_placed_ones(self, browser):
        browser.post("/dashboards/shop/edit/", {"body": text(METRIC)})

        browser.post("/dashboards/shop/edit/widgets/", {"kind": "text", "markdown": "x", "width": "6"})

        assert (self.widgets()[1]["x"], self.widgets()[1]["y"]) == (0, 6)

    def test_removes_a_widget(self, browser):
        browser.post("/dashboards/shop/edit/", {"body": text(METRIC, {**TEXT, "x": 12, "y": 0})})

        browser.post("/dashboards/shop/edit/remove/", {"number": "0"})

        assert [w["type"] for w in self.widgets()] == ["text"]

    def test_keeps_what_was_typed_when_it_is_wrong(self, browser):
        answer = browser.post("/dashboards/shop/edit/", {"body": '{"widgets": [3]}'})

        assert answer.status_code == 422
        assert "/widgets/0" in answer.content.decode()
        assert answer.context["text"] == '{"widgets": [3]}'

    def test_deletes(self, browser):
        browser.post("/dashboards/shop/delete/")

        assert not Dashboard.objects.exists()


@pytest.mark.django_db
class TestAccess:
    URLS = ["/dashboards/", "/dashboards/shop/", "/dashboards/shop/edit/", "/dashboards/-/new/"]

    @pytest.fixture(autouse=True)
    def dashboard(self, by):
        api.put_dashboard(name="shop", body=text(TEXT), principal=by, at=clock.now())

    @pytest.mark.parametrize("url", URLS)
    def test_is_refused_to_an_outsider(self, client_of, outsider, url):
        assert client_of(outsider).get(url).status_code == 403

    @pytest.mark.parametrize("end", ["edit/", "edit/widgets/", "edit/remove/", "delete/"])
    def test_to_change_is_refused_to_a_reader(self, client_of, teammate, end):
        assert client_of(teammate).post(f"/dashboards/shop/{end}").status_code == 403

    def test_to_look_is_given_to_a_reader(self, client_of, teammate):
        page = client_of(teammate).get("/dashboards/shop/")

        assert page.status_code == 200
        assert b"/edit/" not in page.content

    def test_of_an_unknown_dashboard_is_not_found(self, browser):
        assert browser.get("/dashboards/none/").status_code == 404


class TestSparkline:
    def test_spans_its_box(self):
        assert presenters.sparkline([0, None, 10]) == "0.0,21.0 76.0,1.0"

    @pytest.mark.parametrize("values", [[], [None], [3.0]])
    def test_of_less_than_two_points_is_nothing(self, values):
        assert presenters.sparkline(values) == ""

    def test_of_a_flat_line_is_flat(self):
        assert presenters.sparkline([5.0, 5.0]) == "0.0,21.0 76.0,21.0"
