"""Trust and resource policies mean the user or role that they named, not whoever has the name later."""

import json

import pytest
from botocore.exceptions import ClientError
from django.test import Client

from devopsweb.iam import api as iam
from devopsweb.iam.actions import policies, roles, users
from devopsweb.iam.errors import MalformedPolicyDocument
from devopsweb.iam.models import PolicyAttachment, Role, User
from devopsweb.kernel import clock
from devopsweb.vault.actions import secrets
from devopsweb.vault.models import Secret
from tests.awsapi.local import aws

pytestmark = pytest.mark.django_db
ASSUME = "sts:AssumeRole"


@pytest.fixture
def now():
    return {"by": None, "at": clock.now()}


def trust(*names: str) -> dict:
    statement = {"Sid": "In", "Effect": "Allow", "Principal": {"AWS": list(names)}, "Action": ASSUME}
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.fixture
def role(outsider, now) -> Role:
    return roles.create(name="deploy", trust_policy=trust(outsider.arn), **now)


def may_assume(user: User, role: Role) -> bool:
    role.refresh_from_db()
    principal = iam.principal_of(user)
    return iam.is_allowed(principal, ASSUME, role.arn, resource_policy=role.trust_policy)


class TestATrustPolicy:
    def test_does_not_mean_a_later_user_of_the_name(self, outsider, role, now):
        assert may_assume(outsider, role)
        unique_id = outsider.unique_id
        users.delete_with_belongings(user=outsider, **now)

        again = users.create(name="outsider", password="correct horse battery", **now)

        assert not may_assume(again, role)
        assert role.trust_policy == trust(unique_id)

    def test_means_the_user_still_when_they_are_called_otherwise(self, outsider, role, now):
        users.update(user=outsider, name="otto", path="/shop/", **now)
        other = users.create(name="outsider", password="correct horse battery", **now)

        assert may_assume(outsider, role)
        assert not may_assume(other, role)

    def test_does_not_mean_a_later_role_of_the_name(self, role, now):
        first = roles.create(name="build", trust_policy=trust("*"), **now)
        session = "arn:aws:sts::123456789012:assumed-role/build/ci"
        roles.set_trust(role=role, trust_policy=trust(first.arn, session), **now)

        roles.delete_with_belongings(role=first, **now)

        role.refresh_from_db()
        assert role.trust_policy == trust(first.unique_id, f"{first.unique_id}:ci")
        roles.set_trust(role=role, trust_policy=role.trust_policy, **now)

    def test_is_kept_true_by_the_panel_too(self, outsider, role, now):
        admin = User.objects.create_superuser("root", password="correct horse battery")
        browser, unique_id = Client(), outsider.unique_id
        browser.force_login(admin)

        browser.post(f"/admin/iam/user/{outsider.pk}/delete/", {"post": "yes"})

        assert not User.objects.filter(username="outsider").exists()
        role.refresh_from_db()
        assert role.trust_policy == trust(unique_id)


class TestASecretsPolicy:
    def test_does_not_mean_a_later_user_of_the_name(self, outsider, owner, now):
        row, _ = secrets.create(name="db", by=iam.principal_of(owner), at=clock.now())
        document = trust(outsider.arn)
        document["Statement"][0] |= {"Action": "secretsmanager:GetSecretValue", "Resource": "*"}
        secrets.set_policy(row, json.dumps(document), by=iam.principal_of(owner), at=clock.now())
        unique_id = outsider.unique_id

        users.delete_with_belongings(user=outsider, **now)

        kept = json.loads(Secret.objects.get().resource_policy)
        assert kept["Statement"][0]["Principal"] == {"AWS": [unique_id]}


class TestRenaming:
    def test_needs_the_permission_upon_the_new_name_as_well(self, outsider, now):
        document = {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": ["iam:UpdateUser", "iam:UpdateGroup"],
                "Resource": [outsider.arn, f"{outsider.arn}-*", "arn:aws:iam::123456789012:group/g*"],
            },
        }
        policy = policies.create(name="rename", document=document, **now)
        PolicyAttachment.objects.create(policy=policy, user=outsider)
        call = aws(outsider)

        for wanted in ({"NewUserName": "ana"}, {"NewPath": "/shop/"}):
            with pytest.raises(Exception, match="not authorized to perform: iam:UpdateUser"):
                call("iam", "UpdateUser", UserName="outsider", **wanted)
        call("iam", "UpdateUser", UserName="outsider", NewUserName="outsider-2")

        assert User.objects.filter(username="outsider-2").exists()


class TestANameThatNobodyHas:
    @pytest.mark.parametrize(
        "name",
        [
            "arn:aws:iam::123456789012:user/nobody",
            "arn:aws:iam::123456789012:user/elsewhere/outsider",
            "arn:aws:iam::123456789012:role/nothing",
            "arn:aws:iam::123456789012:group/all",
            "arn:aws:sts::123456789012:assumed-role/nothing/session",
        ],
    )
    def test_is_refused_when_it_is_written(self, role, outsider, now, name):
        with pytest.raises(MalformedPolicyDocument, match="Invalid principal in policy"):
            roles.set_trust(role=role, trust_policy=trust(outsider.arn, name), **now)

    def test_is_not_that_of_accounts_everybody_and_who_is_there(self, role, outsider, now):
        names = (
            "*", "123456789012", "arn:aws:iam::123456789012:root", "arn:aws:iam::999999999999:user/x",
            role.arn, "arn:aws:sts::123456789012:assumed-role/deploy/night", outsider.unique_id,
        )  # fmt: skip

        roles.set_trust(role=role, trust_policy=trust(*names), **now)

        assert role.trust_policy == trust(*names)

    def test_is_told_on_the_page_and_in_the_panel(self, role, client_of, owner):
        nobody = json.dumps(trust("arn:aws:iam::123456789012:user/nobody"))

        page = client_of(owner).post("/access/roles/deploy/trust/", {"document": nobody})
        root = Client()
        root.force_login(User.objects.create_superuser("root", password=None))
        panel = root.post(f"/admin/iam/role/{role.pk}/change/", {"name": "deploy", "trust_policy": nobody})

        for answer in (page, panel):
            assert "Invalid principal in policy" in answer.content.decode()

    def test_is_refused_in_the_policy_of_a_secret(self, owner):
        call = aws(owner)
        call("secretsmanager", "CreateSecret", Name="db", SecretString="x")
        policy = trust("arn:aws:iam::123456789012:user/nobody")
        policy["Statement"][0] |= {"Action": "secretsmanager:GetSecretValue", "Resource": "*"}

        with pytest.raises(ClientError, match="Invalid principal"):
            call("secretsmanager", "PutResourcePolicy", SecretId="db", ResourcePolicy=json.dumps(policy))
