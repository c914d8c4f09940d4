"""The AWS tools, as published, against a running installation: git, profiles with roles, web identities."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.house import House
from tests import certificates
from tests.iam.issuer import Issuer

KEY = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
SETTINGS = {
    **{f"DEVOPSWEB_ADMIN_{name.removeprefix('AWS_')}": value for name, value in KEY.items()},
    "DEVOPSWEB_LOCAL_INSTANCES": "0",
    "DEVOPSWEB_OUTGOING_ALLOW": "localhost",
}
ROLE = """
from devopsweb.iam import api
from devopsweb.iam.models import Policy, PolicyAttachment, Role
pull = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "codecommit:GitPull", "Resource": "*"}}
trust = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}}
role = Role.objects.create(name="reader", trust_policy=trust)
policy = Policy.objects.create(name="pull", document=pull)
PolicyAttachment.objects.create(policy=policy, role=role)
result = role.arn
"""


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """An installation whose administrator has a known key, and one empty repository."""
    with House(environment=SETTINGS) as running:
        yield running


class Desk:
    """A developer's machine: a home folder, git, and the AWS tools."""

    def __init__(self, home: Path, house: House) -> None:
        self.home, self.house = home, house
        tools = str(Path(sys.executable).parent)
        self.environment = {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "HOME": str(home),
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_PAGER": "",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            **KEY,
        }
        self.run("git", "config", "--global", "user.name", "Ana")
        self.run("git", "config", "--global", "user.email", "ana@example.com")

    def run(self, *command: str, cwd: Path | None = None, fails: bool = False) -> str:
        done = subprocess.run(
            command, cwd=cwd or self.home, env=self.environment, capture_output=True, text=True, timeout=120
        )
        assert bool(done.returncode) == fails, f"{' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def aws(self, *command: str) -> dict:
        return json.loads(self.run("aws", "--endpoint-url", self.house.url, *command) or "{}")

    def become(self, role_arn: str) -> None:
        """Go on with the temporary credentials of the role."""
        given = self.aws("sts", "assume-role", "--role-arn", role_arn, "--role-session-name", "ana")[
            "Credentials"
        ]
        self.environment |= {
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["SessionToken"],
        }

    def clone(self, address: str, name: str) -> Path:
        self.run("git", "clone", "-q", address, name)
        return self.home / name

    def push(self, checkout: Path, line: str, *, fails: bool = False) -> str:
        with (checkout / "notes").open("a") as notes:
            notes.write(f"{line}\n")
        self.run("git", "add", "notes", cwd=checkout)
        self.run("git", "commit", "-q", "-m", line, cwd=checkout)
        return self.run("git", "push", "-q", "origin", "HEAD:main", cwd=checkout, fails=fails)


@pytest.fixture(scope="module")
def reader(house: House) -> str:
    """The ARN of a role that may clone and not push."""
    return house.shell(ROLE)


@pytest.fixture
def desk(house: House, tmp_path: Path) -> Desk:
    return Desk(tmp_path, house)


@pytest.fixture(scope="module")
def secure(tmp_path_factory) -> Iterator[House]:
    """An installation with a certificate of an authority of its own."""
    pair = certificates.make(tmp_path_factory.mktemp("tls"))
    with House(environment={**SETTINGS, **pair.settings}) as running:
        yield running


class TestWithACertificateOfItsOwn:
    @pytest.fixture
    def desk(self, secure: House, tmp_path: Path) -> Desk:
        desk = Desk(tmp_path, secure)
        authority = secure.environment["DEVOPSWEB_TLS_CERTIFICATE"]
        desk.environment |= {
            "CODE_COMMIT_ENDPOINT": f"localhost:{secure.port}",
            "GIT_SSL_CAINFO": authority,
            "AWS_CA_BUNDLE": authority,
        }
        return desk

    def test_tells_its_address(self, secure: House):
        assert any(f"ready at https://localhost:{secure.port} " in line for line in secure.output)
        assert secure.health()[0] == 200

    def test_gives_browsers_cookies_for_tls_only(self, secure: House):
        browser = secure.browser()

        assert {cookie.name: cookie.secure for cookie in browser.cookies} == {
            "sessionid": True,
            "csrftoken": True,
        }

    def test_git_remote_codecommit_clones_and_pushes(self, desk: Desk):
        made = desk.aws("codecommit", "create-repository", "--repository-name", "shop")
        checkout = desk.clone("codecommit://shop", "one")
        desk.push(checkout, "first")
        desk.push(checkout, "second")

        again = desk.clone("codecommit::us-east-1://shop", "two")

        assert (again / "notes").read_text() == "first\nsecond\n"
        assert made["repositoryMetadata"]["cloneUrlHttp"] == f"{desk.house.url}/v1/repos/shop"

    def test_git_remote_codecommit_is_refused_what_the_role_may_not(self, desk: Desk):
        desk.aws("codecommit", "create-repository", "--repository-name", "safe")
        desk.push(desk.clone("codecommit://safe", "mine"), "first")
        desk.become(desk.house.shell(ROLE))

        checkout = desk.clone("codecommit://safe", "theirs")
        told = desk.push(checkout, "second", fails=True)

        assert "assumed-role/reader/ana is not authorized to perform: codecommit:GitPush" in told

    def test_git_remote_codecommit_is_refused_with_a_wrong_secret(self, desk: Desk):
        desk.environment["AWS_SECRET_ACCESS_KEY"] = "not the secret"

        told = desk.run("git", "clone", "codecommit://shop", "no", fails=True)

        assert "Authentication failed" in told or "could not read" in told


class TestCredentialHelper:
    @pytest.fixture
    def desk(self, desk: Desk, house: House) -> Desk:
        helper = '!f() { test "$1" != get || aws codecommit credential-helper get --ignore-host-check; }; f'
        desk.run("git", "config", "--global", f"credential.{house.url}.helper", helper)
        desk.run("git", "config", "--global", f"credential.{house.url}.UseHttpPath", "true")
        return desk

    @pytest.mark.parametrize("prefix", ["v1/repos", "git"])
    def test_clones_and_pushes(self, desk: Desk, house: House, prefix: str):
        name = f"by-{prefix.replace('/', '-')}"
        desk.aws("codecommit", "create-repository", "--repository-name", name)
        checkout = desk.clone(f"{house.url}/{prefix}/{name}", "one")

        desk.push(checkout, "first")

        assert (desk.clone(f"{house.url}/{prefix}/{name}", "two") / "notes").read_text() == "first\n"

    def test_makes_codecommit_addresses_work_without_tls(self, desk: Desk, house: House):
        desk.aws("codecommit", "create-repository", "--repository-name", "plain")
        desk.run("git", "config", "--global", f"url.{house.url}/v1/repos/.insteadOf", "codecommit://")

        desk.push(desk.clone("codecommit://plain", "one"), "first")

        assert (desk.clone("codecommit://plain", "two") / "notes").read_text() == "first\n"

    def test_is_refused_what_the_role_may_not(self, desk: Desk, house: House, reader: str):
        desk.aws("codecommit", "create-repository", "--repository-name", "kept")
        desk.push(desk.clone(f"{house.url}/v1/repos/kept", "mine"), "first")
        desk.become(reader)

        told = desk.push(desk.clone(f"{house.url}/v1/repos/kept", "theirs"), "second", fails=True)

        assert "is not authorized to perform: codecommit:GitPush" in told


class TestProfiles:
    """A role as developers use it: named in the configuration, assumed by the client itself."""

    def test_assume_their_role(self, desk: Desk, reader: str):
        (desk.home / ".aws").mkdir()
        (desk.home / ".aws" / "config").write_text(
            f"[profile reader]\nrole_arn = {reader}\ncredential_source = Environment\nrole_session_name = ana\n"
        )
        desk.environment["AWS_ENDPOINT_URL"] = desk.house.url

        told = desk.aws("--profile", "reader", "sts", "get-caller-identity")

        assert told["Arn"] == "arn:aws:sts::123456789012:assumed-role/reader/ana"
        assert "AccessDenied" in desk.run("aws", "--profile", "reader", "iam", "list-users", fails=True)

    def test_assume_it_with_the_token_of_an_issuer(self, desk: Desk):
        issuer = Issuer().start()
        try:
            issuer.claims = {"sub": "repo:shop:main", "aud": "sts.amazonaws.com"}
            provider = desk.aws(
                "iam",
                "create-open-id-connect-provider",
                "--url",
                issuer.url,
                "--client-id-list",
                "sts.amazonaws.com",
            )["OpenIDConnectProviderArn"]
            trust = {
                "Effect": "Allow",
                "Principal": {"Federated": provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringLike": {f"{issuer.url.partition('://')[2]}:sub": "repo:shop:*"}},
            }
            document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
            made = desk.aws(
                "iam", "create-role", "--role-name", "ci", "--assume-role-policy-document", document
            )
            (desk.home / "token").write_text(issuer.token())
            for name in KEY:
                del desk.environment[name]
            desk.environment |= {
                "AWS_ROLE_ARN": made["Role"]["Arn"],
                "AWS_ROLE_SESSION_NAME": "run-17",
                "AWS_WEB_IDENTITY_TOKEN_FILE": str(desk.home / "token"),
                "AWS_ENDPOINT_URL": desk.house.url,
            }

            told = desk.aws("sts", "get-caller-identity")
        finally:
            issuer.stop()

        assert told["Arn"] == "arn:aws:sts::123456789012:assumed-role/ci/run-17"
