"""The page socket: one per page, any number of topics."""

import asyncio
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from devopsweb.kernel.principals import Principal
from devopsweb.live import api

MAX_TOPICS = 50
RECHECK_SECONDS = 60.0
SIGNED_OUT = 4401


class LiveConsumer(AsyncJsonWebsocketConsumer):
    """``/ws/live/?topics=a,b``: sends ``{"topic", "version"}`` for each change.

    The first message, ``{"ready": [topics]}``, says which topics the principal may watch.
    Signing out closes the socket at once; a session that ran out, an account that was
    switched off and permissions that were taken away are noticed within a minute.
    """

    topics: list[str]

    async def connect(self) -> None:
        self.topics = []
        self._watch: asyncio.Task[None] | None = None
        principal: Principal | None = self.scope.get("principal")
        # A refusal before the handshake reaches the browser as a lost connection: accept, then say why.
        await self.accept()
        if principal is None:
            await self.close(code=SIGNED_OUT)
            return
        query = parse_qs(self.scope["query_string"].decode())
        asked = [t for t in ",".join(query.get("topics", [])).split(",") if t][:MAX_TOPICS]
        self.topics = await sync_to_async(self._allowed)(principal, asked)
        for name in self._groups():
            await self.channel_layer.group_add(name, self.channel_name)
        await self.send_json({"ready": self.topics})
        self._watch = asyncio.create_task(self._recheck(principal))

    @property
    def session_key(self) -> str:
        """The key of the browser session behind this socket."""
        return getattr(self.scope.get("session"), "session_key", None) or ""

    def _groups(self) -> list[str]:
        session = [api.session_group(self.session_key)] if self.session_key else []
        return session + [api.group(topic) for topic in self.topics]

    @staticmethod
    def _allowed(principal: Principal, asked: list[str]) -> list[str]:
        return [topic for topic in dict.fromkeys(asked) if api.may_watch(principal, topic)]

    async def _recheck(self, principal: Principal) -> None:
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            if not await sync_to_async(api.is_signed_in)(principal, self.session_key):
                await self.close(code=SIGNED_OUT)
                return
            allowed = await sync_to_async(self._allowed)(principal, self.topics)
            for topic in set(self.topics) - set(allowed):
                await self.channel_layer.group_discard(api.group(topic), self.channel_name)
            self.topics = allowed

    async def topic_changed(self, message: dict[str, Any]) -> None:
        """A topic of this page changed."""
        if message["topic"] in self.topics:
            await self.send_json({"topic": message["topic"], "version": message["version"]})

    async def session_ended(self, message: dict[str, Any]) -> None:
        """The browser signed out, here or from elsewhere."""
        await self.close(code=SIGNED_OUT)

    async def receive(self, *args: Any, **kwargs: Any) -> None:
        """Browsers have nothing to say here."""

    async def disconnect(self, code: int) -> None:
        if self._watch:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch
        for name in self._groups():
            await self.channel_layer.group_discard(name, self.channel_name)


ROUTES = [(r"^ws/live/$", LiveConsumer.as_asgi())]
