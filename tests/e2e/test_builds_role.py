"""The real ``aws`` in a build's commands, as the role of the project."""

import importlib
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.house import House, eventually
from tests.e2e.test_aws_pipeline import KEYS, Cli

# What the command line is made of; none of it is compiled.
PACKAGES = (
    "awscli", "botocore", "s3transfer", "docutils", "yaml", "rsa", "pyasn1", "colorama", "jmespath", "dateutil",
    "urllib3",
)  # fmt: skip
SERVICES = {"sts", "ssm", "iam"}
SPEC = {
    "version": 0.2,
    "phases": {
        "build": {
            "commands": [
                "python3 -m zipfile -e tools.zip /tmp/tools && export PYTHONPATH=/tmp/tools",
                "python3 -m awscli sts get-caller-identity --query Arn --output text",
                "python3 -m awscli ssm get-parameter --name /shop/url --query Parameter.Value --output text",
                "python3 -m awscli iam list-users 2>&1 || echo refused with $?",
                "env | grep ^AWS_",
            ]
        }
    },
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "codebuild.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
}
MAY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["logs:*", "codecommit:GitPull"], "Resource": "*"},
        {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": "*"},
    ],
}


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    """The command line of the administrator of an installation without the sample."""
    given = {f"DEVOPSWEB_ADMIN_{name.removeprefix('AWS_')}": value for name, value in KEYS.items()}
    with House(environment=given) as house:
        yield Cli(house, tmp_path)


def tools() -> bytes:
    """The command line's packages as a zip, with the models of three services."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in PACKAGES:
            home = Path(str(importlib.import_module(name).__file__)).parent
            for path in sorted(home.rglob("*")):
                inside = path.relative_to(home.parent)
                if path.is_file() and is_needed(inside):
                    archive.write(path, str(inside))
        six = Path(str(importlib.import_module("six").__file__))
        archive.write(six, six.name)
    return buffer.getvalue()


def is_needed(path: Path) -> bool:
    """Neither examples nor compiled files, and of botocore's models those of three services."""
    if "__pycache__" in path.parts or path.parts[:2] == ("awscli", "examples") or path.suffix == ".so":
        return False
    of_service = path.parts[:2] == ("botocore", "data") and len(path.parts) > 3
    return not of_service or path.parts[2] in SERVICES


class TestABuildsCommands:
    def test_call_as_the_role_and_do_only_what_it_allows(self, cli: Cli):
        (cli.folder / "tools.zip").write_bytes(tools())
        cli.house.shell(
            "from pathlib import Path\n"
            "from devopsweb.iam import api as iam\n"
            "from devopsweb.kernel.clock import now\n"
            "from repos.git import api as git\n"
            "git.create_repository(name='shop', principal=iam.service_principal('test'), at=now())\n"
            f"files = {{'buildspec.yml': {json.dumps(SPEC).encode()!r},"
            f" 'tools.zip': Path({str(cli.folder / 'tools.zip')!r}).read_bytes()}}\n"
            "result = git.put_tree(repository='shop', branch='main', files=files, message='Begin',"
            " author_name='x', author_email='x@x', at=now())\n"
            "result = str(result)"
        )
        role = cli(
            "iam", "create-role", "--role-name", "shop-builds", "--assume-role-policy-document", json.dumps(TRUST)
        )["Role"]["Arn"]  # fmt: skip
        cli("iam", "put-role-policy", "--role-name", "shop-builds", "--policy-name", "may", "--policy-document", json.dumps(MAY))  # fmt: skip
        cli("ssm", "put-parameter", "--name", "/shop/url", "--value", "shop-address", "--type", "String")
        project = {
            "name": "shop",
            "source": {"type": "CODECOMMIT", "location": f"{cli.house.url}/v1/repos/shop"},
            "artifacts": {"type": "NO_ARTIFACTS"},
            "environment": {"type": "LINUX_CONTAINER", "image": "devopsweb/sandbox", "computeType": "BUILD_GENERAL1_SMALL"},
            "serviceRole": role,
        }  # fmt: skip
        cli("codebuild", "create-project", "--cli-input-json", json.dumps(project))
        started = cli("codebuild", "start-build", "--project-name", "shop")["build"]

        build = eventually(lambda: self.ended(cli, started["id"]), what="the end", within=240, every=1)

        lines = self.log(cli, build)
        session = f"arn:aws:sts::123456789012:assumed-role/shop-builds/AWSCodeBuild-{started['id'].partition(':')[2]}"
        assert build["buildStatus"] == "SUCCEEDED", lines
        assert session in lines
        assert "shop-address" in lines
        assert any("AccessDenied" in line and "iam:ListUsers" in line and session in line for line in lines)
        assert {"AWS_SECRET_ACCESS_KEY=***", "AWS_SESSION_TOKEN=***"} <= set(lines)

    @staticmethod
    def ended(cli: Cli, build_id: str) -> dict | None:
        (build,) = cli("codebuild", "batch-get-builds", "--ids", build_id)["builds"]
        return build if build["buildComplete"] else None

    @staticmethod
    def log(cli: Cli, build: dict) -> list[str]:
        place = build["logs"]
        events = cli(
            *("logs", "get-log-events", "--log-group-name", place["groupName"]),
            *("--log-stream-name", place["streamName"], "--start-from-head"),
        )["events"]
        return [event["message"].rstrip("\n") for event in events]
