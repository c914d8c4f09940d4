"""Wakes an agent's long poll: a message without content, for the database says what is to do."""

from functools import partial

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)


def group(instance_id: int) -> str:
    """The channel group on which the polls of an instance wait."""
    return f"agent.{instance_id}"


def agent(instance_id: int) -> None:
    """Wake the instance's poll once the transaction commits."""
    transaction.on_commit(partial(_send, instance_id), robust=True)


def _send(instance_id: int) -> None:
    try:
        async_to_sync(get_channel_layer().group_send)(group(instance_id), {"type": "agent.wake"})
    except (OSError, RedisError) as error:
        # The poll looks into the database each second.
        log.warning("agent not woken", instance=instance_id, error=str(error))
