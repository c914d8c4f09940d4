"""Values that cross the app's front door."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

PARAMETER_STORE, SECRETS_MANAGER = "PARAMETER_STORE", "SECRETS_MANAGER"
WORDS = {PARAMETER_STORE: "parameter-store", SECRETS_MANAGER: "secrets-manager"}
"""The buildspec's words for the stores."""


@dataclass(frozen=True)
class Stored:
    """A variable's value that is read when the build runs: ``kind`` (``PARAMETER_STORE``) and what names it."""

    kind: str
    reference: str


@dataclass(frozen=True)
class Source:
    """What is built.

    ``kind`` is ``blob`` (a zip in the artifact store, named by ``digest``) or ``git`` (the
    ``repository`` at ``version``: a branch, tag or commit). ``version`` of a blob is the
    commit it was made from, where known.
    """

    kind: str
    digest: str = ""
    repository: str = ""
    version: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Token:
    """An idempotency token, and a digest of the other parameters of its call."""

    value: str
    digest: str


@dataclass(frozen=True)
class FailureInfo:
    """Where and why a build failed.

    ``line`` is the number (from 0) of the log line to look at first, ``told`` of the line that
    ends the failed command's output; ``where`` is the command's place in the buildspec.
    """

    phase: str
    message: str
    line: int | None = None
    code: str = ""
    command: str = ""
    where: str = ""
    told: int | None = None


@dataclass(frozen=True)
class PhaseInfo:
    """One phase of a build; times are None while it has not begun or ended."""

    name: str
    status: str
    started_at: datetime | None
    ended_at: datetime | None
    message: str = ""


@dataclass(frozen=True)
class BuildInfo:
    """A build as other apps see it; ``artifacts`` maps names to blob digests."""

    id: str
    arn: str
    project: str
    number: int
    status: str
    current_phase: str
    phases: tuple[PhaseInfo, ...]
    artifacts: Mapping[str, str]
    exported_variables: Mapping[str, str]
    log_stream_id: str
    failure: FailureInfo | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    url: str
