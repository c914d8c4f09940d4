"""The bus: one delivery per handler, whatever dies, whoever races, however often it fails."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from devopsweb.events import api
from devopsweb.events.actions import deliveries
from devopsweb.events.models import Delivery, Event
from devopsweb.kernel.errors import Conflict

NOON = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, kw_only=True)
class Rang(api.EventType):
    source = "test"
    detail_type = "Bell"
    times: int


@pytest.fixture
def bells(monkeypatch):
    monkeypatch.setattr(api, "_handlers", {})
    heard = []

    def ear(event: Rang) -> None:
        heard.append(("ear", event.times))

    def dog(event: Rang) -> None:
        heard.append(("dog", event.times))
        if event.times < 0:
            raise Conflict("woof")

    api.subscribe(Rang, ear)
    api.subscribe(Rang, dog)
    return heard


def ring(times=1):
    return api.publish(Rang(times=times), at=NOON)


class TestPublish:
    def test_of_a_change_that_is_rolled_back_leaves_nothing(self, bells):
        @transaction.atomic
        def change():
            ring()
            raise ValueError("undo")

        with pytest.raises(ValueError, match="undo"):
            change()

        assert not Event.objects.exists()

    def test_without_listeners_owes_nothing(self, monkeypatch, job_queue):
        monkeypatch.setattr(api, "_handlers", {})

        ring()

        assert not Delivery.objects.exists()
        assert job_queue.sent == []

    def test_shows_the_event_to_observers(self, monkeypatch):
        seen = []
        monkeypatch.setattr(api, "_observers", [])
        api.observe(lambda event: seen.append(event.detail))

        ring(3)

        assert seen == [{"times": 3}]

    def test_registers_a_handler_once(self, bells):
        handler = api._handlers[api.type_name(Rang)][0][1]
        api.subscribe(Rang, handler)

        assert len(api._handlers[api.type_name(Rang)]) == 2


class TestDispatch:
    def test_runs_all_handlers_in_one_job_in_their_order(self, bells, run_jobs):
        ring(2)

        assert run_jobs() == 1
        assert bells == [("ear", 2), ("dog", 2)]

    def test_of_one_event_costs_few_queries(self, bells, django_assert_max_num_queries):
        event = ring()

        with django_assert_max_num_queries(9):
            deliveries.deliver_event(event.pk, at=NOON)

    def test_does_not_mind_a_publisher_whose_clock_runs_ahead(self, bells):
        event = ring()

        deliveries.deliver_event(event.pk, at=NOON - 5 * SECOND)

        assert len(bells) == 2

    def test_twice_delivers_once(self, bells):
        event = ring()

        deliveries.deliver_event(event.pk, at=NOON)
        deliveries.deliver_event(event.pk, at=NOON)

        assert len(bells) == 2

    def test_of_a_failing_handler_does_not_hold_back_the_others(self, bells):
        deliveries.deliver_event(ring(-1).pk, at=NOON)

        states = dict(Delivery.objects.values_list("handler", "delivered_at"))
        assert sorted(value is None for value in states.values()) == [False, True]


class TestRace:
    def test_of_two_workers_has_one_winner(self, bells):
        ring()
        first, second = Delivery.objects.first(), Delivery.objects.first()

        deliveries.deliver(first, at=NOON)
        deliveries.deliver(second, at=NOON)

        assert bells == [("ear", 1)]

    def test_leaves_a_held_lease_alone(self, bells):
        ring()
        Delivery.objects.update(attempts=1, due_at=NOON + deliveries.LEASE)

        deliveries.deliver_due(at=NOON + SECOND)

        assert bells == []

    def test_with_a_worker_that_outlived_its_lease_keeps_only_the_newer_work(self, bells, monkeypatch):
        ring()
        slow = Delivery.objects.select_related("event").first()
        ran = []

        def overtaken(event):
            ran.append(event)
            if len(ran) == 1:
                Event.objects.create(
                    uuid="00000000-0000-4000-8000-000000000001",
                    type="trace", source="slow", detail_type="trace", detail={}, at=NOON,
                )  # fmt: skip
                late = NOON + deliveries.LEASE
                deliveries.deliver(Delivery.objects.get(pk=slow.pk), at=late)

        monkeypatch.setattr(api, "handler", lambda *_: overtaken)

        deliveries.deliver(slow, at=NOON)

        assert len(ran) == 2
        assert not Event.objects.filter(source="slow").exists()


class TestKill:
    def test_after_the_claim_is_made_up_when_the_lease_ends(self, bells, monkeypatch):
        event = ring()
        with monkeypatch.context() as patch:
            patch.setattr(deliveries.api, "handler", lambda *_: (_ for _ in ()).throw(SystemExit))
            with pytest.raises(SystemExit):
                deliveries.deliver_event(event.pk, at=NOON)
        assert bells == []

        deliveries.deliver_due(at=NOON + deliveries.LEASE)

        assert sorted(bells) == [("dog", 1), ("ear", 1)]

    def test_inside_a_handler_rolls_back_what_it_wrote(self, bells, monkeypatch):
        event = ring()

        def dies(_):
            Event.objects.create(
                uuid="00000000-0000-4000-8000-000000000002",
                type="trace", source="dead", detail_type="trace", detail={}, at=NOON,
            )  # fmt: skip
            raise SystemExit

        monkeypatch.setattr(deliveries.api, "handler", lambda *_: dies)
        with pytest.raises(SystemExit):
            deliveries.deliver_event(event.pk, at=NOON)

        assert not Event.objects.filter(source="dead").exists()
        assert deliveries.owed().count() == 2

    def test_before_the_job_is_made_up_by_the_sweep(self, bells, job_queue):
        ring()
        job_queue.sent.clear()

        assert deliveries.deliver_due(at=NOON) == 2
        assert len(bells) == 2


class TestRetry:
    def test_waits_longer_each_time_and_is_given_up_in_the_end(self, bells):
        ring(-1)
        waits = []
        deliveries.deliver_due(at=NOON)
        while owed := deliveries.owed().first():
            now = owed.due_at
            deliveries.deliver_due(at=now)
            if again := deliveries.owed().first():
                waits.append((again.due_at - now).total_seconds())

        dead = Delivery.objects.get(dead_at__isnull=False)
        assert waits[:4] == [4, 8, 16, 32]
        assert max(waits) == 600
        assert (dead.attempts, dead.error) == (deliveries.MAX_ATTEMPTS, "Conflict: woof")
        assert dead.state == "Dead"

    def test_of_a_dead_delivery_starts_anew_by_hand(self, bells):
        ring(-1)
        Delivery.objects.update(dead_at=NOON, attempts=24)

        assert deliveries.revive(Delivery.objects.first(), at=NOON)
        assert not deliveries.revive(Delivery.objects.first(), at=NOON)
        deliveries.deliver_due(at=NOON)

        assert bells == [("ear", -1)]

    def test_of_a_handler_that_is_gone_is_given_up_at_once(self, bells, monkeypatch):
        ring()
        monkeypatch.setattr(api, "_handlers", {})

        deliveries.deliver_due(at=NOON)

        assert set(Delivery.objects.values_list("error", flat=True)) == {"The handler is gone."}
        assert not deliveries.owed().exists()


class TestExpiry:
    def test_takes_old_events_that_nobody_waits_for(self, bells):
        settled, owed = ring(), ring()
        Delivery.objects.filter(event=settled).update(delivered_at=NOON)

        deliveries.expire(at=NOON + timedelta(days=91))

        assert list(Event.objects.values_list("pk", flat=True)) == [owed.pk]

    def test_keeps_what_is_younger(self, bells):
        ring()
        Delivery.objects.update(delivered_at=NOON)

        assert deliveries.expire(at=NOON + timedelta(days=89)) == 0


class TestAdmin:
    def test_lists_deliveries(self, bells, client_of, owner):
        owner.is_staff = owner.is_superuser = True
        owner.save()
        ring()

        assert client_of(owner).get("/admin/events/delivery/").status_code == 200
