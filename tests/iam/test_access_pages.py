"""Pages of users, groups, roles and policies."""

import json

import pytest
from django.urls import reverse

from devopsweb.iam import api
from devopsweb.iam.models import Policy, PolicyAttachment, Role, User, UserGroup
from devopsweb.kernel.clock import now

READ_BUILDS = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": "codebuild:Get*", "Resource": "*"}],
}


@pytest.fixture
def browser(client_of, owner):
    return client_of(owner)


@pytest.fixture
def policy(db):
    api.ensure_policy("read-builds", READ_BUILDS)
    return Policy.objects.get(name="read-builds")


@pytest.fixture
def group(policy):
    api.ensure_group("readers", policies=["read-builds"])
    return UserGroup.objects.get(name="readers")


class TestLists:
    @pytest.mark.parametrize("name", ["users", "groups", "roles", "policies"])
    def test_are_refused_to_an_outsider(self, client_of, outsider, name):
        answer = client_of(outsider).get(reverse(name))

        assert answer.status_code == 403
        assert f"iam:List{name.capitalize()}".encode() in answer.content

    @pytest.mark.parametrize("name", ["users", "groups", "roles", "policies"])
    def test_say_when_nothing_matches(self, browser, name, group):
        assert b"matches" in browser.get(reverse(name), {"q": "zzzz"}).content

    def test_cost_the_same_however_long_they_are(self, browser, group, django_assert_max_num_queries):
        for number in range(30):
            api.ensure_user(f"user-{number}", groups=["readers"])
        browser.get(reverse("users"))

        with django_assert_max_num_queries(12):
            answer = browser.get(reverse("users"))

        assert answer.content.count(b"data-row") == 31

    def test_go_on_to_the_next_page(self, browser, group):
        for number in range(60):
            api.ensure_user(f"user-{number}")
        first = browser.get(reverse("users"))
        token = first.context["page"].next_token

        second = browser.get(reverse("users"), {"after": token})

        assert second.content.count(b"data-row") == 61 - 50


class TestRefusal:
    def test_names_what_is_missing_and_who_can_grant_it(self, client_of, outsider, owner):
        text = client_of(outsider).get(reverse("policies")).content.decode()

        assert "iam:ListPolicies" in text
        assert "arn:aws:iam::123456789012:policy/" in text
        assert "outsider" in text
        assert "owner" in text


class TestUsers:
    def test_are_created_with_groups(self, browser, group):
        answer = browser.post(
            reverse("user-create"),
            {"name": "ann", "email": "", "password": "correct horse battery", "groups": [group.pk]},
        )

        assert answer.url == reverse("user", kwargs={"name": "ann"})
        assert api.is_allowed(api.principal_of(User.objects.get(username="ann")), "codebuild:GetBuild", "*")

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("name", "OWNER", "already exists"),
            ("name", "a b", "Use letters, digits"),
            ("password", "short", "too short"),
            ("password", "password123", "too common"),
        ],
    )
    def test_are_refused_with_the_reason_at_the_field(self, browser, field, value, words):
        given = {"name": "ann", "password": "correct horse battery"} | {field: value}

        answer = browser.post(reverse("user-create"), given)

        assert answer.status_code == 400
        assert words in str(answer.context["form"].errors[field])
        assert not User.objects.filter(username="ann").exists()

    def test_show_their_policies_and_groups(self, browser, group, outsider):
        outsider.iam_groups.add(group)

        text = browser.get(reverse("user", kwargs={"name": "outsider"})).content.decode()

        assert "readers" in text
        assert "read-builds" in text

    def test_that_do_not_exist_are_not_found(self, browser):
        assert browser.get(reverse("user", kwargs={"name": "nobody"})).status_code == 404

    def test_are_deactivated(self, browser, outsider):
        browser.post(reverse("user-change", kwargs={"name": "outsider"}), {})

        outsider.refresh_from_db()
        assert not outsider.is_active

    def test_get_a_new_password_that_keeps_the_rules(self, browser, outsider):
        address = reverse("user-password", kwargs={"name": "outsider"})

        assert browser.post(address, {"password": "short"}).status_code == 400
        assert browser.post(address, {"password": "another horse entirely"}).status_code == 302

        outsider.refresh_from_db()
        assert outsider.check_password("another horse entirely")

    def test_are_deleted(self, browser, outsider):
        browser.post(reverse("user-delete", kwargs={"name": "outsider"}))

        assert not User.objects.filter(username="outsider").exists()

    def test_do_not_delete_themselves(self, browser):
        assert browser.post(reverse("user-delete", kwargs={"name": "owner"})).status_code == 400


class TestAdministrators:
    @pytest.fixture
    def root(self, db):
        return User.objects.create_superuser("root", password="correct horse battery")

    def test_are_made_by_administrators_only(self, browser, outsider):
        answer = browser.post(
            reverse("user-change", kwargs={"name": "outsider"}), {"active": "on", "administrator": "on"}
        )

        assert answer.status_code == 403
        outsider.refresh_from_db()
        assert not outsider.is_superuser

    @pytest.mark.parametrize("name", ["user-change", "user-password", "user-delete"])
    def test_are_changed_by_administrators_only(self, browser, root, name):
        answer = browser.post(reverse(name, kwargs={"name": "root"}), {"password": "another horse entirely"})

        assert answer.status_code == 403
        root.refresh_from_db()
        assert root.is_active
        assert root.check_password("correct horse battery")

    def test_the_last_one_stays(self, client_of, root):
        answer = client_of(root).post(reverse("user-change", kwargs={"name": "root"}), {"active": "on"})

        assert answer.status_code == 409
        assert b"last active administrator" in answer.content
        root.refresh_from_db()
        assert root.is_superuser

    def test_one_of_two_may_go(self, client_of, root):
        User.objects.create_superuser("second", password="x")

        client_of(root).post(reverse("user-change", kwargs={"name": "second"}), {"active": "on"})

        assert not User.objects.get(username="second").is_superuser


class TestGroups:
    def test_are_created_filled_and_deleted(self, browser, policy, outsider):
        browser.post(reverse("group-create"), {"name": "makers"})
        browser.post(
            reverse("attach-policy", kwargs={"kind": "group", "name": "makers"}), {"policy": "read-builds"}
        )
        browser.post(reverse("group-member", kwargs={"name": "makers"}), {"user": "outsider"})
        assert api.is_allowed(api.principal_of(outsider), "codebuild:GetBuild", "*")

        browser.post(reverse("group-member", kwargs={"name": "makers"}), {"user": "outsider", "remove": "1"})
        assert not api.is_allowed(api.principal_of(outsider), "codebuild:GetBuild", "*")

        browser.post(reverse("group-delete", kwargs={"name": "makers"}))
        assert not UserGroup.objects.filter(name="makers").exists()

    def test_show_members_and_policies(self, browser, group, outsider):
        outsider.iam_groups.add(group)

        text = browser.get(reverse("group", kwargs={"name": "readers"})).content.decode()

        assert "outsider" in text
        assert "read-builds" in text

    def test_names_are_taken_without_case(self, browser, group):
        assert browser.post(reverse("group-create"), {"name": "READERS"}).status_code == 400


class TestPolicies:
    def test_are_created_from_json(self, browser):
        answer = browser.post(reverse("policy-create"), {"name": "p", "document": json.dumps(READ_BUILDS)})

        assert answer.url == reverse("policy", kwargs={"name": "p"})
        assert Policy.objects.get(name="p").document == READ_BUILDS

    @pytest.mark.parametrize(
        ("document", "words"),
        [
            ("{", "line 1, column 2"),
            ('{"Version": "2012-10-17"}', "Statement: Missing required field"),
            ('{"Statement": [{"Effect": "Allow", "Action": "x", "Resource": "*"}]}', "Statement[0].Action"),
            ('{"Statement": 1, "Statement": 2}', "stands twice"),
            ("[]", "must be an object"),
        ],
    )
    def test_are_refused_with_the_place_of_the_mistake(self, browser, document, words):
        answer = browser.post(reverse("policy-create"), {"name": "p", "document": document})

        assert answer.status_code == 400
        assert words in str(answer.context["form"].errors["document"])
        assert not Policy.objects.filter(name="p").exists()

    def test_keep_what_was_typed_when_refused(self, browser, policy):
        answer = browser.post(reverse("policy", kwargs={"name": "read-builds"}), {"document": "{ oops"})

        assert b"{ oops" in answer.content

    def test_are_edited_and_hold_at_once(self, browser, policy, outsider):
        browser.post(
            reverse("attach-policy", kwargs={"kind": "user", "name": "outsider"}), {"policy": "read-builds"}
        )
        changed = json.dumps(READ_BUILDS).replace("codebuild:Get*", "codecommit:GitPull")

        browser.post(reverse("policy", kwargs={"name": "read-builds"}), {"document": changed})

        assert api.is_allowed(api.principal_of(outsider), "codecommit:GitPull", "*")
        assert not api.is_allowed(api.principal_of(outsider), "codebuild:GetBuild", "*")

    def test_in_use_are_not_deleted(self, browser, group):
        address = reverse("policy-delete", kwargs={"name": "read-builds"})
        assert browser.post(address).status_code == 409

        browser.post(
            reverse("detach-policy", kwargs={"kind": "group", "name": "readers"}), {"policy": "read-builds"}
        )
        assert browser.post(address).status_code == 302

    def test_built_in_ones_stay_as_they_are(self, browser):
        api.ensure_group("readers", policies=["ReadOnlyAccess"])
        address = reverse("policy", kwargs={"name": "ReadOnlyAccess"})

        assert browser.get(address).status_code == 200
        assert browser.post(address, {"document": json.dumps(READ_BUILDS)}).status_code == 409

    def test_are_copied(self, browser, policy):
        answer = browser.get(reverse("policy-create"), {"from": "read-builds"})

        assert b"codebuild:Get*" in answer.content

    def test_are_read_but_not_changed_by_a_teammate(self, client_of, teammate, policy):
        browser = client_of(teammate)
        address = reverse("policy", kwargs={"name": "read-builds"})

        assert browser.get(address).status_code == 200
        answer = browser.post(address, {"document": json.dumps(READ_BUILDS)})

        assert answer.status_code == 403
        assert b"iam:CreatePolicyVersion" in answer.content


class TestRoles:
    def test_show_trust_and_policies(self, browser, policy):
        role = Role.objects.create(name="deployer", trust_policy={"Version": "2012-10-17"})

        browser.post(
            reverse("attach-policy", kwargs={"kind": "role", "name": role.name}), {"policy": "read-builds"}
        )
        text = browser.get(reverse("role", kwargs={"name": "deployer"})).content.decode()

        assert "2012-10-17" in text
        assert "read-builds" in text


class TestSimulator:
    def test_explains_an_allow(self, browser, teammate):
        answer = browser.get(
            reverse("simulate"), {"who": "teammate", "action": "codebuild:GetBuild", "part": "verdict"}
        )

        text = answer.content.decode()
        assert "Allowed" in text
        assert "teammate-policy, Read" in text
        assert "<html" not in text

    def test_explains_a_denial_and_who_can_help(self, browser, outsider):
        text = browser.get(
            reverse("simulate"), {"who": "outsider", "action": "codebuild:GetBuild"}
        ).content.decode()

        assert "because no policy allows it" in text
        assert "owner can change this" in text

    def test_names_everyone_who_can(self, browser, teammate, outsider):
        page = browser.get(reverse("simulate"), {"who": "*", "action": "codebuild:GetBuild"}).content.decode()
        nobody = browser.get(reverse("simulate"), {"who": "*", "action": "nothing:Here"})

        assert "2 users" in page
        assert reverse("user", kwargs={"name": "teammate"}) in page
        assert reverse("user", kwargs={"name": "outsider"}) not in page
        assert "1 user<" in nobody.content.decode()

    def test_keeps_who_can_what_from_those_who_may_not_ask_about_all(self, client_of, teammate):
        question = {"who": "*", "action": "codebuild:GetBuild"}
        list_users = {"Statement": {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}}
        policy = Policy.objects.create(name="lists", document=list_users)
        PolicyAttachment.objects.create(policy=policy, user=teammate)

        refused = client_of(teammate).get(reverse("simulate"), question)

        assert refused.status_code == 403
        assert "iam:SimulatePrincipalPolicy" in refused.content.decode()

    def test_answers_for_roles_too(self, browser):
        pull = {"Effect": "Allow", "Action": "codecommit:GitPull", "Resource": "*"}
        api.ensure_service_role("builder", service="codebuild", statements=[pull], at=now())
        page = browser.get(reverse("simulate"), {"who": "role/builder", "action": "codecommit:GitPull"})
        refused = browser.get(reverse("simulate"), {"who": "role/builder", "action": "codecommit:GitPush"})

        assert '<option value="role/builder" selected>builder</option>' in page.content.decode()
        assert "by builder, statement 1 (the role)" in page.content.decode()
        assert "owner can change this" in refused.content.decode()

    def test_says_which_condition_is_not_met(self, browser, outsider):
        office = json.loads(json.dumps(READ_BUILDS))
        office["Statement"][0]["Condition"] = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
        api.ensure_policy("office", office)
        browser.post(
            reverse("attach-policy", kwargs={"kind": "user", "name": "outsider"}), {"policy": "office"}
        )
        question = {"who": "outsider", "action": "codebuild:GetBuild", "source_ip": "192.0.2.1"}

        denied = browser.get(reverse("simulate"), question).content.decode()
        allowed = browser.get(reverse("simulate"), question | {"source_ip": "10.1.2.3"}).content.decode()

        assert "not met: IpAddress aws:SourceIp 10.0.0.0/8" in denied
        assert "Allowed" in allowed


class TestRefusals:
    def refused(self, client_of, user):
        page = client_of(user).get("/pipelines/")
        assert page.status_code == 403
        return page.content.decode()

    def test_name_the_boundary_and_who_may_move_it(self, client_of, owner):
        User.objects.create_superuser("root", password="x")
        limit = Policy.objects.create(
            name="limit",
            document={"Statement": {"Effect": "Allow", "Action": "codecommit:*", "Resource": "*"}},
        )
        owner.permissions_boundary = limit
        owner.save()

        page = self.refused(client_of, owner)

        assert "Your permissions boundary does not include this" in page
        assert "<dt>Can grant it</dt><dd>root</dd>" in page

    def test_name_the_policy_that_denies(self, client_of, owner):
        deny = {"Statement": {"Sid": "Never", "Effect": "Deny", "Action": "codepipeline:*", "Resource": "*"}}
        policy = Policy.objects.create(name="deny", document=deny)
        PolicyAttachment.objects.create(policy=policy, user=owner)

        page = self.refused(client_of, owner)

        assert "The policy deny (Never, by the user) denies it." in page
        assert "<dt>Can grant it</dt><dd>owner</dd>" in page
