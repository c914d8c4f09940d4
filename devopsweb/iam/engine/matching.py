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


@lru_cache(maxsize=8192)
def glob(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """``pattern`` with ``*`` (any text) and ``?`` (one character) as a regular expression."""
    text = re.sub(r"\*+", "*", pattern)
    body = "".join({"*": ".*", "?": "."}.get(c, re.escape(c.translate(_SHOW))) for c in text)
    return re.compile(body, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def action_matches(pattern: str, action: str) -> bool:
    """Whether the action pattern (``codebuild:Start*``) covers ``action``."""
    return pattern == "*" or glob(pattern, ignore_case=True).fullmatch(action) is not None


def arn_matches(pattern: str, arn: str) -> bool:
    """Whether the ARN pattern covers ``arn``."""
    if pattern == "*":
        return True
    wanted = pattern.split(":", _ARN_PARTS - 1)
    given = arn.split(":", len(wanted) - 1)
    return len(given) == len(wanted) and all(
        glob(part).fullmatch(value) is not None for part, value in zip(wanted, given, strict=True)
    )
