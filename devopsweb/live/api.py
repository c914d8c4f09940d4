"""Live topics: an action says what changed, browsers that watch it refetch.

A topic is ``kind:name``, for example ``pipeline:storefront``. Messages carry the topic
and a version, no data; the page's own permission check guards what is then fetched.
Each kind is registered once with the question "may this principal watch it?".
"""

import asyncio
import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

from devopsweb.kernel import broker, clock
from devopsweb.kernel.principals import Principal

log = structlog.get_logger(__name__)

Watch = Callable[[Principal, str], bool]
SignedIn = Callable[[Principal, str], bool]
_kinds: dict[str, Watch] = {}


def _nobody(principal: Principal, session_key: str) -> bool:
    return False


_is_signed_in: SignedIn = _nobody


def register(kind: str, may_watch: Watch) -> None:
    """Offer topics ``kind:…``; ``may_watch(principal, name)`` guards each subscription."""
    _kinds[kind] = may_watch


def guard_sessions(is_signed_in: SignedIn) -> None:
    """``is_signed_in(principal, session key)`` says whether a socket may stay open (identity knows)."""
    global _is_signed_in
    _is_signed_in = is_signed_in


def is_signed_in(principal: Principal, session_key: str) -> bool:
    """Whether the browser session behind a socket still stands."""
    return _is_signed_in(principal, session_key)


def may_watch(principal: Principal, topic: str) -> bool:
    """Whether ``principal`` may subscribe to ``topic``; unknown kinds are refused."""
    kind, _, name = topic.partition(":")
    watch = _kinds.get(kind)
    return watch is not None and watch(principal, name)


def group(topic: str) -> str:
    """The channel group of a topic (group names allow fewer characters than topics)."""
    return "live." + hashlib.sha256(topic.encode()).hexdigest()[:32]


def session_group(session_key: str) -> str:
    """The channel group of a browser session's sockets."""
    return "session." + hashlib.sha256(session_key.encode()).hexdigest()[:32]


async def signed_out(session_key: str) -> None:
    """Wait until that browser session ends; for sockets that are no consumers.

    While Redis is away nobody can tell: whoever waits asks ``is_signed_in`` from time to time as well.
    """
    layer = get_channel_layer()
    try:
        channel = await layer.new_channel()
        await layer.group_add(session_group(session_key), channel)
        try:
            while (await layer.receive(channel))["type"] != "session.ended":
                pass
        finally:
            await layer.group_discard(session_group(session_key), channel)
    except (OSError, RedisError) as error:
        log.warning("the end of sessions goes unheard", error=str(error))
        await asyncio.Event().wait()


def session_ended(session_key: str) -> None:
    """Close every socket of that browser session, once the transaction commits."""
    if session_key:
        message = {"type": "session.ended"}
        transaction.on_commit(partial(_send, session_group(session_key), message), robust=True)


def _send(name: str, message: dict[str, Any]) -> None:
    try:
        with broker.asking():
            async_to_sync(_send_one)(name, message)
    except (OSError, RedisError) as error:
        # Sockets ask again by themselves every minute.
        log.warning("socket message not sent", error=str(error))


def changed(*topics: str) -> None:
    """Tell every browser that watches one of ``topics``, once the transaction commits."""
    transaction.on_commit(partial(_announce, topics), robust=True)


def _announce(topics: tuple[str, ...]) -> None:
    try:
        # One loop for all of them: entering one costs more than the messages.
        with broker.asking():
            async_to_sync(_send_all)(tuple(dict.fromkeys(topics)))
    except (OSError, RedisError) as error:
        # Pages refetch when their socket comes back; nothing is lost but a moment.
        log.warning("live topics not announced", topics=topics, error=str(error))


async def _send_all(topics: tuple[str, ...]) -> None:
    layer = get_channel_layer()
    version = clock.millis(clock.now())
    async with asyncio.timeout(broker.PATIENCE):
        for topic in topics:
            message = {"type": "topic.changed", "topic": topic, "version": version}
            await layer.group_send(group(topic), message)


async def _send_one(name: str, message: dict[str, Any]) -> None:
    async with asyncio.timeout(broker.PATIENCE):
        await get_channel_layer().group_send(name, message)
