"""CodeCommit: merges of branches, and commits that would merge them."""

from typing import Any

from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.registry import Call, Params, Result
from repos.git import access
from repos.git.actions import merges
from repos.git.actions.edits import Words
from repos.git.actions.merges import FORWARD, SQUASH, THREE_WAY, Replacement, Resolution
from repos.git.aws.service import COMMIT_BODY, codecommit, one_of
from repos.git.engine import names, paths
from repos.git.engine.edits import MAX_FILE, MODES
from repos.git.models import Repository
from repos.git.queries import merging, specifiers
from repos.git.queries.merging import AUTOMERGE, Comparison

LEVELS = ("FILE_LEVEL", "LINE_LEVEL")
STRATEGIES = ("NONE", "ACCEPT_SOURCE", "ACCEPT_DESTINATION", AUTOMERGE)
OPTIONS = (FORWARD, SQUASH, THREE_WAY)


def compared(target: Repository, params: Params) -> Comparison:
    """How the two commits of a call would merge, as closely as it wants to look."""
    level = one_of(params, "conflictDetailLevel", LEVELS, "InvalidConflictDetailLevelException")
    strategy = one_of(
        params, "conflictResolutionStrategy", STRATEGIES, "InvalidConflictResolutionStrategyException"
    )
    source, destination = params["sourceCommitSpecifier"], params["destinationCommitSpecifier"]
    return merging.compare(target, source, destination, level=level, strategy=strategy)


def ids(found: Comparison) -> dict[str, str]:
    """The commits that a comparison is about."""
    base = {"baseCommitId": found.base} if found.base else {}
    return {"sourceCommitId": found.source.sha, "destinationCommitId": found.destination.sha, **base}


@codecommit.operation("GetMergeOptions")
def get_merge_options(call: Call, params: Params) -> Result:
    """The ways in which two commits can be merged now."""
    target = access.repository(call.principal, params["repositoryName"], "GetMergeOptions")
    found = compared(target, params)
    forward = [FORWARD] if found.is_forward else []
    others = [SQUASH, THREE_WAY] if found.base and not found.conflicts else []
    return {"mergeOptions": [*forward, *others], "baseCommitId": "", **ids(found)}


@codecommit.operation(
    "GetMergeCommit", partial="Finds merges with two parents: a squashed one does not tell what it squashed."
)
def get_merge_commit(call: Call, params: Params) -> Result:
    """The commit that merged one commit into another, if there is one."""
    target = access.repository(call.principal, params["repositoryName"], "GetMergeCommit")
    found = compared(target, params)
    merged = merging.merge_commit(target, found.source.sha, found.destination.sha)
    return {**ids(found), **({"mergedCommitId": merged} if merged else {})}


@codecommit.operation("MergeBranchesByFastForward")
def merge_branches_by_fast_forward(call: Call, params: Params) -> Result:
    """Move a branch forward to a commit that has all of it."""
    return _merge(call, params, FORWARD, "MergeBranchesByFastForward")


@codecommit.operation("MergeBranchesBySquash", body_limit=COMMIT_BODY)
def merge_branches_by_squash(call: Call, params: Params) -> Result:
    """Put everything that a commit has more into one commit on a branch."""
    return _merge(call, params, SQUASH, "MergeBranchesBySquash")


@codecommit.operation("MergeBranchesByThreeWay", body_limit=COMMIT_BODY)
def merge_branches_by_three_way(call: Call, params: Params) -> Result:
    """Merge a commit into a branch, by a commit with two parents."""
    return _merge(call, params, THREE_WAY, "MergeBranchesByThreeWay")


def _merge(call: Call, params: Params, option: str, action: str) -> Result:
    wanted = params.get("targetBranch") or params["destinationCommitSpecifier"]
    short_name = wanted.removeprefix(names.BRANCHES)
    target = access.branch(call.principal, params["repositoryName"], short_name, action)
    branch = merges.branch_of(target, wanted)
    sha = merges.merge(
        repository=target,
        comparison=compared(target, params),
        branch=branch,
        option=option,
        words=_words(params),
        resolution=_resolution(params),
        principal=call.principal,
        at=call.at,
    )
    return {"commitId": sha, "treeId": specifiers.commit_by_id(target, sha).tree}


@codecommit.operation("CreateUnreferencedMergeCommit", body_limit=COMMIT_BODY)
def create_unreferenced_merge_commit(call: Call, params: Params) -> Result:
    """Merge two commits without moving any branch: to look at the result, or to test it."""
    target = access.repository(call.principal, params["repositoryName"], "CreateUnreferencedMergeCommit")
    option = one_of(params, "mergeOption", (SQUASH, THREE_WAY), "InvalidMergeOptionException")
    sha = merges.make(
        repository=target,
        comparison=compared(target, params),
        option=option,
        words=_words(params),
        resolution=_resolution(params),
        principal=call.principal,
        at=call.at,
    )
    merges.keep_unreferenced(repository=target, sha=sha)
    return {"commitId": sha, "treeId": specifiers.commit_by_id(target, sha).tree}


def _words(params: Params) -> Words:
    return Words(params.get("authorName", ""), params.get("email", ""), params.get("commitMessage", ""))


def _resolution(params: Params) -> Resolution:
    given = params.get("conflictResolution", {})
    if given and params.get("conflictResolutionStrategy") != AUTOMERGE:
        raise AwsError(
            "InvalidConflictResolutionException", "conflictResolution needs the strategy AUTOMERGE."
        )
    replaced = [(paths.file(one["filePath"]), _replacement(one)) for one in given.get("replaceContents", [])]
    if len(dict(replaced)) < len(replaced):
        raise AwsError("MultipleConflictResolutionEntriesException", "A file is replaced more than once.")
    return Resolution(
        replacements=dict(replaced),
        deletes=[paths.file(one["filePath"]) for one in given.get("deleteFiles", [])],
        modes={paths.file(one["filePath"]): _mode(one) for one in given.get("setFileModes", [])},
    )


def _mode(given: dict[str, Any]) -> str:
    word = given.get("fileMode")
    if word is not None and word not in MODES:
        raise AwsError("InvalidFileModeException", f"fileMode must be one of {', '.join(MODES)}.")
    return MODES[word] if word else ""


_KEPT = {"KEEP_BASE": "base", "KEEP_SOURCE": "source", "KEEP_DESTINATION": "destination"}


def _replacement(given: dict[str, Any]) -> Replacement:
    kind = given["replacementType"]
    if kind in _KEPT:
        return Replacement(side=_KEPT[kind], mode=_mode(given))
    if kind != "USE_NEW_CONTENT":
        valid = ", ".join([*_KEPT, "USE_NEW_CONTENT"])
        raise AwsError("InvalidReplacementTypeException", f"replacementType must be one of {valid}.")
    content = given.get("content")
    if content is None:
        raise AwsError("ReplacementContentRequiredException", "USE_NEW_CONTENT needs content.")
    if len(content) > MAX_FILE:
        raise AwsError("FileContentSizeLimitExceededException", "A file may have 6 MB.")
    return Replacement(content=content, mode=_mode(given))
