"""The file patterns of artifacts: ``file``, ``dir/*`` (one level), ``dir/**/*`` (all below)."""

import re
from collections.abc import Iterable
from functools import lru_cache


@lru_cache(maxsize=512)
def pattern(glob: str) -> re.Pattern[str]:
    """``glob`` as a regular expression over a whole relative path with ``/`` between names."""
    text = glob.strip().removeprefix("./").rstrip("/")
    parts: list[str] = []
    position = 0
    while position < len(text):
        if text.startswith("**/", position):
            parts.append("(?:[^/]+/)*")
            position += 3
        elif text.startswith("**", position):
            parts.append(".*")
            position += 2
        elif text[position] == "*":
            parts.append("[^/]*")
            position += 1
        elif text[position] == "?":
            parts.append("[^/]")
            position += 1
        else:
            parts.append(re.escape(text[position]))
            position += 1
    return re.compile("".join(parts), re.DOTALL)


def matches(globs: Iterable[str], path: str) -> bool:
    """Whether one of ``globs`` covers ``path``."""
    return any(pattern(glob).fullmatch(path) for glob in globs)
