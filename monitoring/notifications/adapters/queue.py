"""Carries ids of due notifications to the RQ worker."""

import django_rq
import structlog
from redis.exceptions import RedisError

from devopsweb.kernel import broker

log = structlog.get_logger(__name__)

QUEUE = "deliveries"
BODY = "monitoring.notifications.deliveries.deliver"


def send(notification_id: int) -> bool:
    """Enqueue the delivery of one notification; False when the queue cannot be reached."""
    try:
        with broker.asking():
            queue = django_rq.get_queue(QUEUE, connection=broker.client())
            queue.enqueue(BODY, notification_id, result_ttl=0, failure_ttl=86400)
    except (OSError, RedisError) as error:
        # The row stays due; the sweep enqueues it again.
        log.warning("delivery not enqueued", notification=notification_id, error=str(error))
        return False
    return True
