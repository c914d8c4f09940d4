"""The models' regular expressions, which are Java's, as Python's."""

import re
import sys
import unicodedata
import warnings
from functools import lru_cache

import structlog

log = structlog.get_logger(__name__)

# In this order: an escaped character, a bracket, a category; all else is copied.
_TOKEN = re.compile(r"\\([pP])\{(?:Is|general_category=)?([A-Z][a-z]?)\}|\\.|\[|\]", re.DOTALL)
# Java reads a class as a set beside a bare hyphen; Python takes it for a range that makes no sense.
_AFTER_CLASS = re.compile(r"(\\[wds])-(?!\])")
_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"


def matches(pattern: str, text: str) -> bool:
    """Whether ``text`` satisfies a model's ``pattern``, wholly unless the pattern is anchored at one end only.

    A pattern that Python cannot express is satisfied by every text.
    """
    compiled, whole = _compiled(pattern)
    return compiled is None or bool(compiled.fullmatch(text) if whole else compiled.search(text))


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> tuple[re.Pattern[str] | None, bool]:
    whole = pattern.startswith("^") == pattern.endswith("$")
    try:
        with warnings.catch_warnings():
            # Java's classes have set operations that these patterns mean literally.
            warnings.simplefilter("ignore", FutureWarning)
            return re.compile(translated(pattern), re.ASCII), whole
    except re.error as error:
        log.warning("a model's pattern is not checked", pattern=pattern, error=str(error))
        return None, whole


def translated(pattern: str, *, categories: bool = True) -> str:
    """The pattern as Python spells it; ``categories`` (``\\p{L}``) become long classes, or else ``a``."""
    text = _AFTER_CLASS.sub(r"\1\\-", pattern.replace(_SURROGATES, "\U00010000-\U0010ffff"))
    inside = False

    def replace(found: re.Match[str]) -> str:
        nonlocal inside
        if found[0] in "[]":
            inside = found[0] == "["
        if not found[1]:
            return found[0]
        members = _members(found[2], complement=found[1] == "P") if categories else "a"
        return members if inside else f"[{members}]"

    return _TOKEN.sub(replace, text)


@lru_cache(maxsize=64)
def _members(category: str, *, complement: bool) -> str:
    """The characters (not) of a Unicode category, for use between brackets."""
    ranges: list[list[int]] = []
    for point in range(sys.maxunicode + 1):
        if unicodedata.category(chr(point)).startswith(category) != complement:
            if ranges and ranges[-1][1] == point - 1:
                ranges[-1][1] = point
            else:
                ranges.append([point, point])
    return "".join(rf"\U{first:08x}-\U{last:08x}" for first, last in ranges)
