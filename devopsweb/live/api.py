"""Live topics: an action says what changed, browsers that watch it refetch.

A topic is ``kind:name``, for example ``pipeline:storefront``. Messages carry the topic
and a version, no data; the page's own permission check guards what is then fetched.
Each kind is registered once with the question "may this principal watch it?".
"""

import hashlib
from collections.abc import Callable
from functools import partial

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

from devopsweb.kernel import clock
from devopsweb.kernel.principals import Principal

log = structlog.get_logger(__name__)

Watch = Callable[[Principal, str], bool]
_kinds: dict[str, Watch] = {}


def register(kind: str, may_watch: Watch) -> None:
    """Offer topics ``kind:…``; ``may_watch(principal, name)`` guards each subscription."""
    _kinds[kind] = may_watch


def may_watch(principal: Principal, topic: str) -> bool:
    """Whether ``principal`` may subscribe to ``topic``; unknown kinds are refused."""
    kind, _, name = topic.partition(":")
    watch = _kinds.get(kind)
    return watch is not None and watch(principal, name)


def group(topic: str) -> str:
    """The channel group of a topic (group names allow fewer characters than topics)."""
    return "live." + hashlib.sha256(topic.encode()).hexdigest()[:32]


def changed(*topics: str) -> None:
    """Tell every browser that watches one of ``topics``, once the transaction commits."""
    transaction.on_commit(partial(_announce, topics), robust=True)


def _announce(topics: tuple[str, ...]) -> None:
    layer = get_channel_layer()
    version = clock.millis(clock.now())
    try:
        for topic in dict.fromkeys(topics):
            async_to_sync(layer.group_send)(
                group(topic), {"type": "topic.changed", "topic": topic, "version": version}
            )
    except (OSError, RedisError) as error:
        # Pages refetch when their socket comes back; nothing is lost but a moment.
        log.warning("live topics not announced", topics=topics, error=str(error))
