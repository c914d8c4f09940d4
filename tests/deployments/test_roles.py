"""A deployment acts under its group's role."""

import pytest

from deployments import api
from deployments.models import DeploymentGroup
from devopsweb.iam import api as iam
from devopsweb.iam.models import Policy, PolicyAttachment, Role
from tests.deployments.helpers import NOON, SERVICE, deploy, group

pytestmark = pytest.mark.django_db
DEFAULT = "arn:aws:iam::123456789012:role/service-role/DevOpsWebDeployRole"


def deny(action):
    """The default role may no longer do ``action``."""
    iam.ensure_policy("deny", {"Statement": {"Effect": "Deny", "Action": action, "Resource": "*"}})
    PolicyAttachment.objects.create(
        policy=Policy.objects.get(name="deny"), role=Role.objects.get(name="DevOpsWebDeployRole")
    )


class TestDeployments:
    def test_begin_under_the_default_role(self):
        group(1)

        assert deploy().status == "InProgress"
        assert DeploymentGroup.objects.get().service_role == DEFAULT

    @pytest.mark.parametrize("action", ["ec2:DescribeInstances", "tag:GetResources"])
    def test_fail_when_the_role_may_not_find_hosts(self, action):
        group(1)
        deny(action)

        failed = deploy()

        assert (failed.status, failed.error_code) == ("Failed", "IAM_ROLE_PERMISSIONS")
        assert f"assumed-role/DevOpsWebDeployRole/{failed.code}" in failed.error_message
        assert action in failed.error_message

    def test_fail_when_the_role_is_gone(self):
        group(1)
        Role.objects.all().delete()

        failed = deploy()

        assert (failed.status, failed.error_code) == ("Failed", "IAM_ROLE_MISSING")


class TestGroups:
    def test_need_the_right_to_pass_the_role(self, outsider, client_of):
        api.create_application(name="shop", principal=SERVICE, at=NOON)
        iam.ensure_policy(
            "deploy", {"Statement": {"Effect": "Allow", "Action": "codedeploy:*", "Resource": "*"}}
        )
        PolicyAttachment.objects.create(policy=Policy.objects.get(name="deploy"), user=outsider)

        with pytest.raises(iam.AccessDenied, match="iam:PassRole on resource: " + DEFAULT):
            api.create_group(
                application="shop",
                name="prod",
                instances=["a"],
                principal=iam.principal_of(outsider),
                at=NOON,
            )
        form = {"name": "prod", "config": "CodeDeployDefault.OneAtATime", "instances": "a"}
        refused = client_of(outsider).post("/applications/shop/-/new/", form)

        assert "iam:PassRole" in refused.content.decode()
        assert not DeploymentGroup.objects.exists()

    def test_refuse_a_role_that_does_not_trust_deployments(self, owner):
        api.create_application(name="shop", principal=SERVICE, at=NOON)
        role = iam.ensure_service_role(
            "builder",
            service="codebuild",
            statements=[{"Effect": "Allow", "Action": "*", "Resource": "*"}],
            at=NOON,
        )

        with pytest.raises(iam.RoleNotAssumable):
            api.create_group(
                application="shop",
                name="prod",
                instances=["a"],
                service_role_arn=role,
                principal=SERVICE,
                at=NOON,
            )
