"""A live page over https: its socket is wss, before and after the certificate was renewed."""

import os
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bench.house import House, eventually
from tests import certificates

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def secure(tmp_path_factory) -> Iterator[House]:
    """An installation with a certificate of its own."""
    pair = certificates.make(tmp_path_factory.mktemp("tls"))
    with House(environment={**pair.settings, "DEVOPSWEB_LOCAL_INSTANCES": "0"}) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium: Browser, secure: House) -> AsyncIterator[Page]:
    """The administrator at a browser that takes any certificate."""
    context = await chromium.new_context(base_url=secure.url, ignore_https_errors=True)
    page = await context.new_page()
    await page.goto("/login/")
    await page.get_by_label("User name").fill("admin")
    await page.get_by_label("Password").fill(secure.passwords["admin"])
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(lambda url: "/login/" not in url)
    yield page
    await context.close()


async def watch_the_trail(page: Page) -> str:
    """Open the page of the trail and wait until it is live; the address of its socket."""
    async with page.expect_websocket() as opened:
        await page.goto("/trail/")
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")
    return (await opened.value).url


def create_repository(house: House, name: str) -> None:
    """A change that the trail tells of, made with the present certificate as the only one that is trusted."""
    house.context = ssl.create_default_context(cafile=house.environment["DEVOPSWEB_TLS_CERTIFICATE"])
    house.browser().post("/repositories/+new/", name=name)


def renew(house: House, folder: Path) -> None:
    """Replace both files, and wait until new connections get the new certificate."""
    fresh = certificates.make(folder)
    wanted = fresh.certificate.read_text().strip()
    os.replace(fresh.certificate, house.environment["DEVOPSWEB_TLS_CERTIFICATE"])
    os.replace(fresh.key, house.environment["DEVOPSWEB_TLS_KEY"])
    eventually(
        lambda: ssl.get_server_certificate(("localhost", house.port)).strip() == wanted,
        what="the new certificate",
        within=60,
        every=0.5,
    )


class TestALivePage:
    async def test_is_told_of_changes_over_wss_through_a_renewal(self, page, secure, tmp_path):
        news = page.locator("#trail-new")
        assert (await watch_the_trail(page)).startswith(f"wss://localhost:{secure.port}/ws/live/")
        create_repository(secure, "before")
        await expect(news).to_contain_text("new record")

        pid = secure.pids()["web"]
        renew(secure, tmp_path)
        seen = await news.inner_text()
        create_repository(secure, "after")
        await expect(news).not_to_have_text(seen)

        await watch_the_trail(page)
        create_repository(secure, "again")
        await expect(news).to_contain_text("new record")
        assert secure.pids()["web"] == pid
