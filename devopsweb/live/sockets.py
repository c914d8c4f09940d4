"""The page socket: one per page, any number of topics."""

from typing import Any
from urllib.parse import parse_qs

from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from devopsweb.kernel.principals import Principal
from devopsweb.live import api

MAX_TOPICS = 50


class LiveConsumer(AsyncJsonWebsocketConsumer):
    """``/ws/live/?topics=a,b``: sends ``{"topic", "version"}`` for each change.

    The first message, ``{"ready": [topics]}``, says which topics the principal may watch.
    """

    async def connect(self) -> None:
        principal: Principal | None = self.scope.get("principal")
        if principal is None:
            await self.close(code=4401)
            return
        query = parse_qs(self.scope["query_string"].decode())
        asked = [t for t in ",".join(query.get("topics", [])).split(",") if t][:MAX_TOPICS]
        self.topics = await sync_to_async(self._allowed)(principal, asked)
        for topic in self.topics:
            await self.channel_layer.group_add(api.group(topic), self.channel_name)
        await self.accept()
        await self.send_json({"ready": self.topics})

    @staticmethod
    def _allowed(principal: Principal, asked: list[str]) -> list[str]:
        return [topic for topic in dict.fromkeys(asked) if api.may_watch(principal, topic)]

    async def topic_changed(self, message: dict[str, Any]) -> None:
        """A topic of this page changed."""
        await self.send_json({"topic": message["topic"], "version": message["version"]})

    async def disconnect(self, code: int) -> None:
        for topic in getattr(self, "topics", []):
            await self.channel_layer.group_discard(api.group(topic), self.channel_name)


ROUTES = [(r"^ws/live/$", LiveConsumer.as_asgi())]
