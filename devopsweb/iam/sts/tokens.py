"""Session tokens: everything about temporary credentials, sealed, so that nothing need be stored.

A token names no ``:``, ``%`` or ``/``: it travels in headers, URLs and git's user names.
"""

import base64
import json
import zlib
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from devopsweb.kernel import sealing

_PURPOSE = "sts session"
LARGEST_PACKED = 4096
"""Bytes that policies and tags may take, packed."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """Temporary credentials, and what limits and describes whoever uses them.

    ``kind`` is that of the principal: ``AssumedRole`` (a role's session), ``User`` (of GetSessionToken) or
    ``FederatedUser``. ``identity`` is the unique id of the role or user, ``started_by`` that of the user
    who once asked for the first session of a chain, ``started_with`` the long-term key that signed for it. ``facts``
    are further condition keys that last as long as the session. ``lives_with`` is the ARN of what the session ends
    with, if not by itself (``lifelines``). Moments are seconds since the epoch.
    """

    access_key_id: str
    secret: str
    kind: str
    identity: str
    name: str
    issued: int
    expires: int
    started_by: str = ""
    started_with: str = ""
    mfa: int = 0
    policies: tuple[str, ...] = ()
    policy_arns: tuple[str, ...] = ()
    tags: dict[str, str] = field(default_factory=dict, hash=False)
    transitive: tuple[str, ...] = ()
    source_identity: str = ""
    facts: dict[str, str] = field(default_factory=dict, hash=False)
    lives_with: str = ""

    @property
    def issued_at(self) -> datetime:
        """When the session began."""
        return datetime.fromtimestamp(self.issued, UTC)

    @property
    def expires_at(self) -> datetime:
        """When it ends."""
        return datetime.fromtimestamp(self.expires, UTC)

    def packed_size(self) -> int:
        """How many bytes policies and tags take, packed."""
        limits = [self.policies, self.policy_arns, self.tags, self.transitive]
        return len(zlib.compress(json.dumps(limits).encode())) if any(limits) else 0


def seal(session: Session) -> str:
    """The session token."""
    packed = zlib.compress(json.dumps(asdict(session), separators=(",", ":")).encode(), 9)
    return sealing.seal(base64.b85encode(packed).decode(), purpose=_PURPOSE).replace(":", ".", 1)


@lru_cache(maxsize=2048)
def unseal(token: str) -> Session | None:
    """The session behind a token, or None when it is none of ours."""
    try:
        packed = sealing.unseal(token.replace(".", ":", 1), purpose=_PURPOSE)
        found = json.loads(zlib.decompress(base64.b85decode(packed)))
    except (sealing.CannotUnseal, ValueError):
        return None
    for name in ("policies", "policy_arns", "transitive"):
        found[name] = tuple(found[name])
    return Session(**found)
