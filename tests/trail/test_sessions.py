"""Records of temporary credentials."""

import json

import pytest
from botocore.credentials import Credentials
from redis.exceptions import RedisError

from devopsweb.iam import api as iam
from devopsweb.iam import service_roles
from devopsweb.iam.models import Role
from tests.awsapi.local import aws
from tests.trail.conftest import NOON


@pytest.fixture
def role(owner) -> Role:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": owner.arn},
        "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
    }
    return Role.objects.create(name="night", trust_policy={"Version": "2012-10-17", "Statement": [statement]})


class TestASession:
    def test_leads_from_its_deeds_to_who_began_it(self, owner, role, told):
        given = aws(owner)(
            "sts", "AssumeRole", RoleArn=role.arn, RoleSessionName="shift", SourceIdentity="ana"
        )
        made = given["Credentials"]
        session = Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
        aws(session)("sts", "GetCallerIdentity")

        begun, deed = told()

        assert begun["userIdentity"]["arn"] == owner.arn
        assert begun["responseElements"]["credentials"]["accessKeyId"] == made["AccessKeyId"]
        assert deed["userIdentity"]["accessKeyId"] == made["AccessKeyId"]
        assert deed["userIdentity"]["sessionContext"]["sourceIdentity"] == "ana"
        assert made["SecretAccessKey"] not in json.dumps(begun)
        assert made["SessionToken"] not in json.dumps(begun)


class TestAServiceInARole:
    @pytest.fixture
    def role(self, db) -> Role:
        return Role.objects.create(name="builder", trust_policy=service_roles.trust_of("codebuild"))

    def test_is_told_once_a_session_however_often_it_goes_on(self, role, told):
        for _ in range(3):
            iam.service_session("codebuild", role.arn, "AWSCodeBuild-1", at=NOON)
        iam.service_session("codebuild", role.arn, "AWSCodeBuild-2", at=NOON)

        first, second = told()
        assert (first["eventSource"], first["eventName"]) == ("sts.amazonaws.com", "AssumeRole")
        assert first["userIdentity"] == {"type": "AWSService", "invokedBy": "codebuild.amazonaws.com"}
        assert first["sourceIPAddress"] == "codebuild.amazonaws.com"
        assert first["readOnly"] is True
        assert first["requestParameters"] == {"roleArn": role.arn, "roleSessionName": "AWSCodeBuild-1"}
        assert first["responseElements"]["assumedRoleUser"]["arn"].endswith(
            "assumed-role/builder/AWSCodeBuild-1"
        )
        assert [one["ARN"] for one in first["resources"]] == [role.arn]
        assert second["requestParameters"]["roleSessionName"] == "AWSCodeBuild-2"

    def test_is_told_when_it_goes_on_into_another_role(self, role, told):
        trust = {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Principal": {"AWS": role.arn}, "Action": "sts:AssumeRole"},
        }
        further = Role.objects.create(name="further", trust_policy=trust)
        own = iam.service_session("codebuild", role.arn, "run", at=NOON)
        iam.assume_role(own, further.arn, "run", at=NOON)

        _, second = told()
        assert second["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] == role.arn
        assert second["userIdentity"]["invokedBy"] == "codebuild.amazonaws.com"
        assert second["requestParameters"]["roleArn"] == further.arn

    def test_is_served_though_the_cache_does_not_answer(self, role, told, monkeypatch):
        class Broken:
            def add(self, *_: object) -> bool:
                raise RedisError("no")

        monkeypatch.setattr(service_roles, "cache", Broken())

        assert iam.service_session("codebuild", role.arn, "run", at=NOON).arn.endswith("builder/run")
