"""CodeDeploy's operations on revisions."""

from collections.abc import Callable
from typing import Any

from deployments import access, queries
from deployments.actions import applications
from deployments.aws.words import BUCKET, PAGE, check_batch, codedeploy, location, revision
from deployments.errors import RevisionDoesNotExist
from deployments.queries import RevisionInfo
from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import paging

_SORTS: dict[str, Callable[[RevisionInfo], float]] = {
    "registerTime": lambda one: one.registered_at.timestamp(),
    "firstUsedTime": lambda one: one.first_used_at.timestamp() if one.first_used_at else 0.0,
    "lastUsedTime": lambda one: one.last_used_at.timestamp() if one.last_used_at else 0.0,
}
_PARTIAL = "Revisions are zips in this installation's store of artifacts; other locations are refused."


def _shape(one: RevisionInfo) -> dict[str, Any]:
    found = {
        "description": one.description,
        "deploymentGroups": list(one.groups),
        "registerTime": one.registered_at,
        "firstUsedTime": one.first_used_at,
        "lastUsedTime": one.last_used_at,
    }
    return {name: value for name, value in found.items() if value is not None}


@codedeploy.operation("RegisterApplicationRevision", partial=_PARTIAL)
def register_application_revision(call: Call, params: Params) -> Result:
    """Register a revision with an application."""
    action = "codedeploy:RegisterApplicationRevision"
    row = access.application(call.principal, params["applicationName"], action)
    description = params.get("description", "")
    if len(description) > 256:
        raise AwsError("DescriptionTooLongException", "A description has at most 256 characters.")
    applications.register_revision(
        application=row,
        digest=revision(params["revision"]).digest,
        description=description,
        at=call.at,
        by=call.principal.arn,
    )
    return {}


@codedeploy.operation("GetApplicationRevision", partial=_PARTIAL)
def get_application_revision(call: Call, params: Params) -> Result:
    """What is known of a revision."""
    action = "codedeploy:GetApplicationRevision"
    row = access.application(call.principal, params["applicationName"], action)
    digest = revision(params["revision"]).digest
    found = next((one for one in queries.revisions(row) if one.digest == digest), None)
    if found is None:
        raise RevisionDoesNotExist(f"{row.name} has no revision {digest[:12]!r}.")
    return {"applicationName": row.name, "revision": location(digest), "revisionInfo": _shape(found)}


@codedeploy.operation("BatchGetApplicationRevisions", partial=_PARTIAL)
def batch_get_application_revisions(call: Call, params: Params) -> Result:
    """What is known of those of the revisions that exist."""
    action = "codedeploy:BatchGetApplicationRevisions"
    row = access.application(call.principal, params["applicationName"], action)
    check_batch(params["revisions"], 25)
    wanted = [revision(one).digest for one in params["revisions"]]
    found = {one.digest: one for one in queries.revisions(row)}
    missing = [digest for digest in wanted if digest not in found]
    answer: dict[str, Any] = {
        "applicationName": row.name,
        "revisions": [
            {"revisionLocation": location(digest), "genericRevisionInfo": _shape(found[digest])}
            for digest in wanted
            if digest in found
        ],
    }
    if missing:
        answer["errorMessage"] = f"These revisions do not exist: {', '.join(missing)}."
    return answer


@codedeploy.operation("ListApplicationRevisions")
def list_application_revisions(call: Call, params: Params) -> Result:
    """The revisions of an application."""
    action = "codedeploy:ListApplicationRevisions"
    row = access.application(call.principal, params["applicationName"], action)
    found = queries.revisions(row)
    bucket, prefix = params.get("s3Bucket", BUCKET), params.get("s3KeyPrefix", "")
    if prefix and "s3Bucket" not in params:
        raise AwsError("InvalidKeyPrefixFilterException", "s3KeyPrefix needs s3Bucket.")
    deployed = params.get("deployed", "ignore")
    if deployed not in {"include", "exclude", "ignore"}:
        raise AwsError("InvalidDeployedStateFilterException", "deployed is include, exclude or ignore.")
    if deployed != "ignore":
        found = [one for one in found if bool(one.groups) == (deployed == "include")]
    found = [one for one in found if bucket == BUCKET and one.digest.startswith(prefix)]
    sort, order = params.get("sortBy", "registerTime"), params.get("sortOrder", "ascending")
    if sort not in _SORTS:
        raise AwsError("InvalidSortByException", f"sortBy is one of {', '.join(_SORTS)}.")
    if order not in {"ascending", "descending"}:
        raise AwsError("InvalidSortOrderException", "sortOrder is ascending or descending.")
    sign = 1 if order == "ascending" else -1
    rows = sorted([sign * _SORTS[sort](one), one.digest] for one in found)
    page = paging.page_of(
        rows,
        token=params.get("nextToken", ""),
        size=PAGE,
        key=lambda pair: pair,
        scope=f"codedeploy:ListApplicationRevisions {row.pk} {sort} {order} {deployed} {bucket} {prefix}",
    )
    answer: dict[str, Any] = {"revisions": [location(str(digest)) for _, digest in page.rows]}
    return answer | ({"nextToken": page.next_token} if page.next_token else {})
