"""The log viewer in a real browser, over a real server."""

import asyncio
import os
import re
import shutil

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from monitoring.logs import api
from monitoring.logs.adapters import bell
from monitoring.logs.types import Line
from tests import browsing
from tests.logs.conftest import numbered

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.asyncio(loop_scope="session"),
]
E = "\x1b["


@pytest.fixture(autouse=True)
def rung(monkeypatch):
    """Here bells are heard through a real Redis."""
    monkeypatch.setattr(bell, "bell", bell.RedisBell())


@pytest.fixture(autouse=True)
def home(home, settings, web_server, real_redis):
    """The test writes where the server reads."""
    settings.DEVOPSWEB_HOME = web_server.home
    settings.REDIS_URL = real_redis
    return web_server.home


@pytest_asyncio.fixture(loop_scope="session")
async def open_log(chromium, web_server, client_of, teammate, stream):
    """``open_log(fragment)``: the stream's page as the teammate sees it; fails on any script error."""
    cookie = (await sync_to_async(client_of)(teammate)).cookies["sessionid"].value
    errors: list[str] = []
    contexts = []

    async def go(tail: str = "", **options) -> Page:
        context = await chromium.new_context(viewport={"width": 1440, "height": 900}, **options)
        contexts.append(context)
        await context.add_cookies([{"name": "sessionid", "value": cookie, "url": web_server.url}])
        page = await context.new_page()
        page.set_default_timeout(browsing.PATIENCE)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: errors.append(m.text) if "Content Security Policy" in m.text else None)
        await page.goto(f"{web_server.url}/logs/view/{stream}/{tail}")
        if options.get("java_script_enabled", True):
            await page.locator("[data-log][data-ready]").wait_for()
        return page

    yield go
    for context in contexts:
        await context.close()
    assert errors == []


def line(page: Page, number: int):
    """The row of a line, by its 1-based number."""
    return page.locator(f".log-win [data-k=l{number - 1}]")


def a_build() -> list[Line]:
    """A small build's log: two phases, colours, a failure."""
    return [
        Line(1000, "Entering phase INSTALL", "phase:INSTALL"),
        *[Line(1000 + n, f"Collecting package-{n}") for n in range(100)],
        Line(3000, "Phase complete: INSTALL State: SUCCEEDED", "phase-end:INSTALL:SUCCEEDED"),
        Line(3000, "Entering phase BUILD", "phase:BUILD"),
        Line(3100, "Running command pytest", "command"),
        *[Line(3200 + n, f"tests/test_{n}.py {E}32mPASSED{E}0m") for n in range(100)],
        Line(9000, f"{E}1;31mFAILED{E}0m tests/test_refund.py::test_double", "error"),
        Line(9001, "E   AssertionError", "error"),
        *[Line(9100 + n, f"after {n}") for n in range(50)],
    ]


class TestOpening:
    async def test_a_million_lines_shows_the_end_at_once(self, open_log, stream, folder, million):
        shutil.copytree(million, folder, copy_function=os.link)

        page = await open_log()

        await expect(line(page, 1_000_000)).to_contain_text("line 999999")
        assert await page.locator(".log-line").count() < 120
        moved = await page.evaluate(
            "performance.getEntriesByType('resource').filter(e => e.name.includes('/lines')).reduce((a, e) => a + e.transferSize, 0)"
        )
        assert moved < 200_000

        await page.locator(".log-scroll").evaluate("box => { box.scrollTop = box.scrollHeight / 2 }")
        await expect(
            page.locator(".log-win code", has_text=re.compile(r"^line (49|50)\d{4}$")).first
        ).to_be_visible()
        await page.goto(page.url + "#L123456")
        await expect(line(page, 123_456)).to_be_in_viewport()
        await expect(line(page, 123_456)).to_contain_text("line 123455")
        await page.mouse.move(600, 500)
        await page.mouse.wheel(0, 200)
        await expect(line(page, 123_466)).to_be_in_viewport()
        await page.locator(".log-scroll").press("End")
        await expect(line(page, 1_000_000)).to_be_in_viewport()
        await page.locator(".log-scroll").press("Home")
        await expect(line(page, 1)).to_be_in_viewport()

    async def test_an_empty_log_says_what_will_come(self, open_log):
        page = await open_log()

        await expect(page.locator(".log-note")).to_contain_text("No lines yet")

    async def test_works_without_scripts(self, open_log, stream):
        api.append(stream_id=stream, first=0, lines=numbered(0, 500))

        page = await open_log(java_script_enabled=False)
        await page.get_by_role("link", name="Older lines").click()

        await expect(page.locator(".log-plain")).to_contain_text("line 299")

    @pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
    async def test_is_accessible(self, open_log, stream, size):
        api.append(stream_id=stream, first=0, lines=a_build())
        page = await open_log(bypass_csp=True)  # the checker styles what it looks at
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        await expect(line(page, 250)).to_be_visible()

        result = await Axe().run(page)

        serious = [v for v in result.response["violations"] if v["impact"] in {"serious", "critical"}]
        # Line numbers are 20 px high with a mouse; ":591" in the search box is their equivalent.
        assert [v["id"] for v in serious if v["id"] != "target-size"] == []


class TestFollowing:
    async def test_stays_at_the_end_until_the_reader_scrolls_up(self, open_log, stream):
        api.append(stream_id=stream, first=0, lines=numbered(0, 200))
        page = await open_log()
        follow = page.locator("[data-follow]")

        api.append(stream_id=stream, first=200, lines=numbered(200, 10))
        await expect(line(page, 210)).to_be_in_viewport()
        await page.mouse.move(600, 500)
        await page.mouse.wheel(0, -1000)
        await expect(follow).to_have_attribute("aria-pressed", "false")
        api.append(stream_id=stream, first=210, lines=numbered(210, 34))
        await expect(follow).to_have_text("34 new lines")

        await follow.click()

        await expect(line(page, 244)).to_be_in_viewport()
        await expect(follow).to_have_text("Follow")

    async def test_ends_with_the_stream(self, open_log, stream):
        api.append(stream_id=stream, first=0, lines=numbered(0, 20))
        page = await open_log()
        await expect(page.locator("[data-feed=live]")).to_be_visible()

        await sync_to_async(api.close)(stream_id=stream)

        await expect(page.locator("[data-feed=ended]")).to_be_visible()
        await expect(page.locator("[data-follow]")).to_be_hidden()

    async def test_a_killed_server_costs_no_line_and_doubles_none(self, open_log, stream, web_server):
        page = await open_log()
        writer = api.Writer(stream, mask=str)

        async def write() -> None:
            for n in range(3000):
                writer.write(f"line {n}")
                if n % 50 == 0:
                    await asyncio.sleep(0.05)

        writing = asyncio.create_task(write())
        await expect(page.locator(".log-win")).to_contain_text("line ")
        await asyncio.to_thread(web_server.kill)
        await expect(page.locator("[data-say]")).to_have_text("Reconnecting")
        await asyncio.to_thread(web_server.start)
        await writing
        await sync_to_async(writer.close)()

        await expect(page.locator("[data-feed=ended]")).to_be_visible()
        seen = await page.evaluate(
            "const v = document.querySelector('[data-log]').viewer;"
            "[...Array(v.lines.total).keys()].map(n => v.lines.get(n)?.[2])"
        )
        assert seen == [f"line {n}" for n in range(3000)]


class TestReading:
    async def test_folds_phases(self, open_log, stream):
        api.append(stream_id=stream, first=0, lines=a_build())
        page = await open_log("#L1")
        install = page.get_by_role("button", name="INSTALL")

        await expect(page.locator(".log-phase").first).to_contain_text("102 lines")
        await install.first.click()

        await expect(line(page, 5)).to_have_count(0)
        await expect(line(page, 103)).to_be_in_viewport()
        await page.get_by_role("button", name="Fold").click()
        await expect(page.locator(".log-line")).to_have_count(0)
        await page.get_by_role("button", name="Fold").click()
        await expect(line(page, 5)).to_be_visible()

    async def test_jumps_to_failures(self, open_log, stream):
        api.append(stream_id=stream, first=0, lines=a_build())
        page = await open_log()

        await page.get_by_role("button", name="1 failure").click()

        await expect(line(page, 205)).to_be_in_viewport()
        await expect(line(page, 205)).to_have_class(re.compile("bad"))
        await expect(line(page, 205).locator(".a-red.b")).to_have_text("FAILED")

    async def test_searches(self, open_log, stream):
        api.append(stream_id=stream, first=0, lines=a_build())
        page = await open_log()
        box, words = page.get_by_label("Search in the log"), page.locator("[data-count]")

        await box.fill("package-9")
        await expect(words).to_have_text("1 of 11")
        await expect(line(page, 11).locator("mark")).to_have_text("package-9")
        await box.press("Enter")
        await expect(words).to_have_text("2 of 11")
        await expect(line(page, 92)).to_be_in_viewport()
        await box.press("Shift+Enter")
        await box.press("Shift+Enter")
        await expect(words).to_have_text("11 of 11")
        total = len(a_build())
        api.append(stream_id=stream, first=total, lines=[Line(1, f"again {E}31mPACK{E}0mage-9")])
        await expect(words).to_have_text("11 of 12")
        await box.press("Enter")
        await expect(line(page, total + 1).locator("mark")).to_have_text(["PACK", "age-9"])
        await box.press("Escape")
        await expect(words).to_have_text("")

    async def test_links_to_lines(self, open_log, stream):
        api.append(stream_id=stream, first=0, lines=numbered(0, 5000))
        page = await open_log("#L120-L123")

        await expect(page.locator(".log-line.sel")).to_have_count(4)
        await expect(line(page, 120)).to_be_in_viewport()
        await line(page, 125).locator("a").click()
        assert page.url.endswith("#L125")
        await line(page, 128).locator("a").click(modifiers=["Shift"])
        assert page.url.endswith("#L125-L128")
        await page.get_by_label("Search in the log").fill(":4000")
        await expect(line(page, 4000)).to_be_in_viewport()

    async def test_wraps_long_lines(self, open_log, stream):
        lines = [Line(n, f"{n} " + "word " * (100 if n % 3 == 0 else 1)) for n in range(6000)]
        api.append(stream_id=stream, first=0, lines=lines)
        page = await open_log("#L3001")

        await page.get_by_role("button", name="Wrap").click()

        await expect(line(page, 3001)).to_be_in_viewport()
        assert (await line(page, 3001).bounding_box())["height"] > 50
        await page.locator(".log-scroll").press("End")
        await expect(line(page, 6000)).to_be_in_viewport()
