"""CodeBuild's operations, through the door."""

import pytest
from botocore.exceptions import ClientError

from devopsweb.iam import api as iam
from devopsweb.kernel import clock
from pipelines.builds.actions import runs
from pipelines.builds.api import create_project
from pipelines.builds.models import Build, Project
from repos.git import api as git
from tests.awsapi.local import aws

pytestmark = pytest.mark.django_db(transaction=True)

INLINE = "version: 0.2\nphases:\n  build:\n    commands: [echo hi $COLOUR, mkdir out, echo x > out/a]\nartifacts:\n  files: ['out/*']\n"
ENVIRONMENT = {
    "type": "LINUX_CONTAINER",
    "image": "aws/codebuild/standard:7.0",
    "computeType": "BUILD_GENERAL1_MEDIUM",
    "environmentVariables": [{"name": "COLOUR", "value": "green", "type": "PLAINTEXT"}],
}
ROLE = iam.default_service_role


def project(name: str = "web", **members) -> dict:
    return {
        "name": name,
        "source": {"type": "NO_SOURCE", "buildspec": INLINE},
        "artifacts": {"type": "NO_ARTIFACTS"},
        "environment": ENVIRONMENT,
        "serviceRole": ROLE("codebuild"),
    } | members


def refusal(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    """Code and sentence."""
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


@pytest.fixture
def codebuild(owner):
    """Calls CodeBuild as the owner."""
    call = aws(owner)
    return lambda operation, **params: call("codebuild", operation, **params)


@pytest.fixture
def web(codebuild) -> dict:
    return codebuild("CreateProject", **project())["project"]


class TestProjects:
    def test_are_created_and_told_as_they_were_asked_for(self, codebuild):
        told = codebuild(
            "CreateProject",
            **project(
                description="The shop",
                tags=[{"key": "team", "value": "shop"}],
                timeoutInMinutes=7,
                concurrentBuildLimit=2,
            ),
        )["project"]

        assert told["arn"] == "arn:aws:codebuild:us-east-1:123456789012:project/web"
        assert told["source"]["buildspec"] == INLINE
        assert told["environment"]["image"] == "aws/codebuild/standard:7.0"
        assert told["environment"]["computeType"] == "BUILD_GENERAL1_MEDIUM"
        assert told["environment"]["environmentVariables"] == ENVIRONMENT["environmentVariables"]
        assert (told["timeoutInMinutes"], told["queuedTimeoutInMinutes"]) == (7, 480)
        assert told["tags"] == [{"key": "team", "value": "shop"}]
        assert told["concurrentBuildLimit"] == 2
        assert told["cache"] == {"type": "NO_CACHE"}
        assert codebuild("BatchGetProjects", names=[told["arn"], "gone"]) == {
            "projects": [told],
            "projectsNotFound": ["gone"],
        }

    def test_take_their_source_from_a_repository(self, codebuild, owner):
        git.create_repository(name="shop", principal=iam.principal_of(owner), at=clock.now())
        source = {
            "type": "CODECOMMIT",
            "location": "https://git-codecommit.us-east-1.amazonaws.com/v1/repos/shop",
            "gitCloneDepth": 3,
        }

        told = codebuild("CreateProject", **project(source=source, sourceVersion="main"))["project"]

        assert told["source"]["location"].endswith("/v1/repos/shop")
        assert told["source"]["gitCloneDepth"] == 3
        assert told["sourceVersion"] == "main"
        assert Project.objects.get().repository == "shop"

    def test_take_their_source_from_a_pipeline(self, codebuild):
        source = {"type": "CODEPIPELINE", "buildspec": "ci/build.yml"}
        told = codebuild("CreateProject", **project(source=source, artifacts={"type": "CODEPIPELINE"}))
        assert told["project"]["source"]["type"] == "CODEPIPELINE"
        assert told["project"]["artifacts"] == {"type": "CODEPIPELINE"}

    def test_keep_what_an_update_does_not_name(self, codebuild, web):
        told = codebuild("UpdateProject", name="web", description="new", concurrentBuildLimit=3)["project"]

        assert told["description"] == "new"
        assert told["environment"] == web["environment"]
        assert told["source"] == web["source"]
        assert "concurrentBuildLimit" not in codebuild("UpdateProject", name="web", concurrentBuildLimit=-1)

    def test_tell_secrets_by_a_reference_and_take_it_back(self, codebuild, owner):
        secret = {"name": "TOKEN", "value": "s3cr3t", "secret": True}
        create_project(
            name="shh",
            principal=iam.principal_of(owner),
            at=clock.now(),
            environment=[secret],
            buildspec=INLINE,
        )
        sealed = Project.objects.get().environment
        told = codebuild("BatchGetProjects", names=["shh"])["projects"][0]["environment"]

        assert "s3cr3t" not in str(told)
        assert told["environmentVariables"][0]["type"] == "SECRETS_MANAGER"
        codebuild("UpdateProject", name="shh", environment=told)
        assert Project.objects.get().environment == sealed

    def test_are_listed_in_the_order_asked_for(self, codebuild):
        for name in ("bb", "cc", "aa"):
            codebuild("CreateProject", **project(name))
        codebuild("UpdateProject", name="bb", description="x")

        assert codebuild("ListProjects") == {"projects": ["aa", "bb", "cc"]}
        ask = {"sortBy": "CREATED_TIME", "sortOrder": "DESCENDING"}
        assert codebuild("ListProjects", **ask) == {"projects": ["aa", "cc", "bb"]}
        ask = {"sortBy": "LAST_MODIFIED_TIME", "sortOrder": "DESCENDING"}
        assert codebuild("ListProjects", **ask)["projects"][0] == "bb"

    def test_are_deleted_once_and_again(self, codebuild, web):
        assert codebuild("DeleteProject", name="web") == {}
        assert codebuild("DeleteProject", name="web") == {}
        assert codebuild("ListProjects") == {"projects": []}

    def test_of_a_taken_name_are_refused(self, codebuild, web):
        with pytest.raises(ClientError) as error:
            codebuild("CreateProject", **project())
        assert refusal(error)[0] == "ResourceAlreadyExistsException"

    @pytest.mark.parametrize(
        ("members", "word"),
        [
            ({"vpcConfig": {"vpcId": "vpc-1", "subnets": ["s"], "securityGroupIds": ["g"]}}, "vpcConfig"),
            ({"badgeEnabled": True}, "badgeEnabled"),
            ({"cache": {"type": "LOCAL", "modes": ["LOCAL_SOURCE_CACHE"]}}, "cache"),
            ({"artifacts": {"type": "S3", "location": "bucket"}}, "S3"),
            ({"source": {"type": "GITHUB", "location": "https://github.com/a/b"}}, "GITHUB"),
            ({"source": {"type": "CODECOMMIT"}}, "location is required"),
            ({"source": {"type": "CODECOMMIT", "location": "x"}}, "clone address"),
            ({"source": {"type": "NO_SOURCE"}}, "buildspec"),
            ({"environment": ENVIRONMENT | {"privilegedMode": True}}, "privilegedMode"),
            ({"environment": ENVIRONMENT | {"type": "WINDOWS_CONTAINER"}}, "WINDOWS_CONTAINER"),
            ({"environment": ENVIRONMENT | {"fleet": {"fleetArn": "arn:x"}}}, "fleet"),
            ({"environment": ENVIRONMENT | {"computeType": "BUILD_LAMBDA_1GB"}}, "compute type"),
            (
                {"environment": ENVIRONMENT | {"environmentVariables": [{"name": "CODEBUILD_X", "value": "1"}]}},
                "reserved",
            ),
            ({"logsConfig": {"s3Logs": {"status": "ENABLED", "location": "b"}}}, "s3Logs"),
            ({"encryptionKey": "arn:aws:kms:us-east-1:1:key/1"}, "encryptionKey"),
            ({"concurrentBuildLimit": 0}, "concurrentBuildLimit"),
            ({"serviceRole": "arn:aws:iam::123456789012:role/nobody"}, "does not exist"),
        ],
    )  # fmt: skip
    def test_refuse_what_cannot_be_honoured(self, codebuild, members, word):
        with pytest.raises(ClientError) as error:
            codebuild("CreateProject", **project(**members))
        code, message = refusal(error)
        assert code == "InvalidInputException"
        assert word in message
        assert not Project.objects.exists()

    def test_that_do_not_exist_are_not_updated(self, codebuild):
        with pytest.raises(ClientError) as error:
            codebuild("UpdateProject", name="gone", description="x")
        assert refusal(error)[0] == "ResourceNotFoundException"

    def test_have_no_cache_to_forget(self, codebuild, web):
        assert codebuild("InvalidateProjectCache", projectName="web") == {}

    def test_run_in_the_machine_s_sandbox(self, codebuild):
        told = codebuild("ListCuratedEnvironmentImages")["platforms"]
        assert told[0]["languages"][0]["images"][0]["name"] == "devopsweb/sandbox"


class TestBuilds:
    def test_are_told_with_phases_log_and_artifact(self, codebuild, web):
        told = codebuild(
            "StartBuild",
            projectName="web",
            environmentVariablesOverride=[{"name": "COLOUR", "value": "red"}],
            timeoutInMinutesOverride=9,
            computeTypeOverride="BUILD_GENERAL1_LARGE",
        )["build"]
        assert (told["buildStatus"], told["currentPhase"], told["buildComplete"]) == (
            "IN_PROGRESS",
            "QUEUED",
            False,
        )
        runs.execute(Build.objects.get().pk)

        (build,) = codebuild("BatchGetBuilds", ids=[told["id"]])["builds"]

        assert build["buildStatus"] == "SUCCEEDED"
        assert build["buildComplete"] is True
        assert [phase["phaseType"] for phase in build["phases"]][0::10] == ["SUBMITTED", "COMPLETED"]
        assert "endTime" not in build["phases"][-1]
        assert all(phase["phaseStatus"] == "SUCCEEDED" for phase in build["phases"][:-1])
        assert build["environment"]["environmentVariables"][0]["value"] == "red"
        assert build["environment"]["computeType"] == "BUILD_GENERAL1_LARGE"
        assert (build["timeoutInMinutes"], build["buildNumber"]) == (9, 1)
        assert build["logs"]["groupName"] == "/aws/codebuild/web"
        assert build["artifacts"]["sha256sum"] == Build.objects.get().artifacts["default"]
        assert build["initiator"] == "owner"

    def test_are_found_by_id_or_arn_and_missed_by_name(self, codebuild, web):
        one = codebuild("StartBuild", projectName="web")["build"]
        told = codebuild("BatchGetBuilds", ids=[one["arn"], "web:gone"])
        assert [build["id"] for build in told["builds"]] == [one["id"]]
        assert told["buildsNotFound"] == ["web:gone"]

    def test_are_listed_newest_first(self, codebuild, web):
        ids = [codebuild("StartBuild", projectName="web")["build"]["id"] for _ in range(3)]
        assert codebuild("ListBuilds")["ids"] == ids[::-1]
        assert codebuild("ListBuildsForProject", projectName="web", sortOrder="ASCENDING")["ids"] == ids

    def test_of_a_project_that_never_was_are_not_listed(self, codebuild):
        with pytest.raises(ClientError) as error:
            codebuild("ListBuildsForProject", projectName="gone")
        assert refusal(error)[0] == "ResourceNotFoundException"

    def test_of_the_same_token_are_one(self, codebuild, web):
        one = codebuild("StartBuild", projectName="web", idempotencyToken="t")["build"]["id"]
        assert codebuild("StartBuild", projectName="web", idempotencyToken="t")["build"]["id"] == one
        assert codebuild("StartBuild", projectName="web")["build"]["buildNumber"] == 2
        with pytest.raises(ClientError) as error:
            codebuild("StartBuild", projectName="web", idempotencyToken="t", timeoutInMinutesOverride=8)
        assert refusal(error)[0] == "InvalidInputException"

    def test_stop_and_stay_stopped(self, codebuild, web):
        one = codebuild("StartBuild", projectName="web")["build"]["id"]
        assert codebuild("StopBuild", id=one)["build"]["buildStatus"] == "STOPPED"
        assert codebuild("StopBuild", id=one)["build"]["buildStatus"] == "STOPPED"
        with pytest.raises(ClientError) as error:
            codebuild("StopBuild", id="web:gone")
        assert refusal(error)[0] == "ResourceNotFoundException"

    def test_are_retried_with_their_overrides(self, codebuild, web):
        override = [{"name": "COLOUR", "value": "blue"}]
        one = codebuild("StartBuild", projectName="web", environmentVariablesOverride=override)["build"]
        again = codebuild("RetryBuild", id=one["id"])["build"]
        assert again["buildNumber"] == 2
        assert again["environment"]["environmentVariables"][0]["value"] == "blue"

    def test_are_deleted_once_they_have_ended(self, codebuild, web):
        one, two = (codebuild("StartBuild", projectName="web")["build"] for _ in range(2))
        codebuild("StopBuild", id=one["id"])

        told = codebuild("BatchDeleteBuilds", ids=[one["id"], two["id"], "web:gone"])

        assert told["buildsDeleted"] == [one["arn"]]
        assert told["buildsNotDeleted"] == [
            {"id": two["id"], "statusCode": "BUILD_IN_PROGRESS"},
            {"id": "web:gone", "statusCode": "BUILD_NOT_FOUND"},
        ]

    def test_keep_to_their_project_s_limit(self, codebuild):
        codebuild("CreateProject", **project(concurrentBuildLimit=1))
        codebuild("StartBuild", projectName="web")
        with pytest.raises(ClientError) as error:
            codebuild("StartBuild", projectName="web")
        assert refusal(error)[0] == "AccountLimitExceededException"

    @pytest.mark.parametrize(
        "members",
        [
            {"privilegedModeOverride": True},
            {"debugSessionEnabled": True},
            {"cacheOverride": {"type": "S3", "location": "b/c"}},
            {"sourceTypeOverride": "GITHUB"},
            {"buildspecOverride": "path.yml"},
        ],
    )
    def test_refuse_overrides_that_cannot_be_honoured(self, codebuild, web, members):
        with pytest.raises(ClientError) as error:
            codebuild("StartBuild", projectName="web", **members)
        assert refusal(error)[0] == "InvalidInputException"
        assert not Build.objects.exists()

    def test_of_another_image_say_that_there_is_no_engine(self, codebuild, web):
        one = codebuild("StartBuild", projectName="web", imageOverride="python:3.12")["build"]
        runs.execute(Build.objects.get().pk)
        (build,) = codebuild("BatchGetBuilds", ids=[one["id"]])["builds"]
        assert build["buildStatus"] == "FAILED"
        failed = next(phase for phase in build["phases"] if phase.get("phaseStatus") == "FAILED")
        assert failed["contexts"][0]["statusCode"] == "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE"

    def test_of_a_source_from_a_pipeline_are_not_started_by_hand(self, codebuild):
        codebuild("CreateProject", **project(source={"type": "CODEPIPELINE"}))
        with pytest.raises(ClientError) as error:
            codebuild("StartBuild", projectName="web")
        assert refusal(error)[0] == "InvalidInputException"

    def test_of_a_project_that_is_not_there_are_refused(self, codebuild):
        with pytest.raises(ClientError) as error:
            codebuild("StartBuild", projectName="gone")
        assert refusal(error)[0] == "ResourceNotFoundException"


OPERATIONS = [
    ("CreateProject", project("other")),
    ("UpdateProject", {"name": "web"}),
    ("DeleteProject", {"name": "web"}),
    ("BatchGetProjects", {"names": ["web"]}),
    ("ListProjects", {}),
    ("InvalidateProjectCache", {"projectName": "web"}),
    ("ListCuratedEnvironmentImages", {}),
    ("StartBuild", {"projectName": "web"}),
    ("StopBuild", {"id": "web:1"}),
    ("RetryBuild", {"id": "web:1"}),
    ("BatchGetBuilds", {"ids": ["web:1"]}),
    ("BatchDeleteBuilds", {"ids": ["web:1"]}),
    ("ListBuilds", {}),
    ("ListBuildsForProject", {"projectName": "web"}),
]


@pytest.mark.parametrize(("operation", "params"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_refuses_an_outsider(operation, params, outsider, web):
    with pytest.raises(ClientError) as error:
        aws(outsider)("codebuild", operation, **params)
    assert refusal(error)[0] == "AccessDeniedException"


def test_needs_the_right_to_pass_the_role(outsider, db):
    statement = {"Effect": "Allow", "Action": "codebuild:*", "Resource": "*"}
    iam.ensure_policy("builds", {"Version": "2012-10-17", "Statement": [statement]})
    iam.ensure_group("builders", policies=["builds"])
    iam.ensure_user("outsider", groups=["builders"])
    with pytest.raises(ClientError) as error:
        aws(outsider)("codebuild", "CreateProject", **project())
    assert "iam:PassRole" in refusal(error)[1]
