"""Messages to people and whether they were sent."""

from django.db import models

from monitoring.notifications.states import NotificationState


class Notification(models.Model):
    """One message to one recipient. The row is the truth; the queue only carries its id."""

    channel = models.CharField(max_length=20, default="email")
    recipient = models.CharField(max_length=320)
    subject = models.CharField(max_length=300)
    text = models.TextField()
    status = models.CharField(
        max_length=20, choices=[(s, s) for s in NotificationState], default=NotificationState.QUEUED
    )
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(status__in=[NotificationState.QUEUED, NotificationState.SENDING]),
                name="notifications_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} to {self.recipient}: {self.subject}"
