"""The minimum of healthy hosts: the vectors of the user guide, and what holds for every fleet."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployments.engine.configs import PREDEFINED, Config, Kind
from deployments.engine.planner import Host, Verdict, plan, refuse
from deployments.states import Health, TargetStatus

P, R, S, F, K = (
    TargetStatus.PENDING,
    TargetStatus.IN_PROGRESS,
    TargetStatus.SUCCEEDED,
    TargetStatus.FAILED,
    TargetStatus.SKIPPED,
)


def fleet(total: int, health: Health = Health.HEALTHY) -> list[Host]:
    return [Host(id=n, status=P, health=health) for n in range(total)]


def run(
    hosts: Sequence[Host], min_healthy: int, fails: Callable[[int], bool] = lambda order: False
) -> tuple[Verdict, list[int], list[Host]]:
    """Deploy, each batch ending before the next is asked for; the verdict, batch sizes, hosts at the end.

    ``fails(n)`` says whether the n-th host to begin fails.
    """
    state = {h.id: h for h in hosts}
    batches: list[int] = []
    began = 0
    for _ in range(10 * len(hosts) + 10):
        step = plan(list(state.values()), min_healthy=min_healthy)
        for pk in step.skip:
            state[pk] = replace(state[pk], status=K)
        if step.verdict:
            return step.verdict, batches, list(state.values())
        if step.start:
            batches.append(len(step.start))
        for pk in step.start:
            state[pk] = replace(state[pk], status=F if fails(began) else S)
            began += 1
    raise AssertionError("the deployment never ends")


def config(kind: Kind, value: int) -> Config:
    return Config("mine", kind, value)


class TestMinimum:
    @pytest.mark.parametrize(
        ("kind", "value", "total", "minimum"),
        [
            (Kind.FLEET_PERCENT, 40, 9, 4),
            (Kind.FLEET_PERCENT, 50, 9, 5),
            (Kind.FLEET_PERCENT, 95, 10, 10),
            (Kind.FLEET_PERCENT, 85, 10, 9),
            (Kind.FLEET_PERCENT, 0, 10, 0),
            (Kind.HOST_COUNT, 6, 9, 6),
            (Kind.MOST_CONCURRENCY, 1, 9, 8),
            (Kind.MOST_CONCURRENCY, 1, 1, 0),
        ],
    )
    def test_rounds_up_to_whole_hosts(self, kind, value, total, minimum):
        assert config(kind, value).min_healthy(total) == minimum


class TestNineHosts:
    @pytest.mark.parametrize(
        ("chosen", "first_batch"),
        [
            (config(Kind.FLEET_PERCENT, 40), 5),
            (config(Kind.HOST_COUNT, 6), 3),
            (PREDEFINED["CodeDeployDefault.HalfAtATime"], 4),
            (PREDEFINED["CodeDeployDefault.OneAtATime"], 1),
            (PREDEFINED["CodeDeployDefault.AllAtOnce"], 9),
        ],
    )
    @pytest.mark.parametrize("health", [Health.HEALTHY, Health.NEW, Health.UNHEALTHY])
    def test_begin_in_batches_of_what_the_minimum_leaves(self, chosen, first_batch, health):
        verdict, batches, _ = run(fleet(9, health), chosen.min_healthy(9))

        assert (verdict.status, batches[0], sum(batches)) == ("Succeeded", first_batch, 9)
        assert max(batches) == first_batch

    def test_all_at_once_succeed_with_a_single_success(self):
        assert run(fleet(9), 0, fails=lambda n: n != 4)[0].status == "Succeeded"

    def test_all_at_once_fail_when_all_fail(self):
        assert run(fleet(9), 0, fails=lambda n: True)[0].code == "HEALTH_CONSTRAINTS"


class TestTenHosts:
    def test_at_95_percent_are_refused_at_once(self):
        assert refuse(total=10, min_healthy=10).code == "HEALTH_CONSTRAINTS_INVALID"

    @pytest.mark.parametrize("failing", range(9))
    def test_with_a_minimum_of_nine_stop_at_any_failure(self, failing):
        verdict, batches, hosts = run(fleet(10), 9, fails=lambda n: n == failing)

        assert verdict.status == "Failed"
        assert len(batches) == failing + 1
        assert sum(h.status is K for h in hosts) == 9 - failing

    def test_with_a_minimum_of_nine_forgive_the_last_host(self):
        assert run(fleet(10), 9, fails=lambda n: n == 9)[0].status == "Succeeded"

    def test_with_a_minimum_of_eight_stop_at_the_second_failure(self):
        verdict, _, hosts = run(fleet(10), 8, fails=lambda n: n in {1, 4})

        assert verdict.status == "Failed"
        assert any(h.status is K for h in hosts)

    def test_with_a_minimum_of_eight_forgive_a_second_failure_of_the_last_host(self):
        assert run(fleet(10), 8, fails=lambda n: n in {1, 9})[0].status == "Succeeded"


class TestOneHost:
    def test_must_succeed_under_one_at_a_time(self):
        assert run(fleet(1), 0)[0].status == "Succeeded"
        assert run(fleet(1), 0, fails=lambda n: True)[0].status == "Failed"


class TestOrder:
    def test_is_unhealthy_then_new_then_old_then_current(self):
        hosts = [
            Host(1, P, Health.HEALTHY, current=True),
            Host(2, P, Health.HEALTHY),
            Host(3, P, Health.NEW),
            Host(4, P, Health.UNHEALTHY),
        ]

        assert plan(hosts, min_healthy=0).start == (4, 3, 2, 1)

    def test_leaves_healthy_hosts_alone_while_too_few_are_healthy(self):
        hosts = [Host(1, P, Health.UNHEALTHY), Host(2, P, Health.HEALTHY), Host(3, P, Health.HEALTHY)]

        assert plan(hosts, min_healthy=2).start == (1,)


class TestStopping:
    def test_skips_what_waits_and_lets_what_runs_end(self):
        hosts = [Host(1, R, Health.NEW), Host(2, P, Health.NEW)]

        step = plan(hosts, min_healthy=0, stopping=True)

        assert (step.start, step.skip, step.verdict) == ((), (2,), None)

    def test_ends_as_stopped(self):
        hosts = [Host(1, S, Health.NEW), Host(2, K, Health.NEW)]

        assert plan(hosts, min_healthy=0, stopping=True).verdict == Verdict("Stopped")

    def test_too_late_is_a_success(self):
        hosts = [Host(1, S, Health.NEW)]

        assert plan(hosts, min_healthy=0, stopping=True).verdict == Verdict("Succeeded")


@st.composite
def deployments(draw):
    total = draw(st.integers(1, 14))
    minimum = draw(st.integers(0, total - 1))
    healths = draw(st.lists(st.sampled_from(list(Health)), min_size=total, max_size=total))
    hosts = [Host(n, P, health) for n, health in enumerate(healths)]
    outcomes = draw(st.lists(st.booleans(), min_size=total, max_size=total))
    return hosts, minimum, outcomes, draw(st.randoms(use_true_random=False))


class TestEveryFleet:
    @settings(max_examples=150, deadline=None)
    @given(deployments())
    def test_ends_and_never_loses_a_healthy_host_below_the_minimum(self, case):
        """Hosts end one by one in any order; the planner is asked again after each."""
        hosts, minimum, outcomes, chance = case
        state = {h.id: h for h in hosts}
        for _ in range(20 * len(hosts) + 20):
            step = plan(list(state.values()), min_healthy=minimum)
            for pk in step.start:
                before = healthy(state)
                state[pk] = replace(state[pk], status=R)
                assert healthy(state) >= min(minimum, before)
            for pk in step.skip:
                state[pk] = replace(state[pk], status=K)
            running = [pk for pk, h in state.items() if h.status is R]
            assert len(running) <= len(hosts) - minimum
            if step.verdict:
                assert not running
                assert not any(h.status is P for h in state.values())
                judge(step.verdict, state, minimum)
                return
            if running:
                pk = chance.choice(running)
                state[pk] = replace(state[pk], status=F if outcomes[pk] else S)
        raise AssertionError("the deployment never ends")


def healthy(state: dict[int, Host]) -> int:
    """Hosts that serve: done well, or healthy and not begun."""
    return sum(h.status is S or (h.status in {P, K} and h.health is Health.HEALTHY) for h in state.values())


def judge(verdict: Verdict, state: dict[int, Host], minimum: int) -> None:
    succeeded = sum(h.status is S for h in state.values())
    if verdict.status == "Succeeded":
        assert succeeded >= max(minimum, 1)
        assert not any(h.status is K for h in state.values())
    else:
        assert any(h.status in {F, K} for h in state.values())
