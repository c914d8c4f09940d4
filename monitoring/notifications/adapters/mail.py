"""Sends one mail by Django's configured back end."""

from django.core.mail import EmailMessage


def send(*, to: str, subject: str, text: str, reference: str) -> None:
    """Send it, or raise what the back end raises. ``reference`` lets receivers drop a duplicate."""
    EmailMessage(
        subject=" ".join(subject.split()),
        body=text,
        to=[to],
        headers={"X-DevOpsWeb-Notification": reference, "Auto-Submitted": "auto-generated"},
    ).send()
