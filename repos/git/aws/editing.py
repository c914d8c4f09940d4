"""CodeCommit: commits made without a clone."""

from collections.abc import Sequence
from typing import Any

from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.registry import Call, Params, Result
from repos.git import access
from repos.git.actions import edits
from repos.git.actions.edits import Changed, Made, Words
from repos.git.aws.service import COMMIT_BODY, codecommit, file_mode
from repos.git.engine import paths
from repos.git.engine.edits import MODES, Put, Wishes
from repos.git.errors import EditRefused


@codecommit.operation("PutFile", body_limit=COMMIT_BODY)
def put_file(call: Call, params: Params) -> Result:
    """Add or replace one file."""
    path = params["filePath"]
    mode = _mode(params["fileMode"]) if "fileMode" in params else ""
    try:
        made = _commit(
            call,
            params,
            "PutFile",
            lambda: Wishes(puts=[Put(paths.file(path), mode, _full(params["fileContent"]))]),
            author="name",
        )
    except EditRefused as error:
        if error.code != "NoChangeException":
            raise
        raise AwsError("SameFileContentException", f"{path} has exactly this content already.") from None
    changed = (*made.added, *made.updated)[0]
    return {"commitId": made.commit, "blobId": changed.sha, "treeId": made.tree}


def _full(content: bytes) -> bytes:
    if not content:
        raise AwsError(
            "FileContentRequiredException", "The file has no content; this operation adds no empty files."
        )
    return content


@codecommit.operation("DeleteFile")
def delete_file(call: Call, params: Params) -> Result:
    """Delete one file."""
    keep = params.get("keepEmptyFolders", False)
    made = _commit(
        call,
        params,
        "DeleteFile",
        lambda: Wishes(deletes=[paths.file(params["filePath"])], keep_empty_folders=keep),
        author="name",
    )
    gone = made.deleted[0]
    return {"commitId": made.commit, "blobId": gone.sha, "treeId": made.tree, "filePath": gone.path}


@codecommit.operation("CreateCommit", body_limit=COMMIT_BODY)
def create_commit(call: Call, params: Params) -> Result:
    """Put, copy, move and delete files and set their modes, in one commit."""
    made = _commit(call, params, "CreateCommit", lambda: _wishes(params), author="authorName")
    return {
        "commitId": made.commit,
        "treeId": made.tree,
        "filesAdded": _files(made.added),
        "filesUpdated": _files(made.updated),
        "filesDeleted": _files(made.deleted),
    }


def _wishes(params: Params) -> Wishes:
    changed = params.get("setFileModes", [])
    modes = {paths.file(item["filePath"]): _mode(item["fileMode"]) for item in changed}
    if len(modes) < len(changed):
        raise EditRefused("SamePathRequestException", "A file's mode is set more than once in this commit.")
    return Wishes(
        puts=[_put(item) for item in params.get("putFiles", [])],
        deletes=[paths.file(item["filePath"]) for item in params.get("deleteFiles", [])],
        modes=modes,
        keep_empty_folders=params.get("keepEmptyFolders", False),
    )


def _put(item: dict[str, Any]) -> Put:
    source = item.get("sourceFile")
    return Put(
        path=paths.file(item["filePath"]),
        mode=_mode(item["fileMode"]) if "fileMode" in item else "",
        content=item.get("fileContent"),
        source=paths.file(source["filePath"]) if source else "",
        moves=bool(source and source.get("isMove")),
    )


def _mode(word: str) -> str:
    if word not in MODES:
        raise AwsError(
            "InvalidFileModeException", f"fileMode must be one of {', '.join(MODES)}, not {word[:50]!r}."
        )
    return MODES[word]


def _commit(call: Call, params: Params, action: str, wishes: Any, *, author: str) -> Made:
    branch = params["branchName"]
    target = access.branch(call.principal, params["repositoryName"], branch, action)
    words = Words(params.get(author, ""), params.get("email", ""), params.get("commitMessage", ""))
    return edits.commit(
        repository=target,
        branch=branch,
        parent=params.get("parentCommitId", ""),
        wishes=wishes(),
        words=words,
        principal=call.principal,
        at=call.at,
    )


def _files(changed: Sequence[Changed]) -> list[dict[str, str]]:
    return [{"absolutePath": one.path, "blobId": one.sha, "fileMode": file_mode(one.mode)} for one in changed]
