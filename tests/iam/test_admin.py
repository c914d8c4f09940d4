"""The admin panel asks the same policies as every page."""

import json
from datetime import UTC, datetime

import pytest
from django.urls import reverse

from devopsweb.events.models import Event
from devopsweb.iam import api
from devopsweb.iam.actions import ensure
from devopsweb.iam.backend import action_of
from devopsweb.iam.models import (
    AccessKey,
    BrowserSession,
    PasswordPolicy,
    Policy,
    PolicyAttachment,
    Role,
    User,
    UserGroup,
)
from devopsweb.kernel.clock import now

DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": "codebuild:Get*", "Resource": "*"}],
}
NO_ATTACHMENTS = {
    f"{prefix}-{key}": value
    for prefix in ("policy_attachments", "attachments")
    for key, value in {"TOTAL_FORMS": "0", "INITIAL_FORMS": "0"}.items()
}


@pytest.fixture
def root(db):
    return User.objects.create_superuser("root", password="correct horse battery")


@pytest.fixture
def panel(client_of, root):
    return client_of(root)


def user_fields(**changes):
    return {"username": "outsider", "is_active": "on", "iam_groups": [], **NO_ATTACHMENTS} | changes


class TestEntrance:
    def test_is_refused_to_an_outsider(self, client_of, outsider):
        answer = client_of(outsider).get("/admin/", follow=True)

        assert answer.status_code == 403
        assert b"iam:GetAccountSummary" in answer.content

    def test_shows_the_product_sign_in_to_strangers(self, client, db):
        answer = client.get("/admin/", follow=True)

        assert answer.redirect_chain[-1][0].startswith("/login/?next=")
        assert b"id_username" in answer.content

    def test_lets_a_reader_look_and_change_nothing(self, client_of, teammate, outsider):
        browser = client_of(teammate)

        assert browser.get(reverse("admin:iam_user_changelist")).status_code == 200
        assert browser.get(reverse("admin:iam_user_add")).status_code == 403
        assert (
            browser.post(reverse("admin:iam_user_delete", args=[outsider.pk]), {"post": "yes"}).status_code
            == 403
        )

    def test_says_what_this_machine_isolates(self, panel):
        assert b"This machine" in panel.get("/admin/").content

    def test_maps_permissions_to_actions(self):
        assert action_of("iam.view_user") == "iam:GetUser"
        assert action_of("iam.change_policy") == "iam:CreatePolicyVersion"
        assert action_of("iam.add_policyattachment") == "iam:AttachUserPolicy"
        assert action_of("events.view_delivery") == "events:GetDelivery"


class TestPages:
    def test_all_open(self, panel, root):
        api.ensure_group("g", policies=["ReadOnlyAccess"])
        for model in (User, UserGroup, Policy, AccessKey, BrowserSession):
            name = model._meta.model_name
            assert panel.get(reverse(f"admin:iam_{name}_changelist")).status_code == 200
        for thing in (root, UserGroup.objects.get(), Policy.objects.first()):
            address = reverse(f"admin:iam_{thing._meta.model_name}_change", args=[thing.pk])
            assert panel.get(address).status_code == 200

    def test_write_times_as_the_product_does(self, panel):
        api.ensure_group("g", policies=[])
        UserGroup.objects.update(created_at=datetime(2026, 3, 7, 17, 5, tzinfo=UTC))

        assert (
            "7 Mar 2026, 17:05 UTC" in panel.get(reverse("admin:iam_usergroup_changelist")).content.decode()
        )

    def test_show_no_secret(self, panel, root):
        api.ensure_access_key("root", access_key_id="AKIAEXAMPLEEXAMPLE23", secret="s" * 40)

        text = panel.get(reverse("admin:iam_accesskey_change", args=["AKIAEXAMPLEEXAMPLE23"])).content

        assert b"s" * 40 not in text
        assert AccessKey.objects.get().sealed_secret.encode() not in text


class TestPolicies:
    def test_are_refused_with_the_path_of_the_mistake(self, panel):
        wrong = json.dumps(DOCUMENT).replace("Allow", "Maybe")

        answer = panel.post(
            reverse("admin:iam_policy_add"),
            {"name": "p", "path": "/", "document": wrong, **NO_ATTACHMENTS},
        )

        assert b"Statement[0].Effect" in answer.content
        assert not Policy.objects.filter(name="p").exists()

    def test_are_saved_told_and_kept_in_the_history(self, panel):
        panel.post(
            reverse("admin:iam_policy_add"),
            {"name": "p", "path": "/", "document": json.dumps(DOCUMENT), **NO_ATTACHMENTS},
        )

        policy = Policy.objects.get(name="p")
        assert policy.document == DOCUMENT
        assert Event.objects.filter(detail__fields__event_name="CreatePolicy").exists()
        assert b"Added" in panel.get(reverse("admin:iam_policy_history", args=[policy.pk])).content

    def test_are_attached_to_a_user(self, panel, outsider):
        policy = Policy.objects.create(name="p", document=DOCUMENT)
        rows = {"policy_attachments-TOTAL_FORMS": "1", "policy_attachments-0-policy": str(policy.pk)}

        panel.post(reverse("admin:iam_user_change", args=[outsider.pk]), user_fields(**rows))

        assert PolicyAttachment.objects.get(user=outsider).policy == policy
        assert api.is_allowed(api.principal_of(outsider), "codebuild:GetBuild", "*")

    def test_built_in_ones_are_read_only(self, panel):
        api.ensure_group("g", policies=["ReadOnlyAccess"])
        policy = Policy.objects.get(name="ReadOnlyAccess")

        address = reverse("admin:iam_policy_change", args=[policy.pk])
        assert panel.post(address, {"name": "x"}).status_code == 403


class TestAdministrators:
    def test_the_last_one_is_neither_demoted_nor_deleted(self, panel, root):
        demoted = panel.post(reverse("admin:iam_user_change", args=[root.pk]), user_fields(username="root"))
        deleted = panel.post(reverse("admin:iam_user_delete", args=[root.pk]), {"post": "yes"})

        assert b"last active administrator" in demoted.content
        assert deleted.status_code == 403
        assert User.objects.get(username="root").is_superuser

    def test_are_not_made_by_others(self, client_of, owner, outsider):
        client_of(owner).post(
            reverse("admin:iam_user_change", args=[outsider.pk]), user_fields(is_superuser="on")
        )

        assert not User.objects.get(username="outsider").is_superuser

    def test_are_not_changed_by_others(self, client_of, owner, root):
        address = reverse("admin:auth_user_password_change", args=[root.pk])

        assert client_of(owner).get(address).status_code == 403


class TestSessions:
    def test_are_ended_by_deleting_their_row(self, panel, owner, client):
        client.post("/login/", {"username": "owner", "password": "correct horse battery"})
        session = BrowserSession.objects.get(user=owner)

        panel.post(reverse("admin:iam_browsersession_delete", args=[session.pk]), {"post": "yes"})

        assert client.get("/settings/").status_code == 302


class TestNewVersions:
    def test_are_kept_beside_the_old_one(self, panel):
        api.ensure_policy("p", DOCUMENT)
        policy = Policy.objects.get(name="p")
        other = json.loads(json.dumps(DOCUMENT).replace("Get", "List"))
        address = reverse("admin:iam_policy_change", args=[policy.pk])

        panel.post(address, {"description": "d", "document": json.dumps(other), **NO_ATTACHMENTS})

        policy.refresh_from_db()
        assert (policy.document, policy.version, policy.description) == (other, 2, "d")
        assert list(policy.versions.order_by("number").values_list("number", flat=True)) == [1, 2]

    def test_are_five_at_most(self, panel):
        for number in range(5):
            document = json.loads(json.dumps(DOCUMENT).replace("Get", f"Get{number}"))
            api.ensure_policy("p", document)
        policy = Policy.objects.get(name="p")
        address = reverse("admin:iam_policy_change", args=[policy.pk])

        answer = panel.post(address, {"description": "", "document": json.dumps(DOCUMENT), **NO_ATTACHMENTS})

        assert b"delete one first" in answer.content
        policy.refresh_from_db()
        assert policy.version == 5


class TestThePasswordPolicy:
    def test_is_written_once_and_told(self, panel):
        panel.post(reverse("admin:iam_passwordpolicy_add"), {"minimum_length": 14, "max_age_days": 90})

        assert PasswordPolicy.objects.get(pk=1).minimum_length == 14
        assert Event.objects.filter(detail__fields__event_name="UpdateAccountPasswordPolicy").exists()
        assert panel.get(reverse("admin:iam_passwordpolicy_add")).status_code == 403

    def test_is_deleted_again(self, panel):
        PasswordPolicy.objects.create(pk=1)

        panel.post(reverse("admin:iam_passwordpolicy_delete", args=[1]), {"post": "yes"})

        assert not PasswordPolicy.objects.exists()


class TestBoundaries:
    def test_are_lifted_by_those_only_who_may(self, client_of, outsider, teammate):
        api.ensure_policy("limit", DOCUMENT)
        outsider.permissions_boundary = Policy.objects.get(name="limit")
        outsider.save()
        actions = ["iam:Get*", "iam:List*", "iam:UpdateUser"]
        api.ensure_policy(
            "helpdesk", {"Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
        )
        PolicyAttachment.objects.create(policy=Policy.objects.get(name="helpdesk"), user=teammate)

        client_of(teammate).post(
            reverse("admin:iam_user_change", args=[outsider.pk]), user_fields(permissions_boundary="")
        )

        assert User.objects.get(username="outsider").permissions_boundary


class TestForms:
    def test_begin_with_documents_that_can_be_saved(self, panel):
        for kind, field in (("role", "trust_policy"), ("policy", "document")):
            form = panel.get(f"/admin/iam/{kind}/add/").context["adminform"].form

            assert json.loads(form[field].value())["Statement"]

    def test_offer_whom_to_attach_a_new_policy_to(self, panel):
        page = panel.get("/admin/iam/policy/add/").content.decode()

        assert all(f"attachments-__prefix__-{kind}" in page for kind in ("user", "group", "role"))

    def test_set_what_is_only_looked_at_like_a_document(self, panel, root):
        ensure.builtin_policies(at=now())
        policy = Policy.objects.get(name="ReadOnlyAccess")

        page = panel.get(f"/admin/iam/policy/{policy.pk}/change/").content.decode()

        assert '<pre class="json">{\n' in page

    def test_of_the_password_policy_begin_no_weaker_than_without_one(self, panel):
        form = panel.get("/admin/iam/passwordpolicy/add/").context["adminform"].form

        assert (form["minimum_length"].value(), form["users_may_change"].value()) == (10, True)

    def test_lead_to_the_page_of_the_thing(self, panel, outsider):
        page = panel.get(f"/admin/iam/user/{outsider.pk}/change/").content.decode()

        assert 'href="/access/users/outsider/"' in page

    def test_keep_a_role_s_odd_session_length(self, panel):
        api.ensure_service_role(
            "r", service="codebuild", at=now(),
            statements=[{"Effect": "Allow", "Action": "codebuild:Get*", "Resource": "*"}],
        )  # fmt: skip
        Role.objects.update(max_session_seconds=5000)
        role = Role.objects.get()

        page = panel.get(f"/admin/iam/role/{role.pk}/change/").content.decode()

        assert '<option value="5000" selected>5000 seconds</option>' in page

    def test_filter_in_words(self, panel):
        assert "of this account" in panel.get("/admin/iam/policy/").content.decode()
