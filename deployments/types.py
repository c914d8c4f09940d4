"""What crosses the front door: frozen dataclasses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Revision:
    """A revision: the digest of its zip in ``blobs``, and where its content came from."""

    digest: str
    commit: str = ""
    repository: str = ""
    description: str = ""


@dataclass(frozen=True)
class DeploymentInfo:
    """A deployment as other apps see it; ``overview`` counts targets by status."""

    id: str
    application: str
    group: str
    status: str
    error_code: str
    error_message: str
    revision: Revision
    creator: str
    created_at: datetime
    completed_at: datetime | None
    url: str
    rollback_id: str = ""
    rollback_of: str = ""
    overview: Mapping[str, int] = field(default_factory=dict, hash=False)
