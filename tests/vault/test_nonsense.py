"""Text that no database takes is the caller's mistake."""

import pytest
from botocore.exceptions import ClientError

from tests.awsapi.local import aws

NUL = "a\0b"


def status_of(call, service, operation, params) -> int:
    try:
        call(service, operation, **params)
    except ClientError as refused:
        return refused.response["ResponseMetadata"]["HTTPStatusCode"]
    return 200


@pytest.mark.django_db
class TestCharactersWithoutMeaning:
    @pytest.mark.parametrize(
        ("service", "operation", "params"),
        [
            ("secretsmanager", "GetSecretValue", {"SecretId": NUL}),
            ("secretsmanager", "CreateSecret", {"Name": "x", "Description": NUL}),
            ("secretsmanager", "CreateSecret", {"Name": "x", "Tags": [{"Key": NUL, "Value": NUL}]}),
            (
                "secretsmanager",
                "CreateSecret",
                {"Name": "x", "SecretString": "v", "ClientRequestToken": NUL * 12},
            ),
            ("secretsmanager", "CreateSecret", {"Name": "x", "KmsKeyId": NUL}),
            ("ssm", "PutParameter", {"Name": "x", "Type": "String", "Value": "v", "Description": NUL}),
            ("ssm", "PutParameter", {"Name": "x", "Type": "String", "Value": "v", "AllowedPattern": NUL}),
            ("ssm", "GetParameter", {"Name": NUL}),
            ("ssm", "GetParametersByPath", {"Path": "/" + NUL}),
            ("ssm", "DescribeParameters", {"ParameterFilters": [{"Key": "Name", "Values": [NUL]}]}),
        ],
    )
    def test_are_no_fault_of_ours(self, owner, service, operation, params):
        assert status_of(aws(owner), service, operation, params) in (200, 400)
