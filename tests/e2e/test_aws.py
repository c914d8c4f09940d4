"""boto3 and the real ``aws`` against a running installation: success, refusal, nonsense, and what is not there."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from devopsweb.awsapi import registry
from tests.awsapi.test_every_operation import FOR_EVERYBODY, REFUSALS, SERVICES, attempts
from tests.e2e.callers import KEYS, answer, cli, client

ACCOUNT = "123456789012"


class TestTheCommandLine:
    def test_says_who_one_is(self, served):
        done = cli(served, "sts", "get-caller-identity")

        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/admin"

    def test_takes_the_endpoint_as_an_option_too(self, served):
        done = cli(served, "--endpoint-url", f"http://127.0.0.1:{served.port}", "sts", "get-caller-identity")

        assert done.returncode == 0, done.stderr

    def test_lists_users(self, served):
        done = cli(served, "iam", "list-users", "--query", "Users[].UserName", "--output", "text")

        assert done.returncode == 0, done.stderr
        assert {"admin", "stranger"} <= set(done.stdout.split())

    def test_tells_a_stranger_what_is_missing(self, served):
        done = cli(served, "iam", "list-users", who="stranger")

        assert done.returncode == 255
        assert "(AccessDenied)" in done.stderr
        assert "iam:ListUsers" in done.stderr

    def test_speaks_cbor_with_services_that_prefer_it(self, served):
        done = cli(served, "codebuild", "list-projects")

        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["projects"] == []

    def test_names_an_operation_that_is_not_here(self, served):
        done = cli(served, "iam", "list-server-certificates")

        assert done.returncode == 255
        assert "(InvalidAction)" in done.stderr
        assert "ListServerCertificates" in done.stderr

    def test_names_a_service_that_is_not_here(self, served):
        done = cli(served, "dynamodb", "list-tables")

        assert "(UnknownOperationException)" in done.stderr


class TestBoto3:
    def test_says_who_one_is(self, served):
        assert client(served, "sts").get_caller_identity()["Account"] == ACCOUNT

    def test_gets_the_constraint_that_a_value_breaks(self, served):
        with pytest.raises(ClientError, match="Member must have value less than or equal to 1000") as error:
            client(served, "iam").list_users(MaxItems=1001)

        assert error.value.response["Error"]["Code"] == "ValidationError"
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert error.value.response["ResponseMetadata"]["RequestId"]

    def test_gets_the_type_that_is_wrong(self, served):
        with pytest.raises(ClientError, match="can not be converted to a String") as error:
            client(served, "codecommit").get_repository(repositoryName=5)

        assert error.value.response["Error"]["Code"] == "SerializationException"

    def test_gets_the_services_own_exceptions(self, served):
        codecommit = client(served, "codecommit")

        with pytest.raises(codecommit.exceptions.RepositoryDoesNotExistException):
            codecommit.get_repository(repositoryName="nowhere")

    def test_with_a_wrong_secret_is_refused(self, served):
        sts = boto3.client(
            "sts", endpoint_url=served.url, region_name="us-east-1",
            aws_access_key_id=KEYS["admin"][0], aws_secret_access_key="wrong",
        )  # fmt: skip

        with pytest.raises(ClientError) as error:
            sts.get_caller_identity()

        assert error.value.response["Error"]["Code"] == "SignatureDoesNotMatch"


class TestEveryOperation:
    """Whatever ``docs/aws`` calls done or partial, over the wire; what each one does, its service's tests prove."""

    @pytest.mark.parametrize("service", SERVICES)
    def test_refuses_a_stranger(self, served, service):
        stranger = client(served, service, "stranger")
        let_in = []

        for operation in registry.find(service).operations.values():
            if operation.unsigned or (service, operation.name) in FOR_EVERYBODY:
                continue
            codes = []
            for params in attempts(service, operation.name):
                codes.append(answer(stranger, operation.name, params)[1])
                if codes[-1] in REFUSALS:
                    break
            if codes[-1] not in REFUSALS or "" in codes:
                let_in.append(f"{operation.name}: {codes}")

        assert let_in == []

    @pytest.mark.parametrize("service", SERVICES)
    def test_serves_the_administrator(self, served, service):
        admin = client(served, service)
        missing = []

        for operation in registry.find(service).operations.values():
            status, code = answer(admin, operation.name, next(attempts(service, operation.name)))
            if status >= 500 or code in NOT_SERVED:
                missing.append(f"{operation.name}: {status} {code}")

        assert missing == []


NOT_SERVED = {"InvalidAction", "UnknownOperationException", "InternalFailure"}
