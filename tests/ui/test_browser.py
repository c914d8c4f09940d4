"""The shell in a real browser: live parts, lost connections, keyboard, palette."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.test import Client
from playwright.async_api import Browser, Page, expect

from devopsweb.iam import api as iam
from devopsweb.iam.actions import sessions
from devopsweb.iam.models import BrowserSession, Policy, PolicyAttachment, User
from devopsweb.kernel.clock import now
from devopsweb.live import api as live
from tests import axe, browsing
from tests.serving import WebServer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.asyncio(loop_scope="session"),
]
PASSWORD = "correct horse battery"
READ_USERS = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": ["iam:List*", "iam:Get*"], "Resource": "*"},
}


@sync_to_async
def signed_in(name: str) -> str:
    """The key of a new session of a new user."""
    user = User.objects.create_user(name, password=PASSWORD)
    client = Client()
    client.force_login(user)
    key = str(client.session.session_key)
    sessions.begin(user=user, session_key=key, source_ip="127.0.0.1", user_agent="Chrome/1", at=now())
    return key


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium: Browser, web: WebServer, db) -> AsyncIterator[Page]:
    """My work, as a user who may do nothing yet, with a live socket."""
    context = await chromium.new_context(base_url=web.url, reduced_motion="reduce")
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    await context.add_cookies([{"name": "sessionid", "value": await signed_in("ann"), "url": web.url}])
    context.set_default_timeout(browsing.PATIENCE)
    page = await context.new_page()
    await page.goto("/")
    await expect(page.locator("#live")).to_have_text("Live")
    yield page
    await context.close()


@sync_to_async
def let_ann_read() -> None:
    policy = Policy.objects.create(name="read-users", document=READ_USERS)
    PolicyAttachment.objects.create(policy=policy, user=User.objects.get(username="ann"))


announce = sync_to_async(live._announce)


class TestLiveParts:
    async def test_come_by_themselves_and_keep_focus_and_scroll(self, page):
        await page.set_viewport_size({"width": 1200, "height": 200})
        await page.evaluate("scrollTo(0, 40)")
        await page.get_by_role("link", name="My work", exact=True).first.focus()
        await expect(page.locator("#nav-main")).not_to_contain_text("Access")
        scrolled = await page.evaluate("scrollY")

        await let_ann_read()
        await announce(("home:all",))

        await expect(page.locator("#nav-main")).to_contain_text("Access")
        assert await page.evaluate("document.activeElement.title") == "My work"
        assert await page.evaluate("scrollY") == scrolled

    async def test_are_not_sent_again_when_nothing_changed(self, page):
        async with page.expect_response(lambda r: "part=tally" in r.url and r.status == 200):
            await announce(("home:all",))

        async with page.expect_response(lambda r: "part=tally" in r.url and r.status == 304):
            await announce(("home:all",))

        await expect(page.locator("#tally")).to_have_count(1)

    async def test_keep_what_they_show_when_the_session_ends(self, page):
        await sync_to_async(lambda: sessions.end(session=BrowserSession.objects.get(user__username="ann")))()

        await expect(page.locator("#signed-out")).to_be_visible()
        await expect(page.get_by_role("heading", name="My work")).to_be_visible()
        await expect(page.locator("#live")).to_have_text("Not live")


class TestConnection:
    async def test_is_found_again_after_the_server_was_away(self, page, web):
        web.kill()
        try:
            await expect(page.locator("#live")).to_have_text("Reconnecting")
            await expect(page.locator("#live-lost")).to_be_visible()
            await let_ann_read()
        finally:
            await asyncio.to_thread(web.start)

        await expect(page.locator("#live")).to_have_text("Live")
        await expect(page.locator("#live-lost")).to_be_hidden()
        # What changed meanwhile arrives without a reload.
        await expect(page.locator("#nav-main")).to_contain_text("Access")


class TestPalette:
    async def test_finds_a_page_and_opens_it(self, page):
        await page.keyboard.press("Control+k")
        await page.keyboard.type("sett")
        await expect(page.locator("#palette [role=option]")).to_have_count(1)

        await page.keyboard.press("Enter")

        await page.wait_for_url("**/settings/")

    async def test_moves_with_the_arrows_and_is_accessible(self, page):
        await page.keyboard.press("Control+k")
        await expect(page.locator("#palette [role=option]").first).to_have_attribute("aria-selected", "true")

        await page.keyboard.press("ArrowDown")

        chosen = page.locator("#palette [aria-selected=true]")
        await expect(chosen).to_have_id("opt-1")
        assert await axe.violations(page) == []

    async def test_says_when_nothing_matches(self, page):
        await page.keyboard.press("Control+k")
        await page.keyboard.type("zzzz")

        await expect(page.locator("#palette")).to_contain_text("Nothing matches")

    async def test_offers_what_the_page_can_do(self, page):
        await let_ann_read()
        await sync_to_async(iam.ensure_policy)(
            "make", {"Statement": {"Effect": "Allow", "Action": "iam:CreateUser", "Resource": "*"}}
        )
        await sync_to_async(
            lambda: PolicyAttachment.objects.create(
                policy=Policy.objects.get(name="make"), user=User.objects.get(username="ann")
            )
        )()
        await page.goto("/access/users/")

        await page.keyboard.press("Control+k")
        await page.keyboard.type("create")
        await expect(page.locator("#palette")).to_contain_text("Actions on this page")
        await page.keyboard.press("Enter")

        await page.wait_for_url("**/access/new-user/")


class TestShortcuts:
    async def test_lead_to_sections(self, page):
        await page.goto("/settings/")
        # However long it takes until the second key comes.
        await page.clock.set_fixed_time(now())

        await page.keyboard.press("g")
        await page.keyboard.press("h")

        await page.wait_for_url(lambda url: url.endswith("/"))
        await expect(page.get_by_role("heading", name="My work")).to_be_visible()

    async def test_move_between_rows_and_open_one(self, page):
        await let_ann_read()
        await page.goto("/access/users/")

        await page.keyboard.press("j")
        await page.keyboard.press("Enter")

        await page.wait_for_url("**/access/users/ann/")

    async def test_are_listed(self, page):
        await page.keyboard.press("?")

        await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        assert await axe.violations(page) == []

    async def test_copy_the_link(self, page):
        # What is said stays until somebody has looked.
        await page.clock.install()
        await page.clock.pause_at(now() + timedelta(minutes=1))

        await page.keyboard.press("y")

        await expect(page.locator("#say")).to_have_text("Link copied")
        assert await page.evaluate("navigator.clipboard.readText()") == page.url

    async def test_rest_while_typing(self, page):
        await page.goto("/settings/")
        await page.get_by_label("Present password").fill("")

        await page.keyboard.type("g?h")

        assert page.url.endswith("/settings/")
        await expect(page.get_by_role("dialog")).to_have_count(0)

    async def test_can_be_switched_off(self, page):
        await page.goto("/settings/")
        await page.get_by_label("Single-key shortcuts").uncheck()
        async with page.expect_navigation():
            await page.get_by_role("button", name="Save").click()

        await page.keyboard.press("?")

        await expect(page.get_by_role("dialog")).to_have_count(0)


class TestTheme:
    async def test_is_remembered(self, page):
        before = await page.evaluate("document.documentElement.dataset.theme || ''")
        await page.get_by_role("button", name="Switch theme").click()
        chosen = await page.evaluate("document.documentElement.dataset.theme")

        await page.reload()

        assert chosen not in ("", before)
        await expect(page.locator("html")).to_have_attribute("data-theme", chosen)


class TestSimulator:
    async def test_answers_without_leaving_the_page(self, page):
        @sync_to_async
        def allow() -> None:
            document = {"Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}}
            policy = Policy.objects.create(name="all-iam", document=document)
            PolicyAttachment.objects.create(policy=policy, user=User.objects.get(username="ann"))

        await allow()
        await page.goto("/access/policies/all-iam/")
        await page.get_by_label("Who", exact=True).select_option("ann")
        await page.get_by_label("Action", exact=True).fill("iam:CreateUser")
        await page.get_by_role("button", name="Ask").click()

        await expect(page.locator("#verdict")).to_contain_text("Allowed")
        assert page.url.endswith("/access/policies/all-iam/")
        assert await axe.violations(page) == []
