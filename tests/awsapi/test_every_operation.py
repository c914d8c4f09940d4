"""Every registered operation, whoever wrote it: it is in the model, asks IAM, and takes no nonsense."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from devopsweb.awsapi import models, registry
from tests.awsapi import raw
from tests.awsapi.from_models import Maker
from tests.awsapi.local import access_key, aws

# What AWS lets anybody do about themselves, or without credentials at all.
FOR_EVERYBODY = {
    ("sts", "GetCallerIdentity"),
    ("sts", "GetSessionToken"),
}
TRAIL = "arn:aws:cloudtrail:us-east-1:123456789012:trail/audit"
# Operations that check more than the model says before they ask whether the caller may.
PARAMS: dict[tuple[str, str], dict[str, Any]] = {
    ("cloudtrail", "AddTags"): {"ResourceId": TRAIL, "TagsList": [{"Key": "a", "Value": "b"}]},
    ("cloudtrail", "RemoveTags"): {"ResourceId": TRAIL, "TagsList": [{"Key": "a"}]},
    ("cloudtrail", "ListTags"): {"ResourceIdList": [TRAIL]},
    ("iam", "CreateOpenIDConnectProvider"): {"Url": "https://issuer.example.com", "ClientIDList": ["a"]},
    ("codebuild", "CreateProject"): {
        "name": "storefront",
        "source": {"type": "CODECOMMIT", "location": "https://localhost/v1/repos/storefront"},
        "artifacts": {"type": "NO_ARTIFACTS"},
        "environment": {"type": "LINUX_CONTAINER", "image": "host", "computeType": "BUILD_GENERAL1_SMALL"},
        "serviceRole": "arn:aws:iam::123456789012:role/builder",
    },
}
REFUSALS = {"AccessDenied", "AccessDeniedException"}
EVERY = [
    (service.name, name)
    for service in registry.services()
    for name in sorted(service.operations)
]  # fmt: skip
SERVICES = sorted({service for service, _ in EVERY})


def operation_of(service: str, name: str):
    return registry.find(service).operations[name]


class TestEveryOperation:
    @pytest.mark.parametrize(("service", "name"), EVERY)
    def test_is_in_the_model(self, service, name):
        operation = models.load(service).operation(name)

        assert operation is not None
        assert not operation.has_event_stream


@pytest.mark.django_db
class TestAnOutsider:
    @pytest.mark.parametrize("service", SERVICES)
    def test_is_refused_everything(self, service, outsider):
        """Of several requests for an operation none succeeds, and one is sound and meets the refusal."""
        let_in = []

        for name in sorted(registry.find(service).operations):
            if (service, name) in FOR_EVERYBODY or operation_of(service, name).unsigned:
                continue
            found = []
            for params in attempts(service, name):
                found.append(outcome(outsider, service, name, params))
                if found[-1] in REFUSALS:
                    break
            if found[-1] not in REFUSALS or "ok" in found:
                let_in.append(f"{name}: {found}")

        assert let_in == []


@pytest.mark.django_db
class TestNonsense:
    @pytest.mark.parametrize("service", SERVICES)
    def test_is_the_callers_mistake(self, service, owner):
        surprising = []

        for name in sorted(registry.find(service).operations):
            for wrong in nonsense(service, name):
                status, code = sent(owner, service, name, wrong)
                if not 400 <= status < 500 or not code:
                    surprising.append(f"{name} {list(wrong)}: {status} {code}")

        assert surprising == []


def attempts(service: str, name: str) -> Iterator[dict[str, Any]]:
    """Valid parameters: the least, then ever others with optional members."""
    shape = models.load(service).operation(name).input
    if shape is None:
        yield {}
        return
    if (service, name) in PARAMS:
        yield PARAMS[service, name]
        return
    yield Maker(0).value(shape)
    for seed in range(1, 8):
        yield Maker(seed, full=True).value(shape)


def nonsense(service: str, name: str) -> Iterator[dict[str, Any]]:
    """Parameters as JSON, of which one has the wrong type."""
    shape = models.load(service).operation(name).input
    for member, inner in (shape.members if shape else {}).items():
        wrong = WRONG.get(inner.type)
        if wrong is not None:
            yield {member: wrong}


WRONG: dict[str, Any] = {
    "structure": "nonsense",
    "list": "nonsense",
    "map": "nonsense",
    "integer": "nonsense",
    "long": "nonsense",
    "boolean": "nonsense",
    "timestamp": "nonsense",
    "string": {"nonsense": 1},
    "blob": {"nonsense": 1},
}


def outcome(user, service: str, name: str, params: dict[str, Any]) -> str:
    """The error's code, or ``ok``."""
    try:
        aws(user)(service, name, **params)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "ok"


def sent(user, service: str, name: str, params: dict[str, Any]) -> tuple[int, str]:
    """Status and code of the answer to parameters that botocore would not send."""
    answer = raw.call(access_key(user), service, name, params)
    return answer.status, raw.code(answer)
