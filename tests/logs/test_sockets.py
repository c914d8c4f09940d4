"""The log socket: every line once, in order, from wherever the viewer left."""

import json

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.contrib.sessions.models import Session

from devopsweb.iam.actions import sessions
from devopsweb.iam.models import PolicyAttachment
from monitoring.logs import api, sockets, tails
from monitoring.logs.adapters import bell
from tests.logs.conftest import numbered

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest.fixture(autouse=True)
def in_process_bell(monkeypatch):
    """Rings reach this process's tails directly; the poll is too slow to be what helps."""

    monkeypatch.setattr(tails, "POLL", 60.0)

    def ring(self, stream_id: str, total: int) -> None:
        for loop, hub in list(tails._hubs.items()):
            if loop.is_running():
                loop.call_soon_threadsafe(hub._heard, stream_id)

    monkeypatch.setattr(bell.RedisBell, "ring", ring)


@pytest.fixture
def cookie(client_of, teammate):
    return client_of(teammate).cookies["sessionid"].value


class Browser(ApplicationCommunicator):
    """One WebSocket of a browser."""

    async def receive_json(self) -> dict:
        message = await self.receive_output(30)
        assert message["type"] == "websocket.send", message
        return json.loads(message["text"])

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(30)


def browser_at(origin: str, stream: str, cookie: str, query: str = "") -> Browser:
    """A browser whose page at ``origin`` opens the socket."""
    from devopsweb.asgi import application

    headers = [(b"cookie", f"sessionid={cookie}".encode()), (b"host", b"web"), (b"origin", origin.encode())]
    scope = {
        "type": "websocket",
        "path": f"/ws/logs/{stream}/",
        "query_string": query.encode(),
        "headers": headers,
    }
    return Browser(application, scope)


async def connect(stream: str, cookie: str, query: str = "") -> Browser:
    browser = browser_at("http://web", stream, cookie, query)
    await browser.send_input({"type": "websocket.connect"})
    assert (await browser.receive_output(30))["type"] == "websocket.accept"
    return browser


async def lines(browser: Browser, count: int) -> list[str]:
    """The texts of the next ``count`` lines; their numbers must be consecutive."""
    found: list[str] = []
    number = None
    while len(found) < count:
        frame = await browser.receive_json()
        number = frame["from"] if number is None else number
        assert frame["from"] == number
        number += len(frame["lines"])
        found += [text for _, _, text in frame["lines"]]
    return found


def append(stream: str, first: int, count: int) -> None:
    api.append(stream_id=stream, first=first, lines=numbered(first, count))


class TestFollowing:
    async def test_begins_with_what_is_stored(self, stream, cookie):
        append(stream, 0, 3)

        browser = await connect(stream, cookie)

        assert await lines(browser, 3) == ["line 0", "line 1", "line 2"]
        await browser.disconnect()

    async def test_sees_lines_as_they_come(self, stream, cookie):
        browser = await connect(stream, cookie)
        assert await browser.receive_json() == {"from": 0, "total": 0, "ended": False, "lines": []}

        append(stream, 0, 2)
        assert await lines(browser, 2) == ["line 0", "line 1"]
        append(stream, 2, 1)

        assert await lines(browser, 1) == ["line 2"]
        await browser.disconnect()

    async def test_resumes_at_the_cursor(self, stream, cookie):
        append(stream, 0, 5000)

        browser = await connect(stream, cookie, "from=4998")

        assert await lines(browser, 2) == ["line 4998", "line 4999"]
        await browser.disconnect()

    async def test_catches_up_in_blocks_while_more_comes(self, stream, cookie):
        append(stream, 0, 5000)
        browser = await connect(stream, cookie)
        append(stream, 5000, 10)

        assert await lines(browser, 5010) == [f"line {n}" for n in range(5010)]
        await browser.disconnect()

    async def test_ends_with_the_stream(self, stream, cookie):
        append(stream, 0, 1)
        browser = await connect(stream, cookie, "from=1")
        await browser.receive_json()

        await sync_to_async(api.close)(stream_id=stream)

        assert await browser.receive_json() == {"from": 1, "total": 1, "ended": True, "lines": []}
        assert (await browser.receive_output(30))["code"] == 1000

    async def test_tells_a_viewer_beyond_the_end_where_the_end_is(self, stream, cookie):
        append(stream, 0, 2)

        browser = await connect(stream, cookie, "from=900")

        assert (await browser.receive_json())["from"] == 2
        await browser.disconnect()

    async def test_shares_one_tail_and_lets_it_go(self, stream, cookie):
        browsers = [await connect(stream, cookie) for _ in range(5)]
        append(stream, 0, 4)

        for browser in browsers:
            assert await lines(browser, 4) == [f"line {n}" for n in range(4)]
        assert len(tails.hub()._tails) == 1
        for browser in browsers:
            await browser.disconnect()

        assert tails.hub()._tails == {}

    async def test_works_without_bells(self, stream, cookie, monkeypatch):
        monkeypatch.setattr(tails, "POLL", 0.01)
        monkeypatch.setattr(bell.RedisBell, "ring", lambda *_: None)
        browser = await connect(stream, cookie)

        append(stream, 0, 2)

        assert await lines(browser, 2) == ["line 0", "line 1"]
        await browser.disconnect()


class TestSlowViewers:
    async def test_miss_nothing_and_hold_nobody_up(self, stream, cookie, monkeypatch):
        monkeypatch.setattr(tails, "KEPT_FRAMES", 2)
        async with tails.hub().watch(stream) as tail:
            for n in range(50):
                append(stream, n, 1)
            fast = await tail.after(0)
            assert fast is not None
            cursor, seen = 0, []
            while cursor < 50:
                frame = await tail.after(cursor)
                assert frame is not None
                assert frame.start == cursor
                seen.append(frame)
                cursor = frame.stop

        assert cursor == 50


class TestWhoMayWatch:
    async def test_an_outsider_may_not(self, stream, client_of, outsider):
        browser = await connect(stream, await sync_to_async(_session)(client_of, outsider))

        assert (await browser.receive_output(30))["code"] == 4403

    async def test_a_stranger_may_not(self, stream):
        browser = await connect(stream, "none")

        assert (await browser.receive_output(30))["code"] == 4401

    @pytest.mark.parametrize("origin", ["http://web:8080", "http://app.web", "null", "http://web@evil"])
    async def test_a_page_of_another_origin_may_not_with_the_cookies_of_ours(self, stream, cookie, origin):
        browser = browser_at(origin, stream, cookie)

        await browser.send_input({"type": "websocket.connect"})

        assert (await browser.receive_output(30))["type"] == "websocket.close"

    async def test_a_page_of_a_trusted_origin_may(self, stream, cookie, settings):
        settings.CSRF_TRUSTED_ORIGINS = ["https://*.example.org"]
        browser = browser_at("https://ci.example.org", stream, cookie)

        await browser.send_input({"type": "websocket.connect"})

        assert (await browser.receive_output(30))["type"] == "websocket.accept"
        await browser.disconnect()

    async def test_whoever_signs_out_sees_nothing_more(self, stream, cookie):
        browser = await connect(stream, cookie)
        await browser.receive_json()

        await sync_to_async(sessions.forget)(session_key=cookie)

        assert (await browser.receive_output(30))["code"] == 4401

    async def test_a_session_that_is_gone_is_noticed_at_the_next_line(self, stream, cookie, monkeypatch):
        monkeypatch.setattr(sockets, "RECHECK", 0.0)
        browser = await connect(stream, cookie)
        await browser.receive_json()
        await sync_to_async(Session.objects.filter(pk=cookie).delete)()

        append(stream, 0, 1)

        assert (await browser.receive_output(30))["code"] == 4401

    async def test_a_permission_that_was_taken_away_is_noticed_at_the_next_line(
        self, stream, cookie, monkeypatch
    ):
        monkeypatch.setattr(sockets, "RECHECK", 0.0)
        browser = await connect(stream, cookie)
        await browser.receive_json()
        await sync_to_async(lambda: PolicyAttachment.objects.get(user__username="teammate").delete())()

        append(stream, 0, 1)

        assert (await browser.receive_output(30))["code"] == 4403

    async def test_a_stream_that_is_gone_is_not_found(self, cookie, stream):
        browser = await connect("6b1f6f8e-0000-4000-8000-000000000000", cookie)

        assert (await browser.receive_output(30))["code"] == 4404


def _session(client_of, user) -> str:
    return client_of(user).cookies["sessionid"].value
