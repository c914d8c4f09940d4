"""The resource patterns of a statement, made ready once for many questions."""

from collections.abc import Callable, Iterable

from devopsweb.iam.engine.matching import arn_glob, arn_matches, is_plain
from devopsweb.iam.engine.variables import Context, substitute

Covers = Callable[[str, Context], bool]


def matcher(patterns: Iterable[str], *, inverted: bool, variables: bool) -> Covers:
    """A function that says whether these patterns (or, inverted, none of them) cover an ARN."""
    tests = [_test(pattern, variables) for pattern in patterns]
    if len(tests) == 1 and not inverted:
        return tests[0]
    return lambda arn, context: any(test(arn, context) for test in tests) != inverted


def _test(pattern: str, variables: bool) -> Covers:
    if pattern == "*":
        return lambda arn, context: True
    if variables and "${" in pattern:
        return lambda arn, context: _filled(pattern, arn, context)
    if is_plain(pattern):
        return lambda arn, context: arn == pattern
    fits = arn_glob(pattern).fullmatch
    return lambda arn, context: fits(arn) is not None


def _filled(pattern: str, arn: str, context: Context) -> bool:
    # A variable may stand only behind the fifth colon, where a value cannot move the parts.
    parts = pattern.split(":", 5)
    if len(parts) < 6:
        return arn_matches(pattern, arn)
    filled = substitute(parts[5], context, escape=True)
    return filled is not None and arn_matches(":".join([*parts[:5], filled]), arn)
