"""Where the agent keeps its state; the names are those of the CodeDeploy agent."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

MAX_REVISIONS = 5


def write_atomically(path: Path, text: str) -> None:
    """Replace ``path`` by ``text``: readers see the old or the new, also after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    with draft.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)


class Layout:
    """The files under the agent's root."""

    def __init__(self, root: str) -> None:
        self.root = Path(root)
        self.instructions = self.root / "deployment-instructions"
        self.ongoing = self.root / "ongoing-deployment"
        for folder in (self.instructions, self.ongoing):
            folder.mkdir(parents=True, exist_ok=True)

    def deployment(self, group_id: str, deployment: str) -> Deployment:
        """The folder of one deployment."""
        return Deployment(self.root / group_id / deployment)

    def cleanup_list(self, group_id: str) -> Path:
        """The paths that the group's last Install made."""
        return self.instructions / f"{group_id}-cleanup"

    def _pointer(self, group_id: str, kind: str) -> Path:
        return self.instructions / f"{group_id}_{kind}"

    def point(self, group_id: str, kind: str, folder: Path) -> None:
        """Remember ``folder`` as the group's ``last_successful_install``, ``most_recent_install``…"""
        write_atomically(self._pointer(group_id, kind), str(folder))

    def pointed(self, group_id: str, kind: str) -> Deployment | None:
        """The deployment that a pointer names; it may be gone by now."""
        pointer = self._pointer(group_id, kind)
        return Deployment(Path(pointer.read_text().strip())) if pointer.exists() else None

    def groups(self, kind: str) -> list[str]:
        """The groups that have a pointer of this kind."""
        suffix = f"_{kind}"
        return sorted(p.name[: -len(suffix)] for p in self.instructions.glob(f"*{suffix}"))

    def prune(self, group_id: str, current: Deployment) -> None:
        """Remove old revisions, oldest first, but none that a pointer names."""
        kinds = ("last_successful_install", "most_recent_install", "last_started")
        kept = {current.folder, *(p.folder for k in kinds if (p := self.pointed(group_id, k)))}
        folders = [p for p in (self.root / group_id).iterdir() if p.is_dir()]
        folders.sort(key=lambda p: p.stat().st_mtime)
        excess = len(folders) - MAX_REVISIONS
        for folder in [f for f in folders if f not in kept][: max(excess, 0)]:
            shutil.rmtree(folder, ignore_errors=True)


class Deployment:
    """One deployment's files on this host."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bundle = folder / "bundle.zip"
        self.archive = folder / "deployment-archive"
        self.logs = folder / "logs"
        self.spec_file = folder / "specification.json"

    def save(self, spec: dict[str, Any]) -> None:
        """Keep what a later ApplicationStop, or a start of the host, must know."""
        write_atomically(self.spec_file, json.dumps(spec))

    def spec(self) -> dict[str, Any]:
        """What ``save`` kept. Raises ``OSError``, ``ValueError`` when it is gone."""
        return dict(json.loads(self.spec_file.read_text()))


class Ongoing:
    """The file that says which command runs, and later what came of it."""

    def __init__(self, layout: Layout, command: int) -> None:
        self.path = layout.ongoing / str(command)

    def save(self, **facts: Any) -> None:
        """Replace what is known about the command."""
        write_atomically(self.path, json.dumps(facts))

    def facts(self) -> dict[str, Any]:
        """What is known; empty when nothing is."""
        try:
            return dict(json.loads(self.path.read_text()))
        except (OSError, ValueError):
            return {}

    def clear(self) -> None:
        """Forget the command."""
        self.path.unlink(missing_ok=True)
