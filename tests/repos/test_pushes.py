"""No move of a reference is lost or told twice, wherever we die."""

from datetime import timedelta

import pytest

from devopsweb.events.models import Event
from devopsweb.iam.api import principal_of
from repos.git import tasks
from repos.git.actions import pushes
from repos.git.adapters import refs, writing
from repos.git.models import Push, RefState, RefUpdate
from repos.git.states import PushState
from repos.git.types import RefChange
from tests.repos.helpers import NOON, put

LATER = NOON + timedelta(minutes=5)


def told() -> list[tuple[str, str, str]]:
    rows = Event.objects.filter(detail_type="CodeCommit Repository State Change").order_by("id")
    fields = [row.detail["fields"] for row in rows]
    return [(f["before"][:7], f["after"][:7], f["pusher_arn"].rpartition("/")[2]) for f in fields]


@pytest.fixture
def chain(shop) -> list[str]:
    """Ids of the tip of main and of three commits on top, none of them on a branch yet."""
    ids = [RefState.objects.get(repository=shop, name="refs/heads/main").sha]
    for number in range(3):
        ids.append(
            writing.commit(
                shop.directory,
                files={"n": str(number).encode()},
                executable=(),
                parent=ids[-1],
                message=f"Step {number}",
                author=("D", "d@example.com"),
                at=NOON,
            )
        )
    Event.objects.all().delete()
    return ids


@pytest.fixture
def push(shop, chain, owner):
    """A push of main from one commit of the chain to another, written down only."""

    def make(before: int, after: int) -> Push:
        change = RefChange("refs/heads/main", chain[before], chain[after])
        return pushes.begin(repository=shop, changes=[change], principal=principal_of(owner), at=NOON)

    return make


def move(shop, chain, before: int, after: int) -> list[RefChange]:
    changes = [RefChange("refs/heads/main", chain[before], chain[after])]
    refs.apply(shop.directory, changes)
    return changes


@pytest.mark.django_db
class TestARecordedPush:
    def test_is_told_once_however_often_it_is_recorded(self, shop, chain, push):
        first = push(0, 1)
        moved = move(shop, chain, 0, 1)

        pushes.record(push=first, moved=moved, at=NOON)
        pushes.examine(push=first, at=NOON)
        pushes.finish(push=first, moved=moved, at=NOON)

        assert told() == [(chain[0][:7], chain[1][:7], "owner")]
        assert Push.objects.get(pk=first.pk).status == PushState.SETTLED

    def test_waits_for_one_before_it_that_was_not_recorded_yet(self, shop, chain, push):
        first, second = push(0, 1), push(1, 2)
        one = move(shop, chain, 0, 1)
        two = move(shop, chain, 1, 2)

        pushes.finish(push=second, moved=two, at=NOON)
        pushes.finish(push=first, moved=one, at=NOON)

        assert told() == [(chain[0][:7], chain[1][:7], "owner"), (chain[1][:7], chain[2][:7], "owner")]

    def test_takes_over_a_move_that_was_told_without_a_name(self, shop, chain, push):
        first = push(0, 1)
        moved = move(shop, chain, 0, 1)
        Push.objects.filter(pk=first.pk).update(commands=[])
        pushes.reconcile(repository=shop, at=NOON)

        pushes.finish(push=first, moved=moved, at=NOON)

        assert len(told()) == 1
        assert RefUpdate.objects.latest("id").pusher_name == "owner"

    def test_of_a_deleted_repository_is_forgotten(self, shop, chain, push):
        first = push(0, 1)
        moved = move(shop, chain, 0, 1)
        shop.delete()

        pushes.record(push=first, moved=moved, at=NOON)

        assert told() == []


@pytest.mark.django_db
class TestADeadPush:
    def test_that_moved_its_reference_is_told_by_the_sweep_with_its_name(self, shop, chain, push):
        dead = push(0, 1)
        move(shop, chain, 0, 1)

        pushes.settle_open(at=LATER)
        pushes.settle_open(at=LATER)

        assert told() == [(chain[0][:7], chain[1][:7], "owner")]
        dead.refresh_from_db()
        assert dead.status == PushState.SETTLED

    def test_that_moved_nothing_is_closed_in_silence(self, shop, chain, push):
        dead = push(0, 1)

        assert pushes.settle_open(at=LATER) == 1
        dead.refresh_from_db()
        assert (dead.status, told()) == (PushState.SETTLED, [])

    def test_followed_by_another_is_told_before_it(self, shop, chain, push):
        push(0, 1)
        move(shop, chain, 0, 1)
        second = push(1, 2)
        pushes.finish(push=second, moved=move(shop, chain, 1, 2), at=LATER)

        assert [after for _, after, _ in told()] == [chain[1][:7], chain[2][:7]]

    def test_and_the_dead_one_after_it_are_both_told_in_order(self, shop, chain, push):
        push(0, 1)
        move(shop, chain, 0, 1)
        push(1, 2)
        move(shop, chain, 1, 2)

        pushes.settle_open(at=LATER)

        assert told() == [(chain[0][:7], chain[1][:7], "owner"), (chain[1][:7], chain[2][:7], "owner")]

    def test_whose_record_comes_after_a_longer_step_was_told_changes_nothing(self, shop, chain, push):
        slow = push(0, 1)
        moved = move(shop, chain, 0, 1)
        move(shop, chain, 1, 2)
        Push.objects.filter(pk=slow.pk).update(commands=[])
        pushes.reconcile(repository=shop, at=NOON)

        pushes.finish(push=slow, moved=moved, at=LATER)

        assert told() == [(chain[0][:7], chain[2][:7], "")]
        assert RefState.objects.get(name="refs/heads/main").sha == chain[2]

    def test_is_left_alone_while_it_shows_life(self, shop, chain, push):
        running = push(0, 1)
        pushes.touch(push_id=running.pk, at=LATER)

        pushes.settle_open(at=LATER)

        running.refresh_from_db()
        assert running.status == PushState.IN_PROGRESS

    def test_of_a_deletion_is_told_too(self, shop, owner):
        put("shop", {"x": b"x"}, branch="gone")
        sha = RefState.objects.get(name="refs/heads/gone").sha
        change = RefChange("refs/heads/gone", sha, "")
        pushes.begin(repository=shop, changes=[change], principal=principal_of(owner), at=NOON)
        refs.apply(shop.directory, [change])

        pushes.settle_open(at=LATER)

        assert told()[-1] == (sha[:7], "", "owner")
        assert not RefState.objects.filter(name="refs/heads/gone").exists()


@pytest.mark.django_db
class TestReconcile:
    def test_tells_moves_that_nobody_here_made(self, shop, chain):
        move(shop, chain, 0, 3)

        tasks.reconcile()

        assert told() == [(chain[0][:7], chain[3][:7], "")]
        tasks.reconcile()
        assert len(told()) == 1

    def test_makes_the_first_branch_the_default(self, empty, shop, chain):
        tip = writing.commit(
            empty.directory, files={"a": b"a"}, executable=(), parent="", message="m", author=("a", "a"), at=NOON
        )  # fmt: skip
        refs.apply(empty.directory, [RefChange("refs/heads/trunk", "", tip)])

        pushes.reconcile(repository=empty, at=LATER)

        empty.refresh_from_db()
        assert empty.default_branch == "trunk"

    def test_goes_on_when_a_folder_is_missing(self, shop, empty, chain):
        import shutil

        shutil.rmtree(empty.directory)
        move(shop, chain, 0, 1)

        pushes.reconcile_due(at=LATER + timedelta(hours=1))

        assert len(told()) == 1


@pytest.mark.django_db
class TestAPushOfManyReferences:
    def test_costs_no_more_than_its_events(self, shop, chain, owner, django_assert_max_num_queries):
        changes = [RefChange(f"refs/tags/v{n}", "", chain[0]) for n in range(300)]
        push = pushes.begin(repository=shop, changes=changes, principal=principal_of(owner), at=NOON)
        refs.apply(shop.directory, changes)

        with django_assert_max_num_queries(300 * 6):
            pushes.finish(push=push, moved=changes, at=NOON)

        assert RefState.objects.count() == 301
        assert len(told()) == 300
