"""User names and passwords as the AWS tools for git make them."""

from datetime import UTC, datetime, timedelta
from unittest import mock

import git_remote_codecommit
import pytest
from awscli.customizations import codecommit
from botocore.credentials import Credentials

from devopsweb.iam import api as iam
from devopsweb.iam import git_signatures
from devopsweb.iam.actions import keys, service_credentials
from devopsweb.iam.models import Role
from devopsweb.iam.service_credentials import GIT
from devopsweb.iam.sts import tokens
from devopsweb.iam.sts.tokens import Session

NOW = datetime.now(UTC).replace(microsecond=0)
PATHS = ("/git/shop", "/v1/repos/shop")
HOSTS = ("localhost:8000", "devops.example.com")


@pytest.fixture
def credentials(owner) -> Credentials:
    key, secret = keys.create(user=owner, by=None, at=NOW)
    return Credentials(key.pk, secret)


def remote_helper(
    made: Credentials, host: str, region: str = "us-east-1", name: str = "shop"
) -> tuple[str, str]:
    """What git-remote-codecommit puts into the URL, percent-decoded."""
    password = git_remote_codecommit.sign(host, f"/v1/repos/{name}", region, made)
    return made.access_key + (f"%{made.token}" if made.token else ""), password


def credential_helper(made: Credentials, host: str, path: str) -> tuple[str, str]:
    """What ``aws codecommit credential-helper --ignore-host-check get`` prints."""
    session = mock.Mock()
    session.get_credentials.return_value = made
    session.get_config_variable.return_value = "us-east-1"
    command = codecommit.CodeCommitGetCommand(session)
    given = command.extract_url({"protocol": "http", "host": host, "path": path})
    password = command.sign_request("us-east-1", given)
    return made.access_key + (f"%{made.token}" if made.token else ""), password


def signed_at(password: str) -> datetime:
    """The tools sign with the clock of the machine; the password begins with what it said."""
    try:
        return datetime.strptime(password.partition("Z")[0], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return NOW


def verify(user: str, password: str, *, later: timedelta = timedelta(), paths=PATHS, hosts=HOSTS):
    at = signed_at(password) + later
    return git_signatures.verify(
        user, password, paths=paths, hosts=hosts, context={"aws:SourceIp": "192.0.2.7"}, at=at
    )


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
class TestGitRemoteCodecommit:
    def test_is_the_user(self, credentials, owner):
        principal = verify(*remote_helper(credentials, "git-codecommit.us-east-1.amazonaws.com"))

        assert (principal.arn, principal.user_id) == (owner.arn, owner.pk)
        assert principal.session == {"aws:SourceIp": "192.0.2.7"}

    @pytest.mark.parametrize(
        ("host", "region"),
        [
            ("localhost:8000", "us-east-1"),
            ("devops.example.com", "us-east-1"),
            ("devops.example.com", "eu-central-1"),
            ("git-codecommit.eu-central-1.amazonaws.com", "eu-central-1"),
            ("git-codecommit.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ],
    )
    def test_may_call_us_by_any_of_our_names(self, credentials, host, region):
        assert verify(*remote_helper(credentials, host, region))

    def test_may_not_sign_for_another_host(self, credentials):
        assert verify(*remote_helper(credentials, "git.example.org")) is None

    def test_opens_no_other_repository(self, credentials):
        assert verify(*remote_helper(credentials, "localhost:8000", name="other")) is None

    def test_is_good_for_several_requests_within_fifteen_minutes(self, credentials):
        given = remote_helper(credentials, "localhost:8000")

        assert verify(*given)
        assert verify(*given, later=timedelta(minutes=14))
        assert verify(*given, later=timedelta(minutes=16)) is None
        assert verify(*given, later=timedelta(minutes=-16)) is None

    def test_takes_temporary_credentials(self, db):
        role = Role.objects.create(name="ci")
        # The tool signs by the clock, however long ago this file was read.
        now = int(datetime.now(UTC).timestamp())
        session = Session(
            access_key_id="ASIATEMPORARYKEY2345", secret="temporary", kind="AssumedRole",
            identity=role.unique_id, name="run-17", issued=now, expires=now + 900,
        )  # fmt: skip
        made = Credentials(session.access_key_id, session.secret, tokens.seal(session))
        user, password = remote_helper(made, "localhost:8000")

        assert verify(user, password).arn == "arn:aws:sts::123456789012:assumed-role/ci/run-17"
        assert verify(user.partition("%")[0], password) is None
        assert verify(user, password, later=timedelta(seconds=900)) is None

    def test_fails_with_another_secret(self, credentials):
        forged = Credentials(credentials.access_key, "another secret")

        assert verify(*remote_helper(forged, "localhost:8000")) is None

    def test_fails_with_a_changed_signature(self, credentials):
        user, password = remote_helper(credentials, "localhost:8000")

        for changed in (
            password[:-1] + ("0" if password[-1] != "0" else "1"),
            password[:-1],
            password.upper(),
            "",
        ):
            assert verify(user, changed) is None

    def test_notes_the_use_of_the_key(self, credentials, owner):
        verify(*remote_helper(credentials, "localhost:8000"))

        key = owner.access_keys.get()
        assert (key.last_used_service, key.last_used_region) == ("codecommit", "us-east-1")


class TestCredentialHelper:
    @pytest.mark.parametrize("path", ["v1/repos/shop", "git/shop"])
    @pytest.mark.parametrize("host", ["localhost:8000", "localhost"])
    def test_is_the_user(self, credentials, owner, host, path):
        assert verify(*credential_helper(credentials, host, path)).user_id == owner.pk


class TestForm:
    def test_tells_signatures_from_passwords(self):
        assert git_signatures.is_signature("20261121T120000Z" + "a" * 64)
        for password in (
            "",
            "correct horse battery",
            "20261121T120000Z" + "A" * 64,
            "20261121T120000Z" + "a" * 63,
        ):
            assert not git_signatures.is_signature(password)

    def test_takes_no_impossible_moment(self, credentials):
        assert verify(credentials.access_key, "20269921T120000Z" + "a" * 64) is None


class TestServiceCredentials:
    @pytest.fixture
    def made(self, owner):
        return service_credentials.create(user=owner, service=GIT, by=None, at=NOW)

    def ask(self, user: str, password: str):
        return iam.authenticate_git(user, password, paths=PATHS, hosts=HOSTS, source_ip="192.0.2.7")

    def test_are_the_user(self, made, owner):
        row, password = made

        principal = self.ask(row.user_name, password)

        assert row.user_name == "owner-at-123456789012"
        assert (principal.user_id, principal.session) == (owner.pk, {"aws:SourceIp": "192.0.2.7"})

    def test_are_refused_with_another_password(self, made):
        assert self.ask(made[0].user_name, "another") is None

    def test_are_refused_when_switched_off(self, made):
        row, password = made
        service_credentials.set_status(credential=row, active=False, by=None, at=NOW)

        assert self.ask(row.user_name, password) is None

    def test_leave_passwords_working(self, made, owner):
        assert self.ask("owner", "correct horse battery").user_id == owner.pk

    def test_are_no_names_that_a_database_refuses(self, db):
        assert self.ask("ow\0ner", "x") is None
        assert self.ask("owner", "\0") is None

    def test_lock_after_failures(self, made):
        for _ in range(5):
            self.ask(made[0].user_name, "another")

        with pytest.raises(iam.TooManyAttempts):
            self.ask(made[0].user_name, "another")
