"""Two workers, or two people, at the same moment: one is first, the other changes nothing."""

import pytest
from django.db import connection

from devopsweb.kernel.errors import Conflict
from pipelines.actions import advance, approvals, executions
from pipelines.models import ActionExecution, PipelineExecution
from pipelines.queries import runs
from tests.pipelines.helpers import NOON, action, declare, stage
from tests.races import together

BY = "arn:aws:iam::123456789012:user/owner"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def driver(transactional_db, make):
    """A pipeline that has not begun."""
    return make(declare(stage("Build", action("compile"), action("lint")), stage("Ship", action("ship"))))


class TestTwoWorkers:
    def test_start_each_action_once(self, driver, providers):
        def work():
            advance.advance(pipeline_id=driver.pipeline.pk, now=lambda: NOON)

        together(work, work, work)

        assert sorted(context.action for context in providers.started) == ["compile", "lint"]
        assert ActionExecution.objects.count() == 3
        assert driver.states() == {"Source": "Succeeded", "Build": "InProgress"}

    def test_number_executions_without_a_gap(self, driver):
        def push():
            executions.start(pipeline=driver.pipeline, trigger_type="CloudWatchEvent", at=NOON)

        together(push, push, push)

        assert sorted(driver.pipeline.executions.values_list("number", flat=True)) == [1, 2, 3, 4]


class TestReader:
    def test_sees_a_whole_execution_while_its_next_stage_begins(self, driver):
        begun = []

        def begin_between(execute, sql, params, many, context):
            found = execute(sql, params, many, context)
            if "stageexecution" in sql and not begun:
                begun.append(sql)
                driver.advance()
            return found

        with connection.execute_wrapper(begin_between):
            [run] = runs.load(PipelineExecution.objects.all())

        assert begun
        assert set(run.actions) == set(run.stages)


class TestTwoApprovers:
    def test_decide_once(self, transactional_db, make):
        driver = make(declare(stage("Ship", action("approve", "Approval", "Manual"))))
        driver.advance()
        told = []

        def answer(result):
            def body():
                asked = driver.action("approve")
                try:
                    approvals.answer(
                        action=asked, token=asked.token, result=result, summary=result, by=BY, at=NOON
                    )
                    told.append(result)
                except Conflict:
                    told.append("late")

            return body

        together(answer("Approved"), answer("Rejected"))

        assert sorted(told)[-1] == "late"
        assert driver.action("approve").summary in told
