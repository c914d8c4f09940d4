"""CodeCommit at the door: its words for our errors, and what several operations share."""

from typing import Any

from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.registry import Params, service
from devopsweb.kernel import tags
from devopsweb.kernel.paging import InvalidToken
from repos.git import errors
from repos.git.types import CommitInfo

codecommit = service(
    "codecommit",
    errors={
        InvalidToken: "InvalidContinuationTokenException",
        tags.InvalidTags: "InvalidTagsMapException",
        tags.ReservedTag: "InvalidSystemTagUsageException",
        tags.TooManyTags: "TooManyTagsException",
        errors.RepositoryNotFound: "RepositoryDoesNotExistException",
        errors.RepositoryNameExists: "RepositoryNameExistsException",
        errors.InvalidRepositoryName: "InvalidRepositoryNameException",
        errors.InvalidReferenceName: "InvalidBranchNameException",
        errors.RefNotFound: "CommitDoesNotExistException",
        errors.PathNotFound: "PathDoesNotExistException",
        errors.ReferenceExists: "BranchNameExistsException",
        errors.DefaultBranchCannotBeDeleted: "DefaultBranchCannotBeDeletedException",
        errors.ReferenceChanged: "ConcurrentReferenceUpdateException",
        errors.BranchNotFound: errors.BranchNotFound.code,
        errors.CommitNotFound: errors.CommitNotFound.code,
        errors.CommitIdNotFound: errors.CommitIdNotFound.code,
        errors.FileNotFound: errors.FileNotFound.code,
        errors.FolderNotFound: errors.FolderNotFound.code,
    },
    violations={
        ("filePath", "null"): "PathRequiredException",
        ("folderPath", "null"): "PathRequiredException",
        ("oldName", "null"): "RepositoryNameRequiredException",
        ("newName", "null"): "RepositoryNameRequiredException",
        **{
            (member, kind): "InvalidRepositoryNameException"
            for member in ("oldName", "newName", "repositoryNames")
            for kind in ("length", "pattern")
        },
        ("defaultBranchName", "null"): "BranchNameRequiredException",
        ("defaultBranchName", "length"): "InvalidBranchNameException",
        ("afterCommitSpecifier", "null"): "CommitRequiredException",
        ("sourceCommitSpecifier", "null"): "CommitRequiredException",
        ("destinationCommitSpecifier", "null"): "CommitRequiredException",
        ("commitIds", "null"): "CommitIdsListRequiredException",
        ("tags", "null"): "TagsMapRequiredException",
        ("tags", "length"): "InvalidTagsMapException",
        ("tagKeys", "null"): "TagKeysListRequiredException",
        ("tagKeys", "length"): "InvalidTagKeysListException",
        ("fileContent", "length"): "FileContentSizeLimitExceededException",
        ("putFiles", "length"): "FileContentSizeLimitExceededException",
        ("putFiles", "null"): "PathRequiredException",
        ("deleteFiles", "null"): "PathRequiredException",
    },
)

COMMIT_BODY = 12 << 20
"""The body of a call that brings 7 MB of files, in Base64."""

FILE_MODES = {"100755": "EXECUTABLE", "120000": "SYMLINK"}


def one_of(params: Params, member: str, words: tuple[str, ...], code: str) -> str:
    """The word that the caller chose, the first one by default. Raises ``AwsError``."""
    word: str = params.get(member, words[0])
    if word not in words:
        raise AwsError(code, f"{member} must be one of {', '.join(words)}, not {word[:100]!r}.")
    return word


def page_size(params: Params, member: str, *, default: int, most: int, code: str) -> int:
    """How many rows the caller wants on a page. Raises ``AwsError`` unless that is a positive number."""
    size: int = params.get(member, default)
    if size < 1:
        raise AwsError(code, f"{member} must be 1 or more, not {size}.")
    return min(size, most)


def with_token(result: dict[str, Any], token: str, member: str = "nextToken") -> dict[str, Any]:
    """``result``, with where to go on unless it is the end."""
    return {**result, member: token} if token else result


def file_mode(mode: str) -> str:
    """CodeCommit's word for git's mode."""
    return FILE_MODES.get(mode, "NORMAL")


def commit(info: CommitInfo) -> dict[str, Any]:
    """The shape ``Commit``; dates are git's own (``1700000000 +0100``)."""
    return {
        "commitId": info.sha,
        "treeId": info.tree,
        "parents": list(info.parents),
        "message": info.message,
        "author": _person(info.author_name, info.author_email, info.authored_at),
        "committer": _person(info.committer_name, info.committer_email, info.committed_at),
        "additionalData": info.extra,
    }


def _person(name: str, email: str, at: Any) -> dict[str, str]:
    return {"name": name, "email": email, "date": f"{int(at.timestamp())} {at:%z}"}
