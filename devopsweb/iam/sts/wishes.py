"""What a caller asks of a session, checked by itself: policies, tags, lengths of time. Pure."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from devopsweb.awsapi.errors import ParameterProblem
from devopsweb.iam.engine.policy import parse_text
from devopsweb.iam.sts.errors import PackedPolicyTooLarge
from devopsweb.iam.sts.tokens import LARGEST_PACKED, Session
from devopsweb.kernel import tags

LONGEST_POLICY = 2048
MOST_POLICY_ARNS = 10
HOUR = 3600


@dataclass(frozen=True, kw_only=True)
class Wish:
    """The parameters that AssumeRole and its kin share; ``seconds`` is None when none were named."""

    name: str = ""
    seconds: int | None = None
    policy: str = ""
    policy_arns: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive: tuple[str, ...] = ()
    external_id: str = ""
    source_identity: str = ""
    serial_number: str = ""
    token_code: str = ""

    def policies(self) -> tuple[str, ...]:
        """The session policy given as text. Raises ``MalformedPolicyDocument``."""
        if not self.policy:
            return ()
        if len(self.policy) > LONGEST_POLICY:
            raise ParameterProblem(
                f"Member must have length less than or equal to {LONGEST_POLICY}", parameter="policy"
            )
        # Without blanks: what it allows is what counts.
        return (json.dumps(parse_text(self.policy).document, separators=(",", ":")),)


def tags_of(listed: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The tags of a request's list. Raises ``ParameterProblem``."""
    try:
        return tags.checked(tags.pairs(listed), fold=True)
    except tags.InvalidTags as error:
        raise ParameterProblem(str(error), parameter="tags") from None


def joined(
    wish: Wish, inherited: Mapping[str, str], passing_on: tuple[str, ...]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The session's tags and those of them that go on to further roles.

    ``inherited`` are the tags of the caller's session, ``passing_on`` the keys of those that it hands down.
    Raises ``ParameterProblem``.
    """
    handed_down = {key.lower() for key in passing_on}
    for key in (*wish.tags, *wish.transitive):
        if key.lower() in handed_down:
            raise ParameterProblem(
                "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
                "from the calling session.",
                parameter="tags",
            )  # fmt: skip
    own = {key.lower() for key in wish.tags}
    if any(key.lower() not in own for key in wish.transitive):
        raise ParameterProblem(
            "The specified transitive tag key must be included in the requested tags.",
            parameter="transitiveTagKeys",
        )
    going_on = {key: value for key, value in inherited.items() if key.lower() in handed_down}
    return {**going_on, **wish.tags}, (*passing_on, *wish.transitive)


def role_seconds(wish: Wish, *, most: int, chained: bool) -> int:
    """How long a role's session lasts. Raises ``ParameterProblem``."""
    seconds = HOUR if wish.seconds is None else wish.seconds
    if seconds > most:
        raise ParameterProblem(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            parameter="durationSeconds",
        )
    if chained and seconds > HOUR:
        raise ParameterProblem(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
            parameter="durationSeconds",
        )
    return seconds


def packed_percent(session: Session) -> int:
    """How much of the room for policies and tags is used. Raises ``PackedPolicyTooLarge``."""
    percent = math.ceil(100 * session.packed_size() / LARGEST_PACKED)
    if percent > 100:
        raise PackedPolicyTooLarge(
            f"Packed policy consumes {percent}% of allotted space, please use smaller policy."
        )
    return percent
