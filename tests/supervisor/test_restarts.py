"""The restart planner, free of processes and clocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devopsweb.supervisor.engine import restarts
from devopsweb.supervisor.engine.restarts import Life


class TestDelay:
    @pytest.mark.parametrize(
        ("short_lives", "seconds"), [(1, 0.2), (2, 0.4), (3, 0.8), (6, 6.4), (7, 10.0), (5000, 10.0)]
    )
    def test_doubles_up_to_the_longest(self, short_lives, seconds):
        assert restarts.delay(short_lives) == pytest.approx(seconds)


class TestDied:
    def test_after_a_long_life_it_starts_again_almost_at_once(self):
        life = Life(running_since=100.0, short_lives=5)

        after = restarts.died(life, at=100.0 + restarts.HEALTHY_AFTER)

        assert after == Life(due_at=130.0 + restarts.FIRST_DELAY, short_lives=1)

    def test_after_short_lives_it_waits_longer_each_time(self):
        life, at, waits = Life(), 0.0, []
        for _ in range(5):
            life = restarts.died(restarts.started(life, at), at + 1)
            waits.append(life.due_at - at - 1)
            at = life.due_at

        assert waits == sorted(waits)
        assert waits[0] == pytest.approx(0.2)
        assert waits[-1] == pytest.approx(3.2)

    def test_means_nothing_for_a_child_that_was_not_running(self):
        waiting = Life(due_at=7.0, short_lives=2)

        assert restarts.died(waiting, at=5.0) == waiting


class TestDue:
    def test_names_the_children_whose_time_has_come_in_their_order(self):
        lives = {
            "redis": Life(),
            "web": Life(running_since=1.0),
            "beat": Life(due_at=9.0),
            "rq": Life(due_at=3.0),
        }

        assert restarts.due(lives, at=5.0) == ["redis", "rq"]

    @given(st.lists(st.floats(0, 100), max_size=5), st.floats(0, 100))
    def test_the_next_wake_never_sleeps_past_a_due_child(self, dues, at):
        lives = {str(number): Life(due_at=due) for number, due in enumerate(dues)}

        wait = restarts.next_wake(lives, at, longest=30.0)

        assert 0 <= wait <= 30
        assert all(at + wait <= max(due, at) + 1e-6 for due in dues)
