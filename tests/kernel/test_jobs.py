"""Jobs leave when the transaction commits, and a broker that is down breaks nothing."""

import pytest
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from devopsweb.kernel import jobs

PAINT = jobs.Job("test.paint", queue="builds")


@pytest.fixture
def celery(monkeypatch):
    """What reached Celery, by the product's own transport."""
    sent = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **options: sent.append((name, options)))
    previous = jobs.use_transport(jobs.CeleryTransport())
    yield sent
    jobs.use_transport(previous)


@pytest.mark.django_db(transaction=True)
class TestCelery:
    def test_gets_the_job_after_the_commit(self, celery):
        with transaction.atomic():
            PAINT.enqueue(colour="red")
            assert celery == []

        ((name, options),) = celery
        assert (name, options["queue"], options["kwargs"]) == ("test.paint", "builds", {"colour": "red"})
        assert options["ignore_result"] is True

    def test_never_gets_the_job_of_a_change_that_was_rolled_back(self, celery):
        @transaction.atomic
        def change():
            PAINT.enqueue(colour="red")
            raise ValueError

        with pytest.raises(ValueError):
            change()

        assert celery == []

    def test_gets_the_delay(self, celery):
        PAINT.enqueue(delay=5, colour="red")

        assert celery[0][1]["countdown"] == 5

    @pytest.mark.parametrize("error", [OperationalError("down"), ConnectionRefusedError("down")])
    def test_that_is_down_does_not_break_the_change(self, celery, monkeypatch, error):
        def down(*_, **__):
            raise error

        monkeypatch.setattr(current_app, "send_task", down)

        PAINT.enqueue(colour="red")


class TestRecording:
    def test_runs_jobs_and_what_they_enqueue(self, job_queue):
        ran = []

        def run(name, arguments):
            ran.append(arguments["n"])
            if arguments["n"] < 3:
                PAINT.enqueue(n=arguments["n"] + 1)

        PAINT.enqueue(n=1)

        assert job_queue.drain(run) == 3
        assert ran == [1, 2, 3]

    def test_leaves_delayed_jobs_to_the_sweeps(self, job_queue):
        PAINT.enqueue(delay=1, n=1)

        assert job_queue.sent == []

    def test_notices_jobs_that_never_end(self, job_queue):
        PAINT.enqueue(n=1)

        with pytest.raises(RuntimeError, match="still enqueue"):
            job_queue.drain(lambda *_: PAINT.enqueue(n=1), limit=10)
