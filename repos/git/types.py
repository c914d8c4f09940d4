"""What crosses this app's doors: ids and facts, never models."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class RepositoryInfo:
    """A repository as other apps see it; ``default_branch`` is empty until the first push."""

    name: str
    arn: str
    default_branch: str
    clone_url_http: str
    description: str
    created_at: datetime
    id: str = ""


@dataclass(frozen=True)
class CommitInfo:
    """One commit; ``extra`` holds header lines that git itself does not need (a signature)."""

    sha: str
    message: str
    author_name: str
    author_email: str
    authored_at: datetime
    committed_at: datetime
    parents: tuple[str, ...]
    tree: str = ""
    committer_name: str = ""
    committer_email: str = ""
    extra: str = ""

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.strip().split("\n", 1)[0]

    @property
    def body(self) -> str:
        """The message after its first line."""
        return self.message.strip().partition("\n")[2].strip()


@dataclass(frozen=True)
class DiffStat:
    """How much two commits differ."""

    files: int
    additions: int
    deletions: int


@dataclass(frozen=True)
class RefChange:
    """One reference's move; an empty ``before`` creates it, an empty ``after`` deletes it."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Ref:
    """A branch or tag: full name, the object it points to, and the commit behind that."""

    name: str
    sha: str
    commit: str
    subject: str = ""
    at: datetime | None = None
    author: str = ""

    @property
    def short_name(self) -> str:
        """The name without ``refs/heads/`` or ``refs/tags/``."""
        return self.name.split("/", 2)[2]


@dataclass(frozen=True)
class Entry:
    """A row of a tree: ``kind`` is ``tree``, ``blob``, ``link`` or ``commit`` (a submodule)."""

    name: str
    raw_name: bytes
    kind: str
    mode: str
    sha: str
