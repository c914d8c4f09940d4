"""Variables of builds that come from Parameters and Secrets."""

import json

import pytest

from devopsweb.iam import api as iam
from devopsweb.iam import audit
from devopsweb.kernel import clock
from devopsweb.vault.actions import parameters, secrets
from devopsweb.vault.types import ParameterSpec, Value
from pipelines.builds.aws import members
from pipelines.builds.forms import ProjectForm, StoredField
from pipelines.builds.models import Project
from pipelines.builds.states import BuildStatus
from pipelines.builds.types import Stored
from pipelines.providers import codebuild
from tests.builds.conftest import lines, output

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def kept():
    """A parameter and a secret."""
    house, at = iam.service_principal("sample"), clock.now()
    for name, value in (("/shop/url", "postgres://hunter21"), ("/other/url", "other-hunter")):
        spec = ParameterSpec(name=name, value=value, type="SecureString")
        parameters.put(spec, by=house, at=at)
    text = json.dumps({"user": "shop", "password": "hunter22"})
    secrets.create(name="shop/db", by=house, at=at, value=Value(text.encode()))


@pytest.fixture
def role(db) -> str:
    """A role for builds that may read what is the shop's."""
    return iam.ensure_service_role(
        "shop-builds",
        service="codebuild",
        statements=[
            {"Effect": "Allow", "Action": ["logs:*", "codecommit:GitPull"], "Resource": "*"},
            {
                "Effect": "Allow",
                "Action": "ssm:GetParameters",
                "Resource": "arn:aws:ssm:*:*:parameter/shop/*",
            },
            {
                "Effect": "Allow",
                "Action": "secretsmanager:GetSecretValue",
                "Resource": "arn:aws:secretsmanager:*:*:secret:shop/*",
            },
        ],
        at=clock.now(),
    )


def files(*commands: str, **env) -> dict[str, str]:
    return {
        "buildspec.yml": json.dumps({"version": 0.2, "env": env, "phases": {"build": {"commands": commands}}})
    }


SHOW = 'printf %s "$KEY" | rev; echo; echo "plain $KEY"'


class TestValuesOfTheBuildspec:
    @pytest.mark.parametrize(
        ("env", "value"),
        [
            ({"parameter-store": {"KEY": "/shop/url"}}, "postgres://hunter21"),
            ({"parameter-store": {"KEY": "/shop/url:1"}}, "postgres://hunter21"),
            ({"secrets-manager": {"KEY": "shop/db:password"}}, "hunter22"),
            ({"secrets-manager": {"KEY": "shop/db:password:AWSCURRENT"}}, "hunter22"),
        ],
    )
    def test_reach_the_commands_and_not_the_log(self, run, role, env, value):
        build = run(files(SHOW, **env), service_role=role)

        assert build.status == BuildStatus.SUCCEEDED, lines(build)
        assert output(build) == [value[::-1], "plain ***"]
        assert value not in "\n".join(lines(build))

    def test_may_be_named_by_arn(self, run, role):
        arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/db"

        build = run(files(SHOW, **{"secrets-manager": {"KEY": f"{arn}:password"}}), service_role=role)

        assert output(build)[0] == "22retnuh"

    @pytest.mark.parametrize(
        ("env", "message"),
        [
            ({"parameter-store": {"KEY": "/other/url"}}, "ssm:GetParameters"),
            ({"parameter-store": {"KEY": "/shop/none"}}, "Parameter /shop/none not found"),
            ({"secrets-manager": {"KEY": "shop/db:nokey"}}, "no key nokey"),
            ({"secrets-manager": {"KEY": "shop/none"}}, "can't find the specified secret"),
            ({"secrets-manager": {"KEY": "shop/db::AWSCURRENT:" + "a" * 32}}, "name one of them"),
            ({"secrets-manager": {"KEY": "shop/db::AWSPENDING"}}, "AWSPENDING"),
        ],
    )
    def test_that_cannot_be_read_fail_where_the_source_is_fetched(self, run, role, env, message):
        build = run(files("true", **env), service_role=role)

        assert build.status == BuildStatus.FAILED
        assert build.failure["phase"] == "DOWNLOAD_SOURCE"
        assert build.failure["where"] == "buildspec.yml:1"
        assert message in build.failure["message"]
        assert "hunter" not in build.failure["message"]

    def test_are_told_to_the_audit_trail(self, run, role, monkeypatch):
        told = []
        monkeypatch.setattr(audit, "_observers", [told.append])

        run(files("true", **{"secrets-manager": {"KEY": "shop/db:password"}}), service_role=role)

        (deed,) = [one for one in told if one.action == "secretsmanager:GetSecretValue"]
        assert "assumed-role/shop-builds" in deed.principal.arn
        assert "hunter" not in repr(deed)


class TestValuesOfTheProject:
    def test_reach_the_commands_and_are_not_exported(self, run, role):
        variables = [
            {"name": "KEY", "value": "shop/db:password", "type": "SECRETS_MANAGER"},
            {"name": "URL", "value": "/shop/url", "type": "PARAMETER_STORE"},
        ]

        build = run(
            files(SHOW, **{"exported-variables": ["KEY"], "parameter-store": {"KEY": "/other/url"}}),
            service_role=role,
            environment=variables,
        )

        assert output(build)[0] == "22retnuh", lines(build)
        assert build.exported_variables == {}

    def test_may_come_with_the_call(self, run, role):
        build = run(files(SHOW), service_role=role, overrides={"KEY": Stored("PARAMETER_STORE", "/shop/url")})

        assert output(build)[0] == "postgres://hunter21"[::-1]

    def test_that_cannot_be_read_are_named(self, run, role):
        variables = [{"name": "KEY", "value": "/other/url", "type": "PARAMETER_STORE"}]

        build = run(files("true"), service_role=role, environment=variables)

        assert "The project's variable of type PARAMETER_STORE: KEY (/other/url)" in build.failure["message"]


class TestTheForm:
    def test_takes_both_stores(self):
        found = StoredField().clean("A=parameter-store:/shop/url\nB=secrets-manager:shop/db:password")

        assert found == {
            "A": {"value": "/shop/url", "type": "PARAMETER_STORE"},
            "B": {"value": "shop/db:password", "type": "SECRETS_MANAGER"},
        }

    def test_shows_what_it_took(self, db):
        now = clock.now()
        rows = [{"name": "A", "value": "/shop/url", "type": "PARAMETER_STORE", "secret": False}]
        project = Project(name="web", environment=rows, created_at=now, updated_at=now)

        form = ProjectForm(None, project=project, repositories=[], roles=[])

        assert (form.initial["stored"], form.initial["variables"]) == ("A=parameter-store:/shop/url", "")


class TestTheWire:
    def test_keeps_the_type(self):
        given = [{"name": "KEY", "value": "/shop/url", "type": "PARAMETER_STORE"}]

        assert members.variables(given) == [
            {"name": "KEY", "value": "/shop/url", "secret": False, "type": "PARAMETER_STORE"}
        ]

    def test_of_a_pipeline_names_the_store(self):
        text = '[{"name": "KEY", "value": "shop/db", "type": "SECRETS_MANAGER"}]'

        assert codebuild.environment(text) == {"KEY": Stored("SECRETS_MANAGER", "shop/db")}
