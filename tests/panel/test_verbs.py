"""What operators do in the panel goes through the apps' own verbs: asked, told, and refused for their reasons."""

import pytest
from django.contrib.admin.models import LogEntry

from deployments.compute.actions.instances import digest, register
from deployments.compute.errors import InvalidToken
from deployments.compute.models import JoinToken
from deployments.models import Application, Deployment, DeploymentConfig, DeploymentGroup
from devopsweb.kernel.clock import now
from monitoring.alarms.models import Alarm, AlarmHistory
from monitoring.dashboards.models import Dashboard
from monitoring.logs.models import LogGroup, LogStream
from pipelines.builds.models import Build, Project
from pipelines.models import Pipeline
from repos.git.models import Repository
from tests.panel import kinds

pytestmark = pytest.mark.django_db


class TestAVerb:
    def test_asks_first_and_does_nothing(self, panel, press, told):
        row = kinds.repository(1)

        answer = press(panel, "delete", row, sure=False)

        assert b"go for good" in answer.content
        assert Repository.objects.exists()
        assert told() == []

    def test_is_done_told_and_kept_in_the_history(self, panel, press, told):
        row = kinds.repository(1)

        answer = press(panel, "delete", row)

        assert answer.url == "/admin/git/repository/"
        assert not Repository.objects.exists()
        (record,) = told()
        assert record["eventName"] == "DeleteRepository"
        assert record["userIdentity"]["userName"] == "root"
        assert record["resources"][0]["ARN"] == row.arn
        assert "errorCode" not in record
        assert b"Deleted: thing-1." in panel.get(answer.url).content

    def test_is_told_for_each_of_several(self, panel, press, told):
        rows = [kinds.repository(1), kinds.repository(2)]

        press(panel, "delete", *rows)

        assert not Repository.objects.exists()
        assert [record["resources"][0]["ARN"] for record in told()] == [row.arn for row in rows]

    def test_is_refused_as_a_whole_when_one_thing_is_not_allowed(self, keeper, also, press, told):
        mine, other = kinds.repository(1), kinds.repository(2)
        browser = keeper("codecommit:List*", "codecommit:Get*")
        also("codecommit:DeleteRepository", mine.arn)

        answer = press(browser, "delete", mine, other)

        assert answer.status_code == 403
        assert b"codecommit:DeleteRepository" in answer.content
        assert Repository.objects.count() == 2
        (record,) = told()
        assert (record["eventName"], record["errorCode"]) == ("DeleteRepository", "AccessDenied")

    def test_is_offered_for_the_very_thing(self, keeper, also, press):
        mine = kinds.repository(1)
        browser = keeper("codecommit:List*", "codecommit:Get*")
        also("codecommit:DeleteRepository", mine.arn)

        shown = browser.get(f"/admin/git/repository/{mine.pk}/change/").context["verbs"]
        press(browser, "delete", mine)

        assert [verb.name for verb in shown] == ["delete"]
        assert not Repository.objects.exists()

    def test_finds_nothing_when_somebody_was_faster(self, panel, press, told):
        row = kinds.repository(1)
        press(panel, "delete", row)

        answer = press(panel, "delete", row)

        assert b"is not there any more" in panel.get(answer.url).content
        assert len(told()) == 1

    def test_needs_the_token_of_its_form(self, panel):
        row = kinds.repository(1)
        panel.handler.enforce_csrf_checks = True

        sent = {"action": "delete", "_selected_action": str(row.pk), "confirmed": "yes"}

        assert panel.post("/admin/git/repository/", sent).status_code == 403
        assert Repository.objects.exists()


class TestRepositories:
    def test_that_may_not_be_seen_are_not_listed(self, keeper, also):
        mine = kinds.repository(1)
        kinds.repository(2)
        browser = keeper("codecommit:ListRepositories")
        also("codecommit:GetRepository", mine.arn)

        found = browser.get("/admin/git/repository/").context["cl"].result_list

        assert list(found) == [mine]


class TestPipelines:
    def test_are_deleted_with_their_executions(self, panel, press, told):
        row = kinds.execution(1).pipeline

        press(panel, "delete", row)

        assert not Pipeline.objects.exists()
        assert [record["eventName"] for record in told()] == ["DeletePipeline"]

    def test_show_stages_and_lead_to_the_editor(self, panel):
        row = kinds.pipeline(1)

        text = panel.get(f"/admin/pipelines/pipeline/{row.pk}/change/").content.decode()

        assert '/repositories/web/"' in text
        assert 'href="/pipelines/thing-1/edit/"' in text


class TestExecutions:
    def test_are_stopped(self, panel, press, told):
        row = kinds.execution(1)

        answer = press(panel, "stop", row)

        row.refresh_from_db()
        assert (row.status, row.stop_by.rpartition("/")[2]) == ("Stopping", "root")
        assert answer.url == f"/admin/pipelines/pipelineexecution/{row.pk}/change/"
        assert [record["eventName"] for record in told()] == ["StopPipelineExecution"]

    def test_that_are_over_are_not_stopped(self, panel, press, told):
        row = kinds.execution(1, status="Failed")

        answer = press(panel, "stop", row)

        assert answer.status_code == 409
        assert b"is not running: it is Failed" in answer.content
        (record,) = told()
        assert record["errorCode"] == "PipelineExecutionNotStoppableException"
        assert not LogEntry.objects.exists()

    def test_are_stopped_beside_one_that_is_over(self, panel, press, told):
        runs, over = kinds.execution(1), kinds.execution(2, status="Succeeded")

        answer = press(panel, "stop", runs, over)

        assert b"is not running" in panel.get(answer.url).content
        runs.refresh_from_db()
        assert runs.status == "Stopping"
        assert ["errorCode" in record for record in told()].count(True) == 1


class TestBuilds:
    def test_are_stopped(self, panel, press, told):
        kinds.project(1)
        row = kinds.build(1)

        press(panel, "stop", row)

        row.refresh_from_db()
        assert row.status == "STOPPED"
        assert [record["eventName"] for record in told()] == ["StopBuild"]

    def test_that_run_are_not_deleted(self, panel, press):
        row = kinds.build(1)

        answer = press(panel, "delete", row)

        assert answer.status_code == 409
        assert b"still runs" in answer.content
        assert Build.objects.exists()

    def test_stay_when_their_project_is_deleted(self, panel, press):
        row = kinds.project(1)
        kinds.build(1, status="FAILED")

        press(panel, "delete", row)

        assert not Project.objects.exists()
        assert Build.objects.exists()

    def test_and_projects_keep_their_secrets(self, panel):
        row = kinds.project(1)

        text = panel.get(f"/admin/builds/project/{row.pk}/change/").content.decode()

        assert "fast" in text
        assert "s3cret" not in text


class TestDeployments:
    def test_are_stopped(self, panel, press, told):
        row = kinds.deployment(1)

        press(panel, "stop", row)

        row.refresh_from_db()
        assert row.stop_requested_at
        assert [record["eventName"] for record in told()] == ["StopDeployment"]

    def test_that_are_over_are_not_stopped(self, panel, press):
        answer = press(panel, "stop", kinds.deployment(1, status="Succeeded"))

        assert answer.status_code == 409
        assert b"is over: Succeeded" in answer.content

    def test_keep_their_application_and_group_while_they_run(self, panel, press, told):
        row = kinds.deployment(1)

        of_group = press(panel, "delete", row.group)
        of_application = press(panel, "delete", row.group.application)

        assert of_group.status_code == of_application.status_code == 409
        assert b"is in progress. Stop it first." in of_application.content
        assert Application.objects.exists()
        assert all(record["errorCode"] for record in told())

    def test_go_with_their_application(self, panel, press):
        row = kinds.deployment(1, status="Succeeded")

        press(panel, "delete", row.group.application)

        assert not Deployment.objects.exists()


class TestConfigurations:
    def test_that_a_group_uses_stay(self, panel, press):
        row = kinds.config(1)
        kinds.group(1)
        DeploymentGroup.objects.update(config_name=row.name)

        answer = press(panel, "delete", row)

        assert answer.status_code == 409
        assert b"is used by the group thing-1/live" in answer.content
        assert DeploymentConfig.objects.exists()


class TestInstances:
    def test_are_deregistered(self, panel, press, told):
        row = kinds.instance(1)

        press(panel, "deregister", row)

        row.refresh_from_db()
        assert (row.status, row.tags) == ("Deregistered", {})
        assert [record["eventName"] for record in told()] == ["DeregisterOnPremisesInstance"]

    def test_join_no_more_by_a_revoked_token(self, panel, press, told):
        row = kinds.join_token(1)
        JoinToken.objects.update(token_hash=digest("dwj_known"))

        press(panel, "revoke", row)

        with pytest.raises(InvalidToken):
            register(join_token="dwj_known", name="late", tags={}, at=now())
        assert [record["eventName"] for record in told()] == ["RevokeJoinToken"]


class TestAlarms:
    def test_are_silenced_and_heard_again(self, panel, press, told):
        row = kinds.alarm(1)

        press(panel, "disable", row)
        silenced = Alarm.objects.get().actions_enabled
        press(panel, "enable", row)

        assert (silenced, Alarm.objects.get().actions_enabled) == (False, True)
        assert [record["eventName"] for record in told()] == ["DisableAlarmActions", "EnableAlarmActions"]

    def test_are_deleted_and_leave_their_history(self, panel, press):
        press(panel, "delete", kinds.alarm(1))

        assert not Alarm.objects.exists()
        assert AlarmHistory.objects.filter(summary__contains="deleted").exists()


class TestDashboards:
    def test_are_deleted(self, panel, press, told):
        press(panel, "delete", kinds.dashboard(1))

        assert not Dashboard.objects.exists()
        assert [record["eventName"] for record in told()] == ["DeleteDashboards"]


class TestLogGroups:
    def test_are_deleted_with_their_streams(self, panel, press, told):
        press(panel, "delete", kinds.log_group(1))

        assert not LogStream.objects.exists()
        assert [record["eventName"] for record in told()] == ["DeleteLogGroup"]

    def test_that_are_protected_stay(self, panel, press):
        row = kinds.log_group(1)
        LogGroup.objects.update(is_protected=True)

        answer = press(panel, "delete", row)

        assert answer.status_code in (400, 409)
        assert b"protected against deletion" in answer.content
        assert LogStream.objects.exists()
