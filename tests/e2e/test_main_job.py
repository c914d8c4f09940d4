"""The main job, as its people do it: push, watch the build, approve on a phone, see the instances change."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from bench.house import House, eventually
from tests.e2e.conftest import Person
from tests.e2e.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")
SLOW = (
    "buildspec.yml",
    '      - echo "Building $APP',
    '      - for i in $(seq 1 40); do echo "step $i"; sleep 0.2; done\n      - echo "Building $APP',
)
BROKEN_TEST = ("tests/test_app.py", 'self.assertIn("49.00", body)', 'self.assertIn("1.00", body)')
BROKEN_HOOK = ("scripts/validate.sh", "set -eu", "set -eu\necho 'The cash desk does not answer.'\nexit 7")


@pytest.fixture(scope="module")
def shop(house: House, tmp_path_factory) -> Shop:
    """The storefront of the shared house."""
    return Shop(house, tmp_path_factory.mktemp("clone"))


@pytest.fixture(autouse=True)
def clear(shop: Shop):
    """Nothing waits for a person when a story begins."""
    yield
    shop.reject_waiting()


@pytest_asyncio.fixture(loop_scope="session")
async def developer(chromium: Browser, house: House) -> AsyncIterator[Person]:
    """The developer at a desk."""
    async with Person(chromium, house, "dev") as person:
        yield person
        assert not person.complaints


@pytest_asyncio.fixture(loop_scope="session")
async def manager(chromium: Browser, house: House) -> AsyncIterator[Person]:
    """The release manager with a phone."""
    async with Person(chromium, house, "release", width=390, height=844) as person:
        yield person
        assert not person.complaints


class TestFirstStart:
    async def test_release_waits_on_the_managers_phone_and_reaches_three_instances(
        self, shop: Shop, manager: Person
    ):
        number = 1
        shop.wait_for_approval(number)
        page = manager.page

        await page.goto("/")
        waiting = page.get_by_role("region", name="Waiting for you")
        await waiting.get_by_role("link", name=re.compile("Release to Production")).click()
        await page.get_by_role("button", name="Approve…").click()
        await page.get_by_role("dialog").get_by_role("button", name="Approve release").click()

        await expect(page.get_by_text("Approved: release-approval")).to_be_visible()
        assert shop.wait_until_over(number) == "Succeeded", shop.report(number)
        assert shop.served() == {shop.first[:8]}
        assert len(shop.instances()) == 3


class TestPush:
    async def test_streams_the_log_and_travels_to_the_instances(
        self, house: House, shop: Shop, developer: Person, manager: Person
    ):
        number = shop.push(
            "Greet the customer",
            slow=SLOW,
            title=("storefront/app.py", "Everything for the desk", "Good morning"),
        )
        eventually(
            lambda: shop.actions(number).get("storefront-build", {}).get("external_url"), what="a build"
        )
        page = developer.page

        await page.goto(shop.actions(number)["storefront-build"]["external_url"])
        await expect(page.get_by_text(re.compile(r"^step \d+$")).first).to_be_visible()
        # The window shows what is new; that no line was lost or doubled is for the raw log to say.
        await expect(page.get_by_text("Build complete: SUCCEEDED")).to_be_visible(timeout=90_000)
        await expect(page.locator("#build-head").get_by_text("Succeeded")).to_be_visible(timeout=90_000)
        raw = await page.locator('a[aria-label="Open the raw log"]').get_attribute("href")
        text = await (await page.request.get(f"{house.url}{raw}")).text()
        assert re.findall(r"^step (\d+)$", text, re.MULTILINE) == [str(n) for n in range(1, 41)]

        await developer.page.goto(f"/pipelines/storefront/executions/{number}/")
        await expect(page.get_by_text("Waiting for approval").first).to_be_visible(timeout=90_000)
        shop.approve(number)
        await expect(page.locator("#x-head").get_by_text("Succeeded").first).to_be_visible(timeout=120_000)
        assert shop.served() == {shop.commit}

    async def test_is_not_the_developers_to_approve(self, shop: Shop, developer: Person):
        number = shop.push("Ask for a release")
        name = shop.wait_for_approval(number)
        page = developer.page

        await page.goto(f"/pipelines/storefront/executions/{number}/actions/{name}/")

        await expect(page.get_by_role("heading", name="You cannot decide")).to_be_visible()
        await expect(
            page.get_by_text("release can decide").or_(page.get_by_text("admin, release can decide")).first
        ).to_be_visible()
        assert await page.get_by_role("button", name="Approve release").count() == 0


class TestFailingTest:
    async def test_is_found_in_two_clicks_from_the_first_page(self, shop: Shop, developer: Person):
        number = shop.push("Break the price", broken=BROKEN_TEST)
        assert shop.wait_until_over(number) == "Failed", shop.report(number)
        page = developer.page
        await page.goto("/")

        await (
            page.get_by_role("region", name="Broken")
            .get_by_role("link", name="Log of storefront-test")
            .first.click()
        )
        await page.get_by_role("link", name="Show in the log").click()

        await expect(page.get_by_role("alert")).to_contain_text("BUILD failed")
        told = page.locator(".log code").filter(has_text="FAIL: test_a_product_has_a_page")
        await expect(told.first).to_be_visible()


class TestBrokenHook:
    async def test_rolls_the_instances_back_and_says_why(self, shop: Shop, developer: Person):
        good = shop.served()
        number = shop.push("Break the check", broken=BROKEN_HOOK)
        shop.approve(number)
        assert shop.wait_until_over(number) == "Failed", shop.report(number)
        deployment = shop.deployment(number)
        eventually(
            lambda: (back := shop.roll_back_of(deployment["id"])) and back["status"] == "Succeeded",
            within=120,
            what="a roll-back",
        )
        page = developer.page

        await page.goto(f"/deployments/{deployment['code']}/")

        await expect(page.get_by_text("Rolled back by")).to_be_visible()
        await expect(page.get_by_text("ValidateService").first).to_be_visible()
        eventually(lambda: shop.served() == good, what=f"the good version {good} everywhere")
