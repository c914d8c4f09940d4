"""A message is sent once, tried again when it failed, and never lost."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail

from monitoring.notifications import api
from monitoring.notifications.actions import messages
from monitoring.notifications.adapters import queue
from monitoring.notifications.engine import retries
from monitoring.notifications.models import Notification

NOON = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def carried(monkeypatch):
    """What was handed to the queue."""
    sent = []
    monkeypatch.setattr(queue, "send", lambda pk: sent.append(pk) or True)
    return sent


@pytest.fixture
def broken_mail(monkeypatch):
    def refuse(**_):
        raise ConnectionRefusedError("no mail server")

    monkeypatch.setattr(messages.mail, "send", refuse)


def email(*to):
    return api.email(to=to or ["a@example.com"], subject="Hello", text="World", at=NOON)


class TestEmail:
    def test_makes_one_message_per_recipient(self):
        email("a@example.com", "b@example.com", "a@example.com")

        assert list(Notification.objects.order_by("pk").values_list("recipient", flat=True)) == [
            "a@example.com",
            "b@example.com",
        ]

    def test_reaches_the_queue_when_the_transaction_commits(
        self, carried, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            ids = email()
            assert carried == []

        assert carried == ids

    def test_cannot_smuggle_headers(self):
        (pk,) = api.email(to=["a@example.com"], subject="Hi\r\nBcc: b@example.com", text="x", at=NOON)

        messages.deliver(pk, at=NOON)

        assert mail.outbox[0].subject == "Hi Bcc: b@example.com"


class TestDelivery:
    def test_sends_once_however_often_it_is_called(self):
        (pk,) = email()

        messages.deliver(pk, at=NOON)
        messages.deliver(pk, at=NOON + timedelta(hours=1))

        assert [m.to for m in mail.outbox] == [["a@example.com"]]
        assert Notification.objects.get().status == "Sent"

    def test_leaves_a_message_alone_that_another_worker_sends(self):
        (pk,) = email()
        Notification.objects.update(status="Sending", due_at=NOON + messages.LEASE)

        messages.deliver(pk, at=NOON + timedelta(seconds=1))

        assert mail.outbox == []

    def test_takes_over_from_a_dead_worker(self):
        (pk,) = email()
        Notification.objects.update(status="Sending", due_at=NOON + messages.LEASE, attempts=1)

        messages.deliver(pk, at=NOON + messages.LEASE)

        assert Notification.objects.get().status == "Sent"

    def test_waits_longer_after_each_failure(self, broken_mail):
        (pk,) = email()

        messages.deliver(pk, at=NOON)

        row = Notification.objects.get()
        assert (row.status, row.attempts, row.error) == (
            "Queued",
            1,
            "ConnectionRefusedError: no mail server",
        )
        assert row.due_at == NOON + timedelta(seconds=10)

    def test_gives_up_after_the_last_attempt_and_says_why(self, broken_mail):
        (pk,) = email()
        for _ in range(retries.MAX_ATTEMPTS):
            messages.deliver(pk, at=Notification.objects.get().due_at)

        row = Notification.objects.get()
        assert (row.status, row.attempts) == ("Failed", 12)
        assert messages.sweep(at=NOON + timedelta(days=1)) == 0

    def test_can_be_started_again_by_hand(self):
        email()
        Notification.objects.update(status="Failed", attempts=12)
        row = Notification.objects.get()

        assert messages.retry(row, at=NOON)
        assert not messages.retry(Notification.objects.get(), at=NOON)


class TestSweep:
    def test_enqueues_what_is_due_and_nothing_else(self, carried):
        due, sent, later = (email(f"{n}@example.com")[0] for n in range(3))
        Notification.objects.filter(pk=sent).update(status="Sent")
        Notification.objects.filter(pk=later).update(due_at=NOON + timedelta(hours=1))
        carried.clear()

        messages.sweep(at=NOON)

        assert carried == [due]

    def test_stops_at_a_queue_that_is_down(self, monkeypatch):
        email("a@example.com", "b@example.com")
        asked = []
        monkeypatch.setattr(queue, "send", lambda pk: asked.append(pk))

        messages.sweep(at=NOON)

        assert len(asked) == 1


class TestRetries:
    def test_double_up_to_an_hour_and_end(self):
        delays = [retries.delay_after(n) for n in range(1, 13)]

        assert delays[:3] == [timedelta(seconds=s) for s in (10, 20, 40)]
        assert delays[10] == timedelta(hours=1)
        assert delays[11] is None


class TestAdmin:
    def test_shows_messages_and_changes_none(self, client_of, owner):
        owner.is_staff = owner.is_superuser = True
        owner.save()
        (pk,) = email()

        listing = client_of(owner).get("/admin/notifications/notification/")
        form = client_of(owner).get(f"/admin/notifications/notification/{pk}/change/")

        assert listing.status_code == form.status_code == 200
        assert b"Save" not in form.content
