"""IAM's operations as boto3 calls them, through the door."""

import json
from urllib.parse import unquote

import pytest
from botocore.exceptions import ClientError

from devopsweb.iam import api
from devopsweb.iam.models import Policy, PolicyAttachment, Role, User, UserGroup
from tests.awsapi.local import aws
from tests.iam.documents import READ, TRUST

ACCOUNT = "123456789012"


def text(document):
    return json.dumps(document)


def decoded(document):
    return document if isinstance(document, dict) else json.loads(unquote(document))


def refused(code, match=""):
    """The error with that code (boto3 raises one class for all of a service's)."""
    return pytest.raises(ClientError, match=rf"\({code}\).*{match}")


@pytest.fixture
def ann(iam):
    return iam("CreateUser", UserName="ann", Path="/div/")["User"]


@pytest.fixture
def policy_arn(iam):
    return iam("CreatePolicy", PolicyName="read", PolicyDocument=text(READ))["Policy"]["Arn"]


class TestUsers:
    def test_are_made_with_path_tags_and_boundary(self, iam, policy_arn):
        made = iam(
            "CreateUser", UserName="ann", Path="/div/", PermissionsBoundary=policy_arn,
            Tags=[{"Key": "team", "Value": "web"}],
        )["User"]  # fmt: skip

        assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/div/ann"
        assert made["UserId"].startswith("AIDA")
        assert len(made["UserId"]) == 21
        found = iam("GetUser", UserName="ann")["User"]
        assert found == made
        assert found["PermissionsBoundary"]["PermissionsBoundaryArn"] == policy_arn
        assert found["Tags"] == [{"Key": "team", "Value": "web"}]

    def test_are_the_caller_unless_named(self, iam, owner):
        assert iam("GetUser")["User"]["UserName"] == "owner"

    def test_have_names_that_are_unique_without_case(self, iam, ann):
        with refused("EntityAlreadyExists", "User with name ANN already exists"):
            iam("CreateUser", UserName="ANN")

    def test_that_are_unknown_are_named(self, iam):
        with refused("NoSuchEntity", "The user with name nobody cannot be found"):
            iam("GetUser", UserName="nobody")

    def test_are_listed_under_a_path_page_by_page(self, iam, ann):
        for name in ("bob", "cleo", "dan"):
            iam("CreateUser", UserName=name, Path="/div/")

        first = iam("ListUsers", PathPrefix="/div/", MaxItems=3)
        second = iam("ListUsers", PathPrefix="/div/", MaxItems=3, Marker=first["Marker"])

        assert [one["UserName"] for one in first["Users"]] == ["ann", "bob", "cleo"]
        assert first["IsTruncated"]
        assert [one["UserName"] for one in second["Users"]] == ["dan"]
        assert not second["IsTruncated"]
        assert "Marker" not in second

    def test_are_renamed_and_moved(self, iam, ann):
        iam("UpdateUser", UserName="ann", NewUserName="anna", NewPath="/")

        moved = iam("GetUser", UserName="anna")["User"]
        assert (moved["UserId"], moved["Arn"]) == (ann["UserId"], f"arn:aws:iam::{ACCOUNT}:user/anna")

    def test_are_deleted_once_nothing_is_left(self, iam, ann, policy_arn):
        iam("CreateGroup", GroupName="g")
        iam("AddUserToGroup", GroupName="g", UserName="ann")
        iam("AttachUserPolicy", UserName="ann", PolicyArn=policy_arn)
        iam("PutUserPolicy", UserName="ann", PolicyName="p", PolicyDocument=text(READ))
        key = iam("CreateAccessKey", UserName="ann")["AccessKey"]["AccessKeyId"]
        iam("CreateLoginProfile", UserName="ann", Password="correct horse battery")
        for operation, params, first in (
            ("DeleteLoginProfile", {}, "delete login profile"),
            ("DeleteAccessKey", {"AccessKeyId": key}, "delete access keys"),
            ("RemoveUserFromGroup", {"GroupName": "g"}, "remove users from group"),
            ("DetachUserPolicy", {"PolicyArn": policy_arn}, "detach all policies"),
            ("DeleteUserPolicy", {"PolicyName": "p"}, "delete policies"),
        ):
            with refused("DeleteConflict", f"must {first} first"):
                iam("DeleteUser", UserName="ann")
            iam(operation, UserName="ann", **params)

        iam("DeleteUser", UserName="ann")

        assert not User.objects.filter(username="ann").exists()

    def test_that_are_administrators_yield_to_administrators_only(self, iam):
        root = User.objects.create_superuser("root", password="x")
        for operation in (
            "CreateAccessKey",
            "DeleteUser",
            "DeleteLoginProfile",
            "ListServiceSpecificCredentials",
        ):
            if operation.startswith("List"):
                iam(operation, UserName="root")
                continue
            with refused("AccessDenied", "only another administrator"):
                iam(operation, UserName="root")

        assert aws(root)("iam", "CreateAccessKey", UserName="root")["AccessKey"]["UserName"] == "root"

    def test_keep_the_last_administrator(self, iam):
        root = User.objects.create_superuser("root", password=None)
        call = aws(root)
        key = root.access_keys.get()
        call("iam", "CreateUser", UserName="other")
        with refused("DeleteConflict"):
            call("iam", "DeleteUser", UserName="root")
        assert User.objects.filter(pk=root.pk).exists()
        assert root.access_keys.get() == key


class TestGroups:
    def test_hold_members(self, iam, ann):
        made = iam("CreateGroup", GroupName="g", Path="/teams/")["Group"]
        assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/teams/g"
        assert made["GroupId"].startswith("AGPA")

        iam("AddUserToGroup", GroupName="g", UserName="ann")
        iam("AddUserToGroup", GroupName="g", UserName="ann")

        assert [one["UserName"] for one in iam("GetGroup", GroupName="g")["Users"]] == ["ann"]
        assert iam("ListGroupsForUser", UserName="ann")["Groups"] == [made]
        iam("RemoveUserFromGroup", GroupName="g", UserName="ann")
        assert iam("GetGroup", GroupName="g")["Users"] == []

    def test_are_at_most_ten_for_one_user(self, iam, ann):
        for number in range(10):
            iam("CreateGroup", GroupName=f"g{number}")
            iam("AddUserToGroup", GroupName=f"g{number}", UserName="ann")
        iam("CreateGroup", GroupName="one-more")

        with refused("LimitExceeded", "GroupsPerUser: 10"):
            iam("AddUserToGroup", GroupName="one-more", UserName="ann")

    def test_are_renamed_and_deleted_when_empty(self, iam, ann):
        iam("CreateGroup", GroupName="g")
        iam("UpdateGroup", GroupName="g", NewGroupName="h", NewPath="/x/")
        assert [one["Path"] for one in iam("ListGroups", PathPrefix="/x/")["Groups"]] == ["/x/"]
        iam("AddUserToGroup", GroupName="h", UserName="ann")
        with refused("DeleteConflict", "must remove users from group first"):
            iam("DeleteGroup", GroupName="h")
        iam("RemoveUserFromGroup", GroupName="h", UserName="ann")
        iam("DeleteGroup", GroupName="h")

        assert not UserGroup.objects.exists()


class TestRoles:
    def test_are_made_with_their_trust_policy(self, iam):
        made = iam(
            "CreateRole", RoleName="builder", Path="/app/", AssumeRolePolicyDocument=text(TRUST),
            Description="Builds", MaxSessionDuration=7200, Tags=[{"Key": "a", "Value": "b"}],
        )["Role"]  # fmt: skip

        found = iam("GetRole", RoleName="builder")["Role"]
        assert found["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/app/builder"
        assert found["RoleId"] == made["RoleId"]
        assert found["RoleId"].startswith("AROA")
        assert decoded(found["AssumeRolePolicyDocument"]) == TRUST
        assert (found["Description"], found["MaxSessionDuration"]) == ("Builds", 7200)
        assert [one["RoleName"] for one in iam("ListRoles", PathPrefix="/app/")["Roles"]] == ["builder"]

    def test_refuse_a_trust_policy_that_is_none(self, iam):
        for wrong in ("{", text(READ)):
            with refused("MalformedPolicyDocument"):
                iam("CreateRole", RoleName="r", AssumeRolePolicyDocument=wrong)

        assert not Role.objects.exists()

    def test_change(self, iam):
        iam("CreateRole", RoleName="r", AssumeRolePolicyDocument=text(TRUST))
        other = json.loads(text(TRUST).replace("codebuild", "codedeploy"))

        iam("UpdateAssumeRolePolicy", RoleName="r", PolicyDocument=text(other))
        iam("UpdateRole", RoleName="r", MaxSessionDuration=43200)
        iam("UpdateRoleDescription", RoleName="r", Description="new")

        found = iam("GetRole", RoleName="r")["Role"]
        assert decoded(found["AssumeRolePolicyDocument"]) == other
        assert (found["MaxSessionDuration"], found["Description"]) == (43200, "new")

    def test_are_deleted_without_policies(self, iam, policy_arn):
        iam("CreateRole", RoleName="r", AssumeRolePolicyDocument=text(TRUST))
        iam("AttachRolePolicy", RoleName="r", PolicyArn=policy_arn)
        with refused("DeleteConflict", "must detach all policies first"):
            iam("DeleteRole", RoleName="r")
        iam("DetachRolePolicy", RoleName="r", PolicyArn=policy_arn)
        iam("DeleteRole", RoleName="r")

        assert not Role.objects.exists()


class TestLinkedRoles:
    def test_belong_to_their_service(self, iam, policy_arn):
        made = iam("CreateServiceLinkedRole", AWSServiceName="codepipeline.amazonaws.com")["Role"]

        assert made["Path"] == "/aws-service-role/codepipeline.amazonaws.com/"
        for operation, params in (
            ("DeleteRole", {}),
            ("UpdateRole", {"Description": "mine"}),
            ("AttachRolePolicy", {"PolicyArn": policy_arn}),
            ("PutRolePolicy", {"PolicyName": "p", "PolicyDocument": text(READ)}),
        ):
            with refused("UnmodifiableEntity"):
                iam(operation, RoleName=made["RoleName"], **params)
        task = iam("DeleteServiceLinkedRole", RoleName=made["RoleName"])["DeletionTaskId"]
        assert iam("GetServiceLinkedRoleDeletionStatus", DeletionTaskId=task)["Status"] == "SUCCEEDED"
        assert not Role.objects.exists()

    def test_exist_once(self, iam):
        iam("CreateServiceLinkedRole", AWSServiceName="codepipeline.amazonaws.com")
        with refused("InvalidInput", "CreateServiceLinkedRole"):
            iam("CreateRole", RoleName="r", Path="/aws-service-role/x/", AssumeRolePolicyDocument=text(TRUST))
        with refused("InvalidInput", "has been taken"):
            iam("CreateServiceLinkedRole", AWSServiceName="codepipeline.amazonaws.com")


class TestPolicies:
    def test_have_versions_of_which_one_holds(self, iam, policy_arn):
        other = json.loads(text(READ).replace("Get*", "List*"))
        second = iam("CreatePolicyVersion", PolicyArn=policy_arn, PolicyDocument=text(other))["PolicyVersion"]
        assert (second["VersionId"], second["IsDefaultVersion"]) == ("v2", False)

        iam("SetDefaultPolicyVersion", PolicyArn=policy_arn, VersionId="v2")

        assert iam("GetPolicy", PolicyArn=policy_arn)["Policy"]["DefaultVersionId"] == "v2"
        assert Policy.objects.get(name="read").document == other
        first = iam("GetPolicyVersion", PolicyArn=policy_arn, VersionId="v1")["PolicyVersion"]
        assert decoded(first["Document"]) == READ
        listed = iam("ListPolicyVersions", PolicyArn=policy_arn)["Versions"]
        assert [(one["VersionId"], one["IsDefaultVersion"]) for one in listed] == [
            ("v2", True),
            ("v1", False),
        ]

    def test_have_five_versions_at_most_and_never_reuse_a_number(self, iam, policy_arn):
        for _ in range(4):
            iam("CreatePolicyVersion", PolicyArn=policy_arn, PolicyDocument=text(READ))
        with refused("LimitExceeded", "up to 5 versions"):
            iam("CreatePolicyVersion", PolicyArn=policy_arn, PolicyDocument=text(READ))
        with refused("DeleteConflict", "default version"):
            iam("DeletePolicyVersion", PolicyArn=policy_arn, VersionId="v1")

        iam("DeletePolicyVersion", PolicyArn=policy_arn, VersionId="v5")
        made = iam("CreatePolicyVersion", PolicyArn=policy_arn, PolicyDocument=text(READ), SetAsDefault=True)

        assert made["PolicyVersion"]["VersionId"] == "v6"
        assert made["PolicyVersion"]["IsDefaultVersion"]

    def test_are_deleted_when_detached_and_of_one_version(self, iam, policy_arn, ann):
        iam("AttachUserPolicy", UserName="ann", PolicyArn=policy_arn)
        with refused("DeleteConflict", "attached to entities"):
            iam("DeletePolicy", PolicyArn=policy_arn)
        iam("DetachUserPolicy", UserName="ann", PolicyArn=policy_arn)
        iam("CreatePolicyVersion", PolicyArn=policy_arn, PolicyDocument=text(READ))
        with refused("DeleteConflict", "more than one version"):
            iam("DeletePolicy", PolicyArn=policy_arn)
        iam("DeletePolicyVersion", PolicyArn=policy_arn, VersionId="v2")
        iam("DeletePolicy", PolicyArn=policy_arn)

        with refused("NoSuchEntity", "was not found"):
            iam("GetPolicy", PolicyArn=policy_arn)

    def test_name_the_mistake_in_a_document(self, iam):
        for wrong, match in (("{", "invalid Json"), (text(READ).replace("Allow", "Maybe"), "Maybe")):
            with refused("MalformedPolicyDocument", match):
                iam("CreatePolicy", PolicyName="p", PolicyDocument=wrong)

    def test_are_listed_by_scope_and_use(self, iam, policy_arn, ann):
        api.ensure_group("g", policies=["AWSCodeCommitReadOnly"])
        iam("PutUserPermissionsBoundary", UserName="ann", PermissionsBoundary=policy_arn)

        def names(**params):
            return {one["PolicyName"] for one in iam("ListPolicies", MaxItems=1000, **params)["Policies"]}

        assert names(Scope="Local") == {"read", "owner-policy"}
        assert names(Scope="AWS", OnlyAttached=True) == {"AWSCodeCommitReadOnly"}
        assert names(PolicyUsageFilter="PermissionsBoundary") == {"read"}
        assert "AWSCodeDeployRole" in names(PathPrefix="/service-role/")
        found = iam("GetPolicy", PolicyArn=policy_arn)["Policy"]
        assert (found["AttachmentCount"], found["PermissionsBoundaryUsageCount"]) == (0, 1)

    def test_that_are_built_in_stay_as_they_are(self, iam):
        api.ensure_group("g", policies=["IAMReadOnlyAccess"])
        arn = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"

        assert iam("GetPolicy", PolicyArn=arn)["Policy"]["Arn"] == arn
        for operation, params in (
            ("CreatePolicyVersion", {"PolicyDocument": text(READ)}),
            ("DeletePolicy", {}),
            ("SetDefaultPolicyVersion", {"VersionId": "v1"}),
        ):
            with refused("UnmodifiableEntity|InvalidInput"):
                iam(operation, PolicyArn=arn, **params)

    def test_tell_who_has_them(self, iam, policy_arn, ann):
        iam("CreateRole", RoleName="r", AssumeRolePolicyDocument=text(TRUST))
        iam("AttachUserPolicy", UserName="ann", PolicyArn=policy_arn)
        iam("PutRolePermissionsBoundary", RoleName="r", PermissionsBoundary=policy_arn)

        both = iam("ListEntitiesForPolicy", PolicyArn=policy_arn)
        attached = iam("ListEntitiesForPolicy", PolicyArn=policy_arn, PolicyUsageFilter="PermissionsPolicy")
        roles = iam("ListEntitiesForPolicy", PolicyArn=policy_arn, EntityFilter="Role")
        first = iam("ListEntitiesForPolicy", PolicyArn=policy_arn, MaxItems=1)
        rest = iam("ListEntitiesForPolicy", PolicyArn=policy_arn, MaxItems=1, Marker=first["Marker"])

        assert [one["UserName"] for one in both["PolicyUsers"]] == ["ann"]
        assert [one["RoleName"] for one in both["PolicyRoles"]] == ["r"]
        assert attached["PolicyRoles"] == roles["PolicyUsers"] == []
        assert first["PolicyRoles"] == both["PolicyRoles"]
        assert rest["PolicyUsers"] == both["PolicyUsers"]


class TestAttaching:
    @pytest.fixture(params=["User", "Group", "Role"])
    def noun(self, request, iam):
        more = {"AssumeRolePolicyDocument": text(TRUST)} if request.param == "Role" else {}
        iam(f"Create{request.param}", **{f"{request.param}Name": "x"}, **more)
        return request.param

    def test_managed_policies(self, iam, noun, policy_arn):
        named = {f"{noun}Name": "x"}
        iam(f"Attach{noun}Policy", **named, PolicyArn=policy_arn)
        iam(f"Attach{noun}Policy", **named, PolicyArn=policy_arn)

        assert iam(f"ListAttached{noun}Policies", **named)["AttachedPolicies"] == [
            {"PolicyName": "read", "PolicyArn": policy_arn}
        ]
        iam(f"Detach{noun}Policy", **named, PolicyArn=policy_arn)
        with refused("NoSuchEntity", "was not found"):
            iam(f"Detach{noun}Policy", **named, PolicyArn=policy_arn)

    def test_refuses_a_policy_that_is_not_there(self, iam, noun):
        arn = f"arn:aws:iam::{ACCOUNT}:policy/nothing"
        with refused("NoSuchEntity", "does not exist or is not attachable"):
            iam(f"Attach{noun}Policy", **{f"{noun}Name": "x"}, PolicyArn=arn)

    def test_inline_policies(self, iam, noun):
        named = {f"{noun}Name": "x"}
        iam(f"Put{noun}Policy", **named, PolicyName="own", PolicyDocument=text(READ))
        other = json.loads(text(READ).replace("Get*", "List*"))
        iam(f"Put{noun}Policy", **named, PolicyName="own", PolicyDocument=text(other))

        found = iam(f"Get{noun}Policy", **named, PolicyName="own")
        assert decoded(found["PolicyDocument"]) == other
        assert iam(f"List{noun}Policies", **named)["PolicyNames"] == ["own"]
        iam(f"Delete{noun}Policy", **named, PolicyName="own")
        with refused("NoSuchEntity", f"The {noun.lower()} policy with name own cannot be found"):
            iam(f"Get{noun}Policy", **named, PolicyName="own")

    def test_inline_policies_have_a_common_size(self, iam, ann):
        large = json.loads(text(READ))
        large["Statement"][0]["Resource"] = ["arn:aws:codebuild:*:*:project/" + "x" * 900]
        iam("PutUserPolicy", UserName="ann", PolicyName="a", PolicyDocument=text(large))
        with refused("LimitExceeded", "2048 bytes exceeded for user ann"):
            iam("PutUserPolicy", UserName="ann", PolicyName="b", PolicyDocument=text(large))

    def test_gives_permission_at_once(self, iam, ann):
        call = aws(User.objects.get(username="ann"))
        own = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}],
        }
        with refused("AccessDenied", "iam:GetUser"):
            call("iam", "GetUser")

        iam("PutUserPolicy", UserName="ann", PolicyName="own", PolicyDocument=text(own))
        assert call("iam", "GetUser")["User"]["UserName"] == "ann"
        iam("DeleteUserPolicy", UserName="ann", PolicyName="own")
        with refused("AccessDenied"):
            call("iam", "GetUser")


class TestBoundaries:
    def test_limit_at_once(self, iam, ann, policy_arn):
        user = User.objects.get(username="ann")
        everything = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
        }
        iam("PutUserPolicy", UserName="ann", PolicyName="all", PolicyDocument=text(everything))
        principal = api.principal_of(user)
        assert api.is_allowed(principal, "codecommit:GitPush", "*")

        iam("PutUserPermissionsBoundary", UserName="ann", PermissionsBoundary=policy_arn)
        assert api.authorize(principal, "codecommit:GitPush", "*").kind == "boundary"
        assert api.is_allowed(principal, "codebuild:GetBuild", "*")
        iam("DeleteUserPermissionsBoundary", UserName="ann")

        assert api.is_allowed(principal, "codecommit:GitPush", "*")

    def test_can_be_demanded_of_whoever_makes_users(self, outsider, policy_arn):
        """The documented way to let somebody make users who may no more than the boundary."""
        condition = {"StringEquals": {"iam:PermissionsBoundary": policy_arn}}
        api.ensure_policy(
            "delegated",
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": "iam:CreateUser", "Resource": "*", "Condition": condition}
                ],
            },
        )
        PolicyAttachment.objects.create(policy=Policy.objects.get(name="delegated"), user=outsider)
        call = aws(outsider)

        with refused("AccessDenied", "iam:CreateUser"):
            call("iam", "CreateUser", UserName="free")
        call("iam", "CreateUser", UserName="bound", PermissionsBoundary=policy_arn)

        assert User.objects.get(username="bound").permissions_boundary.name == "read"

    def test_must_be_policies(self, iam, ann):
        with refused("InvalidInput"):
            iam(
                "PutUserPermissionsBoundary",
                UserName="ann",
                PermissionsBoundary="arn:aws:iam::aws:role/none-such",
            )
        with refused("NoSuchEntity"):
            iam(
                "PutUserPermissionsBoundary", UserName="ann",
                PermissionsBoundary=f"arn:aws:iam::{ACCOUNT}:policy/none-such",
            )  # fmt: skip


class TestConditions:
    def test_know_the_policy_that_is_attached(self, outsider, policy_arn, ann):
        statement = {
            "Effect": "Allow",
            "Action": ["iam:AttachUserPolicy"],
            "Resource": f"arn:aws:iam::{ACCOUNT}:user/div/*",
            "Condition": {"ArnEquals": {"iam:PolicyARN": policy_arn}},
        }
        api.ensure_policy("attacher", {"Version": "2012-10-17", "Statement": [statement]})
        PolicyAttachment.objects.create(policy=Policy.objects.get(name="attacher"), user=outsider)
        call = aws(outsider)

        call("iam", "AttachUserPolicy", UserName="ann", PolicyArn=policy_arn)
        with refused("AccessDenied"):
            call(
                "iam",
                "AttachUserPolicy",
                UserName="ann",
                PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess",
            )
        with refused("AccessDenied", "user/outsider"):
            call("iam", "AttachUserPolicy", UserName="outsider", PolicyArn=policy_arn)

    def test_know_tags_of_the_request_and_of_the_thing(self, iam, outsider):
        statement = {
            "Effect": "Allow",
            "Action": ["iam:TagUser", "iam:GetUser"],
            "Resource": "*",
            "Condition": {
                "StringEquals": {"aws:ResourceTag/team": "web"},
                "ForAllValues:StringEquals": {"aws:TagKeys": ["color"]},
            },
        }
        api.ensure_policy("tagger", {"Version": "2012-10-17", "Statement": [statement]})
        PolicyAttachment.objects.create(policy=Policy.objects.get(name="tagger"), user=outsider)
        iam("CreateUser", UserName="web", Tags=[{"Key": "team", "Value": "web"}])
        iam("CreateUser", UserName="ops", Tags=[{"Key": "team", "Value": "ops"}])
        call = aws(outsider)

        call("iam", "TagUser", UserName="web", Tags=[{"Key": "color", "Value": "red"}])
        for name, key in (("web", "team"), ("ops", "color")):
            with refused("AccessDenied"):
                call("iam", "TagUser", UserName=name, Tags=[{"Key": key, "Value": "ops"}])
