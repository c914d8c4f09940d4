"""Builds, logs, metrics, alarms and deployments in the hands of the real AWS CLI."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bench.house import House, eventually
from tests.e2e.test_aws_pipeline import KEYS, Cli

ROLE = "arn:aws:iam::123456789012:role/service-role/DevOpsWeb{}Role"
SPEC = """version: 0.2
phases:
  build:
    commands:
      - echo "Hello, $WHO"
      - |
        printf 'version: 0.0\\nos: linux\\n' > appspec.yml
artifacts:
  files: [appspec.yml]
"""
PROJECT = {
    "name": "greeter",
    "source": {"type": "NO_SOURCE", "buildspec": SPEC},
    "artifacts": {"type": "NO_ARTIFACTS"},
    "environment": {
        "type": "LINUX_CONTAINER",
        "image": "aws/codebuild/standard:7.0",
        "computeType": "BUILD_GENERAL1_SMALL",
    },
}
NOWHERE = "Key=env,Value=nowhere,Type=KEY_AND_VALUE"


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    """The command line of the administrator of an installation without the sample."""
    given = {f"DEVOPSWEB_ADMIN_{name.removeprefix('AWS_')}": value for name, value in KEYS.items()}
    with House(environment=given) as house:
        yield Cli(house, tmp_path)


class TestRunsByCommandLine:
    def test_are_started_watched_and_read(self, cli: Cli):
        self.raise_alarm(cli)
        build = self.build(cli)
        self.read_log(cli, build)
        self.deploy(cli, build["artifacts"]["sha256sum"])
        (alarm,) = eventually(
            lambda: cli("cloudwatch", "describe-alarms", "--state-value", "ALARM")["MetricAlarms"],
            what="the alarm in ALARM",
            every=1,
        )
        assert "was greater than the threshold (10.0)" in alarm["StateReason"]

    @staticmethod
    def raise_alarm(cli: Cli) -> None:
        metric = ("--namespace", "Shop", "--metric-name", "Orders")
        cli(
            *("cloudwatch", "put-metric-alarm", "--alarm-name", "orders", *metric, "--statistic", "Sum"),
            *("--period", "60", "--evaluation-periods", "1", "--threshold", "10"),
            # What it says once it says for good: the value leaves its sight while the others run.
            *("--comparison-operator", "GreaterThanThreshold", "--treat-missing-data", "ignore"),
        )
        at = (datetime.now(UTC) - timedelta(seconds=65)).isoformat()
        cli("cloudwatch", "put-metric-data", *metric, "--value", "11", "--timestamp", at)

    @staticmethod
    def build(cli: Cli) -> dict[str, Any]:
        (cli.folder / "project.json").write_text(json.dumps(PROJECT | {"serviceRole": ROLE.format("Build")}))
        cli("codebuild", "create-project", "--cli-input-json", "file://project.json")
        who = "name=WHO,value=world"
        started = cli(
            "codebuild", "start-build", "--project-name", "greeter", "--environment-variables-override", who
        )["build"]

        def ended() -> dict[str, Any] | None:
            (build,) = cli("codebuild", "batch-get-builds", "--ids", started["id"])["builds"]
            return build if build["buildComplete"] else None

        build = eventually(ended, what="the build's end", every=0.5)
        assert build["buildStatus"] == "SUCCEEDED"
        assert build["phases"][-1]["phaseType"] == "COMPLETED"
        return build

    @staticmethod
    def read_log(cli: Cli, build: dict[str, Any]) -> None:
        where = ("--log-group-name", build["logs"]["groupName"])
        stream = ("--log-stream-name", build["logs"]["streamName"])
        page = cli("logs", "get-log-events", *where, *stream, "--start-from-head")
        assert "Hello, world" in [event["message"] for event in page["events"]]
        found = cli("logs", "filter-log-events", *where, "--filter-pattern", '"Hello, world"')
        assert "Hello, world" in [event["message"] for event in found["events"]]

    @staticmethod
    def deploy(cli: Cli, digest: str) -> None:
        cli("deploy", "create-application", "--application-name", "greeter")
        group = ("--application-name", "greeter", "--deployment-group-name", "prod")
        role = ROLE.format("Deploy")
        cli(
            "deploy",
            "create-deployment-group",
            *group,
            "--service-role-arn",
            role,
            "--ec2-tag-filters",
            NOWHERE,
        )
        place = f"bucket=devopsweb,key={digest},bundleType=zip"
        code = cli("deploy", "create-deployment", *group, "--s3-location", place)["deploymentId"]
        listed = cli("deploy", "list-deployments", *group)["deployments"]
        assert listed == [code]

        def failed() -> dict[str, Any] | None:
            told = cli("deploy", "get-deployment", "--deployment-id", code)["deploymentInfo"]
            return told if told["status"] == "Failed" else None

        assert eventually(failed, what="the deployment's end")["errorInformation"]["code"] == "NO_INSTANCES"
