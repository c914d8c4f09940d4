"""A stored line is one JSON array ``[at_ms,"mark","text"]`` and a line feed; events have a fourth, ``ingested_ms``.

JSON lines, because a range of them is sent to browsers as it lies on disk: a reader
joins bytes and parses nothing.
"""

import json
import re
from collections.abc import Iterable

from monitoring.logs.types import Line

MAX_LINE = 256 * 1024
MAX_EVENT = 1024 * 1024
_LATEST = 1 << 53
_NOT_IN_MARKS = re.compile(r"[^\w:. -]")
_dump = json.JSONEncoder(ensure_ascii=False).encode


def encode(line: Line) -> bytes:
    """The record of ``line``, made safe: no line feed, no NUL, at most ``MAX_LINE`` bytes of text.

    The text of an event keeps its line feeds, and may have ``MAX_EVENT`` bytes.
    """
    at_ms = min(max(int(line.at_ms), 0), _LATEST)
    if line.ingested_ms:
        text = line.text.replace("\0", "")
        return f'[{at_ms},"",{_dump(text)},{line.ingested_ms}]\n'.encode("utf-8", "replace")
    mark = _NOT_IN_MARKS.sub("_", line.mark)[:120] if line.mark else ""
    return f"[{at_ms},{_dump(mark)},{_dump(_safe(line.text))}]\n".encode("utf-8", "replace")


def decode(block: bytes) -> list[Line]:
    """The lines of whole records."""
    return [Line(at_ms, text, mark, *rest) for at_ms, mark, text, *rest in json.loads(array(block))]


def array(block: bytes) -> bytes:
    """Whole records as one JSON array."""
    return b"[" + block.rstrip(b"\n").replace(b"\n", b",") + b"]"


def mark_of(record: bytes) -> str:
    """The mark of a record, without parsing its text."""
    start = record.index(b',"') + 2
    return record[start : record.index(b'"', start)].decode()


def time_of(record: bytes) -> int:
    """The time of a record, without parsing its text."""
    return int(record[1 : record.index(b",")])


def texts(block: bytes) -> Iterable[str]:
    """The texts of whole records."""
    return (record[2] for record in json.loads(array(block)))


def _safe(text: str) -> str:
    if "\n" in text:
        text = text.rstrip("\n").replace("\n", "␊")
    if "\0" in text:
        text = text.replace("\0", "")
    if len(text) * 4 <= MAX_LINE:
        return text
    whole = text.encode("utf-8", "replace")
    if len(whole) <= MAX_LINE:
        return text
    return f"{whole[:MAX_LINE].decode('utf-8', 'ignore')} … [line cut: {len(whole) - MAX_LINE:,} more bytes]"
