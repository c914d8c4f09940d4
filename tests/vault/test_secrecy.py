"""Values are nowhere but where they are asked for."""

import pytest
from botocore.exceptions import ClientError

from devopsweb.events.models import Event
from devopsweb.vault.models import ParameterVersion, SecretVersion
from monitoring.trail.actions import sealing as chain
from monitoring.trail.adapters import spool
from monitoring.trail.models import Record
from tests.awsapi.local import aws

pytestmark = pytest.mark.django_db
SECRETS = ("hunter21", "hunter22", "hunter23", "hunter24")


@pytest.fixture
def everything(home):
    """All that was written down: the trail, its files, events, and rows of the vault."""

    def read() -> str:
        chain.drain_all()
        return "\n".join(
            [
                *Record.objects.values_list("body", flat=True),
                *(path.read_text() for path in (home / "trail").rglob("*") if path.is_file()),
                *map(str, Event.objects.values()),
                *map(str, ParameterVersion.objects.values()),
                *map(str, SecretVersion.objects.values()),
            ]
        )

    yield read
    spool.own.close()


class TestCallsOfTheApi:
    def test_leave_no_value_behind(self, owner, everything, caplog):
        call = aws(owner)
        with caplog.at_level("DEBUG"):
            put = {"Name": "/p", "Type": "SecureString", "Value": "hunter21"}
            call("ssm", "PutParameter", **put)
            with pytest.raises(ClientError) as refused:
                call("ssm", "PutParameter", **put)
            with pytest.raises(ClientError):
                call(
                    "ssm", "PutParameter", Name="/q", Type="String", Value="hunter24", AllowedPattern="[0-9]"
                )
            call("ssm", "GetParametersByPath", Path="/", WithDecryption=True)
            call("ssm", "GetParameterHistory", Name="/p", WithDecryption=True)
            call("secretsmanager", "CreateSecret", Name="s", SecretString="hunter22")
            call("secretsmanager", "PutSecretValue", SecretId="s", SecretBinary=b"hunter23")
            call("secretsmanager", "BatchGetSecretValue", SecretIdList=["s"])
            password = call("secretsmanager", "GetRandomPassword", ExcludePunctuation=True)["RandomPassword"]

        # The client's own log is the client's affair.
        ours = [one.getMessage() for one in caplog.records if not one.name.startswith("botocore")]
        written = everything() + "\n".join(ours) + str(refused.value)

        assert "CreateSecret" in written
        assert "aHVudGVyMjM" not in written
        assert [value for value in (*SECRETS, password) if value in written] == []


class TestTheTrail:
    def test_finds_each_reading_by_what_was_read(self, owner, everything):
        call = aws(owner)
        for name in ("/p/a", "/p/b"):
            call("ssm", "PutParameter", Name=name, Type="String", Value="v")
        arn = call("secretsmanager", "CreateSecret", Name="s", SecretString="v")["ARN"]

        call("ssm", "GetParametersByPath", Path="/p")
        call("ssm", "GetParameters", Names=["/p/a", "/p/b"])
        call("secretsmanager", "BatchGetSecretValue", Filters=[{"Key": "name", "Values": ["s"]}])

        chain.drain_all()
        bodies = list(Record.objects.order_by("pk").values_list("body", flat=True))[3:]
        assert [body.count('parameter/p/b"') > 0 for body in bodies] == [True, True, False]
        assert f'"{arn}"' in bodies[2]
