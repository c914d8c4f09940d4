"""CodePipeline's operations: definitions, executions, states, approvals, transitions, tags."""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from devopsweb.iam.models import Policy, PolicyAttachment
from devopsweb.kernel import clock
from pipelines.models import ActionExecution, Pipeline
from tests.awsapi.local import aws
from tests.pipelines.helpers import NOON, action, declare, stage, standard

ARN = "arn:aws:codepipeline:us-east-1:123456789012:web"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def ask(owner):
    """CodePipeline, asked by the owner."""
    return of(owner)


def of(user):
    """CodePipeline, asked by a user."""
    call = aws(user)
    return lambda operation, **params: call("codepipeline", operation, **params)


def refused(ask, operation, **params) -> str:
    with pytest.raises(ClientError) as refusal:
        ask(operation, **params)
    return refusal.value.response["Error"]["Code"]


@pytest.fixture
def waiting(web):
    """An execution that waits for its approval, which has not expired by the real clock."""
    web.end("compile")
    web.end("lint", summary="42 files")
    ActionExecution.objects.filter(name="approve").update(due_at=clock.now() + timedelta(days=7))
    return web


def states(ask):
    found = ask("GetPipelineState", name="web")["stageStates"]
    return {one["stageName"]: one for one in found}


def action_state(ask, stage_name, name):
    return next(one for one in states(ask)[stage_name]["actionStates"] if one["actionName"] == name)


def token(ask):
    return action_state(ask, "Production", "approve")["latestExecution"]["token"]


def v2(**more):
    """A pipeline with a variable that an action uses."""
    used = action("compile", configuration={"Note": "#{variables.COLOUR}"})
    return declare(stage("Build", used), pipelineType="V2", **more)


class TestCreatePipeline:
    def test_makes_it_and_starts_it(self, ask, pipeline_role, providers):
        tags = [{"key": "team", "value": "shop"}]
        made = ask("CreatePipeline", pipeline=standard(), tags=tags)

        assert made["pipeline"]["version"] == 1
        assert made["pipeline"]["stages"][0]["actions"][0]["runOrder"] == 1
        assert made["tags"] == tags
        runs = ask("ListPipelineExecutions", pipelineName="web")["pipelineExecutionSummaries"]
        assert [(one["status"], one["trigger"]["triggerType"]) for one in runs] == [
            ("InProgress", "CreatePipeline")
        ]
        assert ask("ListTagsForResource", resourceArn=ARN)["tags"] == tags

    @pytest.mark.parametrize(
        ("document", "expected"),
        [
            (declare(), "InvalidStructureException"),
            (declare(stage("Source", action("a"))), "InvalidStageDeclarationException"),
            (declare(stage("Build", action("a", provider="Nobody"))), "InvalidActionDeclarationException"),
            (declare(stage("Build", action("a")), executionMode="QUEUED"), "InvalidStructureException"),
            (declare(stage("Build", action("a", order=0))), "ValidationException"),
            (declare(stage("Build", action("a")), name="no spaces"), "ValidationException"),
            (
                declare(
                    stage("Build", action("a")), variables=[{"name": "A"}, {"name": "A"}], pipelineType="V2"
                ),
                "InvalidStructureException",
            ),
            (
                declare(stage("Build", action("a", configuration={"Note": "#{variables.A}"}))),
                "InvalidActionDeclarationException",
            ),
        ],
    )
    def test_refuses_an_unsound_definition(self, ask, pipeline_role, providers, document, expected):
        assert refused(ask, "CreatePipeline", pipeline=document) == expected
        assert not Pipeline.objects.exists()

    def test_refuses_a_taken_name(self, ask, web):
        assert refused(ask, "CreatePipeline", pipeline=standard()) == "PipelineNameInUseException"

    def test_refuses_system_tags_and_too_many(self, ask, pipeline_role, providers):
        system = [{"key": "aws:x", "value": ""}]
        assert refused(ask, "CreatePipeline", pipeline=standard(), tags=system) == "InvalidTagsException"
        many = [{"key": f"k{n}", "value": ""} for n in range(51)]
        assert refused(ask, "CreatePipeline", pipeline=standard(), tags=many) == "TooManyTagsException"

    def test_refuses_a_role_that_nobody_can_assume(self, ask, providers):
        document = {**standard(), "roleArn": "arn:aws:iam::123456789012:role/nobody"}

        assert refused(ask, "CreatePipeline", pipeline=document) == "InvalidStructureException"


class TestDefinitions:
    def test_keep_all_their_versions(self, ask, web):
        changed = ask("GetPipeline", name="web")["pipeline"]
        changed["stages"][1]["actions"].pop()
        stored = ask("UpdatePipeline", pipeline=changed)["pipeline"]

        assert stored["version"] == 2
        newest, first = ask("GetPipeline", name="web"), ask("GetPipeline", name="web", version=1)
        assert newest["pipeline"] == stored
        assert newest["metadata"]["pipelineArn"] == ARN
        assert len(first["pipeline"]["stages"][1]["actions"]) == 2
        assert refused(ask, "GetPipeline", name="web", version=9) == "PipelineVersionNotFoundException"

    def test_that_do_not_exist_say_so(self, ask, db):
        assert refused(ask, "GetPipeline", name="gone") == "PipelineNotFoundException"
        assert refused(ask, "UpdatePipeline", pipeline=standard()) == "PipelineNotFoundException"

    def test_are_deleted_for_good(self, ask, web):
        assert ask("DeletePipeline", name="web") == {}
        assert ask("DeletePipeline", name="web") == {}
        assert not Pipeline.objects.exists()

    def test_are_listed_in_pages_that_hold_while_others_are_made(self, ask, make):
        for name in ("b", "c"):
            make({**standard(), "name": name})
        first = ask("ListPipelines", maxResults=1)
        make({**standard(), "name": "a"})
        second = ask("ListPipelines", maxResults=1, nextToken=first["nextToken"])

        assert [row["name"] for row in first["pipelines"] + second["pipelines"]] == ["b", "c"]
        assert first["pipelines"][0]["executionMode"] == "SUPERSEDED"
        assert first["pipelines"][0]["pipelineType"] == "V1"
        assert "nextToken" not in second
        assert refused(ask, "ListPipelines", nextToken="x") == "InvalidNextTokenException"


class TestStartPipelineExecution:
    def test_starts_once_per_token(self, ask, web):
        first = ask("StartPipelineExecution", name="web", clientRequestToken="one")
        again = ask("StartPipelineExecution", name="web", clientRequestToken="one")

        assert first == again
        assert web.pipeline.executions.count() == 2

    def test_gives_values_to_variables(self, ask, make, providers):
        driver = make(v2(variables=[{"name": "COLOUR", "defaultValue": "red"}]))
        driver.advance()
        started = ask("StartPipelineExecution", name="web", variables=[{"name": "COLOUR", "value": "blue"}])[
            "pipelineExecutionId"
        ]
        driver.end("compile")
        driver.advance()

        assert [context.configuration["Note"] for context in providers.started] == ["red", "blue"]
        found = ask("GetPipelineExecution", pipelineName="web", pipelineExecutionId=started)
        assert found["pipelineExecution"]["variables"] == [{"name": "COLOUR", "resolvedValue": "blue"}]

    def test_wants_values_for_those_without_default(self, ask, make):
        make(v2(variables=[{"name": "COLOUR"}]))

        assert refused(ask, "StartPipelineExecution", name="web") == "ValidationException"
        other = [{"name": "SIZE", "value": "1"}]
        assert refused(ask, "StartPipelineExecution", name="web", variables=other) == "ValidationException"

    def test_takes_the_chosen_revision(self, ask, web):
        chosen = {"actionName": "source", "revisionType": "COMMIT_ID", "revisionValue": "ab" * 20}
        ask("StartPipelineExecution", name="web", sourceRevisions=[chosen])

        assert web.run(2).overrides == {"source": "ab" * 20}

    @pytest.mark.parametrize(
        "chosen",
        [
            {"actionName": "source", "revisionType": "IMAGE_DIGEST", "revisionValue": "x"},
            {"actionName": "compile", "revisionType": "COMMIT_ID", "revisionValue": "ab" * 20},
        ],
    )
    def test_refuses_revisions_that_no_source_can_take(self, ask, web, chosen):
        found = refused(ask, "StartPipelineExecution", name="web", sourceRevisions=[chosen])

        assert found == "ValidationException"

    def test_of_an_unknown_pipeline_says_so(self, ask, db):
        assert refused(ask, "StartPipelineExecution", name="gone") == "PipelineNotFoundException"


class TestStopPipelineExecution:
    def stop(self, ask, web, **more):
        return ask("StopPipelineExecution", pipelineName="web", pipelineExecutionId=web.run(1).uuid, **more)

    def test_waits_for_running_actions_or_gives_them_up(self, ask, web):
        self.stop(ask, web, reason="Wrong branch")
        web.advance()
        assert web.run(1).status == "Stopping"

        self.stop(ask, web, abandon=True)
        web.advance()

        assert web.run(1).status == "Stopped"
        shown = ask("ListPipelineExecutions", pipelineName="web")["pipelineExecutionSummaries"][0]
        assert shown["stopTrigger"] == {"reason": ""}
        abandoned = action_state(ask, "Build", "compile")["latestExecution"]
        assert abandoned["status"] == "Abandoned"

    def test_is_refused_twice_and_at_the_end(self, ask, web):
        self.stop(ask, web)
        asked = {"pipelineName": "web", "pipelineExecutionId": web.run(1).uuid}
        assert refused(ask, "StopPipelineExecution", **asked) == "DuplicatedStopRequestException"
        web.end("compile")
        web.end("lint")
        found = refused(ask, "StopPipelineExecution", **asked)
        assert found == "PipelineExecutionNotStoppableException"

    def test_finds_executions_of_its_pipeline_only(self, ask, web, make):
        make({**standard(), "name": "other"})
        asked = {"pipelineName": "other", "pipelineExecutionId": web.run(1).uuid}

        assert refused(ask, "StopPipelineExecution", **asked) == "PipelineExecutionNotFoundException"
        asked = {"pipelineName": "web", "pipelineExecutionId": UNKNOWN}
        assert refused(ask, "StopPipelineExecution", **asked) == "PipelineExecutionNotFoundException"
        asked = {"pipelineName": "gone", "pipelineExecutionId": UNKNOWN}
        assert refused(ask, "StopPipelineExecution", **asked) == "PipelineNotFoundException"


class TestExecutions:
    def test_show_the_revisions_that_they_took(self, ask, web):
        asked = {"pipelineName": "web", "pipelineExecutionId": web.run(1).uuid}
        found = ask("GetPipelineExecution", **asked)["pipelineExecution"]

        assert found["status"] == "InProgress"
        assert found["artifactRevisions"][0]["revisionId"] == f"{1:040x}"
        assert found["artifactRevisions"][0]["revisionSummary"] == "Change 1"
        assert (found["executionMode"], found["executionType"]) == ("SUPERSEDED", "STANDARD")
        listed = ask("ListPipelineExecutions", pipelineName="web")["pipelineExecutionSummaries"][0]
        assert listed["sourceRevisions"][0]["actionName"] == "source"
        assert listed["startTime"] == NOON

    def test_come_in_pages_newest_first(self, ask, web):
        for _ in range(2):
            ask("StartPipelineExecution", name="web")
        first = ask("ListPipelineExecutions", pipelineName="web", maxResults=1)
        ask("StartPipelineExecution", name="web")
        rest = ask("ListPipelineExecutions", pipelineName="web", nextToken=first["nextToken"])

        ids = [
            one["pipelineExecutionId"]
            for one in first["pipelineExecutionSummaries"] + rest["pipelineExecutionSummaries"]
        ]
        assert ids == [web.run(n).uuid for n in (3, 2, 1)]
        found = refused(ask, "ListPipelineExecutions", pipelineName="web", nextToken="x")
        assert found == "InvalidNextTokenException"

    def test_can_be_limited_to_those_that_passed_a_stage(self, ask, waiting):
        ask("StartPipelineExecution", name="web")
        waiting.advance()

        def passed(name):
            wanted = {"succeededInStage": {"stageName": name}}
            found = ask("ListPipelineExecutions", pipelineName="web", filter=wanted)
            return [one["pipelineExecutionId"] for one in found["pipelineExecutionSummaries"]]

        assert passed("Build") == [waiting.run(1).uuid]
        assert passed("Source") == [waiting.run(2).uuid, waiting.run(1).uuid]
        assert passed("Production") == []


class TestGetPipelineState:
    def test_shows_what_runs_where(self, ask, web):
        found = states(ask)

        assert list(found) == ["Source", "Build", "Production"]
        assert found["Source"]["latestExecution"]["status"] == "Succeeded"
        assert found["Build"]["latestExecution"] == {
            "pipelineExecutionId": web.run(1).uuid,
            "status": "InProgress",
            "type": "STANDARD",
        }
        assert "latestExecution" not in found["Production"]
        assert all(one["inboundTransitionState"] == {"enabled": True} for one in found.values())
        source = found["Source"]["actionStates"][0]
        assert source["currentRevision"]["revisionId"] == f"{1:040x}"
        assert source["latestExecution"]["status"] == "Succeeded"
        assert "latestExecution" not in found["Production"]["actionStates"][0]

    def test_shows_who_waits_in_front_of_a_stage(self, ask, waiting):
        ask("StartPipelineExecution", name="web")
        waiting.advance()
        waiting.end("compile", number=2)
        waiting.end("lint", number=2)

        found = states(ask)["Production"]

        assert found["inboundExecution"]["pipelineExecutionId"] == waiting.run(2).uuid
        assert found["inboundExecutions"] == [found["inboundExecution"]]
        assert found["latestExecution"]["pipelineExecutionId"] == waiting.run(1).uuid

    def test_keeps_showing_the_attempt_of_an_earlier_execution(self, ask, waiting):
        ask("StartPipelineExecution", name="web")
        waiting.advance()

        found = action_state(ask, "Build", "lint")["latestExecution"]
        attempt = ActionExecution.objects.get(execution__number=2, name="lint")

        assert found["actionExecutionId"] == attempt.uuid
        assert action_state(ask, "Production", "approve")["latestExecution"]["status"] == "InProgress"

    def test_shows_the_token_only_while_an_answer_is_wanted(self, ask, waiting, owner):
        approval = action_state(ask, "Production", "approve")["latestExecution"]
        assert approval["summary"] == "Look twice"
        answer(ask, approval["token"], "Rejected", "Too early")
        waiting.advance()

        answered = action_state(ask, "Production", "approve")["latestExecution"]

        assert "token" not in answered
        assert answered["status"] == "Failed"
        assert answered["lastUpdatedBy"] == owner.arn
        assert answered["summary"] == "Too early"
        assert answered["errorDetails"]["code"] == "ApprovalRejected"

    def test_of_an_unknown_pipeline_says_so(self, ask, db):
        assert refused(ask, "GetPipelineState", name="gone") == "PipelineNotFoundException"

    def test_costs_the_same_however_many_executions(self, ask, waiting, django_assert_max_num_queries):
        for _ in range(5):
            ask("StartPipelineExecution", name="web")
            waiting.advance()

        with django_assert_max_num_queries(30):
            states(ask)


def answer(ask, given, status="Approved", summary="", **more):
    asked = {"pipelineName": "web", "stageName": "Production", "actionName": "approve", **more}
    return ask("PutApprovalResult", token=given, result={"status": status, "summary": summary}, **asked)


class TestPutApprovalResult:
    def test_lets_the_execution_go_on(self, ask, waiting):
        assert answer(ask, token(ask))["approvedAt"]
        waiting.advance()

        assert waiting.action("deploy").status == "InProgress"

    def test_is_refused_with_another_token(self, ask, waiting):
        with pytest.raises(ClientError, match="InvalidApprovalTokenException"):
            answer(ask, UNKNOWN)
        assert waiting.action("approve").status == "InProgress"

    def test_is_refused_when_it_was_answered(self, ask, waiting):
        given = token(ask)
        answer(ask, given)

        with pytest.raises(ClientError, match="ApprovalAlreadyCompletedException"):
            answer(ask, given, "Rejected")

    @pytest.mark.parametrize(
        ("changed", "expected"),
        [
            ({"pipelineName": "gone"}, "PipelineNotFoundException"),
            ({"stageName": "Gone"}, "StageNotFoundException"),
            ({"actionName": "gone"}, "ActionNotFoundException"),
            ({"actionName": "deploy"}, "ActionNotFoundException"),
            ({"status": "Perhaps"}, "ValidationException"),
        ],
    )
    def test_says_what_is_not_there(self, ask, waiting, changed, expected):
        with pytest.raises(ClientError, match=expected):
            answer(ask, token(ask), **changed)

    def test_is_refused_to_who_may_only_approve_elsewhere(self, waiting, outsider, ask):
        statement = {
            "Effect": "Allow",
            "Action": "codepipeline:PutApprovalResult",
            "Resource": "arn:aws:codepipeline:*:*:web/Staging/*",
        }
        policy = Policy.objects.create(
            name="staging", document={"Version": "2012-10-17", "Statement": [statement]}
        )
        PolicyAttachment.objects.create(policy=policy, user=outsider)
        call = aws(outsider)

        with pytest.raises(ClientError, match="AccessDeniedException"):
            answer(lambda operation, **params: call("codepipeline", operation, **params), token(ask))


class TestRetryStageExecution:
    def test_runs_failed_actions_again(self, ask, web):
        web.end("compile", "Failed")
        web.end("lint")
        asked = {"pipelineName": "web", "stageName": "Build", "pipelineExecutionId": web.run(1).uuid}

        ask("RetryStageExecution", retryMode="FAILED_ACTIONS", **asked)
        web.advance()

        assert web.action("compile").attempt == 2
        found = states(ask)["Build"]
        assert found["retryStageMetadata"] == {
            "manualStageRetryAttempt": 1,
            "latestRetryTrigger": "ManualStageRetry",
        }
        everything = ask("ListActionExecutions", pipelineName="web")["actionExecutionDetails"]
        latest = ask(
            "ListActionExecutions",
            pipelineName="web",
            filter={
                "latestInPipelineExecution": {
                    "pipelineExecutionId": web.run(1).uuid,
                    "startTimeRange": "Latest",
                }
            },
        )["actionExecutionDetails"]
        assert (len(everything), len(latest)) == (4, 3)

    def test_is_refused_when_it_makes_no_sense(self, ask, web):
        asked = {"pipelineName": "web", "pipelineExecutionId": web.run(1).uuid, "retryMode": "ALL_ACTIONS"}
        assert refused(ask, "RetryStageExecution", stageName="Gone", **asked) == "StageNotFoundException"
        found = refused(ask, "RetryStageExecution", stageName="Source", **asked)
        assert found == "StageNotRetryableException"
        asked["retryMode"] = "SOME"
        assert refused(ask, "RetryStageExecution", stageName="Build", **asked) == "ValidationException"

    def test_is_refused_for_an_older_execution(self, ask, web):
        web.end("compile", "Failed")
        web.end("lint")
        ask("StartPipelineExecution", name="web")
        web.advance()

        found = refused(
            ask,
            "RetryStageExecution",
            pipelineName="web",
            stageName="Build",
            pipelineExecutionId=web.run(1).uuid,
            retryMode="FAILED_ACTIONS",
        )

        assert found == "NotLatestPipelineExecutionException"


class TestTransitions:
    def switch(self, ask, verb, stage_name, kind="Inbound", **more):
        asked = {"pipelineName": "web", "stageName": stage_name, "transitionType": kind, **more}
        return ask(f"{verb}StageTransition", **asked)

    def test_hold_the_entry_until_they_are_opened(self, ask, web, owner):
        self.switch(ask, "Disable", "Production", reason="Freeze")
        web.end("compile")
        web.end("lint")

        found = states(ask)["Production"]
        assert found["inboundExecution"]["pipelineExecutionId"] == web.run(1).uuid
        assert found["inboundTransitionState"]["enabled"] is False
        assert found["inboundTransitionState"]["disabledReason"] == "Freeze"
        assert found["inboundTransitionState"]["lastChangedBy"] == owner.arn

        self.switch(ask, "Enable", "Production")
        web.advance()
        assert "inboundExecution" not in states(ask)["Production"]

    def test_of_an_exit_are_those_of_the_next_entry(self, ask, web):
        self.switch(ask, "Disable", "Build", "Outbound", reason="Freeze")

        assert states(ask)["Production"]["inboundTransitionState"]["enabled"] is False

    @pytest.mark.parametrize(
        ("stage_name", "kind", "expected"),
        [
            ("Gone", "Inbound", "StageNotFoundException"),
            ("Production", "Outbound", "ValidationException"),
            ("Build", "Sideways", "ValidationException"),
        ],
    )
    def test_that_do_not_exist_say_so(self, ask, web, stage_name, kind, expected):
        with pytest.raises(ClientError, match=expected):
            self.switch(ask, "Disable", stage_name, kind, reason="Freeze")


class TestListActionExecutions:
    def test_tells_what_went_in_and_out(self, ask, waiting):
        found = ask("ListActionExecutions", pipelineName="web")["actionExecutionDetails"]

        assert [one["actionName"] for one in found] == ["approve", "lint", "compile", "source"]
        source = found[-1]
        assert source["input"]["actionTypeId"]["provider"] == "Fake"
        assert source["input"]["namespace"] == "Src1"
        assert source["output"]["outputArtifacts"][0]["s3location"]["key"] == "ab" * 32
        assert source["output"]["outputVariables"] == {"CommitId": f"{1:040x}"}
        assert found[1]["output"]["executionResult"]["externalExecutionSummary"] == "42 files"

    def test_shows_configuration_before_and_after_its_variables(self, ask, make):
        driver = make(declare(stage("Build", action("compile", configuration={"Note": "#{Src1.CommitId}"}))))
        driver.advance()

        found = ask("ListActionExecutions", pipelineName="web")["actionExecutionDetails"][0]["input"]

        assert found["configuration"] == {"Note": "#{Src1.CommitId}"}
        assert found["resolvedConfiguration"] == {"Note": f"{1:040x}"}

    def test_can_be_limited_to_an_execution_and_paged(self, ask, waiting):
        ask("StartPipelineExecution", name="web")
        waiting.advance()
        wanted = {"pipelineExecutionId": waiting.run(1).uuid}
        first = ask("ListActionExecutions", pipelineName="web", filter=wanted, maxResults=3)
        rest = ask("ListActionExecutions", pipelineName="web", filter=wanted, nextToken=first["nextToken"])

        both = first["actionExecutionDetails"] + rest["actionExecutionDetails"]
        assert [one["actionName"] for one in both] == ["approve", "lint", "compile", "source"]
        unknown = {"pipelineExecutionId": UNKNOWN}
        found = refused(ask, "ListActionExecutions", pipelineName="web", filter=unknown)
        assert found == "PipelineExecutionNotFoundException"
        found = refused(ask, "ListActionExecutions", pipelineName="web", nextToken=first["nextToken"])
        assert found == "InvalidNextTokenException"


class TestActionTypes:
    def test_are_listed_with_their_settings(self, ask, db):
        found = ask("ListActionTypes", actionOwnerFilter="AWS")["actionTypes"]
        by_name = {(one["id"]["category"], one["id"]["provider"]): one for one in found}

        source = by_name["Source", "CodeCommit"]
        assert source["outputArtifactDetails"] == {"minimumCount": 1, "maximumCount": 1}
        required = [p["name"] for p in source["actionConfigurationProperties"] if p["required"]]
        assert required == ["RepositoryName", "BranchName"]
        assert ask("ListActionTypes", actionOwnerFilter="ThirdParty")["actionTypes"] == []

    def test_are_those_of_the_region_that_is_asked_for(self, ask, db):
        everywhere = ask("ListActionTypes")["actionTypes"]

        assert ask("ListActionTypes", regionFilter="us-east-1")["actionTypes"] == everywhere != []
        assert ask("ListActionTypes", regionFilter="eu-west-1")["actionTypes"] == []

    def test_are_told_one_by_one(self, ask, db):
        asked = {"category": "Deploy", "owner": "AWS", "version": "1"}
        found = ask("GetActionType", provider="CodeDeploy", **asked)["actionType"]

        assert found["inputArtifactDetails"]["maximumCount"] == 1
        assert refused(ask, "GetActionType", provider="Pigeon", **asked) == "ActionTypeNotFoundException"


class TestTags:
    def test_are_added_replaced_and_taken_away(self, ask, web):
        ask("TagResource", resourceArn=ARN, tags=[{"key": "b", "value": "1"}, {"key": "a", "value": ""}])
        ask("TagResource", resourceArn=ARN, tags=[{"key": "b", "value": "2"}, {"key": "c", "value": "3"}])
        ask("UntagResource", resourceArn=ARN, tagKeys=["a", "unknown"])

        first = ask("ListTagsForResource", resourceArn=ARN, maxResults=1)
        rest = ask("ListTagsForResource", resourceArn=ARN, nextToken=first["nextToken"])
        assert first["tags"] + rest["tags"] == [{"key": "b", "value": "2"}, {"key": "c", "value": "3"}]

    def test_need_the_arn_of_a_pipeline(self, ask, web):
        found = refused(ask, "ListTagsForResource", resourceArn=ARN + "x")
        assert found == "ResourceNotFoundException"
        found = refused(ask, "ListTagsForResource", resourceArn=ARN + "/Build")
        assert found == "InvalidArnException"
        tags = [{"key": "aws:x", "value": ""}]
        assert refused(ask, "TagResource", resourceArn=ARN, tags=tags) == "InvalidTagsException"


EVERY = {
    "CreatePipeline": {"pipeline": standard()},
    "GetPipeline": {"name": "web"},
    "UpdatePipeline": {"pipeline": standard()},
    "DeletePipeline": {"name": "web"},
    "ListPipelines": {},
    "StartPipelineExecution": {"name": "web"},
    "StopPipelineExecution": {"pipelineName": "web", "pipelineExecutionId": UNKNOWN},
    "GetPipelineExecution": {"pipelineName": "web", "pipelineExecutionId": UNKNOWN},
    "ListPipelineExecutions": {"pipelineName": "web"},
    "GetPipelineState": {"name": "web"},
    "ListActionExecutions": {"pipelineName": "web"},
    "PutApprovalResult": {
        "pipelineName": "web",
        "stageName": "Production",
        "actionName": "approve",
        "token": UNKNOWN,
        "result": {"status": "Approved", "summary": ""},
    },
    "RetryStageExecution": {
        "pipelineName": "web",
        "stageName": "Build",
        "pipelineExecutionId": UNKNOWN,
        "retryMode": "FAILED_ACTIONS",
    },
    "EnableStageTransition": {"pipelineName": "web", "stageName": "Build", "transitionType": "Inbound"},
    "DisableStageTransition": {
        "pipelineName": "web",
        "stageName": "Build",
        "transitionType": "Inbound",
        "reason": "Freeze",
    },
    "ListActionTypes": {},
    "GetActionType": {"category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"},
    "TagResource": {"resourceArn": ARN, "tags": [{"key": "a", "value": "b"}]},
    "UntagResource": {"resourceArn": ARN, "tagKeys": ["a"]},
    "ListTagsForResource": {"resourceArn": ARN},
}
MISSING = [
    ("GetPipeline", {}),
    ("GetPipeline", {"name": "a b"}),
    ("GetPipeline", {"name": "web", "version": 0}),
    ("CreatePipeline", {}),
    ("ListPipelines", {"maxResults": 0}),
    ("StopPipelineExecution", {"pipelineName": "web", "pipelineExecutionId": "1"}),
    ("PutApprovalResult", {**EVERY["PutApprovalResult"], "token": "x"}),
    ("DisableStageTransition", {**EVERY["DisableStageTransition"], "reason": "<no>"}),
    ("ListActionExecutions", {"pipelineName": "web", "maxResults": 101}),
]


class TestParameters:
    @pytest.mark.parametrize(("operation", "params"), MISSING)
    def test_that_are_missing_or_malformed_are_refused(self, ask, web, operation, params):
        assert refused(ask, operation, **params) == "ValidationException"


class TestOutsiders:
    def test_are_refused_everything(self, outsider, web):
        answers = {name: refused(of(outsider), name, **params) for name, params in EVERY.items()}

        assert answers == dict.fromkeys(EVERY, "AccessDeniedException")


class TestReaders:
    def test_change_nothing(self, teammate, web):
        changing = {name: params for name, params in EVERY.items() if not name.startswith(("Get", "List"))}
        answers = {name: refused(of(teammate), name, **params) for name, params in changing.items()}

        assert answers == dict.fromkeys(changing, "AccessDeniedException")
