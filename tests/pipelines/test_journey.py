"""From a push to the hosts in one process: real repository, jobs and events; builds and hosts are fakes."""

import pytest

from devopsweb.events.models import Event
from devopsweb.iam.api import ensure_user, principal_of, service_principal
from monitoring.notifications.models import Notification
from pipelines import api
from pipelines.actions import advance
from pipelines.models import ActionExecution, Pipeline
from pipelines.providers.registry import Artifact, Outcome
from repos.git import api as repositories
from repos.git.adapters import objects
from tests.pipelines.helpers import NOON, action, declare, stage

SERVICE = service_principal("sample")


@pytest.fixture(autouse=True)
def _no_processes_left():
    yield
    objects.POOL.close()


@pytest.fixture
def push(db):
    """Commits files to the shop's main branch."""
    repositories.create_repository(name="shop", principal=SERVICE, at=NOON)

    def commit(text):
        return repositories.put_tree(
            repository="shop",
            branch="main",
            files={"app.py": text.encode()},
            message=f"Say {text}",
            author_name="Dora",
            author_email="dora@example.com",
            at=NOON,
        )

    return commit


@pytest.fixture
def shop(push, providers, run_jobs):
    """A pipeline on the shop, its first execution waiting for its approval."""
    push("hello")
    run_jobs()
    document = declare(
        stage(
            "Build", action("compile", inputArtifacts=[{"name": "Src"}], outputArtifacts=[{"name": "Out"}])
        ),
        stage("Release", action("approve", "Approval", "Manual")),
        stage("Deploy", action("deploy", "Deploy", inputArtifacts=[{"name": "Out"}])),
    )
    document["stages"][0]["actions"] = [
        action(
            "source",
            "Source",
            "CodeCommit",
            configuration={"RepositoryName": "shop", "BranchName": "main"},
            outputArtifacts=[{"name": "Src"}],
            namespace="Source",
        )
    ]
    api.create_pipeline(definition=document, principal=SERVICE, at=NOON)
    run_jobs()
    return Pipeline.objects.get()


def row(name, number):
    rows = ActionExecution.objects.select_related("stage", "execution__pipeline", "execution__version")
    return rows.get(execution__number=number, name=name, current=True)


def end(name, number, run_jobs):
    action = row(name, number)
    made = tuple(Artifact(output, "ef" * 32) for output in action.output_names)
    advance.report(action, Outcome("Succeeded", artifacts=made), at=NOON)
    run_jobs()


class TestPush:
    def test_travels_to_the_hosts(self, shop, push, run_jobs, owner, mailoutbox):
        sha = push("goodbye")
        run_jobs()
        execution = shop.executions.get(number=2)
        assert execution.trigger_type == "CloudWatchEvent"
        assert execution.revision["revisionId"] == sha

        end("compile", 1, run_jobs)
        end("compile", 2, run_jobs)
        first = row("approve", 1)
        api.put_approval_result(
            pipeline="web",
            stage="Release",
            action="approve",
            token=first.token,
            result="Rejected",
            summary="A newer one comes",
            principal=principal_of(owner),
            at=NOON,
        )
        run_jobs()
        second = row("approve", 2)
        api.put_approval_result(
            pipeline="web",
            stage="Release",
            action="approve",
            token=second.token,
            result="Approved",
            summary="",
            principal=principal_of(owner),
            at=NOON,
        )
        run_jobs()
        deployed = row("deploy", 2)
        assert deployed.input_artifacts[0]["revision"] == sha
        end("deploy", 2, run_jobs)

        assert [e.status for e in shop.executions.order_by("number")] == ["Failed", "Succeeded"]

    def test_to_another_branch_starts_nothing(self, shop, run_jobs):
        repositories.put_tree(
            repository="shop",
            branch="topic",
            files={"app.py": b"x"},
            message="Try",
            author_name="Dora",
            author_email="dora@example.com",
            at=NOON,
        )
        run_jobs()

        assert shop.executions.count() == 1

    def test_that_is_old_can_be_released_again(self, shop, push, run_jobs, owner):
        old = shop.executions.get(number=1).revision["revisionId"]
        push("goodbye")
        run_jobs()

        api.start_execution(name="web", principal=principal_of(owner), at=NOON, overrides={"source": old})
        run_jobs()

        execution = shop.executions.get(number=3)
        assert execution.revision["revisionId"] == old
        assert execution.commits.get().sha == old

    def test_starts_also_what_lacks_a_value(self, shop, push, run_jobs, owner):
        definition = api.get_pipeline(name="web", principal=principal_of(owner))["pipeline"]
        definition |= {"pipelineType": "V2", "variables": [{"name": "COLOUR"}]}
        definition["stages"][1]["actions"][0]["configuration"] = {"Note": "#{variables.COLOUR}"}
        api.update_pipeline(definition=definition, principal=principal_of(owner), at=NOON)
        push("goodbye")
        run_jobs()
        end("compile", 1, run_jobs)

        failed = row("compile", 2)
        assert failed.status == "Failed"
        assert "#{variables.COLOUR} has no value" in failed.error_message

    def test_is_told_with_the_keys_of_aws(self, shop):
        event = Event.objects.filter(detail_type="CodePipeline Pipeline Execution State Change").first()

        assert event.source == "aws.codepipeline"
        assert event.detail["detail"]["state"] == "STARTED"
        assert event.detail["detail"]["execution-trigger"]["trigger-type"] == "CreatePipeline"
        assert event.resources == ["arn:aws:codepipeline:us-east-1:123456789012:web"]

    def test_of_a_missing_branch_fails_the_source_with_its_name(self, shop, push, run_jobs, owner):
        definition = api.get_pipeline(name="web", principal=principal_of(owner))["pipeline"]
        definition["stages"][0]["actions"][0]["configuration"]["BranchName"] = "gone"
        api.update_pipeline(definition=definition, principal=principal_of(owner), at=NOON)
        api.start_execution(name="web", principal=principal_of(owner), at=NOON)
        run_jobs()

        failed = row("source", 2)
        assert failed.status == "Failed"
        assert "gone" in failed.error_message


class TestLetters:
    def test_go_to_those_who_may_decide(self, shop, run_jobs, owner):
        owner.email = "owner@example.com"
        owner.save()
        ensure_user("nobody")

        end("compile", 1, run_jobs)

        letter = Notification.objects.get()
        assert letter.recipient == "owner@example.com"
        assert "web #1" in letter.subject
        assert "/pipelines/web/executions/1/actions/approve/" in letter.text
