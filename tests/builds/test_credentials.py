"""A build's commands call the API as the project's role, for as long as the build runs."""

import json

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from devopsweb.iam import api as iam
from devopsweb.iam.models import Policy, Role
from devopsweb.kernel import clock
from devopsweb.vault.actions import parameters
from devopsweb.vault.types import ParameterSpec
from pipelines.builds.actions import builds, leases, roles
from pipelines.builds.models import Build
from pipelines.builds.states import BuildStatus
from tests.awsapi.local import aws
from tests.builds.conftest import output, spec

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


@pytest.fixture
def role() -> str:
    """A role that may write logs and read the shop's parameters."""
    house, at = iam.service_principal("sample"), clock.now()
    parameters.put(ParameterSpec(name="/shop/url", value="http://shop", type="String"), by=house, at=at)
    return iam.ensure_service_role(
        "shop-builds",
        service="codebuild",
        statements=[
            {"Effect": "Allow", "Action": ["logs:*", "sts:AssumeRole"], "Resource": "*"},
            {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": "arn:aws:ssm:*:*:parameter/shop/*"},
        ],
        at=at,
    )


@pytest.fixture
def running(start, role) -> Build:
    """A build that a worker has taken."""
    build = start(spec("true"), service_role=role)
    claimed = leases.claim(build.pk, at=clock.now())
    assert claimed is not None
    return claimed


def lent(build: Build) -> Credentials:
    found = roles.lend(build, at=clock.now())
    return Credentials(found.access_key_id, found.secret_access_key, found.session_token)


def code(credentials: Credentials, service: str, operation: str, **params) -> str:
    try:
        aws(credentials)(service, operation, **params)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "ok"


class TestCredentialsOfABuild:
    def test_are_those_of_the_roles_session(self, running):
        answer = aws(lent(running))("sts", "GetCallerIdentity")

        session = f"assumed-role/shop-builds/AWSCodeBuild-{running.uuid}"
        assert answer["Arn"] == f"arn:aws:sts::123456789012:{session}"

    def test_can_do_what_the_role_allows_and_no_more(self, running):
        credentials = lent(running)

        assert code(credentials, "ssm", "GetParameter", Name="/shop/url") == "ok"
        assert code(credentials, "ssm", "GetParameter", Name="/other/url") == "AccessDeniedException"
        assert code(credentials, "iam", "ListUsers") == "AccessDenied"

    def test_are_held_by_the_roles_boundary(self, running):
        document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}}  # fmt: skip
        credentials = lent(running)

        boundary = Policy.objects.create(name="logs-only", document=document)
        role = Role.objects.get(name="shop-builds")
        role.permissions_boundary = boundary
        role.save()

        assert code(credentials, "ssm", "GetParameter", Name="/shop/url") == "AccessDeniedException"

    def test_die_when_the_build_is_stopped(self, running, owner):
        credentials = lent(running)

        builds.stop(running, principal=iam.principal_of(owner), at=clock.now())

        assert code(credentials, "sts", "GetCallerIdentity") == "InvalidClientTokenId"

    def test_die_with_the_build_however_it_ends(self, running):
        credentials = lent(running)

        builds.end_without_worker(running, status=BuildStatus.FAULT, message="gone", at=clock.now())

        assert code(credentials, "sts", "GetCallerIdentity") == "InvalidClientTokenId"

    def test_take_the_sessions_along_that_were_begun_with_them(self, running):
        trust = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}}  # fmt: skip
        Role.objects.create(name="other", trust_policy=trust, created_at=clock.now())
        further = aws(lent(running))(
            "sts", "AssumeRole", RoleArn="arn:aws:iam::123456789012:role/other", RoleSessionName="next"
        )["Credentials"]
        chained = Credentials(further["AccessKeyId"], further["SecretAccessKey"], further["SessionToken"])
        assert code(chained, "sts", "GetCallerIdentity") == "ok"

        builds.end_without_worker(running, status=BuildStatus.FAULT, message="gone", at=clock.now())

        assert code(chained, "sts", "GetCallerIdentity") == "InvalidClientTokenId"

    def test_end_with_the_builds_time(self, running, monkeypatch):
        began = clock.now()
        credentials = lent(running)

        late = began.timestamp() + 60 * running.settings["timeout_minutes"] + 2
        monkeypatch.setattr(clock, "now", lambda: began.fromtimestamp(late, began.tzinfo))

        assert code(credentials, "sts", "GetCallerIdentity") != "ok"


class TestTheShellOfABuild:
    def test_has_them_and_the_log_does_not(self, run, role, settings):
        shown = [f"test -n \"${name}\" && echo has {name}" for name in NAMES]  # fmt: skip
        build = run(
            spec(*shown, 'echo "$AWS_ENDPOINT_URL $AWS_REGION"', "env", 'printf %s "$AWS_SESSION_TOKEN" | base64 -w0'),
            service_role=role,
        )  # fmt: skip

        found = output(build)
        assert build.status == "SUCCEEDED", build.failure
        assert [line for line in found if line.startswith("has ")] == [f"has {name}" for name in NAMES]
        assert f"{settings.DEVOPSWEB_BASE_URL} us-east-1" in found
        assert {"AWS_SECRET_ACCESS_KEY=***", "AWS_SESSION_TOKEN=***"} <= set(found)

    def test_leaves_none_behind(self, run, role, owner):
        build = run(spec("env > all.txt"), service_role=role)

        told = aws(owner)("codebuild", "BatchGetBuilds", ids=[build.external_id])["builds"][0]
        assert [word for word in (*NAMES, "ASIA") if word in str(told) + str(build.settings)] == []

    def test_has_none_without_a_network(self, run, role):
        build = run(spec('echo "key: ${AWS_ACCESS_KEY_ID:-none}"'), service_role=role, network=False)

        assert "key: none" in output(build)

    def test_keeps_what_the_build_brings_itself(self, run, role):
        files = spec('echo "$AWS_ACCESS_KEY_ID ${AWS_SESSION_TOKEN:-none} ${AWS_ENDPOINT_URL:-AWS}"')
        document = json.loads(files["buildspec.yml"]) | {"env": {"variables": {"AWS_ACCESS_KEY_ID": "AKIAOWN"}}}  # fmt: skip

        build = run({"buildspec.yml": json.dumps(document)}, service_role=role)

        assert "AKIAOWN none AWS" in output(build)
