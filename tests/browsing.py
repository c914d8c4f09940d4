"""A real browser for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright, expect

from tests.run import browser as program

# What a test waits for is there in a moment; a machine with too much to do may take a while.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """Chromium, gone at the end of the block."""
    found = program()
    assert found, "Chromium is missing; .ci/run installs it."
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        await browser.close()
