"""Charts, dashboards and alarms in a real browser: drawn, live, zoomed, accessible."""

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.test import Client
from playwright.async_api import Browser, Page, expect

from devopsweb.iam.actions import sessions
from devopsweb.iam.api import principal_of
from devopsweb.iam.models import User
from devopsweb.kernel.clock import now
from monitoring.alarms import api as alarms
from monitoring.dashboards import api as dashboards
from monitoring.metrics import api as metrics
from tests import axe, browsing
from tests.serving import WebServer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.asyncio(loop_scope="session"),
]
LATENCY = ["Shop", "Latency", "app", "web", {"stat": "Average"}]
GRAPH = "/metrics/?" + urlencode({"g": json.dumps(LATENCY), "range": "1h"})
ARN = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:slow"
NUMBER = {"type": "metric", "width": 6, "properties": {"metrics": [LATENCY], "view": "singleValue"}}
CHART = {
    "type": "metric",
    "width": 12,
    "properties": {"metrics": [LATENCY], "annotations": {"alarms": [ARN]}},
}
ALARMS = {"type": "alarm", "width": 12, "properties": {"alarms": [ARN]}}
NOTE = {
    "type": "text",
    "width": 24,
    "properties": {"markdown": "## Shop\n\nLook at the *newest* deployment."},
}


@sync_to_async
def shop() -> str:
    """Half an hour of data, an alarm, a dashboard, and the key of the owner's session."""
    user = User.objects.create_superuser("owner", password="correct horse battery")
    at, by = now(), principal_of(user)
    put(*(100 + n for n in range(30)))
    spec = alarms.AlarmSpec("slow", "Shop", "Latency", 110, {"app": "web"})
    alarms.put_alarm(spec, principal=by, at=at)
    body = json.dumps({"widgets": [NUMBER, CHART, ALARMS, NOTE]})
    dashboards.put_dashboard(name="shop", body=body, principal=by, at=at)
    client = Client()
    client.force_login(user)
    key = str(client.session.session_key)
    sessions.begin(user=user, session_key=key, source_ip="127.0.0.1", user_agent="Chrome/1", at=at)
    return key


def put(*values: float) -> None:
    """One value per minute, the newest now."""
    at = now()
    data = [
        metrics.Datum("Shop", "Latency", value, at - n * timedelta(minutes=1), "Milliseconds", {"app": "web"})
        for n, value in enumerate(values)
    ]
    metrics.put(data)


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium: Browser, web: WebServer, db) -> AsyncIterator[Page]:
    context = await chromium.new_context(base_url=web.url, reduced_motion="reduce")
    await context.add_cookies([{"name": "sessionid", "value": await shop(), "url": web.url}])
    context.set_default_timeout(browsing.PATIENCE)
    page = await context.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    yield page
    await context.close()


class TestChart:
    async def test_is_drawn_with_its_last_value_and_a_table(self, page: Page):
        await page.goto(GRAPH)

        await expect(page.locator("[data-chart] canvas")).to_have_count(1)
        await expect(page.locator(".legend b")).to_have_text("100 ms")
        assert await page.locator("[data-chart] table tr").count() >= 10
        assert page.faults == []

    async def test_follows_the_theme(self, page: Page):
        await page.goto(GRAPH)
        await page.locator("[data-theme-toggle]").click()

        await expect(page.locator("[data-chart] canvas")).to_have_count(1)
        assert page.faults == []

    async def test_catches_up_by_itself(self, page: Page):
        await page.clock.install()
        await page.goto(GRAPH)
        await expect(page.locator(".legend b")).to_have_text("100 ms")
        await sync_to_async(put)(900)

        await page.clock.fast_forward(16_000)

        # The average of both, or the new one alone when a minute began between the two.
        await expect(page.locator(".legend b")).to_have_text(re.compile(r"^(500|900) ms$"))

    async def test_zooms_into_what_is_dragged_over(self, page: Page):
        await page.goto(GRAPH)
        plot = await page.locator(".u-over").bounding_box()
        y = plot["y"] + 40
        await page.mouse.move(plot["x"] + plot["width"] * 0.5, y)
        await page.mouse.down()
        await page.mouse.move(plot["x"] + plot["width"] * 0.8, y, steps=5)
        async with page.expect_navigation():
            await page.mouse.up()

        assert "from=" in page.url
        assert "range=" not in page.url

    async def test_changes_its_statistic_at_once(self, page: Page):
        await page.goto(GRAPH)

        async with page.expect_navigation():
            await page.get_by_label("Statistic of m1").select_option("p50")

        assert "stat=p50" in page.url


class TestAlarm:
    async def test_page_shows_a_transition_as_it_happens(self, page: Page):
        await page.goto("/alarms/slow/")
        await expect(page.locator("#live")).to_have_text("Live")
        by = await sync_to_async(lambda: principal_of(User.objects.get()))()

        set_state = sync_to_async(alarms.set_alarm_state)
        await set_state(name="slow", state="ALARM", reason="Drill", principal=by, at=now())

        await expect(page.locator("#alarm-head .st-chip")).to_have_text("In alarm")
        await expect(page.locator("#alarm-history")).to_contain_text("Drill")
        assert page.faults == []


class TestEveryPage:
    PAGES = [GRAPH, "/alarms/", "/alarms/slow/", "/alarms/-/new/", "/dashboards/", "/dashboards/shop/",
             "/dashboards/shop/edit/", "/events/"]  # fmt: skip

    @pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1440, "dark"), (390, "light")])
    async def test_is_accessible_and_fits(self, page: Page, width: int, scheme: str):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = {}
        for url in self.PAGES:
            await page.goto(url)
            await page.wait_for_load_state("networkidle")
            wide = await page.evaluate("document.documentElement.scrollWidth")
            found[url] = [*await axe.violations(page), *([f"{wide} px wide"] if wide > width else [])]

        assert {url: faults for url, faults in found.items() if faults} == {}
        assert page.faults == []
