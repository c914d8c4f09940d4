"""The service's registration, its names for our errors, and revisions in its shape."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from deployments import errors
from deployments.compute.errors import InstanceDoesNotExist, InvalidInstance
from deployments.types import Revision
from devopsweb.awsapi.errors import AwsError, ParameterProblem
from devopsweb.awsapi.registry import service
from devopsweb.iam.api import RoleNotAssumable
from devopsweb.kernel.paging import InvalidToken
from devopsweb.kernel.tags import InvalidTags

BUCKET = "devopsweb"
PAGE = 100
_DIGEST = re.compile(r"[0-9a-f]{64}")

codedeploy = service(
    "codedeploy",
    errors={
        errors.ApplicationDoesNotExist: "ApplicationDoesNotExistException",
        errors.ApplicationAlreadyExists: "ApplicationAlreadyExistsException",
        errors.DeploymentGroupDoesNotExist: "DeploymentGroupDoesNotExistException",
        errors.DeploymentGroupAlreadyExists: "DeploymentGroupAlreadyExistsException",
        errors.DeploymentConfigDoesNotExist: "DeploymentConfigDoesNotExistException",
        errors.DeploymentConfigAlreadyExists: "DeploymentConfigAlreadyExistsException",
        errors.DeploymentConfigInUse: "DeploymentConfigInUseException",
        errors.DeploymentDoesNotExist: "DeploymentDoesNotExistException",
        errors.DeploymentLimitExceeded: "DeploymentLimitExceededException",
        errors.DeploymentAlreadyCompleted: "DeploymentAlreadyCompletedException",
        errors.RevisionDoesNotExist: "RevisionDoesNotExistException",
        errors.TargetDoesNotExist: "DeploymentTargetDoesNotExistException",
        errors.InvalidOperation: "InvalidOperationException",
        errors.InvalidParameter: "InvalidInputException",
        InvalidTags: "InvalidTagsToAddException",
        InstanceDoesNotExist: "InstanceNotRegisteredException",
        InvalidInstance: "InvalidTagException",
        InvalidToken: "InvalidNextTokenException",
        ParameterProblem: "InvalidInputException",
        RoleNotAssumable: "InvalidRoleException",
    },
    violations={
        ("includeOnlyStatuses", "enum"): "InvalidDeploymentStatusException",
        ("deployed", "enum"): "InvalidDeployedStateFilterException",
        ("instanceStatusFilter", "enum"): "InvalidInstanceStatusException",
        ("instanceTypeFilter", "enum"): "InvalidInstanceTypeException",
    },
)


def check_batch(given: Sequence[Any], most: int) -> None:
    """Refuse a batch that is too large."""
    if len(given) > most:
        raise AwsError("BatchLimitExceededException", f"At most {most} entries are possible in one request.")


def location(digest: str) -> dict[str, Any]:
    """A revision: a zip in this installation's store of artifacts, named by its SHA-256."""
    place = {"bucket": BUCKET, "key": digest, "bundleType": "zip", "eTag": digest}
    return {"revisionType": "S3", "s3Location": place}


def revision(given: Mapping[str, Any] | None) -> Revision:
    """The revision at a location."""
    if not given:
        raise AwsError("RevisionRequiredException", "A revision must be specified.")
    place = given.get("s3Location", {})
    if given.get("revisionType", "S3") != "S3" or not place:
        raise AwsError(
            "InvalidRevisionException",
            f"Revisions are zips in this installation's store of artifacts: revisionType S3, bucket {BUCKET}, "
            "and as key the SHA-256 that a build tells of its artifact.",
        )
    if place.get("bucket") != BUCKET or not _DIGEST.fullmatch(place.get("key", "")):
        raise AwsError(
            "InvalidRevisionException", f"The bucket must be {BUCKET} and the key a SHA-256 in small letters."
        )
    if place.get("bundleType", "zip") != "zip":
        raise AwsError("InvalidRevisionException", "The bundleType must be zip.")
    if place.get("eTag", place["key"]).strip('"') != place["key"]:
        raise AwsError("InvalidRevisionException", "The eTag of a revision is its key.")
    return Revision(digest=place["key"])
