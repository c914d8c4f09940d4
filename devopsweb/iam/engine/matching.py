"""How names and ARNs match patterns (IAM User Guide, "IAM JSON policy elements: Resource").

Actions are compared without case. ARNs are compared part by part: a wildcard stays inside
its part, only in the last part it also crosses ``:`` and ``/``.
"""

import re
from functools import lru_cache

_ARN_PARTS = 6
# Private-use characters stand for wildcard characters that mean themselves.
_HIDE = str.maketrans({"*": "\ue000", "?": "\ue001"})
_SHOW = str.maketrans({"\ue000": "*", "\ue001": "?"})


def literal(text: str) -> str:
    """``text`` for use inside a pattern, where its wildcard characters shall mean themselves."""
    return text.translate(_HIDE)


def is_plain(pattern: str) -> bool:
    """Whether ``pattern`` has no wildcard, so that it matches itself alone."""
    return "*" not in pattern and "?" not in pattern


@lru_cache(maxsize=8192)
def glob(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """``pattern`` with ``*`` (any text) and ``?`` (one character) as a regular expression."""
    return re.compile(_expression(pattern, "."), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


@lru_cache(maxsize=8192)
def arn_glob(pattern: str) -> re.Pattern[str]:
    """An ARN's pattern as a regular expression; ``*`` alone matches everything."""
    *heads, tail = pattern.split(":", _ARN_PARTS - 1)
    parts = [_expression(part, "[^:]") for part in heads] + [_expression(tail, ".")]
    return re.compile(":".join(parts), re.DOTALL)


def _expression(pattern: str, one: str) -> str:
    """``pattern`` as an expression whose wildcards stand for ``one``, each any number of times.

    What stands between two ``*`` is looked for once, at its first place, and never again (atomic groups): a
    second place cannot fit better, and trying them all takes for ever on patterns that are made for that.
    """
    first, *rest = [_fixed(piece, one) for piece in re.sub(r"\*+", "*", pattern).split("*")]
    if not rest:
        return first
    *middle, last = rest
    return first + "".join(f"(?>{one}*?{piece})" for piece in middle) + f"{one}*{last}"


def _fixed(text: str, one: str) -> str:
    return "".join(one if c == "?" else re.escape(c.translate(_SHOW)) for c in text)


def action_matches(pattern: str, action: str) -> bool:
    """Whether the action pattern (``codebuild:Start*``) covers ``action``."""
    return pattern == "*" or glob(pattern, ignore_case=True).fullmatch(action) is not None


def arn_matches(pattern: str, arn: str) -> bool:
    """Whether the ARN pattern covers ``arn``."""
    return arn_glob(pattern).fullmatch(arn) is not None
