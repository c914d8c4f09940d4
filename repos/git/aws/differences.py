"""CodeCommit: the lines in which two blobs differ."""

from collections.abc import Iterator
from typing import Any

from devopsweb.awsapi.errors import ParameterProblem
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import paging
from repos.git import access
from repos.git.aws.contents import blob
from repos.git.aws.service import codecommit, page_size, with_token
from repos.git.engine.diffs import Hunk, Line
from repos.git.queries import differences

PAGE = 100
MOST_LINES = 25_000
MOST_CONTEXT = 20
_TYPES = {" ": "CONTEXT", "+": "ADD", "-": "DELETE"}


@codecommit.operation("GetBlobDifferences")
def get_blob_differences(call: Call, params: Params) -> Result:
    """The hunks in which two blobs differ; without a blob before, all of the one after is new."""
    target = access.repository(call.principal, params["repositoryName"], "GetBlobDifferences")
    size = page_size(params, "MaxResults", default=PAGE, most=1000, code="InvalidMaxResultsException")
    before_id, after_id = params.get("beforeBlobId", ""), params["afterBlobId"]
    before, after = blob(target, before_id) if before_id else b"", blob(target, after_id)
    is_binary = any(b"\0" in content[:8000] for content in (before, after))
    found: list[dict[str, Any]] = []
    if not is_binary:
        context, blanks = _context(params), not params.get("ignoreWhitespace", False)
        hunks = differences.of_blobs(target, before_id, after_id, context=context, blanks=blanks)
        found = [shape for hunk in hunks for shape in _shapes(hunk)]
    page = paging.page_of(
        list(enumerate(found)),
        token=params.get("NextToken", ""),
        size=size,
        key=lambda item: item[0],
        scope=f"codecommit:GetBlobDifferences:{before_id}:{after_id}:{_context(params)}",
    )
    result = {
        "hunks": [hunk for _, hunk in page.rows],
        "isBinary": is_binary,
        "beforeBlobSize": len(before),
        "afterBlobSize": len(after),
    }
    return with_token(result, page.next_token, "NextToken")


def _context(params: Params) -> int:
    lines: int = params.get("contextLines", 3)
    if not 0 <= lines <= MOST_CONTEXT:
        raise ParameterProblem(f"contextLines must be from 0 to {MOST_CONTEXT}.", parameter="contextLines")
    return lines


def _shapes(hunk: Hunk) -> Iterator[dict[str, Any]]:
    """The shape ``DiffHunk``; a hunk of more lines than it holds becomes several."""
    for start in range(0, len(hunk.lines), MOST_LINES):
        yield _shape(hunk.lines[start : start + MOST_LINES])


def _shape(lines: list[Line]) -> dict[str, Any]:
    old = [line.old for line in lines if line.old is not None]
    new = [line.new for line in lines if line.new is not None]
    return {
        "beforeStartLine": min(old, default=0),
        "beforeLineCount": len(old),
        "afterStartLine": min(new, default=0),
        "afterLineCount": len(new),
        "changes": [_change(line) for line in lines],
    }


def _change(line: Line) -> dict[str, Any]:
    numbers = {"beforeLineNumber": line.old, "afterLineNumber": line.new}
    known = {name: number for name, number in numbers.items() if number is not None}
    return {"type": _TYPES[line.mark], "content": line.text, **known}
