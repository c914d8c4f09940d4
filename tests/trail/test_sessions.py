"""Records of temporary credentials."""

import json

import pytest
from botocore.credentials import Credentials

from devopsweb.iam.models import Role
from tests.awsapi.local import aws


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
