"""The real action types: how they start their work and read its end."""

import pytest

from devopsweb.blobs import api as blobs
from devopsweb.iam.api import service_principal
from devopsweb.kernel import errors
from pipelines.builds import api as builds
from pipelines.builds.models import Build
from pipelines.engine.types import ActionType
from pipelines.providers import codebuild, registry
from pipelines.providers.registry import Artifact, Context
from tests.pipelines.helpers import NOON, action, declare, stage

SERVICE = service_principal("test")


def context(**configuration):
    digest = blobs.put([b"zip"]).digest
    return Context(
        pipeline="web",
        execution_id="e",
        number=7,
        stage="Build",
        action="compile",
        action_execution_id="a",
        configuration=configuration,
        inputs=(Artifact("Src", digest, 3, "c" * 40, "shop"),),
        outputs=("Out",),
        url="/",
        principal=SERVICE,
        at=NOON,
    )


@pytest.fixture
def build(db):
    """A started build and its provider."""
    builds.create_project(name="web-build", principal=SERVICE, at=NOON)
    provider = registry.provider("Build", "CodeBuild")
    variables = '[{"name": "STAGE", "value": "prod"}]'
    outcome = provider.start(context(ProjectName="web-build", EnvironmentVariables=variables))
    return provider, outcome


class TestCodeBuild:
    def test_starts_a_build_of_the_input(self, build):
        _, outcome = build

        started = builds.get(outcome.external_id)
        assert outcome.status == "InProgress"
        assert outcome.url == started.url
        assert Build.objects.get().initiator == "codepipeline/web"

    def test_takes_the_only_output_from_the_builds_artifact(self, build):
        provider, outcome = build
        digest = blobs.put([b"made"]).digest
        Build.objects.update(
            status="SUCCEEDED", artifacts={"default": digest}, exported_variables={"TAG": "v1"}
        )

        ended = provider.observe(outcome.external_id, ("Out",))

        assert ended.status == "Succeeded"
        assert ended.artifacts == (Artifact("Out", digest, 4),)
        assert ended.variables == {"TAG": "v1"}

    def test_fails_when_a_declared_output_was_not_made(self, build):
        provider, outcome = build
        Build.objects.update(status="SUCCEEDED", artifacts={})

        ended = provider.observe(outcome.external_id, ("Out",))

        assert ended.status == "Failed"
        assert "Out" in ended.error_message

    def test_that_failed_leads_to_the_line_that_says_why(self, build):
        provider, outcome = build
        Build.objects.update(
            status="FAILED", failure={"phase": "BUILD", "message": "exit status 1", "line": 29}
        )

        ended = provider.observe(outcome.external_id, ())

        assert ended.error_message == "BUILD: exit status 1"
        assert ended.url.endswith("/#L30")

    def test_that_is_gone_fails_the_action(self, build):
        provider, outcome = build
        Build.objects.all().delete()

        assert provider.observe(outcome.external_id, ()).status == "Failed"

    @pytest.mark.parametrize("text", ["oops", "{}", "[1]", '[{"name": "A", "value": "x", "type": "SECRET"}]'])
    def test_refuses_malformed_variables(self, text):
        with pytest.raises(codebuild.MalformedEnvironment):
            codebuild.environment(text)

    def test_of_an_unknown_project_fails_the_action_with_its_name(self, make, run_jobs):
        source = action("source", "Source", outputArtifacts=[{"name": "Src"}])
        work = action(
            "compile",
            "Build",
            "CodeBuild",
            configuration={"ProjectName": "nothing"},
            inputArtifacts=[{"name": "Src"}],
        )
        document = declare(stage("Build", work))
        document["stages"][0]["actions"] = [source]
        driver = make(document)

        driver.advance()

        failed = driver.action("compile")
        assert (failed.status, failed.error_code) == ("Failed", "ConfigurationError")
        assert "nothing" in failed.error_message
        assert driver.run(1).status == "Failed"


class TestStart:
    @pytest.mark.parametrize(
        ("error", "code"),
        [
            (errors.Invalid("bad"), "ConfigurationError"),
            (errors.Denied("no"), "PermissionError"),
            (errors.Fault("down"), "SystemUnavailable"),
            (ValueError("a bug"), "SystemUnavailable"),
        ],
    )
    def test_that_raises_fails_the_action_not_the_pipeline(self, make, providers, monkeypatch, error, code):
        def start(_):
            raise error

        monkeypatch.setattr(providers, "start", start)
        driver = make(declare(stage("Build", action("compile"))))

        driver.advance()

        assert driver.action("compile").error_code == code
        assert driver.run(1).status == "Failed"

    def test_of_a_withdrawn_type_fails_the_action(self, make, providers):
        driver = make(declare(stage("Build", action("compile"))))
        registry.unregister(ActionType("Build", "Custom", "Fake"))

        driver.advance()

        assert "is gone" in driver.action("compile").error_message
