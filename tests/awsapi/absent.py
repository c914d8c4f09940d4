"""For every operation whose model names an error for what isn't there: a call for what isn't there."""

from typing import Any

from devopsweb.awsapi import models, patterns, registry
from devopsweb.awsapi.models import OperationModel, Shape
from tests.awsapi.test_every_operation import attempts

WORDS = ("NotFound", "DoesNotExist", "NotExist", "NoSuch")
_IAM = "arn:aws:iam::123456789012"
_NOBODY = {"UserName": "nobody"}
_NOWHERE = {"applicationName": "nowhere", "deploymentGroupName": "nowhere"}
_REPOSITORY = "arn:aws:codecommit:us-east-1:123456789012:nowhere"
_APPLICATION = "arn:aws:codedeploy:us-east-1:123456789012:application:nowhere"
_STREAM = {"logGroupName": "/nowhere", "logStreamName": "nothing"}
# Operations that need a parameter more than their models say before they look for anything.
PARAMS: dict[tuple[str, str], dict[str, Any]] = {
    ("codebuild", "RetryBuild"): {"id": "nothing:0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f"},
    ("codecommit", "GetBranch"): {"repositoryName": "nowhere", "branchName": "main"},
    ("codecommit", "TagResource"): {"resourceArn": _REPOSITORY, "tags": {"a": "b"}},
    ("codecommit", "UntagResource"): {"resourceArn": _REPOSITORY, "tagKeys": ["a"]},
    ("codecommit", "ListTagsForResource"): {"resourceArn": _REPOSITORY},
    ("codedeploy", "CreateDeployment"): _NOWHERE,
    ("codedeploy", "ListDeployments"): _NOWHERE,
    ("codedeploy", "TagResource"): {"ResourceArn": _APPLICATION, "Tags": [{"Key": "a", "Value": "b"}]},
    ("codedeploy", "UntagResource"): {"ResourceArn": _APPLICATION, "TagKeys": ["a"]},
    ("iam", "CreateLoginProfile"): {**_NOBODY, "Password": "correct horse battery staple"},
    ("iam", "CreateUser"): {**_NOBODY, "PermissionsBoundary": f"{_IAM}:policy/nothing"},
    ("iam", "GetContextKeysForPrincipalPolicy"): {"PolicySourceArn": f"{_IAM}:user/nobody"},
    ("iam", "SimulatePrincipalPolicy"): {
        "PolicySourceArn": f"{_IAM}:user/nobody",
        "ActionNames": ["iam:GetUser"],
    },
    ("logs", "DescribeLogStreams"): {"logGroupName": "/nowhere"},
    ("logs", "FilterLogEvents"): {"logGroupName": "/nowhere"},
    ("logs", "GetLogEvents"): _STREAM,
    ("secretsmanager", "ValidateResourcePolicy"): {
        "SecretId": "nothing",
        "ResourcePolicy": '{"Version": "2012-10-17", "Statement": []}',
    },
    **{
        ("iam", name): _NOBODY
        for name in (
            "CreateAccessKey", "DeleteLoginProfile", "GetLoginProfile", "GetUser", "ListAccessKeys", "ListMFADevices",
            "ListServiceSpecificCredentials",
        )
    },
}  # fmt: skip
# Operations that may name such an error and find nothing missing here, each with its reason.
FINDS_ALL = {
    ("cloudtrail", "CreateTrail"): "it names no bucket or key of somebody else's here",
    ("cloudwatch", "DeleteAlarms"): "what is not there is deleted already",
    ("codecommit", "CreateRepository"): "only an encryption key could be missing",
    ("codecommit", "BatchGetRepositories"): "it lists what it did not find",
    ("codecommit", "DeleteRepository"): "what is not there is deleted already",
    ("codedeploy", "BatchGetApplications"): "it gives those that there are",
    ("iam", "ChangePassword"): "it is about the caller",
    ("iam", "CreateGroup"): "it looks for nothing",
    ("iam", "CreateServiceLinkedRole"): "it looks for nothing",
    ("iam", "UpdateAccountPasswordPolicy"): "it is about the account",
    ("iam", "DeleteAccountPasswordPolicy"): "it depends on what was set",
    ("secretsmanager", "CreateSecret"): "only a key could be missing",
    ("secretsmanager", "BatchGetSecretValue"): "it lists what it did not find",
}
# What is looked for first, where an operation names several such errors; by service and parameter.
FIRST: dict[tuple[str, str], str] = {
    ("cloudtrail", "Name"): "TrailNotFoundException",
    ("codecommit", "repositoryName"): "RepositoryDoesNotExistException",
    ("codedeploy", "applicationName"): "ApplicationDoesNotExistException",
    ("codedeploy", "deploymentId"): "DeploymentDoesNotExistException",
    ("codepipeline", "pipelineName"): "PipelineNotFoundException",
    ("codepipeline", "name"): "PipelineNotFoundException",
    ("ssm", "Name"): "ParameterNotFound",
    ("secretsmanager", "SecretId"): "ResourceNotFoundException",
}


def operations() -> list[tuple[str, str]]:
    """Service and name of every operation that can miss something."""
    return [
        (service.name, name)
        for service in registry.services()
        for name in service.operations
        if errors(_operation(service.name, name)) and (service.name, name) not in FINDS_ALL
    ]


def expected(service: str, name: str) -> set[str]:
    """The codes of which the answer must have one: mostly just one."""
    operation = _operation(service, name)
    named = errors(operation)
    first = {
        FIRST[service, member] for member in params(service, name) if (service, member) in FIRST
    } & named.keys()
    return {named[code] for code in first} or set(named.values())


def errors(operation: OperationModel) -> dict[str, str]:
    """The errors for what isn't there that an operation names: their codes in the service's protocol."""
    is_form = operation.model.protocols[0] == "query" or operation.model.is_query_compatible
    return {
        name: str((is_form and shape.error.get("code")) or name)
        for name, shape in operation.errors.items()
        if any(word in name for word in WORDS)
    }


def params(service: str, name: str) -> dict[str, Any]:
    """Valid parameters that name nothing that there is."""
    if (service, name) in PARAMS:
        return PARAMS[service, name]
    shape = _operation(service, name).input
    found: dict[str, Any] = _estranged(shape, next(attempts(service, name))) if shape else {}
    return found


def _operation(service: str, name: str) -> OperationModel:
    found = models.load(service).operation(name)
    assert found is not None
    return found


def _estranged(shape: Shape, value: Any) -> Any:
    """``value`` with names longer by a word, where they may be."""
    if isinstance(value, dict) and shape.type == "structure":
        return {key: _estranged(shape.members[key], item) for key, item in value.items()}
    if isinstance(value, list):
        return [_estranged(shape.element, item) for item in value]
    if isinstance(value, str) and shape.type == "string" and not shape.choices:
        longer = f"{value}nowhere"
        fits = len(longer) <= (shape.maximum or len(longer))
        return longer if fits and (not shape.pattern or patterns.matches(shape.pattern, longer)) else value
    return value
