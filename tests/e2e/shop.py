"""The storefront in a running house: push to it, follow its executions, ask its instances."""

import contextlib
import json
import os
import signal
import sqlite3
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.house import Browser, House, commit_and_push, eventually, git

OVER = {"Succeeded", "Failed", "Stopped", "Cancelled", "Superseded"}
STAGES = ("Source", "Build", "Production")


class Shop:
    """A clone of the repository and a look into the installation's database."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self.path = folder / "storefront"
        git("clone", "-q", house.remote("storefront", "dev"), str(self.path))
        self.first = git("rev-parse", "HEAD", cwd=self.path).stdout.strip()

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """What a query finds: a reader beside the processes, as cheap as it gets."""
        address = f"file:{self.house.home}/devopsweb.sqlite3?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True, timeout=20)) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(sql, values)]

    # Pushing

    def push(self, message: str, **replacements: tuple[str, str, str]) -> int:
        """Replace text in the first commit's files (``name=(path, old, new)``) and push; the execution that starts."""
        before = self.latest()
        git("checkout", "-q", self.first, "--", ".", cwd=self.path)
        for path, old, new in replacements.values():
            text = (self.path / path).read_text()
            assert old in text, f"{path} has no {old!r}"
            (self.path / path).write_text(text.replace(old, new, 1))
        # The same change twice is still a commit.
        (self.path / "CHANGES.txt").write_text(f"{before + 1}: {message}\n")
        commit_and_push(self.path, message)
        return eventually(lambda: self.latest() > before and self.latest(), what="a new execution", within=60)

    @property
    def commit(self) -> str:
        """The clone's head, as the build stamps it."""
        return git("rev-parse", "HEAD", cwd=self.path).stdout.strip()[:8]

    # Following

    def latest(self) -> int:
        """The number of the youngest execution."""
        return self.rows("SELECT coalesce(max(number), 0) AS n FROM pipelines_pipelineexecution")[0]["n"]

    def status(self, number: int) -> str:
        """The state of an execution."""
        return self.rows("SELECT status FROM pipelines_pipelineexecution WHERE number = ?", number)[0][
            "status"
        ]

    def actions(self, number: int) -> dict[str, dict[str, Any]]:
        """The current attempts of an execution's actions by name."""
        found = self.rows(
            "SELECT a.*, s.name AS stage FROM pipelines_actionexecution a"
            " JOIN pipelines_stageexecution s ON s.id = a.stage_id"
            " JOIN pipelines_pipelineexecution e ON e.id = a.execution_id"
            " WHERE e.number = ? AND a.current ORDER BY a.id",
            number,
        )
        return {row["name"]: row for row in found}

    def wait_for_approval(self, number: int, within: float = 150) -> str:
        """Wait until the execution waits for a person; the approval's name."""

        def waiting() -> str | None:
            assert self.status(number) not in OVER, self.report(number)
            found = [a for a in self.actions(number).values() if a["category"] == "Approval"]
            asked = found and found[0]["status"] == "InProgress" and found[0]["token"]
            return found[0]["name"] if asked else None

        return eventually(waiting, within=within, what=f"approval of #{number}")

    def wait_until_over(self, number: int, within: float = 150) -> str:
        """Wait for the end of an execution; its final state."""
        eventually(lambda: self.status(number) in OVER, within=within, what=f"end of #{number}")
        return self.status(number)

    def approve(self, number: int) -> None:
        """Approve as the release manager, without a browser."""
        name = self.wait_for_approval(number)
        self.answer(self.actions(number)[name], "Approved")

    def reject_waiting(self) -> None:
        """Clear the way: an execution that waits for a person holds up the younger ones.

        One whose builds have just ended asks in a moment; it is waited for.
        """
        eventually(self._is_clear, within=180, what="an idle pipeline")

    def _is_clear(self) -> bool:
        for row in self.rows(
            "SELECT a.*, s.name AS stage FROM pipelines_actionexecution a"
            " JOIN pipelines_stageexecution s ON s.id = a.stage_id"
            " WHERE a.category = 'Approval' AND a.status = 'InProgress' AND a.current AND a.token != ''"
        ):
            self.answer(row, "Rejected")
        running = self.rows(
            "SELECT 1 FROM pipelines_pipelineexecution WHERE status IN ('InProgress', 'Stopping')"
        )
        return not running

    def answer(self, action: dict[str, Any], result: str) -> None:
        """Answer an approval as the release manager."""
        self.house.shell(
            "from pipelines import api\nfrom devopsweb.iam import api as iam\nfrom devopsweb.kernel import clock\n"
            "me = iam.ensure_user('release')\n"
            f"result = api.put_approval_result(pipeline='storefront', stage={action['stage']!r},"
            f" action={action['name']!r}, token={action['token']!r}, result={result!r}, summary='As agreed',"
            " principal=me, at=clock.now())"
        )

    def wait_for_build(self, number: int, within: float = 150) -> None:
        """Wait until build and tests of an execution have succeeded."""

        def states() -> bool:
            assert self.status(number) != "Failed", self.report(number)
            found = [a["status"] for a in self.actions(number).values() if a["provider"] == "CodeBuild"]
            return bool(found) and set(found) == {"Succeeded"}

        eventually(states, within=within, what=f"builds of #{number}")

    def report(self, number: int) -> str:
        """What became of an execution, for a failure's report."""
        lines = [f"#{number} {self.status(number)}"]
        for action in self.actions(number).values():
            said = " ".join(filter(None, [action["summary"], action["error_code"], action["error_message"]]))
            lines.append(
                f"  {action['stage']}/{action['name']} {action['status']} {action['external_id']} {said}"
            )
        return "\n".join(lines)

    # Deployments

    def deployment(self, number: int) -> dict[str, Any] | None:
        """The deployment that an execution made."""
        codes = [a["external_id"] for a in self.actions(number).values() if a["category"] == "Deploy"]
        found = self.rows("SELECT * FROM deployments_deployment WHERE code = ?", codes[0]) if codes else []
        return found[0] if found else None

    def roll_back_of(self, deployment_id: int) -> dict[str, Any] | None:
        """The roll-back of a deployment."""
        found = self.rows("SELECT * FROM deployments_deployment WHERE rollback_of_id = ?", deployment_id)
        return found[0] if found else None

    def instances(self) -> dict[str, int]:
        """Names and ports of the instances."""
        return {
            row["name"]: row["port"]
            for row in self.rows("SELECT name, port FROM compute_instance ORDER BY name")
        }

    def served(self) -> set[str]:
        """The versions that the instances answer with; an instance that does not answer counts as ``none``."""
        return {self._version(port) for port in self.instances().values()}

    @staticmethod
    def _version(port: int) -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
                return json.load(answer)["version"]
        except OSError:
            return "none"

    # Processes

    def agents(self) -> dict[str, int]:
        """The process ids of the local instances' agents by instance."""
        return dict(self._agents())

    def _agents(self) -> Iterator[tuple[str, int]]:
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                arguments = (entry / "cmdline").read_bytes().split(b"\0")
                is_agent = any(argument.endswith(b"agent.pyz") for argument in arguments[:-1])
                if is_agent and b"run" in arguments and self._is_ours(int(entry.name)):
                    yield self._hostname(int(entry.name)), int(entry.name)

    def _is_ours(self, pid: int) -> bool:
        return self.house.pids()["instances"] in self._ancestors(pid)

    @staticmethod
    def _ancestors(pid: int) -> list[int]:
        found = []
        while pid > 1:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            found.append(pid)
        return found

    def _hostname(self, pid: int) -> str:
        for ancestor in self._ancestors(pid):
            arguments = Path(f"/proc/{ancestor}/cmdline").read_bytes().split(b"\0")
            if b"--hostname" in arguments:
                return arguments[arguments.index(b"--hostname") + 1].decode()
        raise ValueError(pid)

    def kill_agent(self, instance: str) -> None:
        """Kill one instance's agent."""
        os.kill(self.agents()[instance], signal.SIGKILL)

    def browser(self, name: str) -> Browser:
        """A logged-in HTTP client."""
        return self.house.browser(name)
