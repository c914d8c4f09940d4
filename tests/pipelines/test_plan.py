"""The planner, by tables and by random histories: whatever happens, the promises hold."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from pipelines.engine import plan, retry
from pipelines.engine.snapshot import Run, Snapshot, StageRun
from pipelines.engine.types import Action, ActionType, Definition, Stage
from pipelines.states import ActionState, ExecutionState, StageState

WORK = ActionType("Build", "Custom", "Work")
A, E, S = ActionState, ExecutionState, StageState


def definition(*stages):
    """Stages of ``name: {action: runOrder}``."""
    made = tuple(Stage(n, tuple(Action(a, WORK, order) for a, order in acts.items())) for n, acts in stages)
    return Definition("web", "role", made)


WEB = definition(
    ("Source", {"source": 1}),
    ("Build", {"compile": 1, "lint": 1, "image": 2}),
    ("Deploy", {"approve": 1, "deploy": 2}),
)
DONE = StageRun(S.SUCCEEDED, {})
INSIDE = {"compile": A.SUCCEEDED, "lint": A.SUCCEEDED}


def run(number, *stages, **more):
    return Run(id=number, number=number, definition=WEB, stages=stages, **more)


def build(status=S.IN_PROGRESS, **actions):
    return StageRun(status, {name: A(state) for name, state in actions.items()})


TABLE = {
    "a new execution enters the first stage": (
        [run(1)],
        [plan.EnterStage(1, 0), plan.StartAction(1, 0, "source")],
    ),
    "a running action is waited for": ([run(1, build(source="InProgress"))], []),
    "the next runOrder waits for the whole group": (
        [run(1, DONE, build(compile="Succeeded", lint="InProgress"))],
        [],
    ),
    "the next runOrder starts after the group": (
        [run(1, DONE, build(compile="Succeeded", lint="Succeeded"))],
        [plan.StartAction(1, 1, "image")],
    ),
    "siblings of a failed action finish": (
        [run(1, DONE, build(compile="Failed", lint="InProgress"))],
        [],
    ),
    "a failed stage ends the execution": (
        [run(1, DONE, build(compile="Failed", lint="Succeeded"))],
        [plan.FinishStage(1, 1, S.FAILED), plan.FinishRun(1, E.FAILED)],
    ),
    "a locked stage is waited for": (
        [run(1, DONE, build(compile="InProgress", lint="InProgress")), run(2, DONE)],
        [],
    ),
    "a newer one takes the waiting place": (
        [run(1, DONE, build(compile="InProgress", lint="InProgress")), run(2, DONE), run(3, DONE)],
        [plan.Supersede(2, 3)],
    ),
    "a failure lets the newest enter": (
        [run(1, DONE, build(compile="Failed", lint="Failed")), run(2, DONE)],
        [
            plan.FinishStage(1, 1, S.FAILED),
            plan.FinishRun(1, E.FAILED),
            plan.EnterStage(2, 1),
            plan.StartAction(2, 1, "compile"),
            plan.StartAction(2, 1, "lint"),
        ],
    ),
    "a stop waits for running actions": (
        [run(1, DONE, build(compile="InProgress", lint="Succeeded"), status=E.STOPPING, stop_mode="wait")],
        [plan.StopStage(1, 1)],
    ),
    "a stop starts nothing more": (
        [run(1, DONE, build(**INSIDE), status=E.STOPPING, stop_mode="wait")],
        [plan.FinishStage(1, 1, S.STOPPED), plan.FinishRun(1, E.STOPPED)],
    ),
    "an abandoning stop gives up running actions": (
        [run(1, DONE, build(compile="InProgress", lint="Failed"), status=E.STOPPING, stop_mode="abandon")],
        [
            plan.AbandonAction(1, 1, "compile"),
            plan.FinishStage(1, 1, S.STOPPED),
            plan.FinishRun(1, E.STOPPED),
        ],
    ),
    "a stopped one that waits ends at once": (
        [run(1, DONE, status=E.STOPPING, stop_mode="wait")],
        [plan.FinishRun(1, E.STOPPED)],
    ),
    "an update cancels what waits": ([run(1, DONE, cancelling=True)], [plan.FinishRun(1, E.CANCELLED)]),
    "an update lets running actions finish": (
        [run(1, DONE, build(compile="InProgress", lint="Succeeded"), cancelling=True)],
        [],
    ),
    "the last stage ends the execution": (
        [run(1, DONE, DONE, build(approve="Succeeded", deploy="Succeeded"))],
        [plan.FinishStage(1, 2, S.SUCCEEDED), plan.FinishRun(1, E.SUCCEEDED)],
    ),
}


class TestPlan:
    @pytest.mark.parametrize(("runs", "expected"), TABLE.values(), ids=TABLE.keys())
    def test_follows_the_table(self, runs, expected):
        assert plan.plan(Snapshot(tuple(runs))) == expected

    def test_holds_in_front_of_a_transition_that_is_off(self):
        assert plan.plan(Snapshot((run(1, DONE),), held=frozenset({"Build"}))) == []

    @pytest.mark.parametrize("runs", [row[0] for row in TABLE.values()], ids=TABLE.keys())
    def test_comes_to_the_same_end_from_every_kill_point(self, runs):
        whole = Snapshot(tuple(runs))
        decisions = plan.plan(whole)
        end = play(whole, decisions)

        for kept in range(len(decisions)):
            killed = play(whole, decisions[:kept])
            assert play(killed, plan.plan(killed)) == end


def play(snapshot, decisions):
    for decision in decisions:
        snapshot = plan.play(snapshot, decision)
    return snapshot


class Histories(RuleBasedStateMachine):
    """Random pushes, results, stops, retries, updates, transitions and crashes of the worker."""

    runs = Bundle("runs")

    def __init__(self):
        super().__init__()
        self.snapshot = Snapshot(())
        self.entries: dict[str, list[int]] = {}
        self.ends: dict[int, ExecutionState] = {}

    def advance(self, crash_after):
        """Plan and apply, but die after some decisions; a sweep then does the rest."""
        decisions = plan.plan(self.snapshot)
        for decision in decisions[:crash_after]:
            self.apply(decision)
        for decision in plan.plan(self.snapshot):
            self.apply(decision)
        assert plan.plan(self.snapshot) == [], "advancing twice does no more than once"

    def apply(self, decision):
        if isinstance(decision, plan.EnterStage):
            name = WEB.stages[decision.index].name
            assert not self.snapshot.locked(name), "two executions in one stage"
            assert name not in self.snapshot.held, "entered through a switched-off transition"
            before = self.entries.setdefault(name, [])
            assert not before or before[-1] < decision.run, "an older execution overtook"
            before.append(decision.run)
        self.snapshot = plan.play(self.snapshot, decision)

    @rule(target=runs, crash=st.integers(0, 9))
    def push(self, crash):
        number = len(self.snapshot.runs) + 1
        self.snapshot = replace(self.snapshot, runs=(*self.snapshot.runs, run(number)))
        self.advance(crash)
        return number

    @rule(
        number=runs,
        state=st.sampled_from([A.SUCCEEDED, A.SUCCEEDED, A.FAILED]),
        pick=st.integers(0, 5),
        crash=st.integers(0, 9),
    )
    def end_an_action(self, number, state, pick, crash):
        one = self.snapshot.run(number)
        if one.here is None:
            return
        stage = one.stages[one.here]
        running = [name for name, now in stage.actions.items() if now == A.IN_PROGRESS]
        if running and not one.is_over:
            name = running[pick % len(running)]
            changed = replace(stage, actions={**stage.actions, name: state})
            self.snapshot = self.snapshot.with_run(one.with_stage(one.here, changed))
            self.advance(crash)

    @rule(number=runs, mode=st.sampled_from(["wait", "abandon"]), crash=st.integers(0, 9))
    def stop(self, number, mode, crash):
        one = self.snapshot.run(number)
        if not one.is_over and one.stop_mode != "abandon":
            self.snapshot = self.snapshot.with_run(replace(one, status=E.STOPPING, stop_mode=mode))
            self.advance(crash)

    @rule(
        number=runs, mode=st.sampled_from([retry.FAILED_ACTIONS, retry.ALL_ACTIONS]), crash=st.integers(0, 9)
    )
    def retry(self, number, mode, crash):
        one = self.snapshot.run(number)
        if one.status not in (E.FAILED, E.STOPPED) or one.cancelling or not one.stages:
            return
        index = len(one.stages) - 1
        stage, declared = one.stages[index], WEB.stages[index]
        newest = self.entries[declared.name][-1] == number
        if (
            stage.status in (S.FAILED, S.STOPPED)
            and newest
            and not retry.refusal(declared, stage.actions, mode)
        ):
            left = {n: s for n, s in stage.actions.items() if n not in retry.again(stage.actions, mode)}
            taken_up = one.with_stage(index, StageRun(S.IN_PROGRESS, left))
            self.snapshot = self.snapshot.with_run(replace(taken_up, status=E.IN_PROGRESS, stop_mode=""))
            self.advance(crash)

    @rule(stage=st.sampled_from(["Build", "Deploy"]), crash=st.integers(0, 9))
    def switch(self, stage, crash):
        self.snapshot = replace(self.snapshot, held=self.snapshot.held ^ {stage})
        self.advance(crash)

    @rule(crash=st.integers(0, 9))
    def update(self, crash):
        for one in self.snapshot.runs:
            if not one.is_over:
                self.snapshot = self.snapshot.with_run(replace(one, cancelling=True))
        self.advance(crash)

    @invariant()
    def one_execution_per_stage(self):
        inside = [WEB.stages[r.here].name for r in self.snapshot.runs if not r.is_over and r.here is not None]
        assert len(inside) == len(set(inside))

    @invariant()
    def one_waits_per_stage(self):
        ahead = [r.ahead.name for r in self.snapshot.runs if r.ahead is not None]
        assert len(ahead) == len(set(ahead))

    @invariant()
    def nothing_runs_in_what_is_over(self):
        for one in self.snapshot.runs:
            if one.is_over:
                assert all(s != A.IN_PROGRESS for stage in one.stages for s in stage.actions.values())
                assert all(not stage.is_open for stage in one.stages)

    def teardown(self):
        """When transitions are open and every action ends, every execution comes to an end."""
        self.snapshot = replace(self.snapshot, held=frozenset())
        for _ in range(200):
            self.advance(99)
            open_runs = [r for r in self.snapshot.runs if not r.is_over]
            if not open_runs:
                return
            for one in open_runs:
                if one.here is not None:
                    stage = one.stages[one.here]
                    ended = {n: A.SUCCEEDED if s == A.IN_PROGRESS else s for n, s in stage.actions.items()}
                    self.snapshot = self.snapshot.with_run(
                        one.with_stage(one.here, replace(stage, actions=ended))
                    )
        raise AssertionError("some executions never end")


class TestHistories:
    def test_keep_every_promise(self):
        run_state_machine_as_test(
            Histories,
            settings=settings(
                max_examples=60,
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )
