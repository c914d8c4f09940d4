"""The metric page finds metrics, draws them, and keeps what was chosen in its address."""

import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from devopsweb.kernel import clock
from monitoring.metrics import api

pytestmark = pytest.mark.django_db


def row(name="Latency", *dimensions, **options):
    return json.dumps(["Shop", name, *dimensions, *([options] if options else [])])


def address(*rows, **query):
    return "/metrics/?" + urlencode([("g", text) for text in rows] + list(query.items()))


@pytest.fixture
def shop(stopped_clock):
    now = stopped_clock
    api.put(
        [
            api.Datum(
                "Shop", "Latency", 100 + n, now - n * timedelta(minutes=1), "Milliseconds", {"app": "web"}
            )
            for n in range(30)
        ]
    )
    api.put([api.Datum("Shop", "Orders", 3, now, "Count")])


@pytest.fixture
def browser(client_of, owner):
    return client_of(owner)


class TestBrowsing:
    def test_lists_metrics_by_namespace(self, shop, browser):
        page = browser.get("/metrics/").content.decode()

        assert "Shop" in page
        assert "Latency" in page
        assert "app=web" in page

    def test_finds_by_any_word(self, shop, browser):
        groups = browser.get("/metrics/?q=web+lat").context["groups"]

        assert [entry["name"] for group in groups for entry in group["entries"]] == ["Latency"]

    def test_says_when_nothing_matches_and_when_nothing_is_there(self, browser):
        assert "No metric matches" in browser.get("/metrics/?q=nothing").content.decode()
        assert "Metrics appear here" in browser.get("/metrics/").content.decode()

    def test_of_many_metrics_costs_the_same(self, browser, django_assert_max_num_queries):
        api.put([api.Datum("Shop", "M", 1, clock.now(), "None", {"n": str(n)}) for n in range(300)])

        with django_assert_max_num_queries(16):
            page = browser.get("/metrics/")

        assert page.context["more"] == 100

    def test_is_closed_to_an_outsider(self, client_of, outsider):
        assert client_of(outsider).get("/metrics/").status_code == 403

    def test_is_open_to_a_reader(self, client_of, teammate):
        assert client_of(teammate).get("/metrics/").status_code == 200


class TestGraph:
    def test_draws_one_chart_per_unit(self, shop, browser):
        figures = browser.get(address(row("Latency", "app", "web"), row("Orders"))).context["figures"]

        assert [figure.spec["unit"] for figure in figures] == ["ms", ""]
        assert [figure.has_data for figure in figures] == [True, True]

    def test_leaves_gaps_where_no_samples_are(self, shop, browser):
        spec = browser.get(address(row("Orders"), range="1h")).context["figures"][0].spec

        assert spec["series"][0]["data"][-1] == 3.0
        assert set(spec["series"][0]["data"][:-1]) == {None}

    def test_takes_statistic_period_and_range_from_the_address(self, shop, browser):
        page = browser.get(address(row("Latency", "app", "web"), stat="p50", range="1d", period="900"))

        spec = page.context["figures"][0].spec
        assert (spec["x"][1], len(spec["series"][0]["data"])) == (900, spec["x"][2])
        assert page.context["graphed"][0]["statistic"] == "p50"

    def test_takes_a_custom_range(self, shop, browser):
        query = {"from": "2026-03-17T10:00Z", "to": "2026-03-17T11:00Z"}

        window = browser.get("/metrics/?" + urlencode(query)).context["window"]

        assert (window.name, window.end - window.start) == ("", 3600)

    @pytest.mark.parametrize(
        "query",
        [
            "range=century", "from=x&to=y", "from=2026-03-17&to=2026-03-16", "period=7",
            "from=0001-01-01&to=9999-01-01", "period=60&range=30d",
        ],
    )  # fmt: skip
    def test_falls_back_from_a_range_that_makes_no_sense(self, browser, query):
        window = browser.get(f"/metrics/?{query}").context["window"]

        assert 0 < window.count <= 2400

    def test_answers_only_the_data_to_the_chart(self, shop, browser):
        answer = browser.get(address(row("Orders"), part="charts"))

        assert answer["Content-Type"] == "application/json"
        assert list(answer.json()) == ["chart-0"]

    @pytest.mark.parametrize(
        "broken",
        ["nonsense", "{}", "[]", '["Shop"]', '["Shop","M","app"]', '["Shop","M",{"stat":"Mean"}]', "[1,2]"],
    )
    def test_says_which_metric_it_does_not_understand(self, browser, broken):
        page = browser.get(address(broken))

        assert page.status_code == 200
        assert len(page.context["problems"]) == 1

    def test_draws_twelve_metrics_at_most(self, shop, browser):
        page = browser.get(address(*[row("Orders")] * 15))

        assert len(page.context["graphed"]) == 12
        assert "12 metrics at most" in page.content.decode()

    def test_escapes_what_metrics_are_called(self, browser):
        api.put([api.Datum("Shop", "</script><b>x", 1, clock.now())])

        page = browser.get(address(row("</script><b>x"))).content.decode()

        assert "</script><b>x" not in page

    def test_costs_two_queries_however_many_metrics(self, shop, browser, django_assert_max_num_queries):
        with django_assert_max_num_queries(18):
            browser.get(address(*[row("Latency", "app", "web")] * 12))
