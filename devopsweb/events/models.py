"""Events and their deliveries to handlers."""

from typing import Any

from django.conf import settings
from django.db import models


class Event(models.Model):
    """A fact, written in the transaction of the change it tells of; never altered.

    Field names follow EventBridge's envelope (source, detail-type, detail, resources).
    """

    uuid = models.UUIDField(unique=True)
    type = models.CharField(max_length=150)
    source = models.CharField(max_length=100)
    detail_type = models.CharField(max_length=128)
    detail = models.JSONField()
    resources = models.JSONField(default=list)
    principal_arn = models.CharField(max_length=2048, blank=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [
            models.Index(fields=["source", "-id"]),
            models.Index(fields=["detail_type", "-id"]),
            models.Index(fields=["principal_arn", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.detail_type} {self.uuid}"

    @property
    def envelope(self) -> dict[str, Any]:
        """The event as EventBridge delivers it."""
        return {
            "version": "0",
            "id": str(self.uuid),
            "detail-type": self.detail_type,
            "source": self.source,
            "account": settings.DEVOPSWEB_ACCOUNT_ID,
            "time": self.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": settings.DEVOPSWEB_REGION,
            "resources": self.resources,
            "detail": self.detail["detail"],
        }


class EventResource(models.Model):
    """One resource of an event: lets an object's page list its own history."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="resource_rows")
    arn = models.CharField(max_length=2048)

    class Meta:
        indexes = [models.Index(fields=["arn", "-event"])]

    def __str__(self) -> str:
        return self.arn


class Delivery(models.Model):
    """One event owed to one handler until ``delivered_at`` is set, or ``dead_at`` when it was given up.

    ``due_at`` is when it may be tried (again); a worker that takes it moves it ahead as its lease.
    ``attempts`` numbers the tries and fences off a worker whose lease has run out.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    handler = models.CharField(max_length=200)
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["event", "handler"], name="one_delivery_per_handler")]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(delivered_at=None, dead_at=None),
                name="events_delivery_due",
            ),
            models.Index(
                fields=["dead_at"],
                condition=models.Q(dead_at__isnull=False),
                name="events_delivery_dead",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} → {self.handler}"

    @property
    def state(self) -> str:
        """Delivered, Dead or Pending."""
        if self.delivered_at:
            return "Delivered"
        return "Dead" if self.dead_at else "Pending"
