"""A pipeline acts under its role: what the role may not do, its actions may not."""

from datetime import timedelta

import pytest

from devopsweb.iam import api as iam
from devopsweb.iam.models import Policy, PolicyAttachment, Role
from pipelines import api
from pipelines.builds import api as builds
from pipelines.builds.models import Build
from repos.git import api as git
from tests.pipelines.helpers import NOON, ROLE, action, declare, stage, standard

INSTALLER = iam.service_principal("test")


def codebuild_pipeline(**more):
    work = action(
        "compile",
        "Build",
        "CodeBuild",
        configuration={"ProjectName": "web-build"},
        inputArtifacts=[{"name": "Src"}],
        **more,
    )
    return declare(stage("Build", work))


@pytest.fixture
def project(db):
    builds.create_project(name="web-build", principal=INSTALLER, at=NOON)


class TestActions:
    def test_act_as_the_role_of_the_pipeline(self, make, providers):
        driver = make(declare(stage("Build", action("compile"))))
        driver.advance()

        principal = providers.started[0].principal
        assert principal.kind == "AssumedRole"
        assert principal.arn.endswith(f"assumed-role/DevOpsWebPipelineRole/{driver.run(1).uuid}")

    def test_fail_when_the_role_does_not_allow_them(self, make, project, pipeline_role):
        document = codebuild_pipeline()
        PolicyAttachment.objects.all().delete()
        driver = make(document)
        driver.advance()

        failed = driver.action("compile")
        assert (failed.status, failed.error_code) == ("Failed", "PermissionError")
        assert "assumed-role/DevOpsWebPipelineRole/" in failed.error_message
        assert "codebuild:BatchGetBuilds" in failed.error_message
        assert not Build.objects.exists()

    def test_fail_when_the_role_is_gone(self, make, pipeline_role):
        driver = make(standard())
        pipeline_role.delete()
        driver.advance()

        failed = driver.action("source")
        assert failed.error_code == "PermissionError"
        assert (
            "codepipeline.amazonaws.com is not authorized to perform: sts:AssumeRole" in failed.error_message
        )

    def test_with_a_role_of_their_own_act_as_that(self, make, providers, pipeline_role):
        own = iam.ensure_service_role(
            "own",
            service="codebuild",
            statements=[{"Effect": "Allow", "Action": "*", "Resource": "*"}],
            at=NOON,
        )
        Role.objects.filter(name="own").update(
            trust_policy={
                "Statement": {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "sts:AssumeRole"}
            }
        )
        driver = make(declare(stage("Build", action("compile", roleArn=own))))

        driver.advance()

        assert providers.started[0].principal.name.startswith("own/")

    def test_that_time_out_are_stopped_under_the_role(self, make, providers):
        driver = make(declare(stage("Build", action("compile"))))
        driver.advance()
        from pipelines.actions import sweeps

        sweeps.end_overdue(at=NOON + timedelta(hours=2))

        assert len(providers.stopped) == 1


class TestSource:
    def test_needs_the_role_to_read_the_repository(self, make, pipeline_role):
        git.create_repository(name="shop", principal=INSTALLER, at=NOON)
        git.put_tree(
            repository="shop", branch="main", files={"a": b"a"}, message="A", author_name="x",
            author_email="x@x", at=NOON,
        )  # fmt: skip
        configuration = {"RepositoryName": "shop", "BranchName": "main"}
        source = action(
            "source", "Source", "CodeCommit", configuration=configuration, outputArtifacts=[{"name": "Src"}]
        )
        document = declare(stage("Build", action("compile")))
        document["stages"][0]["actions"] = [source]
        good, bad = make(document), make({**document, "name": "bad"})
        good.advance()
        deny = {"Effect": "Deny", "Action": "codecommit:UploadArchive", "Resource": "*"}
        iam.ensure_policy("no-archive", {"Statement": deny})
        PolicyAttachment.objects.create(policy=Policy.objects.get(name="no-archive"), role=pipeline_role)
        bad.advance()

        assert good.action("source").status == "Succeeded"
        assert bad.action("source").error_code == "PermissionError"
        assert "explicit deny in an identity-based policy: no-archive" in bad.action("source").error_message


class TestWriting:
    def test_needs_the_right_to_pass_the_role(self, providers, outsider, pipeline_role):
        iam.ensure_policy(
            "create", {"Statement": {"Effect": "Allow", "Action": "codepipeline:*", "Resource": "*"}}
        )
        PolicyAttachment.objects.create(policy=Policy.objects.get(name="create"), user=outsider)
        principal = iam.principal_of(outsider)

        with pytest.raises(iam.AccessDenied, match="iam:PassRole on resource: " + ROLE):
            api.create_pipeline(definition=standard(), principal=principal, at=NOON)
        api.create_pipeline(definition=standard(), principal=INSTALLER, at=NOON)
        with pytest.raises(iam.AccessDenied, match="iam:PassRole"):
            api.update_pipeline(definition=standard(), principal=principal, at=NOON)

    def test_refuses_a_role_that_pipelines_cannot_assume(self, providers, owner):
        role = iam.ensure_service_role(
            "builder",
            service="codebuild",
            statements=[{"Effect": "Allow", "Action": "*", "Resource": "*"}],
            at=NOON,
        )

        with pytest.raises(iam.RoleNotAssumable, match=r"codepipeline\.amazonaws\.com is not authorized"):
            api.create_pipeline(
                definition={**standard(), "roleArn": role}, principal=iam.principal_of(owner), at=NOON
            )

    def test_on_the_page_says_so_beside_the_definition(self, providers, client_of, owner):
        import json

        missing = ROLE.replace("DevOpsWebPipelineRole", "nothing")
        document = json.dumps({**standard(), "roleArn": missing})

        page = client_of(owner).post("/new/pipeline/json/", {"document": document})

        assert page.status_code == 400
        assert "does not exist" in page.content.decode()
