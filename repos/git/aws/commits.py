"""CodeCommit: commits, differences between them, and the history of a file."""

from typing import Any

from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import paging
from devopsweb.kernel.errors import Invalid
from repos.git import access
from repos.git.aws.service import codecommit, commit, page_size, with_token
from repos.git.engine import paths
from repos.git.queries import differences, revisions_of_file, specifiers

BATCH = 100
DIFFERENCES = 400
HISTORY = 100


@codecommit.operation("GetCommit")
def get_commit(call: Call, params: Params) -> Result:
    """One commit by its full id."""
    target = access.repository(call.principal, params["repositoryName"], "GetCommit")
    return {"commit": commit(specifiers.commit_by_id(target, params["commitId"]))}


@codecommit.operation("BatchGetCommits")
def batch_get_commits(call: Call, params: Params) -> Result:
    """Several commits; what cannot be found is listed, not refused."""
    target = access.repository(call.principal, params["repositoryName"], "BatchGetCommits")
    wanted = list(dict.fromkeys(params["commitIds"]))
    if not wanted:
        raise AwsError("CommitIdsListRequiredException", "Give at least one commit id.")
    if len(wanted) > BATCH:
        raise AwsError("CommitIdsLimitExceededException", f"Give {BATCH} commit ids at most.")
    found: list[dict[str, Any]] = []
    problems: list[dict[str, str]] = []
    for commit_id in wanted:
        try:
            found.append(commit(specifiers.commit_by_id(target, commit_id)))
        except Invalid as error:
            code = codecommit.code_of(error)
            problems.append({"commitId": commit_id, "errorCode": code, "errorMessage": str(error)})
    return {"commits": found, "errors": problems}


@codecommit.operation("GetDifferences")
def get_differences(call: Call, params: Params) -> Result:
    """The files in which two commits differ; a rename is a deletion and an addition."""
    target = access.repository(call.principal, params["repositoryName"], "GetDifferences")
    size = page_size(
        params, "MaxResults", default=DIFFERENCES, most=DIFFERENCES, code="InvalidMaxResultsException"
    )
    limits = [paths.folder(params[m]) if params.get(m) else "" for m in ("beforePath", "afterPath")]
    old_path, new_path = limits[0] or limits[1], limits[1] or limits[0]
    scope = f"codecommit:GetDifferences:{target.pk}:{old_path}:{new_path}"
    token, after_path = params.get("NextToken", ""), ""
    if token:
        # The pages of one answer are about the same two commits, however far the branches have moved.
        old, new, after_path = paging.unseal(token, scope)
    else:
        old, new = params.get("beforeCommitSpecifier", ""), params["afterCommitSpecifier"]
    before = specifiers.commit(target, old) if old else None
    after = specifiers.commit(target, new)
    found = differences.changes(target, before, after, old_path=old_path, new_path=new_path)
    left = [change for change in found if change.path > after_path] if token else found
    more = ""
    if len(left) > size:
        more = paging.seal([before.sha if before else "", after.sha, left[size - 1].path], scope)
    return with_token({"differences": [_difference(change) for change in left[:size]]}, more, "NextToken")


def _difference(change: differences.Change) -> dict[str, Any]:
    letter = "D" if change.after is None else "A" if change.before is None else "M"
    sides = {"beforeBlob": change.before, "afterBlob": change.after}
    blobs = {
        name: {"blobId": side.sha, "path": side.path, "mode": side.mode}
        for name, side in sides.items()
        if side is not None
    }
    return {**blobs, "changeType": letter}


@codecommit.operation("ListFileCommitHistory")
def list_file_commit_history(call: Call, params: Params) -> Result:
    """The commits that changed a file, back through its renames."""
    target = access.repository(call.principal, params["repositoryName"], "ListFileCommitHistory")
    size = page_size(params, "maxResults", default=HISTORY, most=HISTORY, code="InvalidMaxResultsException")
    path = paths.file(params["filePath"])
    scope = f"codecommit:ListFileCommitHistory:{target.pk}:{path}"
    token, start = params.get("nextToken", ""), 0
    specifier = params.get("commitSpecifier", "")
    if token:
        specifier, start = paging.unseal(token, scope)
    tip = specifiers.commit(target, specifier)
    found = revisions_of_file.of(target, tip.sha, path)
    shown = revisions_of_file.details(target, found[start : start + size])
    more = paging.seal([tip.sha, start + size], scope) if len(found) > start + size else ""
    dag = [
        {
            "commit": commit(info),
            "blobId": blob,
            "path": revision.path,
            "revisionChildren": list(revision.children),
        }
        for revision, info, blob in shown
    ]
    return with_token({"revisionDag": dag}, more)
