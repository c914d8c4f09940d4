"""The service's registration, its names for our errors, and how it names groups."""

from devopsweb.awsapi.errors import AwsError, ParameterProblem
from devopsweb.awsapi.registry import Params, service
from devopsweb.kernel import tags
from devopsweb.kernel.paging import InvalidToken
from monitoring.logs import errors
from monitoring.logs.models import group_arn

INVALID = "InvalidParameterException"

logs = service(
    "logs",
    errors={
        errors.GroupNotFound: "ResourceNotFoundException",
        errors.StreamNotFound: "ResourceNotFoundException",
        errors.GroupExists: "ResourceAlreadyExistsException",
        errors.StreamExists: "ResourceAlreadyExistsException",
        errors.GroupInUse: "OperationAbortedException",
        errors.GroupProtected: "ValidationException",
        tags.InvalidTags: INVALID,
        tags.TooManyTags: "TooManyTagsException",
        errors.StreamEnded: INVALID,
        errors.InvalidName: INVALID,
        errors.InvalidEvents: INVALID,
        errors.InvalidPattern: INVALID,
        ParameterProblem: INVALID,
        InvalidToken: INVALID,
    },
)


def group_name(params: Params) -> str:
    """The group that a request names, by name or by ARN."""
    name, identifier = params.get("logGroupName", ""), params.get("logGroupIdentifier", "")
    if name and identifier:
        raise AwsError(
            "ValidationException", "LogGroup name and LogGroup ARN are mutually exclusive parameters."
        )
    if not name and not identifier:
        raise ParameterProblem("Either logGroupName or logGroupIdentifier must be given.")
    return str(name) or of_arn(str(identifier))


def of_arn(identifier: str) -> str:
    """The name of the group with that ARN (with or without ``:*``); what is no ARN is a name."""
    if not identifier.startswith("arn:"):
        return identifier
    prefix = group_arn("")
    if not identifier.startswith(prefix):
        raise errors.GroupNotFound("The specified log group does not exist.")
    return identifier.removeprefix(prefix).removesuffix(":*")
