"""CodeCommit: files, folders and blobs."""

from typing import Any

from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.registry import Call, Params, Result
from repos.git import access
from repos.git.aws.service import codecommit, file_mode
from repos.git.engine import names, paths
from repos.git.errors import FileNotFound, FileTooLarge, FolderNotFound, PathNotFound
from repos.git.models import Repository
from repos.git.queries import specifiers, trees
from repos.git.types import Entry

MAX_FILE = 6 << 20


@codecommit.operation("GetFile")
def get_file(call: Call, params: Params) -> Result:
    """A file of a commit, up to 6 MB."""
    target = access.repository(call.principal, params["repositoryName"], "GetFile")
    path = paths.file(params["filePath"])
    commit = specifiers.commit(target, params.get("commitSpecifier", ""))
    try:
        place = trees.at(target, commit, path)
    except PathNotFound:
        raise _no_file(path) from None
    if place.kind not in ("blob", "link"):
        raise _no_file(path)
    return {
        "commitId": commit.sha,
        "blobId": place.sha,
        "filePath": path,
        "fileMode": file_mode(place.mode),
        "fileSize": place.size,
        "fileContent": _content(target, place.sha, place.size),
    }


def _no_file(path: str) -> FileNotFound:
    return FileNotFound(f"The commit has no file {path}.")


def _content(target: Repository, sha: str, size: int) -> bytes:
    if size > MAX_FILE:
        raise FileTooLarge("The file is larger than 6 MB. Fetch it with git.")
    return trees.content(target, sha)


@codecommit.operation("GetBlob")
def get_blob(call: Call, params: Params) -> Result:
    """The bytes of a blob, up to 6 MB."""
    target = access.repository(call.principal, params["repositoryName"], "GetBlob")
    return {"content": blob(target, params["blobId"])}


def blob(target: Repository, sha: str) -> bytes:
    """The bytes of a blob by its full id. Raises ``AwsError``, ``FileTooLarge``."""
    if not names.is_sha(sha):
        raise AwsError("InvalidBlobIdException", f"{sha[:100]!r} is not a full blob id.")
    size = trees.blob_size(target, sha)
    if size is None:
        raise AwsError("BlobIdDoesNotExistException", f"{target.name} has no blob {sha}.")
    return _content(target, sha, size)


@codecommit.operation("GetFolder")
def get_folder(call: Call, params: Params) -> Result:
    """What lies in a folder of a commit, one level deep."""
    target = access.repository(call.principal, params["repositoryName"], "GetFolder")
    path = paths.folder(params["folderPath"])
    commit = specifiers.commit(target, params.get("commitSpecifier", ""))
    try:
        place = trees.at(target, commit, path)
    except PathNotFound:
        raise FolderNotFound(f"The commit has no folder {path}.") from None
    if place.kind != "tree":
        raise FolderNotFound(f"The commit has no folder {path}.")
    rows = trees.entries(target, place)
    prefix = f"{path}/" if path else ""
    return {
        "commitId": commit.sha,
        "folderPath": path,
        "treeId": place.sha,
        "subFolders": [_row(prefix, row, "treeId") for row in rows if row.kind == "tree"],
        "files": [_file(prefix, row) for row in rows if row.kind == "blob"],
        "symbolicLinks": [_file(prefix, row) for row in rows if row.kind == "link"],
        "subModules": [_row(prefix, row, "commitId") for row in rows if row.kind == "commit"],
    }


def _row(prefix: str, row: Entry, id_member: str) -> dict[str, Any]:
    return {id_member: row.sha, "absolutePath": prefix + row.name, "relativePath": row.name}


def _file(prefix: str, row: Entry) -> dict[str, Any]:
    return {**_row(prefix, row, "blobId"), "fileMode": file_mode(row.mode)}
