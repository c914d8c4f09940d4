"""The models' regular expressions, which are Java's, as Python's."""

import re
import sys
import unicodedata
from functools import lru_cache

_CATEGORY = re.compile(r"\\p\{(?:Is)?([A-Z][a-z]?)\}")
# Java reads a class as a set beside a bare hyphen; Python takes it for a range that makes no sense.
_AFTER_CLASS = re.compile(r"(\\[wds])-(?!\])")
_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"


def matches(pattern: str, text: str) -> bool:
    """Whether ``text`` satisfies a model's ``pattern``, wholly unless the pattern is anchored at one end only."""
    compiled, whole = _compiled(pattern)
    return bool(compiled.fullmatch(text) if whole else compiled.search(text))


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> tuple[re.Pattern[str], bool]:
    text = pattern.replace(_SURROGATES, "\U00010000-\U0010ffff")
    text = _AFTER_CLASS.sub(r"\1\\-", text)
    text = _CATEGORY.sub(lambda found: _members(found[1]), text)
    return re.compile(text, re.ASCII), pattern.startswith("^") == pattern.endswith("$")


@lru_cache(maxsize=64)
def _members(category: str) -> str:
    """The characters of a Unicode category, for use between brackets."""
    ranges: list[list[int]] = []
    for point in range(sys.maxunicode + 1):
        if unicodedata.category(chr(point)).startswith(category):
            if ranges and ranges[-1][1] == point - 1:
                ranges[-1][1] = point
            else:
                ranges.append([point, point])
    return "".join(rf"\U{first:08x}-\U{last:08x}" for first, last in ranges)
