"""Executions run, wait, stop, are retried and superseded as AWS's do."""

from datetime import timedelta

import pytest

from pipelines.actions import advance, approvals, definitions, executions, outcomes, sweeps, transitions
from pipelines.models import ActionExecution, Pipeline
from pipelines.providers.registry import Outcome
from tests.pipelines.helpers import NOON, action, declare, stage, standard

BY = "arn:aws:iam::123456789012:user/owner"


def start(driver):
    run = executions.start(pipeline=driver.pipeline, trigger_type="StartPipelineExecution", at=NOON)
    driver.advance()
    return run


class TestExecution:
    def test_begins_when_the_pipeline_is_created(self, web):
        run = web.run(1)

        assert (run.status, run.trigger_type) == ("InProgress", "CreatePipeline")
        assert web.states() == {"Source": "Succeeded", "Build": "InProgress"}
        assert run.revision["revisionSummary"] == "Change 1"

    def test_goes_through_every_stage(self, web):
        web.end("compile")
        web.end("lint")
        asked = web.action("approve")
        approvals.answer(action=asked, token=asked.token, result="Approved", summary="", by=BY, at=NOON)
        web.advance()
        web.end("deploy")

        assert web.run(1).status == "Succeeded"
        assert set(web.states().values()) == {"Succeeded"}

    def test_of_short_actions_runs_in_one_call(self, make):
        driver = make(declare(*[stage(f"S{n}", action("go", configuration={"Do": "now"})) for n in range(9)]))

        driver.advance()

        assert driver.run(1).status == "Succeeded"

    def test_lets_siblings_finish_when_an_action_fails(self, web):
        web.end("compile", "Failed", error_code="JobFailed")

        assert web.states()["Build"] == "InProgress"

        web.end("lint")

        assert web.states()["Build"] == "Failed"
        assert web.run(1).status == "Failed"

    def test_is_advanced_twice_without_harm(self, web, providers):
        web.advance()
        web.advance()

        assert len(providers.started) == 2

    def test_passes_artifacts_by_digest(self, web):
        web.end("compile")
        web.end("lint")
        asked = web.action("approve")
        approvals.answer(action=asked, token=asked.token, result="Approved", summary="", by=BY, at=NOON)
        web.advance()

        assert web.action("deploy").input_artifacts[0]["digest"] == "ab" * 32

    def test_fills_variables_before_the_action_starts(self, make, providers):
        note = {"Do": "now", "Note": "#{Src1.CommitId} of #{codepipeline.PipelineExecutionId}"}
        driver = make(declare(stage("Build", action("go", configuration=note))))

        driver.advance()

        assert providers.started[0].configuration["Note"] == f"{1:040x} of {driver.run(1).uuid}"

    def test_fails_when_a_variable_has_no_value(self, make):
        driver = make(declare(stage("Build", action("go", configuration={"Note": "#{Src1.Nothing}"}))))

        driver.advance()

        failed = driver.action("go")
        assert (failed.status, failed.error_code) == ("Failed", "ConfigurationError")
        assert "#{Src1.Nothing}" in failed.error_message


class TestSuperseding:
    def test_takes_the_waiting_place_of_an_older_execution(self, web):
        start(web)
        start(web)

        assert [web.run(n).status for n in (1, 2, 3)] == ["InProgress", "Superseded", "InProgress"]
        assert web.run(2).superseded_by == web.run(3)

    def test_never_happens_inside_a_stage(self, web):
        start(web)

        assert web.states(1)["Build"] == "InProgress"
        assert web.states(2) == {"Source": "Succeeded"}

    def test_lets_the_newest_enter_when_the_stage_opens(self, web):
        start(web)

        web.end("compile", "Failed")
        web.end("lint")

        assert web.states(2)["Build"] == "InProgress"


class TestTransition:
    def test_holds_executions_in_front_of_the_stage(self, web):
        transitions.hold(pipeline=web.pipeline, stage="Production", reason="Stock-take", by=BY, at=NOON)

        web.end("compile")
        web.end("lint")

        assert web.states() == {"Source": "Succeeded", "Build": "Succeeded"}

    def test_lets_the_waiting_one_in_when_switched_on(self, web):
        transitions.hold(pipeline=web.pipeline, stage="Production", reason="Stock-take", by=BY, at=NOON)
        web.end("compile")
        web.end("lint")

        transitions.release(pipeline=web.pipeline, stage="Production", by=BY, at=NOON)
        web.advance()

        assert web.states()["Production"] == "InProgress"

    def test_does_not_resume_what_waited_for_more_than_thirty_days(self, web):
        transitions.hold(pipeline=web.pipeline, stage="Production", reason="Stock-take", by=BY, at=NOON)
        web.end("compile")
        web.end("lint")

        later = NOON + timedelta(days=31)
        transitions.release(pipeline=web.pipeline, stage="Production", by=BY, at=later)
        web.advance(later)

        assert web.run(1).status == "Stopped"
        assert "30 days" in web.run(1).stop_reason


class TestStop:
    def test_waits_for_running_actions(self, web):
        executions.stop(execution=web.run(1), abandon=False, reason="wrong branch", by=BY, at=NOON)
        web.advance()
        assert (web.run(1).status, web.states()["Build"]) == ("Stopping", "Stopping")

        web.end("compile")
        web.end("lint")

        assert (web.run(1).status, web.states()["Build"]) == ("Stopped", "Succeeded")

    def test_abandons_running_actions_at_once(self, web, providers):
        executions.stop(execution=web.run(1), abandon=True, reason="", by=BY, at=NOON)
        web.advance()

        assert (web.run(1).status, web.states()["Build"]) == ("Stopped", "Stopped")
        assert web.action("compile").status == "Abandoned"
        assert providers.stopped == []

    def test_twice_is_refused_unless_it_abandons(self, web):
        executions.stop(execution=web.run(1), abandon=False, reason="", by=BY, at=NOON)

        with pytest.raises(executions.DuplicatedStopRequest):
            executions.stop(execution=web.run(1), abandon=False, reason="", by=BY, at=NOON)
        executions.stop(execution=web.run(1), abandon=True, reason="", by=BY, at=NOON)
        web.advance()

        assert web.run(1).status == "Stopped"

    def test_of_a_finished_execution_is_refused(self, web):
        web.end("compile", "Failed")
        web.end("lint")

        with pytest.raises(executions.PipelineExecutionNotStoppable):
            executions.stop(execution=web.run(1), abandon=False, reason="", by=BY, at=NOON)


class TestRetry:
    def retry(self, driver, mode="FAILED_ACTIONS", number=1):
        executions.retry_stage(execution=driver.run(number), stage="Build", mode=mode, by=BY, at=NOON)
        driver.advance()

    def test_runs_failed_actions_again_and_keeps_the_others(self, web):
        web.end("compile", "Failed")
        web.end("lint")

        self.retry(web)

        assert web.run(1).status == "InProgress"
        assert (web.action("compile").attempt, web.action("compile").status) == (2, "InProgress")
        assert (web.action("lint").attempt, web.action("lint").status) == (1, "Succeeded")

    def test_may_come_before_the_stage_has_ended(self, web):
        web.end("compile", "Failed")

        self.retry(web)

        assert web.action("compile").attempt == 2

    def test_of_all_actions_is_refused_while_one_runs(self, web):
        web.end("compile", "Failed")

        with pytest.raises(executions.StageNotRetryable):
            self.retry(web, "ALL_ACTIONS")

    def test_of_all_actions_starts_the_stage_over(self, web):
        web.end("compile", "Failed")
        web.end("lint")

        self.retry(web, "ALL_ACTIONS")

        assert [web.action(n).attempt for n in ("compile", "lint")] == [2, 2]

    def test_takes_up_a_stopped_execution(self, web):
        executions.stop(execution=web.run(1), abandon=True, reason="", by=BY, at=NOON)
        web.advance()

        self.retry(web)

        assert web.run(1).status == "InProgress"
        assert web.run(1).stop_mode == ""

    def test_is_refused_once_a_newer_execution_entered(self, web):
        start(web)
        web.end("compile", "Failed")
        web.end("lint")

        with pytest.raises(executions.NotLatestPipelineExecution):
            self.retry(web)

    def test_of_a_stage_that_succeeded_is_refused(self, web):
        web.end("compile")
        web.end("lint")

        with pytest.raises(executions.StageNotRetryable):
            self.retry(web)


class TestApproval:
    @pytest.fixture
    def waiting(self, web):
        web.end("compile")
        web.end("lint")
        return web

    def test_waits_with_a_token_and_seven_days(self, waiting):
        asked = waiting.action("approve")

        assert asked.token
        assert asked.due_at == NOON + timedelta(days=7)
        assert asked.summary == "Look twice"

    def test_rejected_fails_the_execution(self, waiting):
        asked = waiting.action("approve")

        approvals.answer(action=asked, token=asked.token, result="Rejected", summary="No", by=BY, at=NOON)
        waiting.advance()

        answered = waiting.action("approve")
        assert waiting.run(1).status == "Failed"
        assert (answered.summary, answered.updated_by) == ("No", BY)

    def test_is_answered_once(self, waiting):
        asked, again = waiting.action("approve"), waiting.action("approve")
        approvals.answer(action=asked, token=asked.token, result="Approved", summary="", by=BY, at=NOON)

        with pytest.raises(approvals.ApprovalAlreadyCompleted):
            approvals.answer(action=again, token=again.token, result="Rejected", summary="", by=BY, at=NOON)

    def test_with_a_wrong_token_is_refused(self, waiting):
        with pytest.raises(approvals.InvalidApprovalToken):
            approvals.answer(
                action=waiting.action("approve"), token="x", result="Approved", summary="", by=BY, at=NOON
            )

    def test_expires(self, waiting):
        later = NOON + timedelta(days=7, seconds=1)

        sweeps.sweep(at=later)
        waiting.advance(later)

        assert waiting.action("approve").error_code == "ApprovalExpired"
        assert waiting.run(1).status == "Failed"


class TestSweep:
    def test_starts_again_what_was_lost_between_two_steps(self, web, providers):
        ActionExecution.objects.filter(name="compile").update(external_id="", lease_until=NOON)

        sweeps.sweep(at=NOON + timedelta(seconds=90))

        assert [c.action for c in providers.started] == ["compile", "lint", "compile"]

    def test_asks_for_news_that_never_came(self, web, providers):
        providers.states[web.action("compile").external_id] = Outcome("Succeeded")

        sweeps.sweep(at=NOON + timedelta(seconds=20))

        assert web.action("compile").status == "Succeeded"

    def test_ends_what_takes_too_long(self, web, providers):
        sweeps.sweep(at=NOON + timedelta(hours=1, seconds=1))
        web.advance()

        assert web.action("compile").error_code == "Timeout"
        assert len(providers.stopped) == 2
        assert web.run(1).status == "Failed"

    def test_advances_a_pipeline_whose_job_was_lost(self, make, job_queue, run_jobs):
        driver = make()
        job_queue.sent.clear()

        sweeps.sweep(at=NOON + timedelta(seconds=5))
        run_jobs()

        assert driver.states()["Build"] == "InProgress"

    def test_leaves_a_quiet_pipeline_alone(self, web, job_queue):
        job_queue.sent.clear()

        sweeps.sweep(at=NOON + timedelta(seconds=5))

        assert job_queue.sent == []


class TestUpdate:
    def test_cancels_running_executions_after_their_actions(self, web):
        definitions.update(pipeline=web.pipeline, document=standard(), by=BY, at=NOON)
        web.advance()
        web.end("compile")
        assert web.run(1).status == "InProgress"
        web.end("lint")

        assert web.run(1).status == "Cancelled"
        assert Pipeline.objects.get().version == 2


class TestKill:
    """A worker dies (nothing is caught, nothing is rolled forward); the sweep finds the rest."""

    class Killed(BaseException):
        """The end of the process."""

    @pytest.mark.parametrize("nth", range(4))
    def test_between_two_steps_loses_nothing(self, make, providers, monkeypatch, nth):
        works = [action(f"w{n}", configuration={"Do": "now"}) for n in range(3)]
        driver = make(declare(*[stage(f"S{n}", work) for n, work in enumerate(works)]))
        whole, calls = outcomes.start, []

        def start(row, *, at):
            calls.append(row.name)
            if len(calls) == nth + 1:
                raise self.Killed
            return whole(row, at=at)

        monkeypatch.setattr(outcomes, "start", start)
        with pytest.raises(self.Killed):
            driver.advance()
        sweeps.sweep(at=NOON + timedelta(seconds=31))
        driver.advance(NOON + timedelta(seconds=31))

        assert driver.run(1).status == "Succeeded"
        assert [c.action for c in providers.started] == ["w0", "w1", "w2"]

    def test_inside_a_start_leaves_neither_the_work_nor_its_record(self, make, providers, monkeypatch):
        driver = make(declare(stage("Build", action("compile"))))
        whole = providers.start

        def start(context):
            Pipeline.objects.update(last_number=99)
            raise self.Killed

        monkeypatch.setattr(providers, "start", start)
        with pytest.raises(self.Killed):
            driver.advance()
        assert Pipeline.objects.get().last_number == 1, "the start's own rows went with it"
        monkeypatch.setattr(providers, "start", whole)
        sweeps.sweep(at=NOON + timedelta(seconds=31))

        assert driver.action("compile").external_id
        assert len(providers.started) == 1

    def test_of_the_second_of_two_workers_changes_nothing(self, web, providers):
        late = web.action("compile")
        web.end("compile")

        advance.report(late, Outcome("Failed", error_code="Late"), at=NOON)

        assert web.action("compile").status == "Succeeded"
