"""CodeCommit: what conflicts between two commits, file by file and part by part."""

from base64 import b64encode
from typing import Any

from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import paging
from repos.git import access
from repos.git.actions.merges import FORWARD
from repos.git.adapters import objects
from repos.git.aws.merging import OPTIONS, compared, ids
from repos.git.aws.service import codecommit, file_mode, one_of, page_size, with_token
from repos.git.engine import paths
from repos.git.engine.merging import Hunk, Span
from repos.git.errors import FileNotFound
from repos.git.models import Repository
from repos.git.queries import merging
from repos.git.queries.differences import Side
from repos.git.queries.merging import Comparison, FileConflict, Three

FILES = 100
HUNKS = 100
_KINDS = {"120": "SYMBOLIC_LINK", "160": "GIT_LINK", "040": "DIRECTORY"}


def _begun(call: Call, params: Params, action: str) -> tuple[Repository, Comparison, str]:
    """The repository, the comparison, and its scope for page tokens."""
    target = access.repository(call.principal, params["repositoryName"], action)
    option = one_of(params, "mergeOption", OPTIONS, "InvalidMergeOptionException")
    found = compared(target, params)
    scope = f"codecommit:{action}:{target.pk}:{found.source.sha}:{found.destination.sha}"
    if option == FORWARD:
        found.conflicts.clear()
    found.conflicts.sort(key=lambda one: one.path)
    return target, found, scope


@codecommit.operation("GetMergeConflicts")
def get_merge_conflicts(call: Call, params: Params) -> Result:
    """Whether two commits can be merged in a way, and which files stand against it."""
    target, found, scope = _begun(call, params, "GetMergeConflicts")
    size = page_size(
        params, "maxConflictFiles", default=FILES, most=FILES, code="InvalidMaxConflictFilesException"
    )
    page = paging.page_of(
        found.conflicts, token=params.get("nextToken", ""), size=size, key=_path, scope=scope
    )
    forward = params["mergeOption"] == FORWARD
    mergeable = found.is_forward if forward else bool(found.base) and not found.conflicts
    with objects.borrow(target.directory) as reader:
        listed = [_metadata(reader, one) for one in page.rows]
    result = {"mergeable": mergeable, **ids(found), "conflictMetadataList": listed}
    return with_token(result, page.next_token)


@codecommit.operation("DescribeMergeConflicts")
def describe_merge_conflicts(call: Call, params: Params) -> Result:
    """The parts of one file, those that conflict and those that do not."""
    target, found, scope = _begun(call, params, "DescribeMergeConflicts")
    path = paths.file(params["filePath"])
    size = page_size(params, "maxMergeHunks", default=HUNKS, most=HUNKS, code="InvalidMaxMergeHunksException")
    conflict = _of(target, found, path)
    with objects.borrow(target.directory) as reader:
        hunks = _hunks(reader, conflict)
        page = paging.page_of(
            list(enumerate(hunks)),
            token=params.get("nextToken", ""),
            size=size,
            key=lambda item: item[0],
            scope=f"{scope}:{path}",
        )
        shown = {
            "conflictMetadata": _metadata(reader, conflict),
            "mergeHunks": [hunk for _, hunk in page.rows],
            **ids(found),
        }
    return with_token(shown, page.next_token)


@codecommit.operation("BatchDescribeMergeConflicts")
def batch_describe_merge_conflicts(call: Call, params: Params) -> Result:
    """The parts of several files: those that are named, or all that conflict."""
    target, found, scope = _begun(call, params, "BatchDescribeMergeConflicts")
    files = page_size(
        params, "maxConflictFiles", default=FILES, most=FILES, code="InvalidMaxConflictFilesException"
    )
    size = page_size(params, "maxMergeHunks", default=HUNKS, most=HUNKS, code="InvalidMaxMergeHunksException")
    conflicts, problems = _wanted(target, found, params.get("filePaths", []))
    page = paging.page_of(conflicts, token=params.get("nextToken", ""), size=files, key=_path, scope=scope)
    with objects.borrow(target.directory) as reader:
        listed = [
            {"conflictMetadata": _metadata(reader, one), "mergeHunks": _hunks(reader, one)[:size]}
            for one in page.rows
        ]
    return with_token({"conflicts": listed, "errors": problems, **ids(found)}, page.next_token)


def _path(conflict: FileConflict) -> str:
    return conflict.path


def _wanted(
    target: Repository, found: Comparison, wanted: list[str]
) -> tuple[list[FileConflict], list[dict[str, str]]]:
    if not wanted:
        return found.conflicts, []
    conflicts, problems = [], []
    for path in sorted(set(wanted)):
        try:
            conflicts.append(_of(target, found, paths.file(path)))
        except FileNotFound as error:
            code = codecommit.code_of(error)
            problems.append({"filePath": path, "exceptionName": code, "message": str(error)})
    return conflicts, problems


def _of(target: Repository, found: Comparison, path: str) -> FileConflict:
    """The conflict of a file; a file without one has none of the marks. Raises ``FileNotFound``."""
    known = next((one for one in found.conflicts if one.path == path), None)
    if known is not None:
        return known
    with objects.borrow(target.directory) as reader:
        sides = [
            _side(reader, commit, path) if commit else None
            for commit in (found.base, found.source.sha, found.destination.sha)
        ]
    if sides[1] is None and sides[2] is None:
        raise FileNotFound(f"Neither commit has a file {path}.")
    return FileConflict(path, Three(*sides))


def _side(reader: objects.Reader, commit: str, path: str) -> Side | None:
    folder, _, name = path.rpartition("/")
    header = reader.header(f"{commit}:{folder}")
    rows = reader.tree(header.sha) if header is not None and header.kind == "tree" else None
    row = next((row for row in rows or [] if row.name == name and row.kind != "tree"), None)
    return Side(path, row.mode, row.sha) if row else None


def _metadata(reader: objects.Reader, conflict: FileConflict) -> dict[str, Any]:
    sides = conflict.three.sides()
    return {
        "filePath": conflict.path,
        "fileSizes": {name: merging.size(reader, side) for name, side in sides.items()},
        "fileModes": {name: file_mode(side.mode) for name, side in sides.items()},
        "objectTypes": {name: _KINDS.get(side.mode[:3], "FILE") for name, side in sides.items()},
        "numberOfConflicts": conflict.count,
        "isBinaryFile": {name: merging.is_binary(reader, side) for name, side in sides.items()},
        "contentConflict": conflict.content,
        "fileModeConflict": conflict.mode,
        "objectTypeConflict": conflict.kind,
        "mergeOperations": {
            name: _operation(conflict.three.base, side)
            for name, side in (
                ("source", conflict.three.source),
                ("destination", conflict.three.destination),
            )
        },
    }


def _operation(base: Side | None, side: Side | None) -> str:
    if side is None:
        return "D"
    return "M" if base is not None else "A"


def _hunks(reader: objects.Reader, conflict: FileConflict) -> list[dict[str, Any]]:
    if not conflict.hunks:
        return []
    texts = merging.texts(reader, conflict.three)
    return [_hunk(hunk, texts) for hunk in conflict.hunks]


def _hunk(hunk: Hunk, texts: Any) -> dict[str, Any]:
    sides = {
        name: _lines(getattr(hunk, name), getattr(texts, name)) for name in ("source", "destination", "base")
    }
    return {"isConflict": hunk.is_conflict, **sides}


def _lines(span: Span, lines: list[bytes]) -> dict[str, Any]:
    """Lines count from 1; of none, the one before is named."""
    first = span.start + 1 if span.end > span.start else span.start
    content = b64encode(span.of(lines)).decode()
    return {"startLine": first, "endLine": span.end, "hunkContent": content}
