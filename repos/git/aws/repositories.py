"""CodeCommit: repositories."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.conf import settings

from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.iam import api as iam
from devopsweb.kernel import paging, tags
from devopsweb.kernel.arn import arn
from repos.git import access
from repos.git.actions import repositories
from repos.git.aws.service import codecommit, one_of, with_token
from repos.git.engine import names
from repos.git.errors import RepositoryNotFound
from repos.git.models import Repository

PAGE = 1000
BATCH = 100


def _metadata(row: Repository) -> dict[str, Any]:
    found: dict[str, Any] = {
        "accountId": settings.DEVOPSWEB_ACCOUNT_ID,
        "repositoryId": str(row.id),
        "repositoryName": row.name,
        "repositoryDescription": row.description,
        "defaultBranch": row.default_branch,
        "lastModifiedDate": row.modified_at,
        "creationDate": row.created_at,
        "cloneUrlHttp": f"{settings.DEVOPSWEB_BASE_URL.rstrip('/')}/v1/repos/{row.name}",
        "Arn": row.arn,
    }
    return {key: value for key, value in found.items() if value != ""}


@codecommit.operation(
    "CreateRepository", partial="No kmsKeyId: the whole installation is encrypted or not by its disk."
)
def create_repository(call: Call, params: Params) -> Result:
    """Create an empty repository, with tags."""
    name, wanted = params["repositoryName"], params.get("tags", {})
    iam.require(call.principal, "codecommit:CreateRepository", arn("codecommit", name))
    if wanted:
        iam.require(call.principal, "codecommit:TagResource", arn("codecommit", name))
    if params.get("kmsKeyId"):
        raise AwsError(
            "OperationNotAllowedException", "Repositories have no encryption key of their own here."
        )
    row = repositories.create(
        name=name,
        description=params.get("repositoryDescription", ""),
        tags=tags.checked(wanted),
        principal=call.principal,
        at=call.at,
    )
    return {"repositoryMetadata": _metadata(row)}


@codecommit.operation("GetRepository")
def get_repository(call: Call, params: Params) -> Result:
    """One repository."""
    found = access.repository(call.principal, _name(params["repositoryName"]), "GetRepository")
    return {"repositoryMetadata": _metadata(found)}


def _name(text: str) -> str:
    """A name that is asked for; one that ends in ``.git`` cannot exist, but breaks no rule of reading."""
    return text if text.endswith(".git") else names.check_repository(text)


@codecommit.operation("BatchGetRepositories")
def batch_get_repositories(call: Call, params: Params) -> Result:
    """Several repositories; what is missing is listed, not refused."""
    wanted = list(dict.fromkeys(params["repositoryNames"]))
    if not wanted:
        raise AwsError("RepositoryNamesRequiredException", "Give at least one repository name.")
    if len(wanted) > BATCH:
        raise AwsError("MaximumRepositoryNamesExceededException", f"Give {BATCH} repository names at most.")
    iam.require_each(
        call.principal, "codecommit:BatchGetRepositories", [arn("codecommit", name) for name in wanted]
    )
    rows = {row.name: row for row in Repository.objects.filter(name__in=wanted)}
    missing = [name for name in wanted if name not in rows]
    return {
        "repositories": [_metadata(rows[name]) for name in wanted if name in rows],
        "repositoriesNotFound": missing,
        "errors": [
            {
                "repositoryName": name,
                "errorCode": "RepositoryDoesNotExistException",
                "errorMessage": str(RepositoryNotFound(name)),
            }
            for name in missing
        ],
    }


@codecommit.operation("ListRepositories")
def list_repositories(call: Call, params: Params) -> Result:
    """The repositories that the caller may see, by name or by their last change."""
    access.require_listing(call.principal)
    by = one_of(params, "sortBy", ("repositoryName", "lastModifiedDate"), "InvalidSortByException")
    order = one_of(params, "order", ("ascending", "descending"), "InvalidOrderException")
    scope = f"codecommit:ListRepositories:{by}:{order}"
    token = params.get("nextToken", "")
    after = paging.unseal(token, scope) if token else None
    found = list(islice(_listed(call, by, order, after), PAGE + 1))
    shown = found[:PAGE]
    more = paging.seal(_position(shown[-1], by), scope) if len(found) > PAGE else ""
    rows = [{"repositoryName": row.name, "repositoryId": str(row.id)} for row in shown]
    return with_token({"repositories": rows}, more)


def _listed(call: Call, by: str, order: str, after: Any) -> Iterator[Repository]:
    if by == "lastModifiedDate":
        return access.visible_by_change(call.principal, ascending=order == "ascending", after=after)
    return access.visible(call.principal, ascending=order == "ascending", after=after or "")


def _position(row: Repository, by: str) -> Any:
    return row.name if by == "repositoryName" else [row.modified_at.isoformat(), row.name]


@codecommit.operation("DeleteRepository")
def delete_repository(call: Call, params: Params) -> Result:
    """Delete a repository for good; one that is not there is no error."""
    try:
        found = access.repository(call.principal, params["repositoryName"], "DeleteRepository")
    except RepositoryNotFound:
        return {}
    repository_id = str(found.id)
    repositories.delete(repository=found, principal=call.principal, at=call.at)
    return {"repositoryId": repository_id}


@codecommit.operation("UpdateRepositoryName")
def update_repository_name(call: Call, params: Params) -> Result:
    """Rename a repository; its addresses change at once."""
    found = access.repository(call.principal, params["oldName"], "UpdateRepositoryName")
    repositories.rename(repository=found, name=params["newName"], principal=call.principal, at=call.at)
    return None


@codecommit.operation("UpdateRepositoryDescription")
def update_repository_description(call: Call, params: Params) -> Result:
    """Set the description; without one it is cleared."""
    found = access.repository(call.principal, params["repositoryName"], "UpdateRepositoryDescription")
    text = params.get("repositoryDescription", "")
    if len(text) > 1000:
        raise AwsError("InvalidRepositoryDescriptionException", "A description may have 1,000 characters.")
    repositories.describe(repository=found, description=text, principal=call.principal, at=call.at)
    return None


@codecommit.operation("UpdateDefaultBranch")
def update_default_branch(call: Call, params: Params) -> Result:
    """Make another branch the default."""
    found = access.repository(call.principal, params["repositoryName"], "UpdateDefaultBranch")
    branch = names.check_reference(params["defaultBranchName"])
    repositories.set_default_branch(repository=found, branch=branch, principal=call.principal, at=call.at)
    return None
