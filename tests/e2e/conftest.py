"""Whole installations, and people at browsers, for the journeys."""

import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page

from bench.house import House
from tests import browsing
from tests.e2e.callers import KEYS

# The journeys of one file share their installation and run one after the other. Whoever takes the longest begins
# first, so that no worker is left with one of them while the others have nothing to do.
LONGEST = (
    "e2e/test_pages.py",
    "e2e/test_installation.py",
    "e2e/test_survival.py",
    "metrics/test_browser.py",
    "e2e/test_main_job.py",
    "logs/test_viewer.py",
    "e2e/test_aws_malformed.py",
    "ui/test_browser.py",
    "e2e/test_git_codecommit.py",
    "e2e/test_builds_role.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a whole installation, and may take its time."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(1200))
    places = {Path(__file__).parent.parent / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """A running installation with the sample, shared by the journeys."""
    with House(sample=True) as running:
        yield running


@contextlib.contextmanager
def installation() -> Iterator[House]:
    """An installation with an administrator and a user who may do nothing."""
    key, secret = KEYS["admin"]
    environment = {"DEVOPSWEB_ADMIN_ACCESS_KEY_ID": key, "DEVOPSWEB_ADMIN_SECRET_ACCESS_KEY": secret}
    with House(environment=environment) as house:
        key, secret = KEYS["stranger"]
        house.shell(
            "from devopsweb.iam import api\n"
            "api.ensure_user('stranger', password='correct horse battery staple')\n"
            f"result = api.ensure_access_key('stranger', access_key_id={key!r}, secret={secret!r})"
        )
        yield house


@pytest.fixture(scope="session")
def served() -> Iterator[House]:
    """An installation for callers of its API, shared by the journeys."""
    with installation() as house:
        yield house


@pytest.fixture
def empty_house() -> Iterator[House]:
    """A running installation of the test's own, without the sample."""
    with House() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def desk(chromium: Browser, house: House) -> AsyncIterator["Person"]:
    """The admin at a wide screen."""
    async with Person(chromium, house, "admin") as person:
        yield person


class Person:
    """A user at a browser window of some size."""

    def __init__(
        self,
        chromium: Browser,
        house: House,
        name: str,
        *,
        width: int = 1440,
        height: int = 900,
        dark: bool = False,
    ) -> None:
        self.chromium = chromium
        self.house = house
        self.name = name
        self.size = {"width": width, "height": height}
        self.scheme = "dark" if dark else "light"
        self.context: BrowserContext
        self.page: Page
        self.complaints: list[str] = []

    async def __aenter__(self) -> "Person":
        self.context = await self.chromium.new_context(
            base_url=self.house.url, viewport=self.size, color_scheme=self.scheme, reduced_motion="reduce"
        )
        self.context.set_default_timeout(browsing.PATIENCE)
        self.page = await self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("console", self._note)
        await self.log_in()
        return self

    def _note(self, message) -> None:
        # A page whose policy is broken, or that asks for what is not there, says so here.
        if message.type == "error" and "WebSocket" not in message.text:
            self.complaints.append(f"console: {message.text} {message.location.get('url', '')}")

    async def __aexit__(self, kind, *_: object) -> None:
        if kind and (folder := os.environ.get("DEVOPSWEB_TEST_RESULTS", "test-results")):
            Path(folder).mkdir(exist_ok=True)
            await self.page.screenshot(
                path=f"{folder}/{self.name}-{os.getpid()}-{id(self)}.png", full_page=True
            )
        await self.context.close()

    async def log_in(self) -> None:
        """Log in by the form."""
        await self.page.goto("/login/")
        await self.page.get_by_label("User name").fill(self.name)
        await self.page.get_by_label("Password").fill(self.house.passwords[self.name])
        await self.page.get_by_role("button", name="Sign in").click()
        await self.page.wait_for_url(lambda url: "/login/" not in url)
