"""CodeCommit: branches."""

from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import paging
from repos.git import access
from repos.git.actions import references
from repos.git.aws.service import codecommit, with_token
from repos.git.engine import names
from repos.git.errors import CommitIdNotFound, CommitNotFound, RefNotFound
from repos.git.models import RefState
from repos.git.queries import specifiers

PAGE = 1000


@codecommit.operation("CreateBranch")
def create_branch(call: Call, params: Params) -> Result:
    """Create a branch at a commit; the default branch stays as it is."""
    branch = params["branchName"]
    target = access.branch(call.principal, params["repositoryName"], branch, "CreateBranch")
    names.check_reference(branch)
    try:
        commit = specifiers.commit_by_id(target, params["commitId"])
    except CommitIdNotFound as error:
        raise CommitNotFound(str(error)) from None
    references.create(
        repository=target,
        name=names.BRANCHES + branch,
        sha=commit.sha,
        principal=call.principal,
        at=call.at,
    )
    return None


@codecommit.operation("DeleteBranch")
def delete_branch(call: Call, params: Params) -> Result:
    """Delete a branch; one that is not there is no error."""
    branch = params["branchName"]
    target = access.branch(call.principal, params["repositoryName"], branch, "DeleteBranch")
    names.check_reference(branch)
    try:
        tip = specifiers.tip(target, branch)
        references.delete(
            repository=target, name=names.BRANCHES + branch, principal=call.principal, at=call.at
        )
    except RefNotFound:
        return {}
    return {"deletedBranch": {"branchName": branch, "commitId": tip}}


@codecommit.operation("GetBranch")
def get_branch(call: Call, params: Params) -> Result:
    """A branch and its last commit."""
    # The model calls both members optional; the service does not.
    for member, noun in (("repositoryName", "RepositoryName"), ("branchName", "BranchName")):
        if not params.get(member):
            raise AwsError(f"{noun}RequiredException", f"{member} is required, but was not given.")
    target = access.repository(call.principal, params["repositoryName"], "GetBranch")
    branch = params["branchName"]
    return {"branch": {"branchName": branch, "commitId": specifiers.tip(target, branch)}}


@codecommit.operation("ListBranches")
def list_branches(call: Call, params: Params) -> Result:
    """The names of the branches."""
    target = access.repository(call.principal, params["repositoryName"], "ListBranches")
    rows = RefState.objects.filter(repository=target, name__startswith=names.BRANCHES)
    page = paging.page(
        rows,
        token=params.get("nextToken", ""),
        size=PAGE,
        key="name",
        ascending=True,
        scope=f"codecommit:ListBranches:{target.pk}",
    )
    return with_token(
        {"branches": [row.name.removeprefix(names.BRANCHES) for row in page.rows]}, page.next_token
    )
