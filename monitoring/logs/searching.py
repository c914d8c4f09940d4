"""Finds a text in a stream, chunk by chunk, without regard to case and colours."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from monitoring.logs.adapters import files
from monitoring.logs.engine import records
from monitoring.logs.engine.ansi import plain

# Colours as they stand in a record; what else begins with an escape is left to a full look.
_COLOUR = re.compile(r"\\u001b\[[0-?]*[ -/]*[@-~]")


@dataclass(frozen=True)
class Found:
    """Numbers of matching lines among those scanned since the last one."""

    numbers: list[int]
    scanned: int


def search(stream_id: str, text: str, *, limit: int) -> Iterator[Found]:
    """Matches in order, in pieces, at most ``limit`` of them."""
    low = text.lower()
    needle = json.dumps(low, ensure_ascii=False)[1:-1]
    left = limit
    for block in files.chunks(files.place(stream_id)):
        numbers = list(_in_block(block, low, needle))[:left]
        left -= len(numbers)
        yield Found(numbers, block.start + block.count)
        if not left:
            return


def _in_block(block: files.Block, low: str, needle: str) -> Iterator[int]:
    if not _may_hold(block.data.decode(), needle):
        return
    for number, line in enumerate(records.texts(block.data), block.start):
        if low in plain(line).lower():
            yield number


def search_rows(stream_id: str, text: str, *, limit: int) -> list[tuple[int, str]]:
    """The first matches as (1-based number, plain text), for a page without scripts."""
    low = text.lower()
    needle = json.dumps(low, ensure_ascii=False)[1:-1]
    rows: list[tuple[int, str]] = []
    for block in files.chunks(files.place(stream_id)):
        numbers = list(_in_block(block, low, needle))
        if numbers:
            lines = list(records.texts(block.data))
            rows += [(number + 1, plain(lines[number - block.start])) for number in numbers]
        if len(rows) >= limit:
            break
    return rows[:limit]


def _may_hold(whole: str, needle: str) -> bool:
    """Whether a block's records may hold ``needle`` (lower case, JSON-escaped); cheaper than to parse them."""
    if "\\u001b" in whole:
        if "\\\\u001b" in whole:
            return True
        whole = _COLOUR.sub("", whole)
    return needle in whole.lower() or "\\u001b" in whole
