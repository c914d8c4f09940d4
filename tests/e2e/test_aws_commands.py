"""The command line against a running installation: each service served, refused and held to its constraints, and
what the program adds to the API: queries, tables, pages, waiters, files.
"""

import json
import time

import pytest

from bench.house import eventually
from tests.awsapi.test_every_operation import SERVICES
from tests.e2e.callers import KEYS, cli
from tests.e2e.commands import Commands

# For each service a command that is served, one that breaks a constraint, and the error that says so.
COMMANDS = {
    "cloudtrail": ("lookup-events", "get-trail-status --name a_b!", "InvalidTrailNameException"),
    "cloudwatch": (
        "describe-alarms",
        "set-alarm-state --alarm-name a --state-reason b --state-value MAYBE",
        "ValidationError",
    ),
    "codebuild": ("list-projects", "list-builds --sort-order SIDEWAYS", "ValidationException"),
    "codecommit": (
        "list-repositories",
        "create-repository --repository-name a!b",
        "InvalidRepositoryNameException",
    ),
    "codedeploy": (
        "list-deployment-configs",
        f"get-application --application-name {'a' * 101}",
        "InvalidApplicationNameException",
    ),
    "codepipeline": ("list-pipelines", "get-pipeline --name a!b", "ValidationException"),
    "iam": ("list-users", "create-user --user-name a!b", "ValidationError"),
    "logs": ("describe-log-groups", "create-log-group --log-group-name a!b", "InvalidParameterException"),
    "secretsmanager": (
        "list-secrets",
        f"describe-secret --secret-id {'a' * 2049}",
        "ValidationException",
    ),
    "ssm": (
        "describe-parameters",
        "put-parameter --name x --type Number --value v",
        "ValidationException",
    ),
    "sts": ("get-session-token", "get-session-token --duration-seconds 1", "ValidationError"),
}
# The program's own names.
PROGRAM_NAMES = {"codedeploy": "deploy"}


@pytest.fixture(scope="module")
def admin(served, tmp_path_factory) -> Commands:
    """The administrator's command line."""
    return Commands(tmp_path_factory.mktemp("admin"), served.url, *KEYS["admin"])


@pytest.fixture(scope="module")
def stranger(served, tmp_path_factory) -> Commands:
    """That of a user who may do nothing."""
    return Commands(tmp_path_factory.mktemp("stranger"), served.url, *KEYS["stranger"])


@pytest.fixture(scope="module")
def till(admin) -> None:
    """Five parameters in two folders."""
    for number in range(5):
        ask(admin, f"ssm put-parameter --type String --name /till/{number % 2}/{number} --value v{number}")


def ask(commands: Commands, line: str, *more: str):
    """What a command that succeeds prints, as JSON."""
    done = commands(line, *more)
    assert done.code == 0, f"aws {line}: {done.err}"
    return json.loads(done.out) if done.out.strip() else None


def text(commands: Commands, line: str, *more: str) -> list[str]:
    """The words that a command prints as text."""
    done = commands(f"{line} --output text", *more)
    assert done.code == 0, f"aws {line}: {done.err}"
    return done.out.split()


class TestEveryService:
    def test_has_its_commands_here(self):
        assert sorted(COMMANDS) == SERVICES

    @pytest.mark.parametrize("service", SERVICES)
    def test_is_served(self, admin, service):
        ask(admin, f"{PROGRAM_NAMES.get(service, service)} {COMMANDS[service][0]}")

    @pytest.mark.parametrize("service", sorted(set(SERVICES) - {"sts"}))
    def test_is_refused_to_a_stranger(self, stranger, service):
        done = stranger(f"{PROGRAM_NAMES.get(service, service)} {COMMANDS[service][0]}")

        assert done.code == 255
        assert "(AccessDenied" in done.err
        assert "user/stranger is not authorized to perform: " in done.err

    @pytest.mark.parametrize("service", SERVICES)
    def test_names_the_constraint_that_is_broken(self, admin, service):
        done = admin(f"{PROGRAM_NAMES.get(service, service)} {COMMANDS[service][1]}")

        assert done.code == 255
        assert f"({COMMANDS[service][2]})" in done.err
        assert "failed to satisfy constraint: Member must" in done.err or "name" in done.err

    def test_says_the_same_to_the_program_on_its_own(self, served):
        """The drive in this process is trusted because this agrees."""
        done = cli(served, "ssm", "put-parameter", "--name", "bad name", "--type", "String", "--value", "v")

        assert done.returncode == 255
        assert "(ValidationException)" in done.stderr


@pytest.mark.usefixtures("till")
class TestParameters:
    def test_are_found_below_a_path_and_paged(self, admin):
        below = "ssm get-parameters-by-path --path /till --recursive"

        first = ask(admin, f"{below} --max-items 2")
        second = ask(admin, f"{below} --max-items 2 --starting-token", first["NextToken"])
        last = ask(admin, f"{below} --starting-token", second["NextToken"])

        names = [one["Name"] for page in (first, second, last) for one in page["Parameters"]]
        assert sorted(names) == [f"/till/{number % 2}/{number}" for number in (0, 2, 4, 1, 3)]

    def test_are_asked_for_small_pages_by_the_client(self, admin):
        found = text(
            admin,
            "ssm get-parameters-by-path --path /till --recursive --page-size 1 --query Parameters[].Value",
        )

        assert sorted(found) == ["v0", "v1", "v2", "v3", "v4"]

    def test_are_shown_as_a_table(self, admin):
        done = admin(
            "ssm get-parameters --names /till/0/0 --output table --query Parameters[].{Name:Name,Value:Value}"
        )

        assert "|  /till/0/0 |  v0     |" in done.out

    def test_come_from_files(self, admin, tmp_path):
        (tmp_path / "motd").write_text("two\nlines")

        ask(admin, "ssm put-parameter --name motd --type SecureString --value", f"file://{tmp_path}/motd")

        assert (
            ask(admin, "ssm get-parameter --name motd --with-decryption")["Parameter"]["Value"]
            == "two\nlines"
        )


class TestPeople:
    def test_are_waited_for(self, admin):
        ask(admin, "iam create-user --user-name waited")

        assert admin("iam wait user-exists --user-name waited").code == 0

    def test_are_paged(self, admin):
        first = ask(admin, "iam list-users --max-items 1")

        rest = ask(admin, "iam list-users --starting-token", first["NextToken"])

        assert first["Users"][0]["UserName"] not in [one["UserName"] for one in rest["Users"]]

    def test_are_told_of_in_the_credential_report(self, admin):
        assert ask(admin, "iam generate-credential-report")["State"] in {"STARTED", "INPROGRESS", "COMPLETE"}

        lines = text(admin, "iam get-credential-report --query Content")

        assert lines


class TestEvents:
    def test_are_looked_up_in_pages(self, admin):
        for _ in range(3):
            ask(admin, "sts get-caller-identity")
        looked = "cloudtrail lookup-events --lookup-attributes AttributeKey=EventSource,AttributeValue=sts.amazonaws.com"
        # Records are there a moment after the answers.
        eventually(lambda: len(ask(admin, looked)["Events"]) >= 3)

        first = ask(admin, f"{looked} --page-size 1 --max-items 2")
        second = ask(admin, f"{looked} --max-items 1 --starting-token", first["NextToken"])

        found = [one["EventId"] for one in first["Events"] + second["Events"]]
        assert len(set(found)) == 3


class TestLogs:
    def test_are_written_and_read_in_pages(self, admin):
        where = "--log-group-name /till/api --log-stream-name one"
        now = int(time.time() * 1000)
        events = [{"timestamp": now + number, "message": f"line {number}"} for number in range(3)]
        ask(admin, "logs create-log-group --log-group-name /till/api")
        ask(admin, f"logs create-log-stream {where}")
        ask(admin, f"logs put-log-events {where} --log-events", json.dumps(events))

        found = text(admin, f"logs get-log-events {where} --start-from-head --query events[].message")

        assert found == ["line", "0", "line", "1", "line", "2"]


class TestAlarms:
    def test_are_waited_for(self, admin):
        ask(
            admin,
            "cloudwatch put-metric-alarm --alarm-name queue --metric-name Depth --namespace Till --statistic Maximum "
            "--period 60 --evaluation-periods 1 --threshold 3 --comparison-operator GreaterThanThreshold",
        )

        assert admin("cloudwatch wait alarm-exists --alarm-names queue").code == 0


class TestRepositories:
    def test_take_a_file_and_give_it_back(self, admin, tmp_path):
        (tmp_path / "greeting").write_bytes(b"hello\xff")
        ask(admin, "codecommit create-repository --repository-name till")
        ask(
            admin,
            "codecommit put-file --repository-name till --branch-name main --file-path a/greeting --file-content",
            f"fileb://{tmp_path}/greeting",
        )

        (content,) = text(
            admin, "codecommit get-file --repository-name till --file-path a/greeting --query fileContent"
        )

        assert content == "aGVsbG//"


class TestSecrets:
    def test_are_kept_and_told(self, admin):
        ask(admin, "secretsmanager create-secret --name till/db --secret-string hunter2")

        assert text(admin, "secretsmanager get-secret-value --secret-id till/db --query SecretString") == [
            "hunter2"
        ]
