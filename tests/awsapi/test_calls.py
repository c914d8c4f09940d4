"""Calls through the whole door, as boto3 sees them."""

import pytest
from botocore.exceptions import ClientError

from devopsweb.awsapi import registry
from devopsweb.awsapi.registry import Operation
from devopsweb.iam import api as iam
from devopsweb.kernel.arn import arn
from tests.awsapi.local import aws

pytestmark = pytest.mark.django_db


@pytest.fixture
def offered(monkeypatch):
    """Offers an operation for the length of a test."""

    def offer(service: str, name: str, function, **more) -> None:
        operations = registry.service(service).operations
        monkeypatch.setitem(operations, name, Operation(name, function, **more))

    return offer


@pytest.fixture
def get_repository(offered):
    """CodeCommit's GetRepository, with the least behind it."""

    def get_repository(call, params):
        iam.require(call.principal, "codecommit:GetRepository", arn("codecommit", params["repositoryName"]))
        return {"repositoryMetadata": {"repositoryName": params["repositoryName"], "creationDate": call.at}}

    offered("codecommit", "GetRepository", get_repository)


def code(error) -> str:
    return error.value.response["Error"]["Code"]


class TestAJsonCall:
    def test_is_answered(self, owner, get_repository):
        found = aws(owner)("codecommit", "GetRepository", repositoryName="storefront")

        assert found["repositoryMetadata"]["repositoryName"] == "storefront"

    def test_is_refused_to_an_outsider_with_the_missing_permission(self, outsider, get_repository):
        with pytest.raises(ClientError, match="codecommit:GetRepository") as error:
            aws(outsider)("codecommit", "GetRepository", repositoryName="storefront")

        assert code(error) == "AccessDeniedException"

    def test_with_a_missing_member_gets_the_services_own_error(self, owner, get_repository):
        with pytest.raises(ClientError, match="Member must not be null") as error:
            aws(owner)("codecommit", "GetRepository")

        assert code(error) == "RepositoryNameRequiredException"

    def test_with_the_wrong_type_is_a_serialization_problem(self, owner, get_repository):
        with pytest.raises(ClientError, match="NUMBER_VALUE can not be converted to a String") as error:
            aws(owner)("codecommit", "GetRepository", repositoryName=3)

        assert code(error) == "SerializationException"
