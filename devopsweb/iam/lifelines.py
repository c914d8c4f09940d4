"""Sessions that last only as long as something else does: a build's credentials die with the build.

The service that lends credentials to its programs says what they live with, and whether that is still alive.
Nothing is stored, so there is nothing to clean up after a worker that was killed.
"""

from collections.abc import Callable

_asked: dict[str, Callable[[str], bool]] = {}


def offer(service: str, is_alive: Callable[[str], bool]) -> None:
    """Have ``is_alive`` asked about ARNs of ``service`` (``codebuild``), by their last part."""
    _asked[service] = is_alive


def is_alive(arn: str) -> bool:
    """Whether what a session lives with is still there; of what nobody answers for, nothing lives."""
    parts = arn.split(":", 5)
    ask = _asked.get(parts[2]) if len(parts) == 6 else None
    return ask is not None and ask(parts[5])
