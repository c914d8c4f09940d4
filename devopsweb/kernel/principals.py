"""Who asks: the identity that edges pass down to access checks, events and audit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Principal:
    """An authenticated caller.

    ``kind`` is AWS's principal type: ``User``, ``AssumedRole``, ``Service``, ``Agent`` or ``Anonymous``;
    ``user_id`` is the row of the user behind it (None for services, roles and agents), ``role_id`` that
    of the role whose session it is. ``session`` holds condition keys of the request and of the
    session (``aws:SourceIp``, ``aws:MultiFactorAuthPresent``, ``aws:PrincipalTag/team``).
    ``session_policies`` are policy documents (JSON) that limit a role's or a user's session.
    ``unique_id`` is IAM's (``AIDA…``, ``AROA…:session``). ``brings`` holds, by service, the condition
    keys that the present call's parameters give to questions about that service (``aws:RequestTag/team``).
    """

    arn: str
    name: str
    kind: str = "User"
    user_id: int | None = None
    session: Mapping[str, str] = field(default_factory=dict, hash=False)
    role_id: int | None = None
    session_policies: tuple[str, ...] = ()
    unique_id: str = ""
    access_key_id: str = ""
    brings: Mapping[str, Mapping[str, str | Sequence[str]]] = field(default_factory=dict, hash=False)


ANONYMOUS = Principal(arn="", name="anonymous", kind="Anonymous")
