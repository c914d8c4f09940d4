"""Nobody gives themselves more than they have, whichever door they take."""

from datetime import timedelta

import pyotp
import pytest
from django.test import Client

from devopsweb.awsapi.registry import Call, find
from devopsweb.iam import api, signin
from devopsweb.iam.errors import InvalidInput, TooManyAttempts
from devopsweb.iam.mfa import actions as mfa
from devopsweb.iam.models import PasswordPolicy, Policy, PolicyAttachment, Role, User, UserGroup
from devopsweb.iam.sso.models import ExternalIdentity, SignInProvider
from devopsweb.kernel import clock

PASSWORD = "correct horse battery"
NEW = "another battery horse 7"


@pytest.fixture
def may(outsider):
    """Lets the outsider do these actions, under a condition, and nothing else."""

    def allow(*actions, condition=None, deny=()):
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        statements = [statement | ({"Condition": condition} if condition else {}), *deny]
        api.ensure_policy("given", {"Version": "2012-10-17", "Statement": statements})
        PolicyAttachment.objects.get_or_create(user=outsider, policy=Policy.objects.get(name="given"))

    return allow


@pytest.fixture
def intruder(client_of, outsider):
    return client_of(outsider)


def administrator(name="root"):
    user = User(username=name, is_superuser=True, is_staff=True)
    user.set_password(PASSWORD)
    user.save()
    return user


class TestPanel:
    def test_lets_only_administrators_rewrite_a_trust_policy(self, may, intruder):
        may("iam:GetAccountSummary", "iam:GetRole", "iam:UpdateRole")
        role = Role.objects.create(name="deployer")

        answer = intruder.post(
            f"/admin/iam/role/{role.pk}/change/", {"name": "deployer", "trust_policy": "{}"}
        )

        assert answer.status_code == 403

    def test_lets_only_administrators_link_people_and_providers(self, may, intruder):
        may("iam:*")
        root = administrator()
        provider = SignInProvider.objects.create(
            slug="p", name="P", issuer="https://p.example", client_id="x"
        )
        link = {"provider": provider.pk, "subject": "mine", "user": root.pk}

        linked = intruder.post("/admin/sso/externalidentity/add/", link)
        changed = intruder.post(
            f"/admin/sso/signinprovider/{provider.pk}/change/", {"issuer": "https://q.example"}
        )

        assert (linked.status_code, changed.status_code) == (403, 403)
        assert ExternalIdentity.objects.count() == 0

    def test_lets_only_administrators_set_passwords(self, may, intruder, owner):
        may("iam:GetAccountSummary", "iam:GetUser", "iam:UpdateUser")

        answer = intruder.post(
            f"/admin/iam/user/{owner.pk}/password/",
            {"usable_password": "true", "password1": NEW, "password2": NEW},
        )

        assert answer.status_code == 403

    def test_leaves_administrators_their_second_factor(self, may, intruder):
        may("iam:*")
        root = administrator()
        at = clock.now() - timedelta(minutes=5)
        device = mfa.own(user=root, by=api.principal_of(root), at=at)
        code = pyotp.TOTP(device.seed).at(at)
        mfa.enable(device=device, user=root, given=[code], by=api.principal_of(root), at=at)

        answer = intruder.post(f"/admin/mfa/virtualdevice/{device.pk}/delete/", {"post": "yes"})

        assert answer.status_code == 403
        assert mfa.is_enabled(root)

    def test_knows_the_facts_of_the_request(self, may, intruder):
        without = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
        may("iam:*", deny=[{"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": without}])

        assert intruder.get("/admin/iam/role/").status_code != 200


class TestPages:
    FORM = {"name": "eve", "password": NEW}

    def test_make_no_user_with_a_password_for_who_may_only_create_users(self, may, intruder):
        may("iam:CreateUser")

        assert intruder.post("/access/new-user/", self.FORM).status_code == 403

    def test_make_no_member_of_a_group_that_one_may_not_fill(self, may, intruder):
        may("iam:CreateUser", "iam:CreateLoginProfile")
        group = UserGroup.objects.create(name="Admins")

        refused = intruder.post("/access/new-user/", self.FORM | {"groups": [group.pk]})
        alone = intruder.post("/access/new-user/", self.FORM)

        assert (refused.status_code, alone.status_code) == (403, 302)

    @pytest.mark.parametrize("verb", ["attach", "detach"])
    def test_tell_policies_which_policy_is_attached(self, may, intruder, verb):
        api.ensure_policy("Everything", {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
        arn = Policy.objects.get(name="Everything").arn
        may("iam:AttachUserPolicy", "iam:DetachUserPolicy", condition={"ArnNotLike": {"iam:PolicyARN": arn}})

        answer = intruder.post(f"/access/users/outsider/{verb}/", {"policy": "Everything"})

        assert answer.status_code == 403

    def test_give_no_first_password_to_who_may_only_change_one(self, may, intruder):
        may("iam:UpdateLoginProfile")
        user = User.objects.create(username="robot")
        user.set_unusable_password()
        user.save()

        assert intruder.post("/access/users/robot/password/", {"password": NEW}).status_code == 403


def with_second_factor(user):
    """The device that the user has had for five minutes."""
    by, at = api.principal_of(user), clock.now() - timedelta(minutes=5)
    device = mfa.own(user=user, by=by, at=at)
    mfa.enable(device=device, user=user, given=[pyotp.TOTP(device.seed).at(at)], by=by, at=at)
    return device


class TestSecondFactor:
    def test_of_one_user_counts_for_no_other_in_the_same_browser(self, owner, teammate):
        device, client = with_second_factor(owner), Client()
        User.objects.filter(pk=owner.pk).update(password_reset_required=True)

        client.post("/login/", {"username": "owner", "password": PASSWORD})
        given = client.post("/login/code/", {"code": pyotp.TOTP(device.seed).now()})
        client.post("/login/", {"username": "teammate", "password": PASSWORD})
        facts = client.get("/settings/").wsgi_request.principal.session

        assert given.url == "/login/password/"
        assert facts["aws:MultiFactorAuthPresent"] == "false"

    def test_holds_through_a_change_of_password_at_sign_in(self, owner):
        device, client = with_second_factor(owner), Client()
        User.objects.filter(pk=owner.pk).update(password_reset_required=True)

        client.post("/login/", {"username": "owner", "password": PASSWORD})
        client.post("/login/code/", {"code": pyotp.TOTP(device.seed).now()})
        client.post("/login/password/", {"new_password1": NEW, "new_password2": NEW})
        facts = client.get("/settings/").wsgi_request.principal.session

        assert facts["aws:MultiFactorAuthPresent"] == "true"


class TestChangePassword:
    def change(self, user, old):
        call = Call(
            service="iam", operation="ChangePassword", principal=api.principal_of(user), request_id="r",
            at=clock.now(), source_ip="192.0.2.9",
        )  # fmt: skip
        return (
            find("iam").operations["ChangePassword"].function(call, {"OldPassword": old, "NewPassword": NEW})
        )

    def test_locks_after_wrong_guesses(self, owner):
        for number in range(signin.FREE_FAILURES):
            with pytest.raises(InvalidInput):
                self.change(owner, f"guess {number}")

        with pytest.raises(TooManyAttempts):
            self.change(owner, PASSWORD)

    def test_is_refused_where_a_policy_denies_it(self, may, outsider):
        PasswordPolicy.objects.create(pk=1, users_may_change=True)
        may("iam:GetUser", deny=[{"Effect": "Deny", "Action": "iam:ChangePassword", "Resource": "*"}])

        with pytest.raises(api.AccessDenied):
            self.change(outsider, PASSWORD)
