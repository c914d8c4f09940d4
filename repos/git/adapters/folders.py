"""Folders of bare repositories: made, repaired of stale locks, put away."""

import shutil
import time
from collections.abc import Collection
from pathlib import Path

from devopsweb.kernel import ids
from repos.git.adapters import process

STALE_LOCK_SECONDS = 3600


def create(directory: Path) -> None:
    """Make the bare repository; nothing is left of it when that fails."""
    process.root().mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        process.run(
            directory, "init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(directory)
        )
        # Without it only the default branch's tip would be known to a shallow `git describe`.
        (directory / "info").mkdir(exist_ok=True)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise


def remove(directory: Path) -> None:
    """Put the folder aside at once and delete it; readers that are inside see files vanish."""
    aside = directory.parent / "trash"
    aside.mkdir(parents=True, exist_ok=True)
    away = aside / ids.new_uuid()
    try:
        directory.rename(away)
    except FileNotFoundError:
        return
    shutil.rmtree(away, ignore_errors=True)


def set_default_branch(directory: Path, branch: str) -> None:
    """Point HEAD at ``branch``."""
    process.run(directory, "symbolic-ref", "HEAD", f"refs/heads/{branch}")


def orphans(known: Collection[str], *, older_than: float) -> list[Path]:
    """Folders without a row that are older than ``older_than`` seconds."""
    limit = time.time() - older_than
    return [
        path
        for path in process.root().glob("*.git")
        if path.name.removesuffix(".git") not in known and path.stat().st_mtime < limit
    ]


def unlock(directory: Path) -> list[str]:
    """Remove lock files that a killed git left behind an hour ago or more; their names."""
    limit = time.time() - STALE_LOCK_SECONDS
    stale = [
        path
        for path in [*directory.glob("*.lock"), *directory.glob("refs/**/*.lock")]
        if path.stat().st_mtime < limit
    ]
    for path in stale:
        path.unlink(missing_ok=True)
    return [str(path.relative_to(directory)) for path in stale]
