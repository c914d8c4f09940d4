"""The sample's pipeline in the hands of the real AWS CLI: created, watched, approved, started by a commit, stopped."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.house import House, eventually

KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAENDTOENDEXAMPLE1",
    "AWS_SECRET_ACCESS_KEY": "end-to-end/secret+of+the+admin=EXAMPLE40",
}
NAME = "storefront"
PROGRAM = Path(sys.executable).parent / "aws"


class Cli:
    """``aws`` against one installation, as the administrator."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self.folder = folder
        self.command = [str(PROGRAM), "--endpoint-url", house.url, "--output", "json"]
        self.environment = {
            **KEYS,
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
        }

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """What the program did."""
        return subprocess.run(
            [*self.command, *arguments],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def __call__(self, *arguments: str) -> Any:
        """What the program printed, read as JSON."""
        done = self.run(*arguments)
        assert done.returncode == 0, f"aws {' '.join(arguments)}: {done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    def state(self, stage: str, action: str) -> dict[str, Any]:
        """The last attempt of an action, as get-pipeline-state tells it."""
        stages = self("codepipeline", "get-pipeline-state", "--name", NAME)["stageStates"]
        actions = next(one for one in stages if one["stageName"] == stage)["actionStates"]
        found = next(one for one in actions if one["actionName"] == action)
        assert found.get("latestExecution", {}).get("status") != "Failed", found
        return found.get("latestExecution", {})

    def execution(self, execution_id: str) -> dict[str, Any]:
        """An execution, as get-pipeline-execution tells it."""
        return self(
            *("codepipeline", "get-pipeline-execution", "--pipeline-name", NAME),
            *("--pipeline-execution-id", execution_id),
        )["pipelineExecution"]

    def executions(self) -> list[dict[str, Any]]:
        """The executions, newest first."""
        listed = self("codepipeline", "list-pipeline-executions", "--pipeline-name", NAME)
        return listed["pipelineExecutionSummaries"]


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    """The command line of the administrator of an installation of the test's own."""
    given = {f"DEVOPSWEB_ADMIN_{name.removeprefix('AWS_')}": value for name, value in KEYS.items()}
    with House(sample=True, environment=given) as house:
        yield Cli(house, tmp_path)


class TestPipelineByCommandLine:
    def test_is_created_watched_approved_started_by_a_commit_and_stopped(self, cli: Cli):
        document = cli("codepipeline", "get-pipeline", "--name", NAME)["pipeline"]
        cli("codepipeline", "delete-pipeline", "--name", NAME)
        (cli.folder / "pipeline.json").write_text(json.dumps(document))
        made = cli("codepipeline", "create-pipeline", "--pipeline", "file://pipeline.json")
        assert made["pipeline"] == document
        first = cli.executions()[0]["pipelineExecutionId"]

        release, approval = approval_of(document)
        token = eventually(
            lambda: cli.state(release, approval).get("token"), within=150, what="the approval's token"
        )
        approved = cli(
            *("codepipeline", "put-approval-result", "--pipeline-name", NAME, "--stage-name", release),
            *("--action-name", approval, "--result", "summary=As agreed,status=Approved", "--token", token),
        )
        assert approved["approvedAt"]
        eventually(lambda: cli.execution(first)["status"] == "Succeeded", within=150, what="the release")
        ended = cli("codepipeline", "list-action-executions", "--pipeline-name", NAME)
        assert {one["status"] for one in ended["actionExecutionDetails"]} == {"Succeeded"}

        second = self.commit(cli)
        assert second["trigger"]["triggerType"] == "CloudWatchEvent"
        cli(
            *("codepipeline", "stop-pipeline-execution", "--pipeline-name", NAME, "--abandon"),
            *("--pipeline-execution-id", second["pipelineExecutionId"], "--reason", "Not today"),
        )
        eventually(lambda: cli.executions()[0]["status"] == "Stopped", within=60, what="the stop")
        assert cli.executions()[0]["stopTrigger"] == {"reason": "Not today"}

        again = cli.run(
            *("codepipeline", "stop-pipeline-execution", "--pipeline-name", NAME),
            *("--pipeline-execution-id", second["pipelineExecutionId"]),
        )
        assert "PipelineExecutionNotStoppableException" in again.stderr

    def commit(self, cli: Cli) -> dict[str, Any]:
        """Put a file; the execution that takes the commit."""
        tip = cli("codecommit", "get-branch", "--repository-name", NAME, "--branch-name", "main")["branch"]
        (cli.folder / "NOTES.md").write_text("# Notes\n")
        made = cli(
            *("codecommit", "put-file", "--repository-name", NAME, "--branch-name", "main"),
            *("--file-path", "NOTES.md", "--file-content", "fileb://NOTES.md"),
            *("--parent-commit-id", tip["commitId"], "--commit-message", "Take notes", "--name", "Ada"),
        )

        def started() -> dict[str, Any] | None:
            newest = cli.executions()[0]
            taken = {one["revisionId"] for one in newest.get("sourceRevisions", [])}
            return newest if made["commitId"] in taken else None

        return eventually(started, within=60, what="the execution of the commit")


def approval_of(document: dict[str, Any]) -> tuple[str, str]:
    """The stage and the name of the definition's approval."""
    return next(
        (stage["name"], action["name"])
        for stage in document["stages"]
        for action in stage["actions"]
        if action["actionTypeId"]["category"] == "Approval"
    )
