"""Pages of what IAM keeps: versions, inline policies, boundaries, tags, roles, keys and git credentials."""

import json
import re

import pytest
from django.urls import reverse

from devopsweb.iam import api, service_credentials
from devopsweb.iam.models import InlinePolicy, Policy, Role, User
from devopsweb.iam.service_credentials import GIT
from devopsweb.kernel.clock import now

READ = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "codebuild:Get*", "Resource": "*"}],
}
LIST = json.loads(json.dumps(READ).replace("Get", "List"))
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


@pytest.fixture
def browser(client_of, owner):
    return client_of(owner)


@pytest.fixture
def policy(db) -> Policy:
    api.ensure_policy("read", READ)
    api.ensure_policy("read", LIST)
    return Policy.objects.get(name="read")


class TestVersions:
    def test_are_listed_and_compared_with_the_one_that_holds(self, browser, policy):
        page = browser.get("/access/policies/read/versions/?version=v1").content.decode()

        assert "From v2, which holds, to v1" in page
        assert 'data-g="−"' in page
        assert "codebuild:List*" in page
        assert "codebuild:Get*" in page

    def test_hold_when_chosen(self, browser, policy):
        browser.post("/access/policies/read/versions/", {"default": "v1"})

        policy.refresh_from_db()
        assert (policy.version, policy.document) == (1, READ)

    def test_are_deleted(self, browser, policy):
        browser.post("/access/policies/read/versions/", {"remove": "v1"})

        assert [one.label for one in policy.versions.all()] == ["v2"]

    def test_that_are_unknown_are_not_found(self, browser, policy):
        assert browser.get("/access/policies/read/versions/?version=v9").status_code == 404

    def test_beyond_the_fifth_are_refused_with_the_reason(self, browser, policy):
        for number in range(3):
            document = json.dumps(READ).replace("Get", f"Get{number}")
            browser.post("/access/policies/read/", {"description": "", "document": document})

        answer = browser.post("/access/policies/read/", {"description": "", "document": json.dumps(READ)})

        assert answer.status_code == 400
        assert "delete an existing version" in answer.content.decode()


class TestInlinePolicies:
    @pytest.mark.parametrize("kind", ["user", "group", "role"])
    def test_are_written_shown_and_deleted(self, browser, outsider, kind):
        api.ensure_group("outsider")
        Role.objects.create(name="outsider", trust_policy=TRUST)
        address = f"/access/{kind}s/outsider/inline/"

        browser.post(address, {"name": "own", "document": json.dumps(READ)})
        assert "own" in browser.get(f"/access/{kind}s/outsider/").content.decode()
        assert "codebuild:Get*" in browser.get(f"{address}?policy=own").content.decode()
        browser.post(address, {"remove": "own"})

        assert not InlinePolicy.objects.exists()

    def test_name_the_mistake(self, browser, outsider):
        answer = browser.post(
            "/access/users/outsider/inline/",
            {"name": "own", "document": json.dumps(READ).replace("Allow", "Maybe")},
        )

        assert answer.status_code == 400
        assert "Statement[0].Effect" in answer.content.decode()


class TestBoundaries:
    def test_are_set_and_lifted(self, browser, outsider, policy):
        browser.post("/access/users/outsider/boundary/", {"policy": "read"})
        assert "No policy gives more than" in browser.get("/access/users/outsider/").content.decode()
        assert User.objects.get(username="outsider").permissions_boundary == policy
        browser.post("/access/users/outsider/boundary/", {"policy": ""})

        assert User.objects.get(username="outsider").permissions_boundary is None


class TestTags:
    def test_are_added_and_removed(self, browser, outsider):
        browser.post("/access/users/outsider/tags/", {"key": "team", "value": "web"})
        assert User.objects.get(username="outsider").tags == {"team": "web"}
        browser.post("/access/users/outsider/tags/", {"remove": "team"})

        assert User.objects.get(username="outsider").tags == {}

    def test_keep_to_their_letters(self, browser, outsider):
        assert browser.post("/access/users/outsider/tags/", {"key": "<b>", "value": "x"}).status_code == 400


class TestRoles:
    def test_are_made_changed_and_deleted(self, browser):
        browser.post("/access/new-role/", {"name": "builder", "document": json.dumps(TRUST)})
        other = json.dumps(TRUST).replace("codebuild", "codedeploy")
        browser.post("/access/roles/builder/trust/", {"document": other})
        browser.post(
            "/access/roles/builder/change/", {"description": "Builds", "max_session_seconds": "7200"}
        )

        role = Role.objects.get(name="builder")
        assert role.trust_policy == json.loads(other)
        assert (role.description, role.max_session_seconds) == ("Builds", 7200)
        browser.post("/access/roles/builder/delete/")
        assert not Role.objects.exists()

    def test_keep_their_trust_policy_when_the_new_one_is_wrong(self, browser):
        Role.objects.create(name="builder", trust_policy=TRUST)

        answer = browser.post("/access/roles/builder/trust/", {"document": json.dumps(READ)})

        assert answer.status_code == 400
        assert Role.objects.get().trust_policy == TRUST

    def test_end_their_sessions(self, browser):
        Role.objects.create(name="builder", trust_policy=TRUST)

        browser.post("/access/roles/builder/revoke/")

        assert Role.objects.get().sessions_revoked_before


class TestCredentials:
    def test_show_the_secret_of_a_key_once(self, browser, outsider):
        page = browser.post("/access/users/outsider/keys/", {"do": "create"})

        key = outsider.access_keys.get()
        assert key.secret in page.content.decode()
        assert "no-store" in page["Cache-Control"]
        again = browser.get("/access/users/outsider/").content.decode()
        assert key.pk in again
        assert key.secret not in again
        browser.post("/access/users/outsider/keys/", {"do": "off", "key": key.pk})
        assert not outsider.access_keys.get().is_active
        browser.post("/access/users/outsider/keys/", {"do": "delete", "key": key.pk})
        assert not outsider.access_keys.exists()

    def test_give_git_a_password_of_its_own(self, browser, outsider):
        page = browser.post("/access/users/outsider/git/", {"do": "create"}).content.decode()
        password = re.findall(r'data-copy="([^"]+=)"', page)[-1]
        row = outsider.service_credentials.get()

        assert service_credentials.verify(row.user_name, password, service=GIT, at=now()) == outsider
        assert password not in browser.get("/access/users/outsider/").content.decode()
        browser.post("/access/users/outsider/git/", {"do": "reset", "credential": row.pk})
        assert service_credentials.verify(row.user_name, password, service=GIT, at=now()) is None
        browser.post("/access/users/outsider/git/", {"do": "delete", "credential": row.pk})
        assert not outsider.service_credentials.exists()

    def test_of_administrators_are_made_by_administrators(self, browser, db):
        User.objects.create_superuser("root", password="x")

        assert browser.post("/access/users/root/keys/", {"do": "create"}).status_code == 403
        assert browser.post("/access/users/root/git/", {"do": "create"}).status_code == 403


class TestPageOfAUser:
    def test_costs_the_same_however_much_there_is(self, browser, outsider, django_assert_max_num_queries):
        address = reverse("user", args=["outsider"])
        for number in range(10):
            InlinePolicy.objects.create(user=outsider, name=f"p{number}", document=READ)
            api.ensure_policy(f"more-{number}", READ)
        browser.get(address)

        with django_assert_max_num_queries(30):
            browser.get(address)
