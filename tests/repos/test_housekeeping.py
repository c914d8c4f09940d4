"""Repositories stay small and quick without changing what they hold."""

import os
import time
from datetime import timedelta

import pytest
import redis
import rq

from devopsweb.kernel import clock
from repos.git import api, tasks
from repos.git.actions import housekeeping
from repos.git.adapters import process
from repos.git.models import Repository
from tests.repos.helpers import NOON, put


@pytest.mark.django_db
class TestHousekeeping:
    def test_packs_and_indexes_and_keeps_every_commit(self, shop):
        for number in range(5):
            put("shop", {"n": str(number).encode()}, f"Step {number}")
        before = process.run(shop.directory, "rev-list", "--all")

        tasks.keep(str(shop.pk))
        tasks.keep(str(shop.pk))

        assert process.run(shop.directory, "rev-list", "--all") == before
        assert len(list((shop.directory / "objects/pack").glob("*.pack"))) == 1
        assert (shop.directory / "objects/info/commit-graph").exists()
        assert process.run(shop.directory, "fsck", "--strict") == b""
        assert api.resolve(repository="shop", ref="main").subject == "Step 4"

    def test_drops_lost_objects_once_a_week(self, shop):
        tasks.keep(str(shop.pk))
        Repository.objects.filter(pk=shop.pk).update(kept_at=clock.now() - timedelta(days=8))

        tasks.keep(str(shop.pk))

        assert process.run(shop.directory, "fsck", "--strict") == b""

    def test_is_due_when_a_changed_repository_is_quiet(self, shop, empty):
        assert housekeeping.due(at=NOON) == []
        later = NOON + timedelta(minutes=1)
        assert set(housekeeping.due(at=later)) == {str(shop.pk), str(empty.pk)}

        housekeeping.keep(repository_id=str(shop.pk), at=later)
        assert housekeeping.due(at=later) == [str(empty.pk)]

    def test_is_queued_once_however_often_the_sweep_ticks(self, shop, real_redis, monkeypatch):
        with redis.Redis.from_url(real_redis) as connection:
            queue = rq.Queue("housekeeping", connection=connection)
            monkeypatch.setattr(tasks.django_rq, "get_queue", lambda name: queue)

            tasks.sweep_housekeeping()
            tasks.sweep_housekeeping()
            assert queue.job_ids == [f"keep-{shop.pk}"]

            rq.SimpleWorker([queue], connection=connection).work(burst=True)

        shop.refresh_from_db()
        assert shop.kept_at is not None
        assert housekeeping.due(at=clock.now()) == []

    def test_waits_for_the_next_sweep_when_the_broker_is_down(self, shop, monkeypatch):
        def down(name: str) -> None:
            raise redis.ConnectionError("gone")

        monkeypatch.setattr(tasks.django_rq, "get_queue", down)

        tasks.sweep_housekeeping()

        assert housekeeping.due(at=clock.now()) == [str(shop.pk)]

    def test_of_a_deleted_repository_does_nothing(self, shop):
        repository_id = str(shop.pk)
        shop.delete()

        housekeeping.keep(repository_id=repository_id, at=NOON)

    def test_removes_locks_that_a_killed_git_left_behind(self, shop):
        fresh, stale = shop.directory / "packed-refs.lock", shop.directory / "refs/heads/main.lock"
        fresh.touch()
        stale.touch()
        old = time.time() - 7200
        os.utime(stale, (old, old))
        fresh_exists = fresh.exists()
        fresh.unlink()

        housekeeping.keep(repository_id=str(shop.pk), at=NOON)

        assert fresh_exists
        assert not stale.exists()

    def test_removes_folders_of_deleted_repositories(self, shop, empty):
        Repository.objects.filter(pk=empty.pk).delete()
        old = time.time() - 7200
        os.utime(empty.directory, (old, old))

        housekeeping.clear_away(at=clock.now())

        assert not empty.directory.exists()
        assert shop.directory.exists()
