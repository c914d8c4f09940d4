"""Histories: commits between two points, of a branch or of a path."""

from datetime import UTC, datetime

from repos.git.adapters import process
from repos.git.models import Repository
from repos.git.types import CommitInfo

_FORMAT = "%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B"
MAX_PAGE = 1000


def between(target: Repository, *, base: str | None, head: str, limit: int) -> list[CommitInfo]:
    """Commits that ``head`` has and ``base`` has not, newest first; ids, not names."""
    revisions = [head] if not base else [head, f"^{base}"]
    return log(target, *revisions, limit=limit)


def log(target: Repository, *revisions: str, limit: int, skip: int = 0, path: str = "") -> list[CommitInfo]:
    """``limit`` commits of ``git log`` from commit ids, after the first ``skip``."""
    arguments = [
        "log", "-z", "--no-color", f"--format={_FORMAT}", "--encoding=UTF-8",
        f"--max-count={min(limit, MAX_PAGE)}", f"--skip={skip}", "--end-of-options", *revisions, "--",
    ]  # fmt: skip
    if path:
        arguments.append(f":(top,literal){path}")
    out = process.run(target.directory, *arguments).decode(errors="replace")
    # Each record's ten fields are NUL-separated, and so are the records.
    fields = out.split("\0")
    return [_commit(fields[n : n + 10]) for n in range(0, len(fields) - 9, 10)]


def _commit(fields: list[str]) -> CommitInfo:
    sha, tree, parents, author, author_email, authored, committer, committer_email, committed, message = (
        fields
    )
    return CommitInfo(
        sha=sha,
        message=message,
        author_name=author,
        author_email=author_email,
        authored_at=_moment(authored),
        committed_at=_moment(committed),
        parents=tuple(parents.split()),
        tree=tree,
        committer_name=committer,
        committer_email=committer_email,
    )


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)


def count(target: Repository, *revisions: str) -> int:
    """How many commits ``revisions`` reach (ids; ``^id`` excludes)."""
    out = process.run(target.directory, "rev-list", "--count", "--end-of-options", *revisions, "--")
    return int(out)


def ahead_behind(target: Repository, *, base: str, head: str) -> tuple[int, int]:
    """How many commits ``head`` has that ``base`` has not, and the reverse."""
    out = process.run(
        target.directory, "rev-list", "--left-right", "--count", "--end-of-options", f"{head}...{base}", "--"
    )
    ahead, behind = out.split()
    return int(ahead), int(behind)


def merge_base(target: Repository, *, base: str, head: str) -> str:
    """The best common ancestor of two commits, or an empty text when they share none."""
    out, _ = process.run_bounded(target.directory, "merge-base", base, head, limit=200)
    return out.decode().strip()
