"""A build acts under its project's role."""

import pytest

from devopsweb.iam import api as iam
from devopsweb.iam.models import Policy, PolicyAttachment, Role
from devopsweb.kernel import clock
from pipelines.builds.actions import builds, projects, runs
from pipelines.builds.models import Project
from repos.git import api as git
from tests.builds.conftest import lines, spec

# A build's pulse looks at the database from a thread of its own: it must see what the test wrote.
pytestmark = pytest.mark.django_db(transaction=True)

DEFAULT = "arn:aws:iam::123456789012:role/service-role/DevOpsWebBuildRole"
INSTALLER = iam.service_principal("test")


def deny(action):
    """The default role may no longer do ``action``."""
    document = {"Statement": {"Effect": "Deny", "Action": action, "Resource": "*"}}
    iam.ensure_policy("deny", document)
    PolicyAttachment.objects.create(
        policy=Policy.objects.get(name="deny"), role=Role.objects.get(name="DevOpsWebBuildRole")
    )


@pytest.fixture
def web(db):
    """A project with a source in git."""
    at = clock.now()
    git.create_repository(name="web", principal=INSTALLER, at=at)
    files = {name: text.encode() for name, text in spec("echo hello").items()}
    git.put_tree(
        repository="web", branch="main", files=files, message="Begin", author_name="x", author_email="x@x", at=at
    )  # fmt: skip
    return projects.create(name="web", repository="web", principal=INSTALLER, at=at)


def built():
    build = builds.start(project="web", principal=INSTALLER, initiator="test", at=clock.now())
    runs.execute(build.pk)
    build.refresh_from_db()
    return build


class TestBuilds:
    def test_get_the_default_role_and_succeed_under_it(self, web):
        build = built()

        assert web.service_role == build.settings["service_role"] == DEFAULT
        assert build.status == "SUCCEEDED", build.failure

    @pytest.mark.parametrize("action", ["logs:CreateLogStream", "logs:PutLogEvents"])
    def test_fail_when_the_role_may_not_write_the_log(self, web, action):
        deny(action)

        build = built()

        assert (build.status, build.failure["phase"], build.failure["code"]) == (
            "FAILED", "PROVISIONING", "ACCESS_DENIED",
        )  # fmt: skip
        assert f"assumed-role/DevOpsWebBuildRole/AWSCodeBuild-{build.uuid}" in build.failure["message"]
        assert action in build.failure["message"]
        assert any("explicit deny" in line for line in lines(build))

    def test_fail_when_the_role_may_not_read_the_source(self, web):
        deny("codecommit:GitPull")

        build = built()

        assert (build.status, build.failure["phase"]) == ("FAILED", "DOWNLOAD_SOURCE")
        assert "codecommit:GitPull" in build.failure["message"]

    def test_fail_when_the_role_is_gone(self, web):
        Role.objects.all().delete()

        build = built()

        assert build.failure["code"] == "ACCESS_DENIED"
        assert "sts:AssumeRole" in build.failure["message"]

    def test_keep_the_role_with_which_they_began(self, web):
        build = builds.start(project="web", principal=INSTALLER, initiator="test", at=clock.now())
        Project.objects.update(service_role="arn:aws:iam::123456789012:role/other")

        runs.execute(build.pk)

        build.refresh_from_db()
        assert build.status == "SUCCEEDED"


class TestProjects:
    @pytest.fixture
    def maker(self, outsider):
        """May do everything with projects, and pass no role."""
        document = {"Statement": {"Effect": "Allow", "Action": "codebuild:*", "Resource": "*"}}
        iam.ensure_policy("projects", document)
        PolicyAttachment.objects.create(policy=Policy.objects.get(name="projects"), user=outsider)
        return iam.principal_of(outsider)

    def test_need_the_right_to_pass_the_role(self, maker):
        with pytest.raises(iam.AccessDenied, match="iam:PassRole on resource: " + DEFAULT):
            projects.create(name="web", principal=maker, at=clock.now())

    def test_need_it_again_only_for_another_role(self, maker):
        project = projects.create(name="web", principal=INSTALLER, at=clock.now())
        other = iam.ensure_service_role(
            "other", service="codebuild", statements=[{"Effect": "Allow", "Action": "*", "Resource": "*"}],
            at=clock.now(),
        )  # fmt: skip

        projects.update(project, principal=maker, at=clock.now(), description="Faster")
        with pytest.raises(iam.AccessDenied, match="iam:PassRole"):
            projects.update(project, principal=maker, at=clock.now(), service_role=other)

        assert Project.objects.get().service_role == DEFAULT
        assert Project.objects.get().description == "Faster"

    def test_offer_the_roles_on_the_form(self, client_of, owner):
        assert "service-role/DevOpsWebBuildRole" in client_of(owner).get("/builds/+new/").content.decode()

    def test_can_be_made_by_developers_with_the_default_role_only(self, db):
        iam.ensure_group("developers", policies=["DeveloperAccess"])
        dev = iam.ensure_user("dev", groups=["developers"])
        other = iam.ensure_service_role(
            "other", service="codebuild", statements=[{"Effect": "Allow", "Action": "*", "Resource": "*"}],
            at=clock.now(),
        )  # fmt: skip

        projects.create(name="web", principal=dev, at=clock.now())
        with pytest.raises(iam.AccessDenied):
            projects.create(name="shop", principal=dev, at=clock.now(), service_role=other)
