"""CodeDeploy's operations, through the door."""

import pytest
from botocore.exceptions import ClientError

from deployments.actions import advance
from deployments.models import Deployment, DeploymentGroup
from devopsweb.blobs import api as blobs
from devopsweb.iam import api as iam
from tests.awsapi.local import aws
from tests.deployments.helpers import APPSPEC, NOON, archive, host

pytestmark = pytest.mark.django_db

APPLICATION = {"applicationName": "shop"}
GROUP = {**APPLICATION, "deploymentGroupName": "prod"}
TAGS = [{"Key": "env", "Value": "prod", "Type": "KEY_AND_VALUE"}]
ARN = "arn:aws:codedeploy:us-east-1:123456789012"


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


@pytest.fixture
def codedeploy(owner):
    """Calls CodeDeploy as the owner."""
    call = aws(owner)
    return lambda operation, **params: call("codedeploy", operation, **params)


@pytest.fixture
def role() -> str:
    return iam.default_service_role("codedeploy")


@pytest.fixture
def shop(codedeploy, role) -> list:
    """The application ``shop`` with the group ``prod`` of two hosts."""
    codedeploy("CreateApplication", **APPLICATION)
    codedeploy("CreateDeploymentGroup", **GROUP, serviceRoleArn=role, onPremisesInstanceTagFilters=TAGS)
    return [host("web-0"), host("web-1")]


@pytest.fixture
def revision(db) -> dict:
    digest = blobs.put([archive({"appspec.yml": APPSPEC})]).digest
    return {"revisionType": "S3", "s3Location": {"bucket": "devopsweb", "key": digest, "bundleType": "zip"}}


@pytest.fixture
def deployed(codedeploy, shop, revision) -> str:
    code = codedeploy("CreateDeployment", **GROUP, revision=revision, description="one")["deploymentId"]
    advance.advance(Deployment.objects.get().pk, at=NOON)
    return code


class TestApplications:
    def test_are_created_renamed_and_deleted(self, codedeploy):
        made = codedeploy("CreateApplication", **APPLICATION, computePlatform="Server")["applicationId"]
        told = codedeploy("GetApplication", **APPLICATION)["application"]
        assert (told["applicationId"], told["computePlatform"]) == (made, "Server")
        codedeploy("UpdateApplication", **APPLICATION, newApplicationName="store")
        assert codedeploy("ListApplications")["applications"] == ["store"]
        names = ["store", "shop"]
        (info,) = codedeploy("BatchGetApplications", applicationNames=names)["applicationsInfo"]
        assert info["applicationId"] == made
        codedeploy("DeleteApplication", applicationName="store")
        codedeploy("DeleteApplication", applicationName="store")
        assert codedeploy("ListApplications")["applications"] == []

    @pytest.mark.parametrize(
        ("operation", "params", "code"),
        [
            ("CreateApplication", APPLICATION, "ApplicationAlreadyExistsException"),
            ("CreateApplication", {"applicationName": "a b"}, "InvalidApplicationNameException"),
            ("CreateApplication", {}, "ApplicationNameRequiredException"),
            (
                "CreateApplication",
                {"applicationName": "f", "computePlatform": "Lambda"},
                "InvalidComputePlatformException",
            ),
            ("GetApplication", {"applicationName": "gone"}, "ApplicationDoesNotExistException"),
            ("UpdateApplication", {"applicationName": "gone"}, "ApplicationDoesNotExistException"),
            ("ListApplications", {"nextToken": "mine"}, "InvalidNextTokenException"),
            ("BatchGetApplications", {"applicationNames": ["a"] * 1 + [f"a{n}" for n in range(100)]}, "BatchLimitExceededException"),
        ],
    )  # fmt: skip
    def test_answer_mistakes_by_their_names(self, codedeploy, shop, operation, params, code):
        with pytest.raises(ClientError) as error:
            codedeploy(operation, **params)
        assert code_of(error) == code

    def test_are_tagged_like_groups(self, codedeploy, shop):
        for arn in (f"{ARN}:application:shop", f"{ARN}:deploymentgroup:shop/prod"):
            codedeploy(
                "TagResource", ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
            )
            codedeploy("UntagResource", ResourceArn=arn, TagKeys=["a"])
            assert codedeploy("ListTagsForResource", ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
        with pytest.raises(ClientError) as error:
            codedeploy("ListTagsForResource", ResourceArn=f"{ARN}:deploymentconfig:x")
        assert code_of(error) == "InvalidArnException"


class TestGroups:
    def test_are_told_as_they_were_made(self, codedeploy, shop, role):
        told = codedeploy("GetDeploymentGroup", **GROUP)["deploymentGroupInfo"]
        assert told["onPremisesInstanceTagFilters"] == TAGS
        assert told["serviceRoleArn"] == role
        assert told["deploymentConfigName"] == "CodeDeployDefault.OneAtATime"
        assert told["autoRollbackConfiguration"] == {"enabled": False, "events": []}
        assert codedeploy("ListDeploymentGroups", **APPLICATION)["deploymentGroups"] == ["prod"]
        found = codedeploy("BatchGetDeploymentGroups", **APPLICATION, deploymentGroupNames=["prod", "gone"])
        assert [one["deploymentGroupName"] for one in found["deploymentGroupsInfo"]] == ["prod"]
        assert "gone" in found["errorMessage"]

    def test_keep_what_an_update_does_not_name(self, codedeploy, shop):
        changes = {
            "newDeploymentGroupName": "live",
            "autoRollbackConfiguration": {"enabled": True, "events": ["DEPLOYMENT_FAILURE"]},
        }
        codedeploy("UpdateDeploymentGroup", **APPLICATION, currentDeploymentGroupName="prod", **changes)
        told = codedeploy("GetDeploymentGroup", **APPLICATION, deploymentGroupName="live")
        told = told["deploymentGroupInfo"]
        assert told["autoRollbackConfiguration"]["enabled"]
        assert told["onPremisesInstanceTagFilters"] == TAGS
        tag_set = {"ec2TagSetList": [TAGS, [{"Key": "x", "Type": "KEY_ONLY"}]]}
        codedeploy(
            "UpdateDeploymentGroup", **APPLICATION, currentDeploymentGroupName="live", ec2TagSet=tag_set
        )
        told = codedeploy("GetDeploymentGroup", **APPLICATION, deploymentGroupName="live")
        assert told["deploymentGroupInfo"]["ec2TagSet"] == tag_set

    def test_are_deleted_once_and_again(self, codedeploy, shop):
        assert codedeploy("DeleteDeploymentGroup", **GROUP) == {"hooksNotCleanedUp": []}
        assert codedeploy("DeleteDeploymentGroup", **GROUP) == {"hooksNotCleanedUp": []}
        with pytest.raises(ClientError) as error:
            codedeploy("GetDeploymentGroup", **GROUP)
        assert code_of(error) == "DeploymentGroupDoesNotExistException"

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({}, "DeploymentGroupAlreadyExistsException"),
            ({"applicationName": "gone"}, "ApplicationDoesNotExistException"),
            ({"deploymentConfigName": "gone"}, "DeploymentConfigDoesNotExistException"),
            ({"serviceRoleArn": "arn:aws:iam::123456789012:role/nobody"}, "InvalidRoleException"),
            ({"autoScalingGroups": ["asg"]}, "InvalidAutoScalingGroupException"),
            ({"loadBalancerInfo": {"elbInfoList": [{"name": "lb"}]}}, "InvalidLoadBalancerInfoException"),
            ({"deploymentStyle": {"deploymentType": "BLUE_GREEN"}}, "InvalidDeploymentStyleException"),
            ({"alarmConfiguration": {"enabled": True}}, "InvalidAlarmConfigException"),
            ({"autoRollbackConfiguration": {"enabled": True}}, "InvalidAutoRollbackConfigException"),
            ({"ec2TagFilters": TAGS, "onPremisesInstanceTagFilters": TAGS}, "InvalidTagFilterException"),
            ({"ec2TagFilters": [{"Type": "KEY_ONLY"}]}, "InvalidTagFilterException"),
            ({"outdatedInstancesStrategy": "UPDATE"}, "InvalidInputException"),
        ],
    )
    def test_refuse_what_cannot_be_honoured(self, codedeploy, shop, role, changes, code):
        with pytest.raises(ClientError) as error:
            codedeploy("CreateDeploymentGroup", **{**GROUP, "serviceRoleArn": role, **changes})
        assert code_of(error) == code
        assert DeploymentGroup.objects.count() == 1


class TestConfigs:
    NAME = {"deploymentConfigName": "Half"}
    MINIMUM = {"type": "FLEET_PERCENT", "value": 50}

    def test_stand_beside_the_predefined_ones(self, codedeploy):
        made = codedeploy("CreateDeploymentConfig", **self.NAME, minimumHealthyHosts=self.MINIMUM)
        told = codedeploy("GetDeploymentConfig", **self.NAME)["deploymentConfigInfo"]
        assert told["minimumHealthyHosts"] == self.MINIMUM
        assert told["deploymentConfigId"] == made["deploymentConfigId"]
        names = codedeploy("ListDeploymentConfigs")["deploymentConfigsList"]
        assert names == [
            "CodeDeployDefault.AllAtOnce", "CodeDeployDefault.HalfAtATime", "CodeDeployDefault.OneAtATime", "Half",
        ]  # fmt: skip
        codedeploy("DeleteDeploymentConfig", **self.NAME)
        codedeploy("DeleteDeploymentConfig", **self.NAME)

    @pytest.mark.parametrize(
        ("operation", "params", "code"),
        [
            (
                "GetDeploymentConfig",
                {"deploymentConfigName": "gone"},
                "DeploymentConfigDoesNotExistException",
            ),
            ("CreateDeploymentConfig", NAME, "InvalidMinimumHealthyHostValueException"),
            (
                "CreateDeploymentConfig",
                NAME | {"minimumHealthyHosts": {"type": "FLEET_PERCENT", "value": 100}},
                "InvalidMinimumHealthyHostValueException",
            ),
            (
                "CreateDeploymentConfig",
                {"deploymentConfigName": "CodeDeployDefault.Mine", "minimumHealthyHosts": MINIMUM},
                "DeploymentConfigAlreadyExistsException",
            ),
            (
                "DeleteDeploymentConfig",
                {"deploymentConfigName": "CodeDeployDefault.OneAtATime"},
                "InvalidOperationException",
            ),
        ],
    )
    def test_answer_mistakes_by_their_names(self, codedeploy, operation, params, code):
        with pytest.raises(ClientError) as error:
            codedeploy(operation, **params)
        assert code_of(error) == code


class TestRevisions:
    def test_are_registered_used_and_listed(self, codedeploy, shop, revision):
        codedeploy("RegisterApplicationRevision", **APPLICATION, revision=revision, description="first")
        told = codedeploy("GetApplicationRevision", **APPLICATION, revision=revision)
        assert told["revisionInfo"]["description"] == "first"
        assert "firstUsedTime" not in told["revisionInfo"]
        codedeploy("CreateDeployment", **GROUP, revision=revision)
        told = codedeploy("GetApplicationRevision", **APPLICATION, revision=revision)
        assert told["revisionInfo"]["firstUsedTime"] == told["revisionInfo"]["lastUsedTime"]
        listed = codedeploy("ListApplicationRevisions", **APPLICATION, sortBy="lastUsedTime")["revisions"]
        assert listed == [told["revision"]]
        assert codedeploy("ListApplicationRevisions", **APPLICATION, deployed="include")["revisions"] == []
        other = {"revisionType": "S3", "s3Location": {"bucket": "devopsweb", "key": "0" * 64}}
        found = codedeploy("BatchGetApplicationRevisions", **APPLICATION, revisions=[revision, other])
        assert len(found["revisions"]) == 1
        assert "0" * 64 in found["errorMessage"]

    @pytest.mark.parametrize(
        ("given", "code"),
        [
            ({"revisionType": "GitHub", "gitHubLocation": {"repository": "a/b"}}, "InvalidRevisionException"),
            ({"revisionType": "S3", "s3Location": {"bucket": "b", "key": "k"}}, "InvalidRevisionException"),
            (
                {"revisionType": "S3", "s3Location": {"bucket": "devopsweb", "key": "0" * 64}},
                "RevisionDoesNotExistException",
            ),
        ],
    )
    def test_elsewhere_are_refused(self, codedeploy, shop, given, code):
        with pytest.raises(ClientError) as error:
            codedeploy("RegisterApplicationRevision", **APPLICATION, revision=given)
        assert code_of(error) == code


class TestDeployments:
    def test_are_told_with_hosts_and_events(self, codedeploy, deployed, revision):
        told = codedeploy("GetDeployment", deploymentId=deployed)["deploymentInfo"]
        assert (told["status"], told["description"], told["creator"]) == ("InProgress", "one", "user")
        assert told["revision"]["s3Location"]["key"] == revision["s3Location"]["key"]
        assert sum(told["deploymentOverview"].values()) == 2
        targets = codedeploy("ListDeploymentTargets", deploymentId=deployed)["targetIds"]
        assert targets == ["web-0", "web-1"]
        one = codedeploy("GetDeploymentTarget", deploymentId=deployed, targetId="web-0")["deploymentTarget"]
        assert one["deploymentTargetType"] == "InstanceTarget"
        assert "DownloadBundle" in [e["lifecycleEventName"] for e in one["instanceTarget"]["lifecycleEvents"]]
        both = codedeploy("BatchGetDeploymentTargets", deploymentId=deployed, targetIds=targets)
        assert len(both["deploymentTargets"]) == 2
        filters = {"TargetStatus": ["Succeeded"]}
        found = codedeploy("ListDeploymentTargets", deploymentId=deployed, targetFilters=filters)
        assert found["targetIds"] == []

    def test_are_told_in_the_older_form(self, codedeploy, deployed):
        names = codedeploy("ListDeploymentInstances", deploymentId=deployed)["instancesList"]
        assert names == ["web-0", "web-1"]
        one = codedeploy("GetDeploymentInstance", deploymentId=deployed, instanceId="web-0")
        assert one["instanceSummary"]["deploymentId"] == deployed
        some = codedeploy("BatchGetDeploymentInstances", deploymentId=deployed, instanceIds=names)
        assert len(some["instancesSummary"]) == 2

    def test_are_listed_by_what_is_asked(self, codedeploy, deployed):
        def ids(**params):
            return codedeploy("ListDeployments", **params)["deployments"]

        assert ids() == ids(**GROUP) == ids(includeOnlyStatuses=["InProgress"]) == [deployed]
        assert ids(includeOnlyStatuses=["Failed"]) == []
        assert ids(createTimeRange={"end": NOON}) == []
        batch = codedeploy("BatchGetDeployments", deploymentIds=[deployed, "d-GONE"])["deploymentsInfo"]
        assert [one["deploymentId"] for one in batch] == [deployed]

    def test_stop_once(self, codedeploy, deployed):
        assert codedeploy("StopDeployment", deploymentId=deployed)["status"] == "Pending"
        Deployment.objects.update(status="Succeeded")
        with pytest.raises(ClientError) as error:
            codedeploy("StopDeployment", deploymentId=deployed)
        assert code_of(error) == "DeploymentAlreadyCompletedException"

    @pytest.mark.parametrize(
        ("operation", "params", "code"),
        [
            ("CreateDeployment", GROUP, "RevisionRequiredException"),
            ("CreateDeployment", APPLICATION, "DeploymentGroupNameRequiredException"),
            ("CreateDeployment", GROUP | {"deploymentConfigName": "x"}, "DeploymentConfigDoesNotExistException"),
            ("CreateDeployment", GROUP | {"fileExistsBehavior": "x"}, "InvalidFileExistsBehaviorException"),
            ("CreateDeployment", GROUP | {"description": "x" * 257}, "DescriptionTooLongException"),
            ("CreateDeployment", GROUP | {"targetInstances": {"tagFilters": TAGS}}, "InvalidTargetInstancesException"),
            ("GetDeployment", {"deploymentId": "d-GONE"}, "DeploymentDoesNotExistException"),
            ("StopDeployment", {"deploymentId": "d-GONE"}, "DeploymentDoesNotExistException"),
            ("ListDeployments", {"deploymentGroupName": "prod"}, "ApplicationNameRequiredException"),
            ("ListDeployments", {"applicationName": "gone"}, "ApplicationDoesNotExistException"),
            ("ListDeployments", {"includeOnlyStatuses": ["Odd"]}, "InvalidDeploymentStatusException"),
            ("BatchGetDeployments", {"deploymentIds": ["d"] * 26}, "BatchLimitExceededException"),
        ],
    )  # fmt: skip
    def test_answer_mistakes_by_their_names(self, codedeploy, shop, operation, params, code):
        with pytest.raises(ClientError) as error:
            codedeploy(operation, **params)
        assert code_of(error) == code
        assert not Deployment.objects.exists()

    def test_are_one_at_a_time(self, codedeploy, deployed, revision):
        with pytest.raises(ClientError) as error:
            codedeploy("CreateDeployment", **GROUP, revision=revision)
        assert code_of(error) == "DeploymentLimitExceededException"

    def test_know_their_own_hosts_only(self, codedeploy, deployed):
        with pytest.raises(ClientError) as error:
            codedeploy("GetDeploymentTarget", deploymentId=deployed, targetId="db-0")
        assert code_of(error) == "DeploymentTargetDoesNotExistException"
        with pytest.raises(ClientError) as error:
            codedeploy("GetDeploymentInstance", deploymentId=deployed, instanceId="db-0")
        assert code_of(error) == "InstanceDoesNotExistException"

    def test_that_have_not_begun_have_no_targets(self, codedeploy, shop, revision):
        code = codedeploy("CreateDeployment", **GROUP, revision=revision)["deploymentId"]
        with pytest.raises(ClientError) as error:
            codedeploy("ListDeploymentTargets", deploymentId=code)
        assert code_of(error) == "DeploymentNotStartedException"


class TestInstances:
    def test_are_listed_and_tagged(self, codedeploy, shop):
        def names(**params):
            return codedeploy("ListOnPremisesInstances", **params)["instanceNames"]

        codedeploy(
            "AddTagsToOnPremisesInstances", instanceNames=["web-0"], tags=[{"Key": "zone", "Value": "a"}]
        )
        assert names() == ["web-0", "web-1"]
        assert names(tagFilters=[{"Key": "zone", "Type": "KEY_ONLY"}]) == ["web-0"]
        told = codedeploy("GetOnPremisesInstance", instanceName="web-0")["instanceInfo"]
        assert {"Key": "zone", "Value": "a"} in told["tags"]
        codedeploy("RemoveTagsFromOnPremisesInstances", instanceNames=["web-0"], tags=[{"Key": "zone"}])
        (told,) = codedeploy("BatchGetOnPremisesInstances", instanceNames=["web-0"])["instanceInfos"]
        assert told["tags"] == [{"Key": "env", "Value": "prod"}]
        codedeploy("DeregisterOnPremisesInstance", instanceName="web-1")
        assert names(registrationStatus="Deregistered") == ["web-1"]
        assert names(registrationStatus="Registered") == ["web-0"]

    @pytest.mark.parametrize(
        ("operation", "params", "code"),
        [
            ("GetOnPremisesInstance", {"instanceName": "gone"}, "InstanceNotRegisteredException"),
            (
                "AddTagsToOnPremisesInstances",
                {"instanceNames": [], "tags": []},
                "InstanceNameRequiredException",
            ),
            (
                "AddTagsToOnPremisesInstances",
                {"instanceNames": ["web-0"], "tags": []},
                "TagRequiredException",
            ),
            (
                "AddTagsToOnPremisesInstances",
                {"instanceNames": ["web-0"], "tags": [{"Key": f"k{n}"} for n in range(10)]},
                "TagLimitExceededException",
            ),
            ("ListOnPremisesInstances", {"registrationStatus": "Odd"}, "InvalidRegistrationStatusException"),
            ("ListOnPremisesInstances", {"tagFilters": [{}]}, "InvalidTagFilterException"),
        ],
    )
    def test_answer_mistakes_by_their_names(self, codedeploy, shop, operation, params, code):
        with pytest.raises(ClientError) as error:
            codedeploy(operation, **params)
        assert code_of(error) == code


TARGET = {"deploymentId": "d-X"}
PLACE = {"revisionType": "S3", "s3Location": {"bucket": "devopsweb", "key": "0" * 64}}
RESOURCE = {"ResourceArn": f"{ARN}:application:shop"}
CONFIG = {"deploymentConfigName": "x"}
HOSTS = {"instanceNames": ["web-0"]}
OPERATIONS = [
    ("CreateApplication", {"applicationName": "other"}),
    ("GetApplication", APPLICATION),
    ("BatchGetApplications", {"applicationNames": ["shop"]}),
    ("ListApplications", {}),
    ("UpdateApplication", APPLICATION),
    ("DeleteApplication", APPLICATION),
    ("CreateDeploymentGroup", GROUP | {"serviceRoleArn": "arn:aws:iam::123456789012:role/x"}),
    ("UpdateDeploymentGroup", APPLICATION | {"currentDeploymentGroupName": "prod"}),
    ("GetDeploymentGroup", GROUP),
    ("BatchGetDeploymentGroups", APPLICATION | {"deploymentGroupNames": ["prod"]}),
    ("ListDeploymentGroups", APPLICATION),
    ("DeleteDeploymentGroup", GROUP),
    ("CreateDeploymentConfig", CONFIG),
    ("GetDeploymentConfig", CONFIG),
    ("ListDeploymentConfigs", {}),
    ("DeleteDeploymentConfig", CONFIG),
    ("RegisterApplicationRevision", APPLICATION | {"revision": PLACE}),
    ("GetApplicationRevision", APPLICATION | {"revision": PLACE}),
    ("BatchGetApplicationRevisions", APPLICATION | {"revisions": [PLACE]}),
    ("ListApplicationRevisions", APPLICATION),
    ("CreateDeployment", GROUP | {"revision": PLACE}),
    ("GetDeployment", TARGET),
    ("BatchGetDeployments", {"deploymentIds": ["d-X"]}),
    ("ListDeployments", {}),
    ("StopDeployment", TARGET),
    ("ListDeploymentTargets", TARGET),
    ("GetDeploymentTarget", TARGET | {"targetId": "web-0"}),
    ("BatchGetDeploymentTargets", TARGET | {"targetIds": ["web-0"]}),
    ("ListDeploymentInstances", TARGET),
    ("GetDeploymentInstance", TARGET | {"instanceId": "web-0"}),
    ("BatchGetDeploymentInstances", TARGET | {"instanceIds": ["web-0"]}),
    ("ListOnPremisesInstances", {}),
    ("GetOnPremisesInstance", {"instanceName": "web-0"}),
    ("BatchGetOnPremisesInstances", HOSTS),
    ("AddTagsToOnPremisesInstances", HOSTS | {"tags": [{"Key": "a"}]}),
    ("RemoveTagsFromOnPremisesInstances", HOSTS | {"tags": [{"Key": "a"}]}),
    ("DeregisterOnPremisesInstance", {"instanceName": "web-0"}),
    ("TagResource", RESOURCE | {"Tags": [{"Key": "a"}]}),
    ("UntagResource", RESOURCE | {"TagKeys": ["a"]}),
    ("ListTagsForResource", RESOURCE),
]


@pytest.mark.parametrize(("operation", "params"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_refuses_an_outsider(operation, params, outsider, shop):
    with pytest.raises(ClientError) as error:
        aws(outsider)("codedeploy", operation, **params)
    assert code_of(error) == "AccessDeniedException"
