"""Who asks: the identity that edges pass down to access checks, events and audit."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Principal:
    """An authenticated caller.

    ``kind`` is AWS's principal type: ``User``, ``AssumedRole``, ``Service`` or ``Agent``;
    ``user_id`` is the row of the user behind it (None for services and agents).
    """

    arn: str
    name: str
    kind: str = "User"
    user_id: int | None = None
    session: Mapping[str, str] = field(default_factory=dict, hash=False)
