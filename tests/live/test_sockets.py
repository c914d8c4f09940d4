"""The page socket."""

import asyncio
import json

import pytest
from asgiref.testing import ApplicationCommunicator
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction

from devopsweb.iam import api as iam
from devopsweb.live import api, sockets

pytestmark = pytest.mark.django_db(transaction=True)


class Session:
    """The part of a session that the socket reads."""

    def __init__(self, key):
        self.session_key = key


@pytest.fixture(autouse=True)
def topics(monkeypatch):
    kinds = {
        "home": lambda principal, name: name == "all",
        "build": lambda principal, name: iam.is_allowed(principal, "codebuild:BatchGetBuilds", name),
    }
    monkeypatch.setattr(api, "_kinds", kinds)


def session_of(user):
    store = SessionStore()
    store["_auth_user_id"] = str(user.pk)
    store.create()
    return Session(store.session_key)


class Browser(ApplicationCommunicator):
    """The other end of a page's socket."""

    async def connect(self):
        await self.send_input({"type": "websocket.connect"})
        assert (await self.receive_output(30))["type"] == "websocket.accept"

    async def disconnect(self):
        await self.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.wait(30)

    async def send_to(self, text_data):
        await self.send_input({"type": "websocket.receive", "text": text_data})

    async def receive_json_from(self):
        return json.loads((await self.receive_output(30))["text"])


def socket(principal, asked, session=None):
    scope = {
        "type": "websocket",
        "path": "/ws/live/",
        "query_string": f"topics={asked}".encode(),
        "principal": principal,
        "session": session,
    }
    return Browser(sockets.LiveConsumer.as_asgi(), scope)


async def closed_with(communicator):
    message = await communicator.receive_output(30)
    assert message["type"] == "websocket.close"
    return message["code"]


class TestConnect:
    async def test_tells_a_stranger_to_sign_in(self):
        communicator = socket(None, "home:all")
        await communicator.connect()

        assert await closed_with(communicator) == 4401

    async def test_watches_only_what_the_user_may_see(self, outsider):
        communicator = socket(iam.principal_of(outsider), "home:all,build:x,nonsense:y,home:all")
        await communicator.connect()

        assert await communicator.receive_json_from() == {"ready": ["home:all"]}
        await communicator.disconnect()

    async def test_ignores_what_a_browser_says(self, outsider):
        communicator = socket(iam.principal_of(outsider), "home:all")
        await communicator.connect()
        await communicator.receive_json_from()

        await communicator.send_to(text_data="not json {")

        assert await communicator.receive_nothing()
        await communicator.disconnect()


class TestChanges:
    async def test_reach_those_who_watch(self, teammate, outsider):
        watcher = socket(iam.principal_of(teammate), "build:x")
        stranger = socket(iam.principal_of(outsider), "build:x")
        for communicator in (watcher, stranger):
            await communicator.connect()
            await communicator.receive_json_from()

        await asyncio.to_thread(api._announce, ("build:x",))

        message = await watcher.receive_json_from()
        assert message["topic"] == "build:x"
        assert await stranger.receive_nothing()
        await watcher.disconnect()
        await stranger.disconnect()

    async def test_carry_no_data(self, teammate):
        communicator = socket(iam.principal_of(teammate), "home:all")
        await communicator.connect()
        await communicator.receive_json_from()

        await asyncio.to_thread(api._announce, ("home:all",))

        assert set(await communicator.receive_json_from()) == {"topic", "version"}
        await communicator.disconnect()


class TestEnd:
    async def test_comes_at_once_with_signing_out(self, owner):
        session = await asyncio.to_thread(session_of, owner)
        communicator = socket(iam.principal_of(owner), "home:all", session)
        await communicator.connect()
        await communicator.receive_json_from()

        await asyncio.to_thread(api.session_ended, session.session_key)

        assert await closed_with(communicator) == 4401

    async def test_comes_soon_after_the_account_was_switched_off(self, owner, monkeypatch):
        monkeypatch.setattr(sockets, "RECHECK_SECONDS", 0.02)
        session = await asyncio.to_thread(session_of, owner)
        communicator = socket(iam.principal_of(owner), "home:all", session)
        await communicator.connect()
        await communicator.receive_json_from()

        owner.is_active = False
        await asyncio.to_thread(owner.save)

        assert await closed_with(communicator) == 4401

    async def test_comes_soon_after_the_session_ran_out(self, owner, monkeypatch):
        monkeypatch.setattr(sockets, "RECHECK_SECONDS", 0.02)
        session = await asyncio.to_thread(session_of, owner)
        communicator = socket(iam.principal_of(owner), "home:all", session)
        await communicator.connect()
        await communicator.receive_json_from()

        await asyncio.to_thread(SessionStore(session.session_key).delete)

        assert await closed_with(communicator) == 4401


class TestRevocation:
    async def test_silences_a_topic(self, teammate, monkeypatch):
        monkeypatch.setattr(sockets, "RECHECK_SECONDS", 0.02)
        session = await asyncio.to_thread(session_of, teammate)
        communicator = socket(iam.principal_of(teammate), "home:all,build:x", session)
        await communicator.connect()
        await communicator.receive_json_from()
        checked, refused = asyncio.Event(), []
        real = api.may_watch

        def noticed(principal, topic):
            allowed = real(principal, topic)
            if not allowed:
                refused.append(topic)
            elif refused:
                # The next round has begun: the one that refused has set the list of topics.
                loop.call_soon_threadsafe(checked.set)
            return allowed

        loop = asyncio.get_running_loop()
        monkeypatch.setattr(api, "may_watch", noticed)
        await asyncio.to_thread(lambda: teammate.policy_attachments.all().delete())
        await asyncio.wait_for(checked.wait(), 30)

        await asyncio.to_thread(api._announce, ("build:x", "home:all"))

        assert (await communicator.receive_json_from())["topic"] == "home:all"
        await communicator.disconnect()


class TestTransaction:
    def test_announces_only_what_was_committed(self, monkeypatch):
        told = []
        monkeypatch.setattr(api, "_announce", told.append)

        with transaction.atomic():
            api.changed("home:all")
            transaction.set_rollback(True)
        assert told == []

        api.changed("home:all")
        assert told == [("home:all",)]
